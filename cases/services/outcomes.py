"""Outcome scores, kept when they were taken, and struck out where they were wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from cases.models import Case, CaseEvent, Outcome, StrikeOut, SymptomReport
from cases.rules.instruments import (
    score_adherence,
    score_akps,
    score_groc,
    score_nprs,
    score_of,
    score_psfs,
    wrong_in,
    wrong_score,
)
from cases.rules.terms import Instrument
from cases.services.errors import Refusal, WrongInput
from cases.services.events import EventKind, event, record
from cases.services.locking import locked_case, save_change
from cases.services.progress import note_progress
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


class StruckOutAlready(Refusal):
    """Somebody struck this score out before."""

    code = "struck_out"


def scores_of(answers: Mapping[str, Any]) -> dict[Instrument, float]:
    """Every instrument the answers of an intake or a check-in hold a score for."""
    found = {
        Instrument.NPRS_NOW: score_nprs(answers.get("pain_now")),
        Instrument.NPRS_WORST: score_nprs(answers.get("pain_worst")),
        Instrument.NPRS_USUAL: score_nprs(answers.get("pain_usual")),
        Instrument.PSFS: score_psfs(answers.get("goals") or []),
        Instrument.GROC: score_groc(_chosen_number(answers.get("groc"))),
        Instrument.ADHERENCE: score_adherence(answers.get("sessions_done"), answers.get("sessions_prescribed")),
        Instrument.AKPS: score_akps(_knee_scale(answers)),
    }
    return {instrument: score for instrument, score in found.items() if score is not None}


def _knee_scale(answers: Mapping[str, Any]) -> dict[str, Any]:
    # `limp` and `swelling` are safety questions too, so the scale's own items carry its name.
    return {name.removeprefix("akps_"): value for name, value in answers.items() if name.startswith("akps_")}


def _chosen_number(value: Any) -> Any:
    """A rating chosen among options arrives as text, "-3" to "3"."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value


@one_transaction
def record_outcome(
    case: Case,
    *,
    instrument: str,
    score: float | Decimal | None = None,
    items: Mapping[str, Any] | None = None,
    by: User | None,
    now: datetime,
) -> Outcome:
    """Store one score a therapist took, and how the case stands after it.

    items: the answers, scored here and kept; score: the total, where only that is known. One of the two.
    Raises WrongInput for a score the instrument cannot give and for items that cannot be scored, each by its name.
    """
    try:
        known = Instrument(instrument)
    except ValueError as error:
        raise WrongInput({"instrument": [f"Choose among {', '.join(each.value for each in Instrument)}."]}) from error
    if (score is None) == (items is None):
        raise WrongInput({"score": ["Give the score, or the items it is made of: one of the two."]})
    if items is not None:
        wrong = wrong_in(known, items)
        score = None if wrong else score_of(known, items)
        if score is None:
            named = {f"items.{name}": [text] for name, text in wrong.items()}
            raise WrongInput(named or {"items": ["These items give no score."]})
    assert score is not None
    stored = locked_case(case)
    outcome = record_outcomes(stored, scores={known: score}, report=None, by=by, now=now, items=items)[0]
    note_progress(stored, report=None, now=now)
    return outcome


def record_outcomes(
    case: Case,
    *,
    scores: Mapping[Instrument, float | Decimal],
    report: SymptomReport | None,
    by: User | None,
    now: datetime,
    items: Mapping[str, Any] | None = None,
) -> list[Outcome]:
    """Store several scores of one moment, two statements in all. The case is locked by the caller."""
    for instrument, score in scores.items():
        if wrong := wrong_score(instrument, score):
            raise WrongInput({"score": [wrong]})
    outcomes = Outcome.objects.bulk_create(
        Outcome(
            case=case,
            report=report,
            instrument=instrument.value,
            score=Decimal(str(score)),
            items=dict(items or {}),
            taken_at=now,
            recorded_by=by,
        )
        for instrument, score in scores.items()
    )
    CaseEvent.objects.bulk_create(
        event(case, EventKind.OUTCOME_RECORDED, by=by, now=now, instrument=outcome.instrument) for outcome in outcomes
    )
    return outcomes


@one_transaction
def strike_out_outcome(
    outcome: Outcome, *, reason: str, expected_version: int | None = None, by: User, now: datetime
) -> StrikeOut:
    """Let a score that was wrong count no longer, and keep how the case stands without it.

    The score stays on record beside who struck it out, when and why. An ended case is put right too, as its knees are:
    its scores are still counted. What the score once raised, a flag or the urgency, is left to a clinician [G].
    Raises WrongInput without a reason, Stale, StruckOutAlready.
    """
    if not reason.strip():
        raise WrongInput({"reason": ["Say how it came to be wrong."]})
    stored = locked_case(outcome.case, expected_version=expected_version)
    if StrikeOut.objects.filter(outcome=outcome).exists():
        raise StruckOutAlready("This score was struck out already.")
    struck = StrikeOut.objects.create(outcome=outcome, reason=reason.strip(), struck_at=now, struck_by=by)
    save_change(stored, [], now=now)
    record(stored, EventKind.OUTCOME_STRUCK_OUT, by=by, now=now, outcome=outcome.pk, instrument=outcome.instrument)
    note_progress(stored, report=None, now=now)
    return struck
