"""Every change of a case's status: one function per move in `cases.rules.lifecycle`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from cases.models import Case, Finding, Flag, Outcome, Patient, Plan, Visit
from cases.rules.lifecycle import ENDED, MOVES, Guard, Standing, allowed_moves
from cases.rules.terms import CaseStatus, CloseReason, VisitStatus
from cases.services import reminders
from cases.services.errors import Refusal
from cases.services.events import EventKind, record
from cases.services.locking import locked_case, save_change
from cases.services.patients import accept_patient
from cases.services.planned_visits import note_off_plan
from cases.services.transactions import one_transaction
from cases.services.visits import new_visit
from clinic.accounts.models import User


class IllegalMove(Refusal):
    """The case cannot make this move now; `unmet` lists each guard that stands in the way."""

    code = "illegal_move"

    def __init__(self, text: str, unmet: list[dict[str, str]]) -> None:
        self.unmet = unmet
        super().__init__(text)


class KneeHasOpenCase(Refusal):
    """Another case of the same knee is open; one must end first."""

    code = "knee_has_open_case"


def standing_of(case: Case, *, booked: bool = False, reason: str = "") -> Standing:
    """What the guards look at, read from the stored rows in one statement."""
    of_case = {"case": OuterRef("pk")}
    asked = (
        Exists(Flag.objects.standing().stopping().filter(**of_case)),
        Exists(Finding.objects.filter(**of_case)),
        Exists(Plan.objects.in_force().filter(**of_case)),
        # What the form told before anything was done is no outcome of the treatment.
        Exists(Outcome.objects.counting().filter(**of_case, taken_at__gte=OuterRef("status_since"))),
        Exists(Visit.objects.filter(**of_case, status=VisitStatus.PLANNED.value)),
    )
    flag_stands, confirmed, planned, measured, has_visit = Case.objects.filter(pk=case.pk).values_list(*asked).get()
    return Standing(
        flag_stands=flag_stands,
        causes_confirmed=confirmed,
        plan_approved=planned,
        has_outcome=measured,
        booked=booked or has_visit,
        reason=reason,
    )


def moves_of(case: Case, standing: Standing | None = None) -> dict[str, tuple[Guard, ...]]:
    """Each move the case's status allows, with the guards still unmet; none means it may happen now."""
    return allowed_moves(case.status, standing or standing_of(case))


@one_transaction
def review_case(case: Case, *, expected_version: int | None = None, by: User, now: datetime) -> Case:
    """Somebody read the case. Its first reader and the moment are kept."""
    return _move(case, "review", expected_version=expected_version, by=by, now=now)


@one_transaction
def schedule_case(
    case: Case,
    *,
    starts_at: datetime,
    minutes: int = 45,
    therapist: User | None = None,
    expected_version: int | None = None,
    by: User,
    now: datetime,
) -> Case:
    """Book the first visit. Naming a therapist proposes them: they take the case when nobody has it yet.

    Whoever books a visit has spoken to the person, so a provisional patient is accepted with it.
    Raises IllegalMove, Stale, and WrongInput for a visit in the past or a therapist who does not work there.
    """
    # The patient before the case, as opening a case does.
    accept_patient(case.patient, by=by, now=now)
    stored = locked_case(case, expected_version=expected_version)
    _require(stored, "schedule", standing_of(stored, booked=True))
    new_visit(stored, starts_at=starts_at, minutes=minutes, therapist=therapist, by=by, now=now)
    changes: dict[str, Any] = {}
    if stored.therapist_id is None and therapist is not None:
        changes["therapist"] = therapist
    return _enter(stored, "schedule", by=by, now=now, **changes)


@one_transaction
def start_treatment(case: Case, *, expected_version: int | None = None, by: User, now: datetime) -> Case:
    """Begin the approved plan. Raises IllegalMove until causes are confirmed and a plan is approved."""
    return _move(case, "start_treatment", expected_version=expected_version, by=by, now=now)


