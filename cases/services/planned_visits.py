"""What the plan in force still wants of a case's visits, and the moment from which the case is off plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from cases.models import Case, Plan, Visit
from cases.rules.terms import CaseStatus, VisitStatus
from cases.rules.visit_plan import (
    Booked,
    OffPlanSince,
    VisitCounts,
    Wanted,
    counts,
    next_visit,
    off_plan_since,
    usual_visit_weeks,
    wanted_visits,
)
from cases.rules.wall_clock import moment


@dataclass(frozen=True)
class VisitReading:
    """Counts of the treatment under the plan in force, or of the whole case without one.

    next, next_on: the prescribed visit nothing is booked for, and the day to propose. Booking it stays with a person.
    off_plan: holds now; None while the case is on plan.
    """

    counts: VisitCounts
    next: Wanted | None
    next_on: date | None
    off_plan: OffPlanSince | None


def reading_of(case: Case, plan: Plan | None, visits: Iterable[Visit], *, now: datetime) -> VisitReading:
    """What the rows say today; nothing is read or stored. plan: the one in force."""
    zone = ZoneInfo(case.site.time_zone)
    today = now.astimezone(zone).date()
    if plan is None or case.status != CaseStatus.IN_TREATMENT.value:
        return VisitReading(counts(None, _booked(visits, zone), today=today), None, None, None)
    wanted, rows = _asked(case, plan, visits, zone)
    following, on = next_visit(wanted, rows, today=today) or (None, None)
    since = off_plan_since(wanted, rows)
    return VisitReading(
        counts(wanted, rows, today=today),
        following,
        on,
        since if since is not None and since.on <= today else None,
    )


def proposed_day(case: Case, *, now: datetime) -> date | None:
    """The day on which the plan in force wants the next visit; None when nothing is left to book."""
    if case.status != CaseStatus.IN_TREATMENT.value:
        return None
    return reading_of(case, case.plans.in_force().first(), case.visits.all(), now=now).next_on


def note_off_plan(case: Case, *, now: datetime) -> None:
    """Keep from when the locked case is off plan, after any change of its visits, plan or status.

    The moment may lie ahead: then no clock has to come by for the case to be found when it has passed.
    """
    since: datetime | None = None
    if case.status == CaseStatus.IN_TREATMENT.value:
        zone = ZoneInfo(case.site.time_zone)
        plan = case.plans.in_force().first()
        found = off_plan_since(*_asked(case, plan, case.visits.all(), zone)) if plan else None
        since = moment(found.on, time(), zone) if found else None
    if since != case.off_plan_from:
        case.off_plan_from = since
        case.save(update_fields=["off_plan_from"])


def plan_began_on(case: Case, plan: Plan, zone: ZoneInfo) -> date:
    """The day a plan in force began to be followed: its approval, or the start of treatment when that came later."""
    approved = plan.approved_at or plan.drafted_at
    return max(approved, case.status_since).astimezone(zone).date()


def _asked(
    case: Case, plan: Plan, visits: Iterable[Visit], zone: ZoneInfo
) -> tuple[tuple[Wanted, ...], tuple[Booked, ...]]:
    start = plan_began_on(case, plan, zone)
    wanted = wanted_visits(start, plan.visit_weeks or usual_visit_weeks(plan.weeks))
    # The visit at which the plan was made is not one the plan asks for.
    return wanted, tuple(visit for visit in _booked(visits, zone) if visit.on > start)


def _booked(visits: Iterable[Visit], zone: ZoneInfo) -> tuple[Booked, ...]:
    return tuple(
        Booked(
            on=visit.starts_at.astimezone(zone).date(),
            status=VisitStatus(visit.status),
            settled_on=visit.settled_at.astimezone(zone).date() if visit.settled_at else None,
            times_moved=visit.moved_count,
        )
        for visit in visits
    )
