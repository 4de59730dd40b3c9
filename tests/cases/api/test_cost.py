"""What a request costs in statements: a number written here, the same for one row and for a hundred."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseEvent, Note, Outcome
from clinic.accounts.models import User
from tests.api import Api, flagged, path_of, reported, treated
from tests.factories import CaseFactory, CheckInFactory, VisitFactory


@pytest.fixture(autouse=True)
def _on_monday(monday: datetime):
    with time_machine.travel(monday + timedelta(hours=1), tick=False):
        yield


def statements(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        response = call()
    assert response.status_code in (200, 201), response.content
    return len(seen)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # The token with its person, the memberships, the page.
        ({}, 3),
        ({"status": "new", "urgency": "routine", "therapist": "none"}, 3),
        ({"cause": "overuse"}, 3),
        ({"updated_since": "2026-01-01T00:00:00Z"}, 3),
    ],
)
def test_the_list_costs_three_statements(manager_api: Api, query: dict[str, str], expected: int):
    reported(CaseFactory())
    for_one = statements(lambda: manager_api.get("/api/v1/cases/", query))
    for _ in range(99):
        reported(CaseFactory())
    for_hundred = statements(lambda: manager_api.get("/api/v1/cases/", {**query, "limit": 100}))

    assert (for_one, for_hundred) == (expected, expected)


def test_the_list_reads_only_what_it_shows(auditor_api: Api, case: Case):
    with CaptureQueriesContext(connection) as seen:
        auditor_api.get("/api/v1/cases/")

    page = seen[-1]["sql"]
    assert "ending_note" not in page
    assert "family_name" not in page


def test_a_case_costs_ten_statements_however_much_there_is(therapist_api: Api, therapist: User, monday: datetime):
    case = treated(therapist)
    Outcome.objects.create(case=case, instrument="nprs_worst", score=3, taken_at=monday)
    for_little = statements(lambda: therapist_api.get(path_of(case)))
    for number in range(100):
        Outcome.objects.create(case=case, instrument="nprs_now", score=3, taken_at=monday)
        VisitFactory(case=case, therapist=therapist, booked_by=therapist, starts_at=monday + timedelta(days=number + 1))
        flagged(case, rule_id=f"X{number}")
    for_much = statements(lambda: therapist_api.get(path_of(case)))

    # Token, memberships, case, flags, finding, plans, items, outcomes with check-ins, visits, suggestion and report.
    assert (for_little, for_much) == (10, 10)


@pytest.mark.parametrize("part", ["notes/", "timeline/", "outcomes/", "visits/", "check-ins/"])
def test_a_part_of_a_case_costs_four_statements(
    therapist_api: Api, therapist: User, case: Case, monday: datetime, part: str
):
    def fill(start: int, count: int) -> None:
        for number in range(start, start + count):
            Note.objects.create(case=case, author=therapist, text="Seen.", written_at=monday)
            CaseEvent.objects.create(case=case, patient=case.patient, kind="read", at=monday, by=therapist)
            Outcome.objects.create(case=case, instrument="nprs_now", score=3, taken_at=monday)
            VisitFactory(
                case=case, therapist=therapist, booked_by=therapist, starts_at=monday + timedelta(days=number + 1)
            )
            CheckInFactory(case=case, round=number + 100)

    fill(0, 1)
    for_one = statements(lambda: therapist_api.get(path_of(case, part)))
    fill(1, 99)
    for_hundred = statements(lambda: therapist_api.get(path_of(case, part)))

    assert (for_one, for_hundred) == (4, 4)