@one_transaction
def discharge_case(
    case: Case, *, reason: str = "", expected_version: int | None = None, by: User, now: datetime
) -> Case:
    """End the care of a treated case and cancel what is still to come.

    reason: why there is no outcome; needed only when none was recorded.
    """
    return _move(
        case,
        "discharge",
        reason=reason,
        expected_version=expected_version,
        by=by,
        now=now,
        ended_at=now,
        ending_note=reason,
    )


@one_transaction
def close_case(
    case: Case, *, reason: CloseReason, note: str = "", expected_version: int | None = None, by: User, now: datetime
) -> Case:
    """End an open case without discharge, and cancel what is still to come."""
    return _move(
        case,
        "close",
        reason=reason.value,
        expected_version=expected_version,
        by=by,
        now=now,
        ended_at=now,
        close_reason=reason.value,
        ending_note=note,
    )


@one_transaction
def reopen_case(case: Case, *, reason: str, expected_version: int | None = None, by: User, now: datetime) -> Case:
    """Take an ended case up again. Raises KneeHasOpenCase when a newer case of the same knee is open."""
    # The patient before the case, as opening a case does: both look for an open case of the knee.
    Patient.objects.select_for_update(no_key=True).get(pk=case.patient_id)
    stored = locked_case(case, expected_version=expected_version)
    _require(stored, "reopen", standing_of(stored, reason=reason))
    rival = Case.objects.open().affecting(stored.knees).filter(patient_id=stored.patient_id).first()
    if rival is not None:
        raise KneeHasOpenCase(f"{rival} is open for the same knee. Work on that one, or close it first.")
    return _enter(stored, "reopen", by=by, now=now, ended_at=None, close_reason="", ending_note=reason)


def _move(
    case: Case,
    name: str,
    *,
    reason: str = "",
    expected_version: int | None,
    by: User,
    now: datetime,
    **changes: Any,
) -> Case:
    stored = locked_case(case, expected_version=expected_version)
    _require(stored, name, standing_of(stored, reason=reason))
    return _enter(stored, name, by=by, now=now, **changes)


def _require(case: Case, name: str, standing: Standing) -> None:
    move = MOVES[name]
    if case.status not in move.starts:
        allowed = ", ".join(sorted(MOVES[other].label.lower() for other in allowed_moves(case.status, standing)))
        raise IllegalMove(
            f"{case} is {CaseStatus(case.status).label.lower()}: it cannot be moved by '{move.label.lower()}' now. "
            f"Possible: {allowed}.",
            [{"id": "status", "sentence": f"The case must be {_words(move.starts)}."}],
        )
    unmet = move.unmet(standing)
    if unmet:
        raise IllegalMove(
            " ".join(guard.sentence for guard in unmet),
            [{"id": guard.id, "sentence": guard.sentence} for guard in unmet],
        )


def _enter(case: Case, name: str, *, by: User, now: datetime, **changes: Any) -> Case:
    move = MOVES[name]
    start = case.status
    # Whether it is off plan is asked anew for the status it enters.
    changes |= {"status": move.ends.value, "status_since": now, "off_plan_from": None}
    if case.first_read_at is None:
        # Whoever moves a case has read it.
        changes |= {"first_read_at": now, "first_read_by": by}
    for column, value in changes.items():
        setattr(case, column, value)
    save_change(case, changes, now=now)
    if move.ends in ENDED:
        # What has begun took place or was missed: somebody still says which.
        ahead = case.visits.filter(status=VisitStatus.PLANNED.value, starts_at__gt=now)
        ahead.update(status=VisitStatus.CANCELLED.value, settled_at=now)
    details = {"move": name, "start": start, "end": case.status}
    if changes.get("close_reason"):
        details["reason"] = changes["close_reason"]
    record(case, EventKind.MOVED, by=by, now=now, **details)
    note_off_plan(case, now=now)
    reminders.plan_for_case(case, now=now)
    return case


def _words(statuses: frozenset[CaseStatus]) -> str:
    return " or ".join(sorted(status.label.lower() for status in statuses))
