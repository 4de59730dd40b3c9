"""How a case is going against its baseline, with the rule that said so (reference 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.rules.instruments import ADHERENCE_RECEIVED_FROM_PERCENT, GROC_SUCCESS_FROM, gain, is_important
from cases.rules.terms import Instrument, ProgressStatus

RESOLVED_WORST_PAIN = 1
RESOLVED_AKPS = 95
RESOLVED_GOALS = 9
RESOLVED_APART_DAYS = 14
RECURRENCE_WORST_PAIN = 3
# [G]: as long as two check-ins of the first twelve weeks may lie apart, from day 42 to the last day of week 12's. What
# was measured longer ago says nothing of today.
SCORE_HOLDS_FOR_DAYS = 8 * 7
ADHERENCE_KNOWN_FOR_DAYS = 14  # [G]: asked weekly; what was done longer ago says nothing of this plan
NON_RESPONSE_FROM_DAYS = 6 * 7
REFERRAL_FROM_DAYS = 12 * 7
LOST_AFTER_MISSED_CHECK_INS = 2


@dataclass(frozen=True)
class Scores:
    """The outcomes of one day; None for an instrument that was not answered.

    worst_pain: NPRS of the last 7 days. akps: 0-100. psfs: mean 0-10. lowest_goal: the lowest goal activity, 0-10.
    groc: -3 to +3. adherence: percent of the prescribed sessions.
    pain_came_back: at weeks 26 and 52: the pain got better and then came back for a week or longer, in their words.
    """

    on: date
    worst_pain: float | None = None
    akps: float | None = None
    psfs: float | None = None
    lowest_goal: float | None = None
    groc: float | None = None
    adherence: float | None = None
    pain_came_back: bool | None = None


@dataclass(frozen=True)
class ProgressFinding:
    """One status that holds. because: which comparison said so. action: what reference 11 asks the clinic to do."""

    rule_id: str
    status: ProgressStatus
    because: tuple[str, ...]
    action: str
    source: str = "reference 11"

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "status": self.status.value,
            "because": list(self.because),
            "action": self.action,
            "source": self.source,
        }


@dataclass(frozen=True)
class Progress:
    """Every status that holds; the first is the one to show."""

    findings: tuple[ProgressFinding, ...]

    @property
    def status(self) -> ProgressStatus:
        return self.findings[0].status

    def as_data(self) -> dict[str, Any]:
        return {"status": self.status.value, "findings": [each.as_data() for each in self.findings]}


# Rule id to status and what follows: what needs a person soonest stands first.
PROGRESS_RULES = {
    "G1": (ProgressStatus.WORSENING, "Therapist contact within 2 working days"),
    "G2": (ProgressStatus.RECURRENCE, "Offer a new intake linked to the earlier case"),
    "G9": (ProgressStatus.LOST_TO_FOLLOW_UP, "Telephone; not to be read as recovered"),
    "G3": (ProgressStatus.RESOLVED, "Consider discharge"),
    "G4": (ProgressStatus.IMPROVED, "Keep the plan"),
    "G5": (ProgressStatus.PARTLY_IMPROVED, "Keep the plan, look again at the next review"),
    "G6": (ProgressStatus.NON_RESPONSE, "Medical referral and imaging discussion"),
    "G7": (ProgressStatus.NON_RESPONSE, "Re-examine, revisit differentials and causes, change the plan"),
    "G8": (ProgressStatus.NON_RESPONSE, "Contact about adherence, keep the plan"),
    "G10": (ProgressStatus.TOO_EARLY, "Keep the plan"),
}


def progress_of(history: Sequence[Scores], *, missed_check_ins: int = 0) -> Progress:
    """Every status of the latest score of each instrument: a day with one score hides nothing of the others.

    history: oldest first: the baseline, what came between, and now; at least one. A day on which none of the four was
    taken says nothing of progress.
    missed_check_ins: check-ins in a row without a reply.
    """
    given, history = history, [scores for scores in history if _measures(scores)] or history[:1]
    gains = _gains(_firsts(history), _standing(history[1:]))
    days = (history[-1].on - history[0].on).days
    findings: dict[str, tuple[str, ...]] = {}
    if worse := _worse(history):
        findings["G1"] = worse
    if again := _recurrence(history):
        findings["G2"] = again
    if (calm := _resolved(history)) and _standing(history).worst_pain is not None:
        findings["G3"] = calm
    if len(gains) >= 2:
        findings["G4"] = gains
    elif gains:
        findings["G5"] = gains
    elif len(history) > 1 and days >= NON_RESPONSE_FROM_DAYS and not calm and not _gained_long_ago(history):
        adherence = _adherence(given, history[-1].on)
        findings[_non_response(days, adherence)] = (f"none of the four improvements after {days} days",)
    if missed_check_ins >= LOST_AFTER_MISSED_CHECK_INS:
        findings["G9"] = (f"{missed_check_ins} check-ins without a reply",)
    if not findings:
        findings["G10"] = (f"{days} days since the baseline", *_gained_long_ago(history))
    return Progress(
        tuple(
            ProgressFinding(rule_id, status, findings[rule_id], action)
            for rule_id, (status, action) in PROGRESS_RULES.items()
            if rule_id in findings
        )
    )


def _firsts(history: Sequence[Scores]) -> Scores:
    """The baseline: each instrument when it was first taken. The AKPS is seldom taken on the day of the first form."""
    return Scores(history[0].on, **{name: value for scores in reversed(history) for name, value in _given(scores)})


def _lasts(history: Sequence[Scores]) -> Scores:
    """Each instrument when it was last taken: a visit with one score between two check-ins hides none of them."""
    on = history[-1].on if history else date.min
    return Scores(on, **{name: value for scores in history for name, value in _given(scores)})


def _standing(history: Sequence[Scores]) -> Scores:
    """The last scores, as far as they still say something on the last day."""
    return _lasts([scores for scores in history if (history[-1].on - scores.on).days <= SCORE_HOLDS_FOR_DAYS])


def _gained_long_ago(history: Sequence[Scores]) -> tuple[str, ...]:
    """Gains too old to count that nothing newer takes back: with them nobody can say "none of the four".

    One of them alone gives way to worst pain, which every check-in asks for: measured lately, it decides [G].
    """
    gains = _gains(_firsts(history), _lasts(history[1:]))
    if len(gains) < 2 and _standing(history).worst_pain is not None:
        return ()
    return tuple(f"{each} when last measured, more than {SCORE_HOLDS_FOR_DAYS} days ago" for each in gains)


def _given(scores: Scores) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in vars(scores).items() if name != "on" and value is not None]


def _gains(before: Scores, now: Scores) -> tuple[str, ...]:
    gains = []
    if important := _important(Instrument.NPRS_WORST, before.worst_pain, now.worst_pain):
        gains.append(f"worst pain down {important:g}")
    if important := _important(Instrument.AKPS, before.akps, now.akps):
        gains.append(f"AKPS up {important:g}")
    if important := _important(Instrument.PSFS, before.psfs, now.psfs):
        gains.append(f"PSFS up {important:g}")
    if now.groc is not None and now.groc >= GROC_SUCCESS_FROM:
        gains.append(f"GROC {now.groc:+g}")
    return tuple(gains)


def _important(instrument: Instrument, before: float | None, now: float | None) -> float | None:
    """The gain, if both were taken and it counts; a loss is the gain of the way back."""
    if before is None or now is None or not is_important(instrument, better := gain(instrument, before, now)):
        return None
    return better


def _worse(history: Sequence[Scores]) -> tuple[str, ...]:
    now = _standing(history)
    grounds = []
    # Against the baseline and against the last check-in: either is enough.
    for name, before in {"the baseline": _firsts(history), "the last check-in": _before_last(history)}.items():
        if rise := _important(Instrument.NPRS_WORST, now.worst_pain, before.worst_pain):
            grounds.append(f"worst pain up {rise:g} against {name}")
        if drop := _important(Instrument.AKPS, now.akps, before.akps):
            grounds.append(f"AKPS down {drop:g} against {name}")
    if now.groc is not None and now.groc <= -GROC_SUCCESS_FROM:
        grounds.append(f"GROC {now.groc:+g}")
    return tuple(grounds)


def _before_last(history: Sequence[Scores]) -> Scores:
    """Each instrument when it was last taken but one."""
    last: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for scores in history:
        for name, value in _given(scores):
            if name in last:
                before[name] = last[name]
            last[name] = value
    return Scores(history[0].on, **before)


def _recurrence(history: Sequence[Scores]) -> tuple[str, ...]:
    for index in range(1, len(history) - 1):
        until = history[: index + 1]
        then = _standing(until[1:])
        if len(_gains(_firsts(until), then)) < 2 and not _resolved(until):
            continue
        now = _standing(history[index + 1 :])
        # Worst pain is asked for the last 7 days: one answer covers the week the reference asks for [G].
        rise = _important(Instrument.NPRS_WORST, now.worst_pain, then.worst_pain)
        if rise and (now.worst_pain or 0) >= RECURRENCE_WORST_PAIN:
            return (f"worst pain {now.worst_pain:g}, up {rise:g} since improved on {then.on.isoformat()}",)
        # Weeks 26 and 52 ask outright: it counts even if it is gone again by the day of the answer.
        if now.pain_came_back:
            return (f"the pain came back for a week or longer after it had improved on {then.on.isoformat()}",)
    return ()


def _resolved(history: Sequence[Scores]) -> tuple[str, ...]:
    """Calm on two days of check-ins, however long ago, and nothing measured since that says otherwise."""
    calm = [scores.on for scores in history[1:] if _calm(scores)]
    if not calm or (calm[-1] - calm[0]).days < RESOLVED_APART_DAYS or not _calm(_lasts(history)):
        return ()
    return (
        f"worst pain <= {RESOLVED_WORST_PAIN} and function back on {calm[0].isoformat()} and {calm[-1].isoformat()}",
    )


def _calm(scores: Scores) -> bool:
    return (
        scores.worst_pain is not None
        and scores.worst_pain <= RESOLVED_WORST_PAIN
        and (
            (scores.akps is not None and scores.akps >= RESOLVED_AKPS)
            or (scores.lowest_goal is not None and scores.lowest_goal >= RESOLVED_GOALS)
        )
    )


def _measures(scores: Scores) -> bool:
    four = (scores.worst_pain, scores.akps, scores.psfs, scores.groc, scores.lowest_goal)
    return any(score is not None for score in four) or scores.pain_came_back is not None


def _adherence(history: Sequence[Scores], on: date) -> float | None:
    """The latest one known, if it is of these days."""
    for scores in reversed(history):
        if scores.adherence is not None:
            return scores.adherence if (on - scores.on).days <= ADHERENCE_KNOWN_FOR_DAYS else None
    return None


def _non_response(days: int, adherence: float | None) -> str:
    if days >= REFERRAL_FROM_DAYS:
        return "G6"
    # Adherence nobody reported is asked about first: the plan is not changed on a guess [G].
    received = adherence is not None and adherence >= ADHERENCE_RECEIVED_FROM_PERCENT
    return "G7" if received else "G8"
