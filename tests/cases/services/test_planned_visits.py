"""Visits against the plan as stored: the moment a case falls off it, its counts, and the entry for a calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from icalendar import Calendar

from cases.messages.calendar_entry import calendar_entry
from cases.models import Case, Plan
from cases.rules.terms import CloseReason, VisitStatus
from cases.services import moves, plans, visits
from cases.services.errors import WrongInput
from cases.services.planned_visits import proposed_day, reading_of
from clinic.accounts.models import User
from tests.api import treated
from tests.factories import CaseFactory, VisitFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(therapist: User) -> Case:
    """In treatment since Monday, 2 November 2026, with the usual plan of 12 weeks."""
    return treated(therapist)


def off_plan(now: datetime) -> list[Case]:
    return list(Case.objects.off_plan(now=now))


def book(case: Case, at: datetime, therapist: User, monday: datetime):
    return visits.book_visit(case, starts_at=at, by=therapist, now=monday)


def test_a_plan_keeps_its_own_pattern(case: Case):
    assert case.plans.get().visit_weeks == [1, 2, 3, 4, 6, 8, 10, 12]


def test_a_draft_takes_another_pattern(case: Case, therapist: User, monday: datetime):
    draft = plans.draft_plan(case, weeks=6, visit_weeks=[1, 3, 6], by=therapist, now=monday)

    assert draft.visit_weeks == [1, 3, 6]


@pytest.mark.parametrize("pattern", [[], [0], [7], [2, 1], [1, 1]])
def test_a_pattern_that_the_plan_cannot_hold_is_refused(
    case: Case, therapist: User, monday: datetime, pattern: list[int]
):
    with pytest.raises(WrongInput) as refused:
        plans.draft_plan(case, weeks=6, visit_weeks=pattern, by=therapist, now=monday)

    assert list(refused.value.errors) == ["visit_weeks"]


def test_a_case_falls_off_its_plan_when_the_first_window_has_passed(case: Case):
    # The window closes on Thursday the 12th; midnight in Chicago is 06:00 UTC.
    falls = datetime.fromisoformat("2026-11-13T06:00:00Z")

    assert off_plan(falls - timedelta(seconds=1)) == []
    assert off_plan(falls) == [case]


def test_booking_attending_missing_and_cancelling_move_the_moment(case: Case, therapist: User, monday: datetime):
    falls = datetime.fromisoformat("2026-11-13T06:00:00Z")
    visit = book(case, monday + 10 * DAY, therapist, monday)
    assert off_plan(falls) == []

    visits.settle_visit(visit, status=VisitStatus.CANCELLED, by=therapist, now=monday)
    assert off_plan(falls) == [case]

    visit = book(case, monday + 7 * DAY, therapist, monday)
    visits.settle_visit(visit, status=VisitStatus.ATTENDED, by=therapist, now=monday + 8 * DAY)
    assert off_plan(falls) == []

    visit = book(case, monday + 14 * DAY, therapist, monday + 8 * DAY)
    visits.settle_visit(visit, status=VisitStatus.MISSED, by=therapist, now=monday + 14 * DAY + timedelta(hours=1))
    # A no-show without another booking shows on the very day.
    assert off_plan(monday + 14 * DAY + timedelta(hours=1)) == [case]


def test_a_moved_visit_takes_its_place_along(case: Case, therapist: User, monday: datetime):
    visit = book(case, monday + 7 * DAY, therapist, monday)
    moved = visits.move_visit(visit, starts_at=monday + 10 * DAY, by=therapist, now=monday)
    falls = datetime.fromisoformat("2026-11-14T06:00:00Z")

    assert moved.moved_count == 1
    assert off_plan(falls - timedelta(seconds=1)) == []
    assert off_plan(falls) == [case]


def test_a_case_that_ends_is_on_nobodys_plan(case: Case, therapist: User, monday: datetime):
    moves.close_case(case, reason=CloseReason.DECLINED, by=therapist, now=monday + DAY)

    assert Case.objects.get(pk=case.pk).off_plan_from is None


def test_a_new_plan_begins_its_own_weeks(case: Case, therapist: User, monday: datetime):
    draft = plans.draft_plan(case, weeks=4, visit_weeks=[4], by=therapist, now=monday)
    plans.approve_plan(Plan.objects.select_related("case").get(pk=draft.pk), by=therapist, now=monday)

    assert off_plan(datetime.fromisoformat("2026-11-30T15:00:00Z")) == []
    assert off_plan(datetime.fromisoformat("2026-12-15T15:00:00Z")) == [case]


def test_the_reading_counts_what_came_after_the_plan_began(case: Case, therapist: User, monday: datetime):
    VisitFactory(case=case, starts_at=monday, status="attended", settled_at=monday)
    book(case, monday + 7 * DAY, therapist, monday)

    reading = reading_of(case, case.plans.get(), case.visits.all(), now=monday + 7 * DAY)

    assert (reading.counts.prescribed, reading.counts.due) == (8, 1)
    assert (reading.counts.booked, reading.counts.attended) == (1, 0)
    assert reading.next is not None
    assert (reading.next.number, reading.off_plan) == (2, None)


def test_the_day_to_propose_is_the_plans_own(case: Case, therapist: User, monday: datetime):
    assert proposed_day(case, now=monday) == monday.date() + 7 * DAY
    book(case, monday + 7 * DAY, therapist, monday)
    assert proposed_day(case, now=monday) == monday.date() + 14 * DAY


@pytest.mark.parametrize("status", ["scheduled", "reviewed"])
def test_only_a_treated_case_has_a_day_to_propose(monday: datetime, status: str):
    assert proposed_day(CaseFactory(status=status), now=monday) is None


def test_the_database_refuses_a_plan_to_fall_off_before_treatment(monday: datetime):
    case = CaseFactory(status="scheduled")

    with pytest.raises(IntegrityError, match="only_a_treated_case_falls_off_its_plan"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(off_plan_from=monday)


@pytest.mark.parametrize("weeks", [[0], [53], [1, 60]])
def test_the_database_refuses_visits_beyond_the_year(case: Case, therapist: User, monday: datetime, weeks: list[int]):
    draft = plans.draft_plan(case, by=therapist, now=monday)

    with pytest.raises(IntegrityError, match="plan_wants_visits_in_weeks_1_to_52"), transaction.atomic():
        Plan.objects.filter(pk=draft.pk).update(visit_weeks=weeks)


# --- the entry for the patient's own calendar ---


def entry_of(visit, now: datetime):
    calendar = Calendar.from_ical(calendar_entry(visit, now=now))
    [event] = calendar.walk("VEVENT")
    return calendar, event


def test_a_calendar_entry_says_when_and_where_and_whom_to_call(case: Case, therapist: User, monday: datetime):
    case.site.address = "1 Main Street, Springfield"
    case.site.save()
    visit = book(case, monday + 7 * DAY, therapist, monday)
    visit.case = case

    calendar, event = entry_of(visit, monday)

    assert (event["DTSTART"].dt, event["DTEND"].dt) == (visit.starts_at, visit.ends_at)
    assert event["SUMMARY"] == "Appointment at Riverside"
    assert event["LOCATION"] == "Riverside, 1 Main Street, Springfield"
    assert "+13125550100" in event["DESCRIPTION"]
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", 0)


def test_a_calendar_entry_tells_nobody_why(case: Case, therapist: User, monday: datetime):
    visit = book(case, monday + 7 * DAY, therapist, monday)

    text = calendar_entry(visit, now=monday).decode().lower()

    for word in (case.reference, case.patient.family_name, "knee", "pain", "therap", "patient", therapist.name):
        assert word.lower() not in text


def test_the_same_entry_is_changed_when_the_visit_moves_and_taken_back_when_cancelled(
    case: Case, therapist: User, monday: datetime
):
    visit = book(case, monday + 7 * DAY, therapist, monday)
    _, first = entry_of(visit, monday)
    moved = visits.move_visit(visit, starts_at=monday + 8 * DAY, by=therapist, now=monday)
    _, second = entry_of(moved, monday)
    cancelled = visits.settle_visit(moved, status=VisitStatus.CANCELLED, by=therapist, now=monday)
    calendar, third = entry_of(cancelled, monday)

    assert first["UID"] == second["UID"] == third["UID"]
    assert [each["SEQUENCE"] for each in (first, second, third)] == [0, 1, 2]
    assert (calendar["METHOD"], third["STATUS"]) == ("CANCEL", "CANCELLED")
