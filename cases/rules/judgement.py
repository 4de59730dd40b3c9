"""Everything the rules say about one report, ready to be stored beside the therapist's decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.rules.causes import CAUSE_UNCLEAR, SuspectedCause, ask_at_visit, is_overuse_only, suspected_causes
from cases.rules.conditions import Report
from cases.rules.differentials import Pointer, pointers
from cases.rules.likelihood import LikelihoodResult, likelihood
from cases.rules.needling import NeedlingScreen, needling_screen
from cases.rules.ruleset import CURRENT, RuleSet
from cases.rules.safety_answers import unsettled
from cases.rules.triage import Triage, triage


@dataclass(frozen=True)
class Judgement:
    """A suggestion for clinicians, never a diagnosis and never for the patient.

    causes: best first. Empty where no cause reaches its threshold, and where a red flag of the day comes first:
    `causes_assessed` tells the two apart.
    ask_next: what to ask or test at the visit.
    """

    rules_version: str
    triage: Triage
    likelihood: LikelihoodResult
    causes: tuple[SuspectedCause, ...]
    overuse_only: bool
    ask_next: tuple[str, ...]
    pointers: tuple[Pointer, ...]
    needling: NeedlingScreen

    @property
    def causes_assessed(self) -> bool:
        return not self.triage.stops

    def as_data(self) -> dict[str, Any]:
        """Plain JSON in a stable order."""
        return {
            "rules_version": self.rules_version,
            "triage": self.triage.as_data(),
            "likelihood": self.likelihood.as_data(),
            "causes_assessed": self.causes_assessed,
            "causes": [cause.as_data() for cause in self.causes],
            "overuse_only": self.overuse_only,
            "ask_next": list(self.ask_next),
            "pointers": [pointer.as_data() for pointer in self.pointers],
            "needling": self.needling.as_data(),
        }


def judge(report: Report, ruleset: RuleSet = CURRENT) -> Judgement:
    """Apply every rule to one report; red flags first (reference 3 to 9).

    ruleset: how causes are scored. Red flags, likelihood and the needling screen are the same for every set.
    """
    flags = triage(report)
    causes = () if flags.stops else suspected_causes(report, ruleset)
    return Judgement(
        rules_version=ruleset.version,
        triage=flags,
        likelihood=likelihood(report, flags.urgency),
        causes=causes,
        overuse_only=is_overuse_only(report, causes),
        ask_next=_ask_next(report, flags, causes),
        pointers=pointers(report),
        needling=needling_screen(report, flags.urgency),
    )


def _ask_next(report: Report, flags: Triage, causes: tuple[SuspectedCause, ...]) -> tuple[str, ...]:
    again = tuple(f"Safety question left open, ask again: {name}" for name in sorted(unsettled(report)))
    if flags.stops:
        return again
    return (*again, *ask_at_visit(report), *(() if causes else (CAUSE_UNCLEAR,)))
