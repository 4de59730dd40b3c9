"""Visits: booked, moved, and settled as attended, cancelled or missed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from cases.models import Case, Visit
from cases.rules.lifecycle import MOVES
from cases.rules.terms import VisitStatus
from cases.services import reminders
from cases.services.errors import Refusal, WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import CaseEnded, locked_case, open_case_locked
from cases.services.planned_visits import note_off_plan
from cases.services.transactions import one_transaction
from clinic.accounts.models import Role, User

MOST_MINUTES = 240  # of one visit
# A plan lasts a year at most and is looked at for another: beyond that the year was mistyped [G].
MOST_AHEAD = timedelta(days=730)


class VisitSettled(Refusal):
    """The visit is over or cancelled: book another one."""

    code = "visit_settled"


class NotScheduled(Refusal):
    """The first visit is booked by scheduling the case, which asks for red flags first."""

    code = "not_scheduled"


@one_transaction
def book_visit(
    case: Case, *, starts_at: datetime, minutes: int = 45, therapist: User | None = None, by: User, now: datetime
) -> Visit:
    """Plan one more visit of a case that is scheduled or treated. Raises CaseEnded, NotScheduled, WrongInput."""
    stored = open_case_locked(case)
    if stored.status in MOVES["schedule"].starts:
        raise NotScheduled(f"{stored} has no first visit yet: schedule the case.")
    visit = new_visit(stored, starts_at=starts_at, minutes=minutes, therapist=therapist, by=by, now=now)
    note_off_plan(stored, now=now)
    reminders.plan_for_case(stored, now=now)
    return visit


def new_visit(
    case: Case, *, starts_at: datetime, minutes: int, therapist: User | None, by: User, now: datetime
) -> Visit:
    """The row of a planned visit of a locked case, with its event. therapist None: the one of the case."""
    therapist = therapist or case.therapist
    _check(case, starts_at=starts_at, minutes=minutes, therapist=therapist, now=now)
    visit = Visit.objects.create(
        case=case, therapist=therapist, starts_at=starts_at, minutes=minutes, booked_by=by, booked_at=now
    )
    record(case, EventKind.VISIT_BOOKED, by=by, now=now, visit=visit.pk, starts_at=starts_at.isoformat())
    return visit


@one_transaction
def move_visit(visit: Visit, *, starts_at: datetime, by: User, now: datetime) -> Visit:
    """Another time for a planned visit; its reminders follow. Raises VisitSettled, CaseEnded, WrongInput."""
    case = open_case_locked(visit.case)
    stored = _planned(visit)
    _check(case, starts_at=starts_at, minutes=stored.minutes, therapist=stored.therapist, now=now, besides=stored)
    before, stored.starts_at = stored.starts_at, starts_at
    if starts_at == before:
        return stored  # the same time again: nothing moved
    stored.moved_count += 1
    stored.save(update_fields=["starts_at", "moved_count"])
    record(
        case,
        EventKind.VISIT_MOVED,
        by=by,
        now=now,
        visit=stored.pk,
        start=before.isoformat(),
        end=starts_at.isoformat(),
    )
    note_off_plan(case, now=now)
    reminders.plan_for_case(case, now=now)
    return stored


@one_transaction
def settle_visit(visit: Visit, *, status: VisitStatus, by: User, now: datetime) -> Visit:
    """Say what became of a planned visit; of an ended case too, if the visit began before the end.

    Raises VisitSettled, CaseEnded, and WrongInput for one not begun.
    """
    case = locked_case(visit.case)
    stored = _planned(visit)
    if case.ended_at is not None and stored.starts_at > case.ended_at:
        raise CaseEnded(f"{case} had ended before this visit. Reopen it first.")
    if status is VisitStatus.PLANNED:
        raise WrongInput({"status": ["Choose attended, cancelled or missed."]})
    if status in {VisitStatus.ATTENDED, VisitStatus.MISSED} and stored.starts_at > now:
        raise WrongInput({"status": ["This visit has not begun yet. Cancel it or move it instead."]})
    stored.status = status.value
    stored.settled_at = now
    stored.save(update_fields=["status", "settled_at"])
    record(case, EventKind.VISIT_SETTLED, by=by, now=now, visit=stored.pk, status=status.value)
    note_off_plan(case, now=now)
    reminders.plan_for_case(case, now=now)
    return stored


def _planned(visit: Visit) -> Visit:
    stored = Visit.objects.select_for_update(of=("self",), no_key=True).select_related("therapist").get(pk=visit.pk)
    if stored.status != VisitStatus.PLANNED.value:
        raise VisitSettled(f"This visit is already {stored.get_status_display().lower()}. Book another one.")
    return stored


def _check(
    case: Case,
    *,
    starts_at: datetime,
    minutes: int,
    therapist: User | None,
    now: datetime,
    besides: Visit | None = None,
) -> None:
    wrong: dict[str, list[str]] = {}
    if starts_at <= now:
        wrong["starts_at"] = ["This time has passed. Choose a later one."]
    elif starts_at > now + MOST_AHEAD:
        wrong["starts_at"] = ["This lies more than two years ahead. Check the year."]
    if not 5 <= minutes <= MOST_MINUTES:
        wrong["minutes"] = ["Write a length from 5 to 240 minutes."]
    if therapist is not None:
        if case.site_id not in therapist.sites_as({Role.THERAPIST}):
            wrong["therapist"] = ["This person is not a therapist at the case's site."]
        # One booking at a time: two at once would both find the hour free.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=therapist.pk)
        if not wrong and _is_taken(therapist.visits.all(), starts_at, minutes, besides):
            wrong["starts_at"] = ["The therapist has another visit at this time. Choose a different one."]
    # Whoever presses twice has booked once, also where the case has no therapist yet.
    if not wrong and _is_taken(Visit.objects.filter(case__patient=case.patient_id), starts_at, minutes, besides):
        wrong["starts_at"] = ["The patient has another visit at this time. Choose a different one."]
    if wrong:
        raise WrongInput(wrong)


def _is_taken(visits: QuerySet[Visit], starts_at: datetime, minutes: int, besides: Visit | None) -> bool:
    """Whether a planned one among them overlaps; one may begin in the minute in which another ends."""
    near = visits.filter(
        status=VisitStatus.PLANNED.value,
        starts_at__gt=starts_at - timedelta(minutes=MOST_MINUTES),
        starts_at__lt=starts_at + timedelta(minutes=minutes),
    )
    return any(visit.ends_at > starts_at for visit in near if visit != besides)
