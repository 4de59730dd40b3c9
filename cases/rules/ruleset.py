"""One version of the cause rules as a value: what is scored, weighed and cut; a candidate derives from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from cases.rules.evidence import (
    FINDINGS,
    LOAD_JUMP,
    MOBILITY_THRESHOLD,
    MODERATE_FROM_ABOVE_THRESHOLD,
    STRONG,
    THRESHOLDS,
    WEAK_SIDE,
    Finding,
    load_jump_statement,
    weak_statement,
)
from cases.rules.exam_findings import STRENGTH_PERCENT
from cases.rules.load_history import LOAD_RULE, LoadRule
from cases.rules.measures import MEASURES, Measure, measures_with
from cases.rules.terms import Cause, FoundCause
from cases.rules.version import RULES_VERSION

_MOBILITY = FoundCause.MOBILITY_CONTRIBUTOR.value
Number = TypeVar("Number", int, float)


class UnknownRule(ValueError):
    """A candidate names a finding or a cause that there is not, or a number that cannot be one; nothing was made."""


@dataclass(frozen=True)
class RuleSet:
    """What `cases.rules.causes` reads. Red flags, likelihood and the needling screen are no part of it: no
    candidate can lower a safety rule.

    version: stored with every judgement made by it.
    findings: the rows of reference 6, in order.
    thresholds: the sum from which each cause is suspected.
    moderate_from_above: how far above its threshold the confidence is moderate.
    mobility_threshold: the sum from which the mobility contributor is shown beside the causes.
    load: what counts as a jump of load.
    strength_percent: a muscle group below that share of the other side is weak.
    """

    version: str
    findings: tuple[Finding, ...]
    thresholds: Mapping[Cause, int] = field(hash=False)
    moderate_from_above: int = MODERATE_FROM_ABOVE_THRESHOLD
    mobility_threshold: int = MOBILITY_THRESHOLD
    load: LoadRule = LOAD_RULE
    strength_percent: float = STRENGTH_PERCENT

    @cached_property
    def measures(self) -> Mapping[str, Measure]:
        """The measures as this set works them out."""
        if (self.load, self.strength_percent) == (LOAD_RULE, STRENGTH_PERCENT):
            return MEASURES
        return measures_with(self.load, self.strength_percent)

    def changed(
        self,
        *,
        version: str,
        weights: Mapping[str, int] | None = None,
        thresholds: Mapping[str, int] | None = None,
        without: Collection[str] = (),
        moderate_from_above: int | None = None,
        load_increase_percent: float | None = None,
        load_window_weeks: float | None = None,
        strength_percent: float | None = None,
    ) -> RuleSet:
        """A candidate that differs as told and in nothing else.

        weights: finding id to weight, 0 to 3, negative where it speaks against; the direction of a row never turns.
        thresholds: value of a Cause, or "mobility_contributor", to the sum, 1 or more. without: finding ids left out.
        Raises UnknownRule, which names what is wrong.
        """
        weights, thresholds = weights or {}, thresholds or {}
        if version == self.version or not version.strip():
            raise UnknownRule(f"version: {version!r} is no name of its own.")
        self._refuse_strange(weights, thresholds, without)
        load = LoadRule(
            increase_percent=_from(load_increase_percent, self.load.increase_percent, "load_increase_percent"),
            window_weeks=_from(load_window_weeks, self.load.window_weeks, "load_window_weeks"),
        )
        percent = _from(strength_percent, self.strength_percent, "strength_percent")
        said = {LOAD_JUMP: load_jump_statement(load), WEAK_SIDE: weak_statement(percent)}
        kept = (finding for finding in self.findings if finding.id not in without)
        return replace(
            self,
            version=version,
            findings=tuple(
                replace(row, weight=weights.get(row.id, row.weight), statement=said.get(row.id, row.statement))
                for row in kept
            ),
            thresholds=MappingProxyType(
                {cause: thresholds.get(cause.value, sum_) for cause, sum_ in self.thresholds.items()}
            ),
            moderate_from_above=_from(moderate_from_above, self.moderate_from_above, "moderate_from_above"),
            mobility_threshold=thresholds.get(_MOBILITY, self.mobility_threshold),
            load=load,
            strength_percent=percent,
        )

    def _refuse_strange(
        self, weights: Mapping[str, int], thresholds: Mapping[str, int], without: Collection[str]
    ) -> None:
        known = {finding.id: finding for finding in self.findings}
        if strange := sorted((set(weights) | set(without)) - set(known)):
            raise UnknownRule(f"Not a finding: {', '.join(strange)}.")
        if strange := sorted(set(thresholds) - {cause.value for cause in Cause} - {_MOBILITY}):
            raise UnknownRule(f"Not a cause: {', '.join(strange)}.")
        for id, weight in weights.items():
            if not _is_whole(weight) or abs(weight) > STRONG or weight * known[id].weight < 0:
                raise UnknownRule(f"weights.{id}: {weight!r} is no weight for {known[id].weight:+d}.")
        for cause, sum_ in thresholds.items():
            if not _is_whole(sum_) or sum_ < 1:
                raise UnknownRule(f"thresholds.{cause}: {sum_!r} is no whole number from 1.")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _from(given: Number | None, standing: Number, name: str) -> Number:
    if given is None:
        return standing
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise UnknownRule(f"{name}: {given!r} is no number above 0.")
    return given


CURRENT = RuleSet(RULES_VERSION, FINDINGS, MappingProxyType(dict(THRESHOLDS)))
