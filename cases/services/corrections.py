"""Putting right what was typed wrong about a case."""

from __future__ import annotations

from datetime import datetime

from cases.models import Case, Note, Patient
from cases.models.cases import KNEES
from cases.services.errors import WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import locked_case, save_change
from cases.services.moves import KneeHasOpenCase
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


@one_transaction
def correct_knees(
    case: Case, *, knee_side: str, reason: str, expected_version: int | None = None, by: User, now: datetime
) -> Case:
    """Say which knee the case is really about. knee_side: left, right or both; reason: how it came to be wrong.

    The report keeps what the patient wrote; the reason is kept as a note. Raises WrongInput, Stale, and
    KneeHasOpenCase when another open case of the patient is about that knee.
    """
    knees = frozenset(KNEES) if knee_side == "both" else frozenset({knee_side})
    wrong: dict[str, list[str]] = {}
    if not knees <= frozenset(KNEES):
        wrong["knee_side"] = ["Choose left, right or both."]
    if not reason.strip():
        wrong["reason"] = ["Say how it came to be wrong."]
    if wrong:
        raise WrongInput(wrong)
    # The patient before the case, as opening a case does: both look for an open case of the knee.
    Patient.objects.select_for_update(no_key=True).get(pk=case.patient_id)
    stored = locked_case(case, expected_version=expected_version)
    if stored.knees == knees:
        return stored
    if stored.is_open:
        rivals = Case.objects.open().affecting(knees).filter(patient_id=stored.patient_id).exclude(pk=stored.pk)
        rival = rivals.order_by("-opened_at", "-pk").first()
        if rival is not None:
            raise KneeHasOpenCase(f"{rival} is open for that knee. Work on that one, or close it first.")
    before = stored.knee_side
    stored.affects_left, stored.affects_right = "left" in knees, "right" in knees
    save_change(stored, ["affects_left", "affects_right"], now=now)
    note = f"Knee corrected from {before} to {knee_side}: {reason.strip()}"
    Note.objects.create(case=stored, author=by, text=note, written_at=now)
    record(stored, EventKind.KNEES_CORRECTED, by=by, now=now, start=before, end=knee_side)
    return stored
