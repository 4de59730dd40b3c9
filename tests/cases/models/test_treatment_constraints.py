"""What the database refuses of a treatment, whoever writes, on both sides of its boundaries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from cases.models import (
    Case,
    NeedlingScreening,
    Outcome,
    Plan,
    PlanItem,
    ProgressPoint,
)
from cases.rules.instruments import INSTRUMENTS, InstrumentRow
from clinic.accounts.models import Membership, Site, User
from tests.factories import CaseFactory, ReportFactory

pytestmark = pytest.mark.django_db


def refuses(name: str, write: Callable[[], Any], error: type[Exception] = IntegrityError) -> None:
    with pytest.raises(error, match=name), transaction.atomic():
        write()


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def case(therapist: User) -> Case:
    return CaseFactory(therapist=therapist)


@pytest.fixture
def draft(case: Case, therapist: User, monday: datetime) -> Plan:
    return Plan.objects.create(case=case, number=1, drafted_by=therapist, drafted_at=monday)


@pytest.mark.parametrize("weeks", [0, 53])
def test_a_plan_lasts_one_to_52_weeks(draft: Plan, weeks: int):
    refuses("plan_lasts_one_to_52_weeks", lambda: Plan.objects.filter(pk=draft.pk).update(weeks=weeks))


@pytest.mark.parametrize("weeks", [1, 52])
def test_a_plan_of_one_week_and_of_52_is_stored(draft: Plan, weeks: int):
    assert Plan.objects.filter(pk=draft.pk).update(weeks=weeks) == 1


def test_items_of_a_plan_are_known_and_stand_in_order(draft: Plan):
    first = {"plan": draft, "position": 1, "name": "Strength", "weeks": 6}
    PlanItem.objects.create(**first, intervention="strengthening")

    refuses("plan_items_stand_in_order", lambda: PlanItem.objects.create(**first, intervention="education"))
    refuses("plan_item_is_known", lambda: PlanItem.objects.create(**first | {"position": 2}, intervention="leeches"))


def test_a_screen_says_ok_precaution_or_contraindicated(case: Case, therapist: User, monday: datetime):
    fields = {"case": case, "therapist": therapist, "screened_at": monday, "rules_version": "2026.12"}

    refuses("needling_result_is_known", lambda: NeedlingScreening.objects.create(**fields, result="maybe"))


def test_an_outcome_is_of_a_known_instrument_once_per_report(case: Case, monday: datetime):
    fields = {"case": case, "report": ReportFactory(case=case), "score": 4, "taken_at": monday}
    Outcome.objects.create(**fields, instrument="nprs_worst")

    refuses("one_score_per_instrument_and_report", lambda: Outcome.objects.create(**fields, instrument="nprs_worst"))
    refuses("outcome_instrument_is_known", lambda: Outcome.objects.create(**fields, instrument="mood"))


@pytest.mark.parametrize("row", INSTRUMENTS.values(), ids=lambda row: row.instrument.value)
def test_a_score_beyond_its_own_instrument_is_refused(case: Case, monday: datetime, row: InstrumentRow):
    insert = "INSERT INTO cases_outcome (case_id, instrument, score, items, taken_at) VALUES (%s, %s, %s, '{}', %s)"

    for score in (row.low, row.high):
        run(insert, case.pk, row.instrument.value, score, monday)
    for score in (row.low - 0.01, row.high + 0.01):
        refuses(
            "outcome_score_fits_its_instrument",
            lambda score=score: run(insert, case.pk, row.instrument.value, score, monday),
        )


def test_an_outcome_is_never_changed_nor_deleted(case: Case, monday: datetime):
    outcome = Outcome.objects.create(case=case, instrument="akps", score=60, taken_at=monday)

    for statement in (
        "UPDATE cases_outcome SET score = 80 WHERE id = %s",
        "DELETE FROM cases_outcome WHERE id = %s",
    ):
        # pgtrigger names the deed and the table: outcome_is_never_changed.
        refuses("cases_outcome", lambda statement=statement: run(statement, outcome.pk), ProgrammingError)


def test_a_judgement_of_progress_is_never_changed_nor_deleted(case: Case, monday: datetime):
    point = ProgressPoint.objects.create(
        case=case, taken_at=monday, status="improved", rule_id="G4", findings=[], rules_version="2026.12"
    )

    for statement in (
        "UPDATE cases_progresspoint SET status = 'worsening' WHERE id = %s",
        "DELETE FROM cases_progresspoint WHERE id = %s",
    ):
        # pgtrigger names the deed and the table: progress_is_never_changed.
        refuses("cases_progresspoint", lambda statement=statement: run(statement, point.pk), ProgrammingError)


def test_only_a_therapist_holds_a_needling_certificate(front_desk: User, therapist: User):
    until = date(2027, 1, 1)

    refuses(
        "only_therapists_are_certified_for_needling",
        lambda: Membership.objects.filter(user=front_desk).update(needling_certified_until=until),
    )
    assert Membership.objects.filter(user=therapist).update(needling_certified_until=until) == 1


def test_nobody_has_one_role_at_one_site_twice(therapist: User, site: Site):
    refuses(
        "one_membership_per_person_site_and_role",
        lambda: Membership.objects.create(user=therapist, site=site, role="therapist"),
    )
