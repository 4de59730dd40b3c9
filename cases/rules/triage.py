"""Red flags first: every rule evaluated, the highest level wins, each that fired quotes the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.rules.conditions import Report
from cases.rules.measures import quoted
from cases.rules.red_flags import EMERGENCY_FLAGS, SAME_DAY_FLAGS, RedFlag
from cases.rules.review_flags import REVIEW_FLAGS
from cases.rules.terms import STOPPING, Urgency, worst

RED_FLAGS: tuple[RedFlag, ...] = (*EMERGENCY_FLAGS, *SAME_DAY_FLAGS, *REVIEW_FLAGS)


@dataclass(frozen=True)
class FiredRule:
    """A red flag met by one report.

    answers: field name to the answer given; None for a safety question left blank.
    """

    rule_id: str
    level: Urgency
    suspicion: str
    source: str
    answers: dict[str, Any]

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "level": self.level.value,
            "suspicion": self.suspicion,
            "source": self.source,
            "answers": self.answers,
        }


@dataclass(frozen=True)
class Triage:
    """The urgency of one report and every rule that fired, emergencies first."""

    urgency: Urgency
    fired: tuple[FiredRule, ...]

    @property
    def stops(self) -> bool:
        """Emergency or same day: the form stops, and the patient is told what to do now."""
        return self.urgency in STOPPING

    def as_data(self) -> dict[str, Any]:
        return {"urgency": self.urgency.value, "fired": [rule.as_data() for rule in self.fired]}


def triage(report: Report) -> Triage:
    """How soon somebody must act on the answers so far (reference 3); partial reports are welcome."""
    fired = tuple(
        FiredRule(flag.id, flag.level, flag.suspicion, flag.source, quoted(flag.when, report))
        for flag in RED_FLAGS
        if flag.when.holds(report)
    )
    return Triage(worst(*(rule.level for rule in fired)), fired)
