"""Judge the stored row, not the one in hand: take it locked, and count every change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cases.models import Case
from cases.services.errors import Refusal, Stale


class CaseEnded(Refusal):
    """The case is discharged or closed; reopen it first."""

    code = "case_ended"


def locked_case(case: Case, *, expected_version: int | None = None) -> Case:
    """The stored case, locked until the transaction ends.

    Raises Stale when somebody changed it since `expected_version` was read; None does not ask.
    """
    stored = Case.objects.select_for_update(of=("self",), no_key=True).select_related("site", "patient").get(pk=case.pk)
    if expected_version is not None and stored.version != expected_version:
        raise Stale(f"{stored} was changed by somebody else. Read it again, then repeat your change.")
    # A case read through the patient or the site must not ask for them again.
    stored.patient.site = stored.site
    return stored


def open_case_locked(case: Case, *, expected_version: int | None = None) -> Case:
    """`locked_case` of a case that has not ended. Raises CaseEnded."""
    stored = locked_case(case, expected_version=expected_version)
    if not stored.is_open:
        raise CaseEnded(f"{stored} has ended. Reopen it first.")
    return stored


def save_change(case: Case, fields: Iterable[str], *, now: datetime) -> None:
    """Store the named columns of a locked case and count the change."""
    case.version += 1
    case.updated_at = now
    case.save(update_fields=[*fields, "version", "updated_at"])
