"""Which visits a plan prescribes, which of them took place, and since when a case is off plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from cases.rules.terms import Term, VisitStatus

WEEKLY_UNTIL_WEEK = 4  # [G]: weekly while exercises are learnt; reference 11 has a therapist's visit in week 4
THEN_EVERY_WEEKS = 2  # [G]
MOST_WEEKS = 52
USUAL_WEEKS = 12  # reference 8.1: 6 to 12
# How many days after its day a visit still counts as that visit: half of the way to the next one, at most a week [G].
LATEST_AFTER_DAYS = 7
# A visit that nobody settled has the benefit of the doubt until the next day.
UNSETTLED_FOR = timedelta(days=1)


class OffPlan(Term):
    """Why a case in treatment is off plan: the rule's id, and its sentence for staff."""

    LAPSED = "V1", "A planned visit's time went by, and nothing is booked in its place"
    NO_SHOW = "V2", "The last visit was missed, and nothing is booked after it"


@dataclass(frozen=True)
class Wanted:
    """One visit a plan asks for: number 1, 2 …, its week, its day, and the days on which a visit counts as it."""

    number: int
    week: int
    on: date
    opens_on: date
    closes_on: date


@dataclass(frozen=True)
class Booked:
    """One visit as stored. on: its day on the site's wall. settled_on: the day somebody said what became of it."""

    on: date
    status: VisitStatus
    settled_on: date | None = None
    times_moved: int = 0


@dataclass(frozen=True)
class VisitCounts:
    """prescribed: None without a plan in force. due: prescribed up to today. moved: visits that got another time."""

    prescribed: int | None
    due: int | None
    booked: int
    attended: int
    cancelled: int
    missed: int
    moved: int


@dataclass(frozen=True)
class OffPlanSince:
    """The day from which the case is off plan unless something happens before, and the rule that says so."""

    rule: OffPlan
    on: date


def usual_visit_weeks(weeks: int) -> tuple[int, ...]:
    """The weeks after a plan's start in which a plan of that length has a visit: weekly, then every two weeks [G]."""
    weekly = range(1, WEEKLY_UNTIL_WEEK + 1)
    later = range(WEEKLY_UNTIL_WEEK + THEN_EVERY_WEEKS, MOST_WEEKS + 1, THEN_EVERY_WEEKS)
    return tuple(week for week in (*weekly, *later) if week <= weeks)


def is_pattern(visit_weeks: Sequence[int], weeks: int) -> bool:
    """At least one week, each within the plan, in order, each once."""
    ordered = all(earlier < later for earlier, later in pairwise(visit_weeks))
    return bool(visit_weeks) and ordered and visit_weeks[0] >= 1 and visit_weeks[-1] <= weeks


