"""What a patient is asked after the first form, and when: reference 11 as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cases.rules.lifecycle import ENDED
from cases.rules.quiet_hours import DEFAULT as SANE_HOURS
from cases.rules.quiet_hours import Window, next_opening
from cases.rules.terms import CaseStatus, Urgency
from cases.rules.wall_clock import moment

SANE_HOUR = time(10)
# reference 11: one message, one repeat after 3 days, then the staff's list; the list after as many days again [G].
REPEAT_AFTER_DAYS = 3
CALL_AFTER_DAYS = 6
# A booking at short notice is its own reminder.
SHORTEST_VISIT_NOTICE = timedelta(hours=4)


class Start(StrEnum):
    """From when the days of a step are counted."""

    OPENING = "opening"
    TREATMENT = "treatment"
    NEEDLING = "needling"


@dataclass(frozen=True)
class Step:
    """One check-in.

    days: after its start. answer_days: how long it may be answered, from when it is due (links live 14 days at most).
    asks: the answers wanted beside the red flags, which every check-in repeats.
    is_weekly: a few taps between the outcome weeks: nobody is called for it, nor lost by it [G].
    outlasts_care: still asked for once a treated case is discharged.
    """

    name: str
    label: str
    start: Start
    days: int
    answer_days: int
    asks: tuple[str, ...]
    source: str
    is_weekly: bool = False
    outlasts_care: bool = False


_PAIN = ("pain_now", "pain_worst", "pain_usual")
_ADHERENCE = ("sessions_done", "sessions_prescribed")


def _weekly(*weeks: int) -> tuple[Step, ...]:
    """Over before the next one comes. GROC is asked from week 2 (reference 10)."""
    return tuple(
        Step(
            f"week_{week}",
            f"Week {week}",
            Start.TREATMENT,
            week * 7,
            7,
            ("pain_worst", *(("groc",) if week > 2 else ()), "sessions_done"),
            "reference 10: adherence weekly, NPRS every check-in; up to the re-plan of reference 11 [G]",
            is_weekly=True,
        )
        for week in weeks
    )


STEPS = (
    Step(
        "rest_check",
        "Rest check",
        Start.OPENING,
        4,
        7,
        # The knee scale goes after the form (reference 2) and before the treatment it is the baseline of: here it
        # costs the patient no message of its own [G].
        ("pain_now", "pain_worst", "rest_helped", "akps"),
        "reference 11: day 3-5, the seed's rest window; 8.2; AKPS baseline: reference 10",
    ),
    *_weekly(1),
    Step(
        "week_2",
        "Week 2",
        Start.TREATMENT,
        2 * 7,
        10,
        (*_PAIN, "goals", "groc", *_ADHERENCE),
        "reference 11: early worsening, adherence",
    ),
    *_weekly(3, 4, 5),
    Step(
        "week_6",
        "Week 6",
        Start.TREATMENT,
        6 * 7,
        14,
        (*_PAIN, "akps", "goals", "groc", *_ADHERENCE),
        "reference 11: end of the short-term dose",
    ),
    *_weekly(7, 8, 9, 10, 11),
    Step(
        "week_12",
        "Week 12",
        Start.TREATMENT,
        12 * 7,
        14,
        (*_PAIN, "akps", "goals", "groc", *_ADHERENCE),
        "reference 11: 55% still unfavourable at 3 months (Collins 2013 [S])",
    ),
    Step(
        "week_26",
        "Week 26",
        Start.TREATMENT,
        26 * 7,
        14,
        (*_PAIN, "akps", "groc", "pain_came_back"),
        "reference 11: 40% unfavourable at 12 months [S]",
        outlasts_care=True,
    ),
    Step(
        "week_52",
        "Week 52",
        Start.TREATMENT,
        52 * 7,
        14,
        (*_PAIN, "akps", "groc", "pain_came_back"),
        "reference 11: 40% unfavourable at 12 months [S]",
        outlasts_care=True,
    ),
    Step(
        "needling_check",
        "Check after needling",
        Start.NEEDLING,
        1,
        4,
        ("pain_now", "redness_where_needled", "swelling_where_needled"),
        "reference 9.3, on top of reference 11: 24-48 h; spreading redness, fever, growing swelling",
        outlasts_care=True,
    ),
)
STEP: Mapping[str, Step] = {step.name: step for step in STEPS}
WEEKLY = tuple(step.name for step in STEPS if step.is_weekly)


@dataclass(frozen=True)
class Times:
    """When something may first go or be answered, and when it is too late."""

    due_at: datetime
    expires_at: datetime


def steps_of(status: CaseStatus, urgency: Urgency) -> tuple[Step, ...]:
    """The check-ins a case asks for now: the rest check of a routine case, the weeks of a treatment, needling.

    After a discharge those that outlast care go on: reference 11 stops all when the case closes, and yet asks in weeks
    26 and 52, when a treated patient is long discharged. Closed is closed: nothing goes on [G].
    """
    if status is CaseStatus.DISCHARGED:
        return tuple(step for step in STEPS if step.outlasts_care)
    if status in ENDED:
        return ()
    starts = {Start.NEEDLING} | ({Start.OPENING} if urgency is Urgency.ROUTINE else set())
    if status is CaseStatus.IN_TREATMENT:
        starts.add(Start.TREATMENT)
    return tuple(step for step in STEPS if step.start in starts)


def goes_on_after(status: CaseStatus, step: str | None) -> bool:
    """May a message of this check-in still go in a case of that status? step None: not about a check-in."""
    if status not in ENDED:
        return True
    return status is CaseStatus.DISCHARGED and step is not None and step in STEP and STEP[step].outlasts_care


def check_in_times(step: Step, start: datetime, zone: ZoneInfo, at: time = SANE_HOUR, days: int | None = None) -> Times:
    """At 10:00 on the patient's wall, `step.days` after the start; to be answered until `answer_days` later.

    After needling: at the first 10:00 that is a whole day later, which is within two.
    """
    day = start.astimezone(zone).date() + timedelta(days=step.days if days is None else days)
    if step.start is Start.NEEDLING and moment(day, at, zone) - start < timedelta(days=1):
        day += timedelta(days=1)
    return Times(moment(day, at, zone), moment(day + timedelta(days=step.answer_days), at, zone))


def first_message(
    check_in: Times, zone: ZoneInfo, at: time = SANE_HOUR, repeat_after_days: int = REPEAT_AFTER_DAYS
) -> Times:
    """The message that a check-in is ready; too late when the repeat is due."""
    return Times(check_in.due_at, repeat_message(check_in, zone, at, repeat_after_days).due_at)


def repeat_message(check_in: Times, zone: ZoneInfo, at: time = SANE_HOUR, days: int = REPEAT_AFTER_DAYS) -> Times:
    """The one repeat, three days later on the patient's wall; too late when the check-in is."""
    return days_later(check_in, days, zone, at)


def call_by_staff(check_in: Times, zone: ZoneInfo, at: time = SANE_HOUR, days: int = CALL_AFTER_DAYS) -> Times:
    """When nobody answered the repeat either, a person asks by telephone."""
    return days_later(check_in, days, zone, at)


def days_later(check_in: Times, days: int, zone: ZoneInfo, at: time = SANE_HOUR) -> Times:
    day = check_in.due_at.astimezone(zone).date() + timedelta(days=days)
    return Times(moment(day, at, zone), check_in.expires_at)


def visit_message(
    starts_at: datetime, zone: ZoneInfo, *, booked_at: datetime, at: time = SANE_HOUR, window: Window = SANE_HOURS
) -> Times | None:
    """The day before the visit at 10:00 on the patient's wall; too late when the visit begins.

    Booked later than that: as soon as it may go. None when the booking itself was reminder enough.
    """
    day_before = starts_at.astimezone(zone).date() - timedelta(days=1)
    due_at = max(moment(day_before, at, zone), next_opening(booked_at, zone, window))
    return Times(due_at, starts_at) if starts_at - due_at >= SHORTEST_VISIT_NOTICE else None
