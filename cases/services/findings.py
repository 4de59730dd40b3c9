"""What the therapist confirms after examining, beside what the rules suggested."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cases.models import Case, Finding
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.terms import Confidence, FoundCause
from cases.services.errors import WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import open_case_locked, save_change
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


@one_transaction
def record_finding(
    case: Case,
    *,
    causes: Sequence[str],
    other: str = "",
    differential: str = "",
    confidence: str,
    reason: str = "",
    expected_version: int | None = None,
    by: User,
    now: datetime,
) -> Finding:
    """Append a finding to an open case; the latest one counts.

    causes: values of FoundCause, any subset but the empty one.
    differential: with "other", the id of a row of `cases.rules.differentials`; other: the problem in words instead,
    or more about it. Neither goes without "other".
    reason: needed when the causes differ from the latest suggestion; an abstaining suggestion asks for none, and the
    mobility contributor, which stands beside the causes, is no difference.
    Raises CaseEnded, WrongInput, Stale.
    """
    stored = open_case_locked(case, expected_version=expected_version)
    suggestion = stored.suggestions.order_by("-pk").first()
    agrees = None
    if suggestion is not None and suggestion.causes:
        agrees = set(causes) - {FoundCause.MOBILITY_CONTRIBUTOR.value} == set(suggestion.causes)
    _check(causes, other=other, differential=differential, confidence=confidence, reason=reason, agrees=agrees)
    finding = Finding.objects.create(
        case=stored,
        therapist=by,
        causes=[cause.value for cause in FoundCause if cause.value in causes],
        other=other.strip(),
        differential=differential,
        confidence=confidence,
        reason=reason.strip(),
        suggestion=suggestion,
        agrees=agrees,
        recorded_at=now,
    )
    save_change(stored, [], now=now)
    record(stored, EventKind.FINDING_RECORDED, by=by, now=now, finding=finding.pk, causes=finding.causes, agrees=agrees)
    return finding


def _check(
    causes: Sequence[str], *, other: str, differential: str, confidence: str, reason: str, agrees: bool | None
) -> None:
    wrong: dict[str, list[str]] = {}
    known = [cause.value for cause in FoundCause]
    strange = sorted(set(causes) - set(known))
    if strange:
        wrong["causes"] = [f"Not a known cause: {', '.join(strange)}. Choose among {', '.join(known)}."]
    elif not causes:
        wrong["causes"] = ["Choose at least one cause, or 'other'."]
    if FoundCause.OTHER.value in causes:
        if not other.strip() and not differential:
            wrong["other"] = ["Name the other problem in words, or give its differential."]
    else:
        # Words that no cause carries would be kept where nobody looks for them.
        if other.strip():
            wrong["other"] = ["These words go with the cause 'other'."]
        if differential:
            wrong["differential"] = ["A differential goes with the cause 'other'."]
    if differential and differential not in (rows := [row.id for row in DIFFERENTIALS]):
        wrong["differential"] = [f"Not a known differential. Choose among {', '.join(rows)}."]
    if confidence not in {each.value for each in Confidence}:
        wrong["confidence"] = [f"Choose among {', '.join(each.value for each in Confidence)}."]
    if agrees is False and not reason.strip():
        wrong["reason"] = ["Say why your finding differs from the suggestion."]
    if wrong:
        raise WrongInput(wrong)
