"""Which of the three causes are suspected, how surely and why (reference 6); abstaining is a valid answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

from cases.rules.at_visit import ASK_AT_VISIT
from cases.rules.conditions import Report, at_least, is_
from cases.rules.evidence import Finding
from cases.rules.measures import quoted
from cases.rules.ruleset import CURRENT, RuleSet
from cases.rules.terms import Cause, Confidence, FoundCause

FOUND = {cause: FoundCause[cause.name] for cause in Cause}
# On equal scores they are shown in this order, as equals.
TIE_ORDER = (Cause.OVERUSE, Cause.MOVEMENT_DYSFUNCTION, Cause.MUSCLE_IMBALANCE)
# The questions about movement and muscle, each with what settles it on examining.
SCREENING_QUESTIONS = {
    "knee_moves_inward": at_least("exam_good_control", 1),
    "kneecap_shifts_sideways": None,
    "weakness_or_one_side_stronger": is_("exam_strength_normal", "yes"),
}
CAUSE_UNCLEAR = "Cause unclear, exam needed"


@dataclass(frozen=True)
class EvidenceLine:
    """One finding that was met. weight: 1-3, always positive; `direction` "+" or "-" says which way it counts.

    answers: what it rests on, quoted: answers of the form, and under "exam.…" results of the examination.
    """

    rule_id: str
    answers: dict[str, Any]
    direction: str
    weight: int
    statement: str
    source: str
    from_exam: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "from_exam": self.from_exam,
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
class MobilityContributor:
    """Tight tissue or too mobile a foot, as the exam found it: it adds to the plan, and explains nothing alone."""

    score: int
    suspected: bool
    evidence: tuple[EvidenceLine, ...]

    def as_data(self) -> dict[str, Any]:
        return {
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
    return suspected_among(score_causes(report, ruleset), report, ruleset)


def suspected_among(
    scores: tuple[CauseScore, ...], report: Report, ruleset: RuleSet = CURRENT
) -> tuple[SuspectedCause, ...]:
    """`suspected_causes` of scores at hand."""
    found = [each for each in scores if each.suspected]
    return tuple(
        SuspectedCause(
            each.cause,
            each.score,
            confidence(each, report, ruleset),
            each.evidence,
            rank=1 + sum(1 for other in found if other.score > each.score),
        )
        for each in found
    )


def mobility_contributor(report: Report, ruleset: RuleSet = CURRENT) -> MobilityContributor:
    """Tightness or too much play, beside the causes and never one of them (reference 5)."""
    report = as_read_by(ruleset, report)
    met = _met(report, FoundCause.MOBILITY_CONTRIBUTOR, ruleset)
    score = sum(finding.weight for finding in met)
    return MobilityContributor(
        score, score >= ruleset.mobility_threshold, tuple(_line(finding, report) for finding in met)
    )


def as_read_by(ruleset: RuleSet, report: Report) -> Report:
    """The report with the measures as this rule set works them out."""
    return report if report.measures is ruleset.measures else replace(report, measures=ruleset.measures)


def intake_confidence(cause: Cause, score: int, ruleset: RuleSet = CURRENT) -> Confidence:
    """Low at the threshold, moderate from two above; "high" is for the exam, never for intake (reference 6)."""
    above = score - ruleset.thresholds[cause]
    return Confidence.MODERATE if above >= ruleset.moderate_from_above else Confidence.LOW


def confidence(scored: CauseScore, report: Report, ruleset: RuleSet = CURRENT) -> Confidence:
    """As from the form, and one step more where an exam finding speaks for the cause [G].

    Tests of control that contradict each other take the step back [G].
    """
    told = intake_confidence(scored.cause, scored.score, ruleset)
    seen = any(line.from_exam and line.direction == "+" for line in scored.evidence)
    if not seen or (scored.cause is Cause.MOVEMENT_DYSFUNCTION and report.value("exam_control_differs") == "yes"):
        return told
    return Confidence.HIGH if told is Confidence.MODERATE else Confidence.MODERATE


def is_overuse_only(report: Report, causes: tuple[SuspectedCause, ...]) -> bool:
    """Overuse alone is suspected, and movement and muscle are a plain "no": answered so, or found so on examining.

    "Not sure" is no "no"; [G]: good control settles the drift of the knee, normal strength the weakness.
    """
    return [each.cause for each in causes] == [Cause.OVERUSE] and all(
        report.answers.get(name) == "no" or (settled is not None and settled.holds(report))
        for name, settled in SCREENING_QUESTIONS.items()
    )


def ask_at_visit(report: Report) -> tuple[str, ...]:
    """What the answers left open, as things to ask or test."""
    return tuple(each.question for each in ASK_AT_VISIT if each.when.holds(report))


def _score(report: Report, cause: Cause, ruleset: RuleSet) -> CauseScore:
    met = _met(report, FOUND[cause], ruleset)
    score = sum(finding.weight for finding in met)
    suspected = score >= ruleset.thresholds[cause] and (
        cause is not Cause.OVERUSE or any(finding.load_history for finding in met)
    )
    return CauseScore(cause, score, suspected, tuple(_line(finding, report) for finding in met))


def _met(report: Report, found: FoundCause, ruleset: RuleSet) -> list[Finding]:
    examined = report.exam is not None
    return [
        finding
        for finding in ruleset.findings
        if finding.cause is found and (examined or not finding.from_exam) and finding.when.holds(report)
    ]


def _line(finding: Finding, report: Report) -> EvidenceLine:
    return EvidenceLine(
        finding.id,
        quoted(finding.when, report),
        finding.direction,
        abs(finding.weight),
        _told(finding.statement, report),
        finding.source,
        finding.from_exam,
    )


def _told(statement: str, report: Report) -> str:
    named = {name: report.measures[name](report) for _, name, _, _ in Formatter().parse(statement) if name}
    return statement.format(
        **{name: f"{value:g}" if isinstance(value, float) else value for name, value in named.items()}
    )
