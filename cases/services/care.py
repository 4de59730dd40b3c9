"""Who reads, who treats, and what they note."""

from __future__ import annotations

from datetime import datetime

from cases.models import Case, Note
from cases.services.errors import WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import locked_case, open_case_locked, save_change
from cases.services.transactions import one_transaction
from clinic.accounts.models import Role, User


@one_transaction
def mark_read(case: Case, *, by: User, now: datetime) -> Case:
    """Keep who read the case first, and when. Harmless to repeat."""
    stored = locked_case(case)
    if stored.first_read_at is None:
        stored.first_read_at = now
        stored.first_read_by = by
        save_change(stored, ["first_read_at", "first_read_by"], now=now)
        record(stored, EventKind.READ, by=by, now=now)
    return stored


@one_transaction
def assign_therapist(
    case: Case, *, therapist: User | None, expected_version: int | None = None, by: User, now: datetime
) -> Case:
    """Give the case to a therapist of its site; None takes it from whoever has it. Raises CaseEnded, WrongInput."""
    stored = open_case_locked(case, expected_version=expected_version)
    if therapist is not None and stored.site_id not in therapist.sites_as({Role.THERAPIST}):
        raise WrongInput({"therapist": ["This person is not a therapist at the case's site."]})
    before = stored.therapist_id
    if before != (therapist.pk if therapist else None):
        stored.therapist = therapist
        save_change(stored, ["therapist"], now=now)
        record(stored, EventKind.ASSIGNED, by=by, now=now, start=before, end=stored.therapist_id)
    return stored


@one_transaction
def write_note(case: Case, *, text: str, by: User, now: datetime) -> Note:
    """Append a clinical note. Raises WrongInput for an empty one."""
    if not text.strip():
        raise WrongInput({"text": ["Write the note first."]})
    stored = locked_case(case)
    note = Note.objects.create(case=stored, author=by, text=text.strip(), written_at=now)
    record(stored, EventKind.NOTE_WRITTEN, by=by, now=now, note=note.pk)
    return note
