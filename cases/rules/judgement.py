"""Everything the rules say about one report, ready to be stored beside the therapist's decision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from cases.rules.causes import (
    CAUSE_UNCLEAR,
    CauseScore,
    MobilityContributor,
    SuspectedCause,
    as_read_by,
    ask_at_visit,
    is_overuse_only,
    mobility_contributor,
    score_causes,
    suspected_among,
)
from cases.rules.conditions import Report
from cases.rules.differentials import Pointer, pointers
from cases.rules.examination import Examined
from cases.rules.likelihood import LikelihoodResult, likelihood
from cases.rules.needling import NeedlingScreen, needling_screen
from cases.rules.next_test import NextTest, next_test
from cases.rules.ruleset import CURRENT, RuleSet
from cases.rules.safety_answers import unsettled
from cases.rules.terms import STOPPING, Urgency, worst
from cases.rules.triage import Triage, triage


@dataclass(frozen=True)
class Conclusion:
    """What is concluded of one report, without what to do next. scores: every cause, suspected or not, best first."""

    triage: Triage
    settled: tuple[str, ...]
    urgency: Urgency
    likelihood: LikelihoodResult
    scores: tuple[CauseScore, ...]
    causes: tuple[SuspectedCause, ...]


@dataclass(frozen=True)
class Judgement:
    """A suggestion for clinicians, never a diagnosis and never for the patient.

    causes: best first. Empty where no cause reaches its threshold, and where a red flag of the day comes first:
    `causes_assessed` tells the two apart.
    mobility: the contributor beside the causes; nothing before an exam.
    ask_next: what to ask or test at the visit. next_test: the one test that would tell most; None when none would.
    settled: rule ids of red flags a clinician had cleared when this was judged; they no longer withhold the causes.
    examined: what was found on examining, as it was judged; None from the form alone.
    """

    rules_version: str
    triage: Triage
    likelihood: LikelihoodResult
    causes: tuple[SuspectedCause, ...]
    overuse_only: bool
    ask_next: tuple[str, ...]
    pointers: tuple[Pointer, ...]
    needling: NeedlingScreen
    mobility: MobilityContributor
    next_test: NextTest | None
    settled: tuple[str, ...]
    examined: Examined | None

    @property
    def causes_assessed(self) -> bool:
        return standing_urgency(self.triage, self.settled) not in STOPPING

    def as_data(self) -> dict[str, Any]:
        """Plain JSON in a stable order."""
        return {
            "rules_version": self.rules_version,
            "triage": self.triage.as_data(),
            "likelihood": self.likelihood.as_data(),
            "causes_assessed": self.causes_assessed,
            "causes": [cause.as_data() for cause in self.causes],
            "mobility": self.mobility.as_data(),
            "overuse_only": self.overuse_only,
            "ask_next": list(self.ask_next),
            "next_test": self.next_test.as_data() if self.next_test else None,
            "pointers": [pointer.as_data() for pointer in self.pointers],
            "needling": self.needling.as_data(),
            "settled": list(self.settled),
            "examined": self.examined.as_data() if self.examined else None,
        }


def judge(report: Report, ruleset: RuleSet = CURRENT, *, settled: Collection[str] = ()) -> Judgement:
    """Apply every rule to one report; red flags first (reference 3 to 9).

    ruleset: how causes are scored. Red flags, likelihood and the needling screen are the same for every set.
    settled: ids of red flags of this report that a clinician has cleared since: all that fired are still listed.
    """
    report = as_read_by(ruleset, report)
    found = conclude(report, ruleset, settled=settled)
    stops = found.urgency in STOPPING
    return Judgement(
        rules_version=ruleset.version,
        triage=found.triage,
        likelihood=found.likelihood,
        causes=found.causes,
        overuse_only=is_overuse_only(report, found.causes),
        ask_next=_ask_next(report, stops, found.causes),
        pointers=pointers(report),
        needling=needling_screen(report, found.urgency),
        mobility=mobility_contributor(report, ruleset),
        next_test=None if stops else next_test(found.scores, report.exam, ruleset),
        settled=found.settled,
        examined=report.exam,
    )


def conclude(report: Report, ruleset: RuleSet = CURRENT, *, settled: Collection[str] = ()) -> Conclusion:
    """The part of `judge` that one version of the rules is held against another by."""
    report = as_read_by(ruleset, report)
    flags = triage(report)
    cleared = tuple(rule.rule_id for rule in flags.fired if rule.rule_id in settled)
    urgency = standing_urgency(flags, cleared)
    scores = score_causes(report, ruleset)
    causes = () if urgency in STOPPING else suspected_among(scores, report, ruleset)
    return Conclusion(flags, cleared, urgency, likelihood(report, urgency), scores, causes)


def standing_urgency(flags: Triage, settled: Collection[str]) -> Urgency:
    """The urgency of the flags nobody has cleared."""
    return worst(*(rule.level for rule in flags.fired if rule.rule_id not in settled))


def _ask_next(report: Report, stops: bool, causes: tuple[SuspectedCause, ...]) -> tuple[str, ...]:
    again = tuple(f"Safety question left open, ask again: {name}" for name in sorted(unsettled(report)))
    if stops:
        return again
    return (*again, *ask_at_visit(report), *(() if causes else (CAUSE_UNCLEAR,)))
