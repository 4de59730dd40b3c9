"""Which of the three causes are suspected, how surely and why (reference 6); abstaining is a valid answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

from cases.rules.conditions import Report
from cases.rules.evidence import ASK_AT_VISIT, Finding
from cases.rules.measures import quoted
from cases.rules.ruleset import CURRENT, RuleSet
from cases.rules.terms import Cause, Confidence, FoundCause

FOUND = {cause: FoundCause[cause.name] for cause in Cause}
# On equal scores they are shown in this order, as equals.
TIE_ORDER = (Cause.OVERUSE, Cause.MOVEMENT_DYSFUNCTION, Cause.MUSCLE_IMBALANCE)
SCREENING_QUESTIONS = ("knee_moves_inward", "kneecap_shifts_sideways", "weakness_or_one_side_stronger")
CAUSE_UNCLEAR = "Cause unclear, exam needed"


@dataclass(frozen=True)
class EvidenceLine:
    """One finding that was met. weight: 1-3, always positive; `direction` "+" or "-" says which way it counts."""

    rule_id: str
    answers: dict[str, Any]
    direction: str
    weight: int
    statement: str
    source: str

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "answers": self.answers,
            "direction": self.direction,
            "weight": self.weight,
            "statement": self.statement,
            "source": self.source,
        }


@dataclass(frozen=True)
class CauseScore:
    """The sum of the evidence for one cause, suspected or not."""

    cause: Cause
    score: int
    suspected: bool
    evidence: tuple[EvidenceLine, ...]

    def as_data(self) -> dict[str, Any]:
        return {
            "cause": self.cause.value,
            "score": self.score,
            "suspected": self.suspected,
            "evidence": [line.as_data() for line in self.evidence],
        }


@dataclass(frozen=True)
class SuspectedCause:
    """A cause whose evidence reaches its threshold. rank: from 1; causes with equal scores share one."""

    cause: Cause
    score: int
    confidence: Confidence
    evidence: tuple[EvidenceLine, ...]
    rank: int

    def as_data(self) -> dict[str, Any]:
        return {
            "cause": self.cause.value,
            "score": self.score,
            "confidence": self.confidence.value,
            "rank": self.rank,
            "evidence": [line.as_data() for line in self.evidence],
        }


def score_causes(report: Report, ruleset: RuleSet = CURRENT) -> tuple[CauseScore, ...]:
    """All three causes with their sums, best first; ties in `TIE_ORDER`."""
    report = as_read_by(ruleset, report)
    scores = [_score(report, cause, ruleset) for cause in TIE_ORDER]
    return tuple(sorted(scores, key=lambda each: -each.score))


def suspected_causes(report: Report, ruleset: RuleSet = CURRENT) -> tuple[SuspectedCause, ...]:
    """The suspected causes, best first; empty means "cause unclear, exam needed", which is common."""
    found = [each for each in score_causes(report, ruleset) if each.suspected]
    return tuple(
        SuspectedCause(
            each.cause,
            each.score,
            intake_confidence(each.cause, each.score, ruleset),
            each.evidence,
            rank=1 + sum(1 for other in found if other.score > each.score),
        )
        for each in found
    )


def as_read_by(ruleset: RuleSet, report: Report) -> Report:
    """The report with the measures as this rule set works them out."""
    return report if report.measures is ruleset.measures else replace(report, measures=ruleset.measures)


def intake_confidence(cause: Cause, score: int, ruleset: RuleSet = CURRENT) -> Confidence:
    """Low at the threshold, moderate from two above; "high" is for the exam, never for intake (reference 6)."""
    above = score - ruleset.thresholds[cause]
    return Confidence.MODERATE if above >= ruleset.moderate_from_above else Confidence.LOW


def is_overuse_only(report: Report, causes: tuple[SuspectedCause, ...]) -> bool:
    """Overuse alone is suspected, and movement and muscle questions were answered "no", not "not sure"."""
    return [each.cause for each in causes] == [Cause.OVERUSE] and all(
        report.answers.get(name) == "no" for name in SCREENING_QUESTIONS
    )


def ask_at_visit(report: Report) -> tuple[str, ...]:
    """What the answers left open, as things to ask or test."""
    return tuple(each.question for each in ASK_AT_VISIT if each.when.holds(report))


def _score(report: Report, cause: Cause, ruleset: RuleSet) -> CauseScore:
    found = FOUND[cause]
    met = [
        finding
        for finding in ruleset.findings
        if finding.cause is found and finding.when is not None and finding.when.holds(report)
    ]
    score = sum(finding.weight for finding in met)
    suspected = score >= ruleset.thresholds[cause] and (
        cause is not Cause.OVERUSE or any(finding.load_history for finding in met)
    )
    return CauseScore(cause, score, suspected, tuple(_line(finding, report) for finding in met))


def _line(finding: Finding, report: Report) -> EvidenceLine:
    assert finding.when is not None
    return EvidenceLine(
        finding.id,
        quoted(finding.when, report),
        finding.direction,
        abs(finding.weight),
        _told(finding.statement, report),
        finding.source,
    )


def _told(statement: str, report: Report) -> str:
    named = {name: report.measures[name](report) for _, name, _, _ in Formatter().parse(statement) if name}
    return statement.format(
        **{name: f"{value:g}" if isinstance(value, float) else value for name, value in named.items()}
    )
