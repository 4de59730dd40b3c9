"""The record that a patient was told what to do now: by our page, and before it by a browser without a network."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.models import Case, CaseEvent
from cases.rules.terms import Urgency
from cases.services import safety_texts
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db
ABOUT = {"submission": 7}


@pytest.fixture
def case(monday: datetime) -> Case:
    case = CaseFactory()
    safety_texts.note_due(case, rules=["S5"], now=monday, **ABOUT)
    return case


def shown(case: Case) -> list[CaseEvent]:
    return list(case.events.filter(kind="safety_text_shown").order_by("pk"))


def said_by_the_phone(case: Case, now: datetime, seconds_ago: int | None = 60, **about: int) -> None:
    safety_texts.note_shown_without_network(
        case,
        level=Urgency.SAME_DAY,
        seconds_ago=seconds_ago,
        since=now - timedelta(hours=1),
        now=now,
        **(about or ABOUT),
    )


def test_what_the_phone_says_is_kept_as_its_word_and_once(case: Case, monday: datetime) -> None:
    said_by_the_phone(case, monday)
    said_by_the_phone(case, monday + timedelta(minutes=1), seconds_ago=120)

    [row] = shown(case)
    assert (row.at, row.by) == (monday, None)
    assert row.details == {"how": "offline", "level": "same_day", "seconds_before": 60, "submission": 7}


def test_the_proof_of_our_own_page_is_still_asked_for(case: Case, monday: datetime) -> None:
    said_by_the_phone(case, monday)
    assert safety_texts.is_unseen(case, **ABOUT)

    for _ in range(2):
        safety_texts.note_shown(case, how=safety_texts.PAGE, by=None, now=monday, **ABOUT)

    assert [row.details["how"] for row in shown(case)] == ["offline", "page"]
    assert not safety_texts.is_unseen(case, **ABOUT)


def test_what_the_phone_says_after_our_page_was_shown_is_kept_as_well(case: Case, monday: datetime) -> None:
    safety_texts.note_shown(case, how=safety_texts.PAGE, by=None, now=monday, **ABOUT)

    said_by_the_phone(case, monday)

    assert [row.details["how"] for row in shown(case)] == ["page", "offline"]


@pytest.mark.parametrize(("said", "kept"), [(0, 0), (3600, 3600), (3601, None), (-1, None), (None, None)])
def test_a_time_before_the_form_was_begun_or_to_come_is_not_believed(
    case: Case, monday: datetime, said: int | None, kept: int | None
) -> None:
    said_by_the_phone(case, monday, seconds_ago=said)

    [row] = shown(case)
    assert row.details.get("seconds_before") == kept


def test_where_nothing_alarmed_nothing_was_shown(case: Case, monday: datetime) -> None:
    said_by_the_phone(case, monday, submission=8)

    assert shown(case) == []
