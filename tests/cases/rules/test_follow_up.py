"""Reference 11: what is asked, when, and on whose wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.follow_up import (
    STEP,
    STEPS,
    Start,
    Step,
    call_by_staff,
    check_in_times,
    first_message,
    goes_on_after,
    repeat_message,
    steps_of,
    visit_message,
)
from cases.rules.quiet_hours import is_quiet
from cases.rules.terms import CaseStatus, Urgency

CHICAGO = ZoneInfo("America/Chicago")
WEEKS = tuple(f"week_{week}" for week in range(1, 13))
ZONES = ["America/Chicago", "America/Phoenix", "Europe/Madrid", "Australia/Lord_Howe", "Pacific/Kiritimati"]


def wall(text: str, zone: ZoneInfo = CHICAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("name", "start", "days"),
    [
        ("rest_check", Start.OPENING, 4),
        ("week_1", Start.TREATMENT, 7),
        ("week_2", Start.TREATMENT, 14),
        ("week_3", Start.TREATMENT, 21),
        ("week_11", Start.TREATMENT, 77),
        ("week_6", Start.TREATMENT, 42),
        ("week_12", Start.TREATMENT, 84),
        ("week_26", Start.TREATMENT, 182),
        ("week_52", Start.TREATMENT, 364),
    ],
)
def test_the_schedule_of_the_reference(name: str, start: Start, days: int):
    assert (STEP[name].start, STEP[name].days) == (start, days)


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ("pain_worst", ["rest_check", *WEEKS, "week_26", "week_52"]),
        ("rest_helped", ["rest_check"]),
        ("akps", ["rest_check", "week_6", "week_12", "week_26", "week_52"]),
        ("goals", ["week_2", "week_6", "week_12"]),
        ("groc", [*WEEKS[1:], "week_26", "week_52"]),
        ("sessions_done", [*WEEKS]),
        ("sessions_prescribed", ["week_2", "week_6", "week_12"]),
        ("pain_came_back", ["week_26", "week_52"]),
    ],
)
def test_what_each_step_asks(asked: str, steps: list[str]):
    assert [step.name for step in STEPS if asked in step.asks] == steps


def test_every_step_says_where_it_comes_from_and_ends_within_a_link_s_life():
    assert all("reference 1" in step.source and 0 < step.answer_days <= 14 for step in STEPS)
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_a_weekly_check_in_is_over_when_the_next_is_due():
    weeks = [step for step in STEPS if step.start is Start.TREATMENT]

    assert {step.name for step in weeks if step.is_weekly} == set(WEEKS) - {"week_2", "week_6", "week_12"}
    for step, following in pairwise(weeks):
        assert not step.is_weekly or step.days + step.answer_days == following.days


@pytest.mark.parametrize(
    ("status", "urgency", "names"),
    [
        (CaseStatus.NEW, Urgency.ROUTINE, ["rest_check", "needling_check"]),
        (CaseStatus.SCHEDULED, Urgency.ROUTINE, ["rest_check", "needling_check"]),
        (CaseStatus.NEW, Urgency.CLINICIAN_REVIEW, ["needling_check"]),
        (CaseStatus.NEW, Urgency.EMERGENCY, ["needling_check"]),
        (
            CaseStatus.IN_TREATMENT,
            Urgency.ROUTINE,
            ["rest_check", *WEEKS, "week_26", "week_52", "needling_check"],
        ),
        (
            CaseStatus.IN_TREATMENT,
            Urgency.CLINICIAN_REVIEW,
            [*WEEKS, "week_26", "week_52", "needling_check"],
        ),
        (CaseStatus.DISCHARGED, Urgency.ROUTINE, ["week_26", "week_52", "needling_check"]),
        (CaseStatus.CLOSED, Urgency.ROUTINE, []),
    ],
)
def test_what_a_case_asks_for(status: CaseStatus, urgency: Urgency, names: list[str]):
    assert [step.name for step in steps_of(status, urgency)] == names


def test_a_check_in_is_due_at_ten_on_the_patient_s_wall_across_a_change_of_the_clocks():
    times = check_in_times(STEP["week_2"], wall("2026-10-25 16:40"), CHICAGO)

    assert times.due_at == datetime(2026, 11, 8, 16, 0, tzinfo=UTC)
    assert times.expires_at == datetime(2026, 11, 18, 16, 0, tzinfo=UTC)


def test_a_late_evening_counts_as_that_day_where_the_patient_is():
    times = check_in_times(STEP["rest_check"], datetime(2026, 11, 3, 4, 30, tzinfo=UTC), CHICAGO)

    assert times.due_at == wall("2026-11-06 10:00")


def test_one_message_and_one_repeat_three_days_later():
    check_in = check_in_times(STEP["week_6"], wall("2026-11-02 09:00"), CHICAGO)

    first, repeat = first_message(check_in, CHICAGO), repeat_message(check_in, CHICAGO)

    assert (first.due_at, first.expires_at) == (wall("2026-12-14 10:00"), wall("2026-12-17 10:00"))
    assert (repeat.due_at, repeat.expires_at) == (wall("2026-12-17 10:00"), check_in.expires_at)


@pytest.mark.parametrize("step", [step for step in STEPS if step.start is not Start.NEEDLING and not step.is_weekly])
def test_a_check_in_can_still_be_answered_when_staff_call_about_it(step: Step):
    check_in = check_in_times(step, wall("2026-11-02 09:00"), CHICAGO)

    call = call_by_staff(check_in, CHICAGO)

    days_later = call.due_at.astimezone(CHICAGO).date() - check_in.due_at.astimezone(CHICAGO).date()
    assert days_later == timedelta(days=6)
    assert call.due_at < call.expires_at == check_in.expires_at


@pytest.mark.parametrize(
    ("needled", "due"),
    [
        ("2026-11-02 09:00", "2026-11-03 10:00"),
        ("2026-11-02 10:00", "2026-11-03 10:00"),
        ("2026-11-02 10:01", "2026-11-04 10:00"),
        ("2026-11-02 18:30", "2026-11-04 10:00"),
        ("2026-10-31 10:30", "2026-11-01 10:00"),  # the night of the clocks is an hour longer
        ("2026-10-31 11:01", "2026-11-02 10:00"),
    ],
)
def test_needling_is_asked_about_a_whole_day_later_and_within_two(needled: str, due: str):
    times = check_in_times(STEP["needling_check"], wall(needled), CHICAGO)

    assert times.due_at == wall(due)
    assert timedelta(hours=24) <= times.due_at - wall(needled).astimezone(UTC) < timedelta(hours=49)


@pytest.mark.parametrize(
    ("status", "step", "goes_on"),
    [
        (CaseStatus.IN_TREATMENT, "week_2", True),
        (CaseStatus.IN_TREATMENT, None, True),
        (CaseStatus.DISCHARGED, "week_12", False),
        (CaseStatus.DISCHARGED, "week_26", True),
        (CaseStatus.DISCHARGED, "week_52", True),
        (CaseStatus.DISCHARGED, "needling_check", True),
        (CaseStatus.DISCHARGED, None, False),
        (CaseStatus.CLOSED, "week_26", False),
        (CaseStatus.CLOSED, "needling_check", False),
    ],
)
def test_what_outlasts_care(status: CaseStatus, step: str | None, goes_on: bool):
    assert goes_on_after(status, step) is goes_on


@pytest.mark.parametrize(
    ("booked", "starts", "due"),
    [
        ("2026-11-02 09:00", "2026-11-10 14:00", "2026-11-09 10:00"),
        ("2026-11-09 10:00", "2026-11-10 14:00", "2026-11-09 10:00"),
        ("2026-11-09 15:00", "2026-11-10 14:00", "2026-11-09 15:00"),  # late: at once
        ("2026-11-09 21:00", "2026-11-10 14:00", "2026-11-10 09:00"),  # late in the evening: in the morning
        ("2026-11-10 09:30", "2026-11-10 13:30", "2026-11-10 09:30"),
    ],
)
def test_the_day_before_a_visit_at_ten(booked: str, starts: str, due: str):
    times = visit_message(wall(starts), CHICAGO, booked_at=wall(booked))

    assert times is not None
    assert (times.due_at, times.expires_at) == (wall(due), wall(starts))


@pytest.mark.parametrize(
    ("booked", "starts"),
    [("2026-11-10 09:31", "2026-11-10 13:30"), ("2026-11-09 21:00", "2026-11-10 12:59")],
)
def test_a_booking_at_short_notice_is_its_own_reminder(booked: str, starts: str):
    assert visit_message(wall(starts), CHICAGO, booked_at=wall(booked)) is None


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([step for step in STEPS if step.start is not Start.NEEDLING]),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
)
def test_every_message_is_due_at_a_sane_hour_and_ends_after_it(step, zone_name, start):
    zone = ZoneInfo(zone_name)
    start = start.replace(tzinfo=UTC)

    check_in = check_in_times(step, start, zone)

    assert check_in.due_at > start + timedelta(days=step.days - 1)
    for times in (first_message(check_in, zone), repeat_message(check_in, zone)):
        assert not is_quiet(times.due_at, zone)
        assert times.due_at < times.expires_at <= check_in.expires_at
