"""Every rule in one list, to be printed, reviewed and signed off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cases.rules.conditions import Condition
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.evidence import ASK_AT_VISIT, FINDINGS, THRESHOLDS
from cases.rules.instruments import INSTRUMENTS
from cases.rules.likelihood import CRITERIA, STRONG_POINTERS, UNCERTAIN_RULES, UNLIKELY_RULES
from cases.rules.measures import fields_read
from cases.rules.needling import NEEDLING_RULES
from cases.rules.plan_templates import NEEDLING_ITEM, PLAN_ITEMS
from cases.rules.progress import PROGRESS_RULES
from cases.rules.safety_answers import CONTRADICTIONS
from cases.rules.triage import RED_FLAGS


@dataclass(frozen=True)
class RuleRow:
    """One rule as people read it.

    group: the table it stands in. effect: its level, weight or result.
    reads: the answer fields it looks at; empty for what an exam or an outcome decides.
    """

    id: str
    group: str
    statement: str
    condition: str
    effect: str
    source: str
    reads: frozenset[str] = frozenset()


def all_rules() -> tuple[RuleRow, ...]:
    """Every rule of every table, in the order a report meets them."""
    return tuple(_rows())


def _read(when: Condition | None) -> frozenset[str]:
    return frozenset() if when is None else fields_read(when)


def _rows() -> Iterator[RuleRow]:
    for flag in RED_FLAGS:
        # The condition of C10 names every other rule: its own words say it better.
        condition = flag.text if flag.id == "C10" else str(flag.when)
        yield RuleRow(flag.id, "red flag", flag.text, condition, flag.level.value, flag.source, _read(flag.when))
    for clash in CONTRADICTIONS:
        yield RuleRow(
            clash.id, "contradiction", "contradictory answers", str(clash.when), "C10", clash.source, _read(clash.when)
        )
    for table, effect in (
        (CRITERIA, "for PFP"),
        (UNLIKELY_RULES, "unlikely"),
        (UNCERTAIN_RULES, "uncertain"),
        (STRONG_POINTERS, "uncertain: strong competing pointer"),
    ):
        for rule in table:
            yield RuleRow(rule.id, "likelihood", rule.statement, str(rule.when), effect, rule.source, _read(rule.when))
    for finding in FINDINGS:
        cause = "no cause" if finding.cause is None else finding.cause.value
        condition = "exam finding" if finding.when is None else str(finding.when)
        yield RuleRow(
            finding.id,
            "cause evidence",
            finding.statement,
            condition,
            f"{cause} {finding.weight:+d}",
            finding.source,
            _read(finding.when),
        )
    for found, threshold in THRESHOLDS.items():
        yield RuleRow(
            f"threshold-{found.value}",
            "cause threshold",
            f"{found.label} suspected",
            f"score >= {threshold}",
            "suspected",
            "reference 6 [G]",
        )
    for ask in ASK_AT_VISIT:
        yield RuleRow(ask.id, "ask at visit", ask.question, str(ask.when), "ask", "reference 6", _read(ask.when))
    for pointer in DIFFERENTIALS:
        yield RuleRow(
            pointer.id,
            "differential",
            pointer.think_of,
            str(pointer.when),
            "pointer",
            pointer.source,
            _read(pointer.when),
        )
    for screen in NEEDLING_RULES:
        yield RuleRow(
            screen.id,
            "needling screen",
            screen.statement,
            str(screen.when),
            screen.result.value,
            screen.source,
            _read(screen.when),
        )
    for item in (*PLAN_ITEMS, NEEDLING_ITEM):
        causes = ", ".join(sorted(cause.value for cause in item.causes)) or (
            "therapist only" if item is NEEDLING_ITEM else "every plan"
        )
        yield RuleRow(item.id, "plan item", item.title, causes, item.evidence, item.source)
    for rule_id, (status, action) in PROGRESS_RULES.items():
        yield RuleRow(rule_id, "progress", action, status.label, status.value, "reference 11")
    for row in INSTRUMENTS.values():
        change = "none" if row.important_change is None else f"{row.important_change:g}"
        yield RuleRow(
            row.instrument.value,
            "instrument",
            row.instrument.label,
            f"{row.low:g} to {row.high:g}, {row.cadence}",
            f"important change {change}",
            row.source,
        )