def wanted_visits(start: date, visit_weeks: Sequence[int]) -> tuple[Wanted, ...]:
    """Each prescribed visit with its window. start: the day the plan began to be followed; visits come after it.

    A visit counts from the day after the one before it was due, so that an early one is not lost.
    """
    wanted = []
    for place, week in enumerate(visit_weeks):
        before = visit_weeks[place - 1] if place else 0
        # After the last visit of a plan there is no next one: the gap before it stands for the gap after it.
        gap = visit_weeks[place + 1] - week if place + 1 < len(visit_weeks) else week - before
        on = start + timedelta(weeks=week)
        after = timedelta(days=min(gap * 7 // 2, LATEST_AFTER_DAYS))
        wanted.append(Wanted(place + 1, week, on, start + timedelta(weeks=before, days=1), on + after))
    return tuple(wanted)


def counts(wanted: Sequence[Wanted] | None, visits: Iterable[Booked], *, today: date) -> VisitCounts:
    """How many visits the plan asks for and what became of those booked; a function of the rows, not of their order."""
    rows = list(visits)
    by_status = {status: sum(1 for visit in rows if visit.status is status) for status in VisitStatus}
    return VisitCounts(
        prescribed=None if wanted is None else len(wanted),
        due=None if wanted is None else sum(1 for each in wanted if each.on <= today),
        booked=by_status[VisitStatus.PLANNED],
        attended=by_status[VisitStatus.ATTENDED],
        cancelled=by_status[VisitStatus.CANCELLED],
        missed=by_status[VisitStatus.MISSED],
        moved=sum(1 for visit in rows if visit.times_moved),
    )


def kept(wanted: Sequence[Wanted], visits: Iterable[Booked]) -> dict[int, Booked]:
    """Number of a prescribed visit to the attended or planned visit that counts as it; each visit counts once."""
    free = sorted((visit for visit in visits if _is_live(visit)), key=lambda visit: (visit.on, visit.status))
    found: dict[int, Booked] = {}
    # Windows open and close in order: whoever takes the earliest visit that fits leaves most to the others.
    for each in wanted:
        fits = next((visit for visit in free if each.opens_on <= visit.on <= each.closes_on), None)
        if fits is not None:
            free.remove(fits)
            found[each.number] = fits
    return found


def next_visit(wanted: Sequence[Wanted], visits: Iterable[Booked], *, today: date) -> tuple[Wanted, date] | None:
    """The next prescribed visit that nothing is booked for, and the day to propose; None when the plan asks for none.

    The day is the plan's own, or tomorrow when that is over but the visit may still be made.
    """
    filled = kept(wanted, visits)
    for each in wanted:
        if each.number not in filled and each.closes_on > today:
            return each, max(each.on, today + timedelta(days=1))
    return None


def off_plan_since(wanted: Sequence[Wanted], visits: Iterable[Booked]) -> OffPlanSince | None:
    """From which day the case is off plan, if nothing more is booked, moved or settled; None: it never will be.

    A day ahead means "not yet". Whoever came since a gap is on plan again.
    """
    rows = list(visits)
    found = [OffPlanSince(OffPlan.LAPSED, on) for on in _lapses(wanted, rows)[:1]]
    missed = _no_show(rows)
    if missed is not None:
        found.append(OffPlanSince(OffPlan.NO_SHOW, missed))
    return min(found, key=lambda each: (each.on, each.rule), default=None)


def _lapses(wanted: Sequence[Wanted], visits: Sequence[Booked]) -> list[date]:
    live = [visit for visit in visits if _is_live(visit)]
    filled = kept(wanted, live)
    last_attended = max((visit.on for visit in live if visit.status is VisitStatus.ATTENDED), default=date.min)
    days = []
    for place, each in enumerate(wanted):
        if each.closes_on < last_attended:
            continue  # they came again since
        until = wanted[place + 1].closes_on if place + 1 < len(wanted) else each.closes_on + _window_after(each)
        # A late visit, before the next one is over too, makes up for this one.
        instead = [visit for visit in live if each.closes_on < visit.on <= until]
        covering = [visit for visit in (filled.get(each.number), *instead) if visit is not None]
        if any(visit.status is VisitStatus.ATTENDED for visit in covering):
            continue
        ends = [each.closes_on, *(visit.on + UNSETTLED_FOR for visit in covering)]
        days.append(max(ends) + timedelta(days=1))
    return sorted(days)


def _window_after(last: Wanted) -> timedelta:
    # Beyond a plan's last window it may still be made up for as long again.
    return last.closes_on - last.on


def _no_show(visits: Sequence[Booked]) -> date | None:
    settled = [visit for visit in visits if visit.status in {VisitStatus.ATTENDED, VisitStatus.MISSED}]
    if not settled:
        return None
    last = max(settled, key=lambda visit: (visit.on, visit.status is VisitStatus.ATTENDED))
    if last.status is VisitStatus.ATTENDED:
        return None
    ahead = [visit for visit in visits if visit.status is VisitStatus.PLANNED and visit.on >= last.on]
    since = last.settled_on or last.on
    if not ahead:
        return since
    # Booked again: only when that visit, too, is over and nobody said that they came.
    return max(since, max(visit.on for visit in ahead) + UNSETTLED_FOR + timedelta(days=1))


def _is_live(visit: Booked) -> bool:
    return visit.status in {VisitStatus.ATTENDED, VisitStatus.PLANNED}
