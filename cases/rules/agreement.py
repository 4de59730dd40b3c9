"""How often the suggestion agreed with what the therapist then found, each number with its doubt."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cases.rules.evidence import FINDINGS
from cases.rules.terms import Cause

# Below this many cases a rate says more about chance than about the rules: it is hidden [G].
LEAST_CASES = 20
TOO_FEW = f"fewer than {LEAST_CASES} cases"
NEVER_FOUND = "the cause was never found"
# The 97.5th percentile of the normal distribution, for intervals of 95 %.
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Compared:
    """One case: what the rules suggested, and what a therapist found afterwards.

    case: its reference. suggested: causes, likeliest first; empty where the rules abstained.
    found: every confirmed cause, also those no rule suggests (a mobility contributor, something else).
    fired: ids of the evidence rules whose condition the answers met, suspected or not.
    """

    case: str
    suggested: tuple[str, ...]
    found: frozenset[str]
    rules_version: str
    fired: frozenset[str] = frozenset()

    @property
    def abstained(self) -> bool:
        return not self.suggested


@dataclass(frozen=True)
class Share:
    """`count` of `of` cases; hidden below `LEAST_CASES`."""

    count: int
    of: int

    @property
    def hidden(self) -> str:
        """Why there is no rate; "" where there is one."""
        return "" if self.of >= LEAST_CASES else TOO_FEW

    @property
    def rate(self) -> float | None:
        return None if self.hidden else self.count / self.of

    @property
    def interval(self) -> tuple[float, float] | None:
        return None if self.hidden else wilson(self.count, self.of)

    def as_data(self) -> dict[str, Any]:
        """Plain JSON; a hidden share says how many cases there are so far and nothing else."""
        rounded = None if self.interval is None else [round(end, 4) for end in self.interval]
        return {
            "n": self.of,
            "count": None if self.hidden else self.count,
            "rate": None if self.rate is None else round(self.rate, 4),
            "interval_95": rounded,
            "hidden": self.hidden,
        }


@dataclass(frozen=True)
class Number:
    """One number of the report: `among` says which cases it is about, `counts` which of those it counts."""

    key: str
    says: str
    among: Callable[[Compared], bool]
    counts: Callable[[Compared], bool]
    cause: Cause | None = None


def _precision(cause: Cause) -> Number:
    return Number(
        f"precision.{cause.value}",
        f"{cause.label} was found where it was suggested",
        lambda pair: cause.value in pair.suggested,
        lambda pair: cause.value in pair.found,
        cause,
    )


def _recall(cause: Cause) -> Number:
    return Number(
        f"recall.{cause.value}",
        f"{cause.label} had been suggested where it was found",
        lambda pair: cause.value in pair.found,
        lambda pair: cause.value in pair.suggested,
        cause,
    )


OVERALL = (
    Number(
        "top_1",
        "The first cause suggested was found (equal causes: the one listed first)",
        lambda pair: not pair.abstained,
        lambda pair: not pair.found.isdisjoint(pair.suggested[:1]),
    ),
    Number(
        "any_of_two",
        "One of the first two causes suggested was found",
        lambda pair: not pair.abstained,
        lambda pair: not pair.found.isdisjoint(pair.suggested[:2]),
    ),
    Number("abstained", "The rules suggested no cause", lambda pair: True, lambda pair: pair.abstained),
)
BY_CAUSE = tuple(number for cause in Cause for number in (_precision(cause), _recall(cause)))
NUMBERS: Mapping[str, Number] = {number.key: number for number in (*OVERALL, *BY_CAUSE)}


@dataclass(frozen=True)
class Lift:
    """How much more often its cause was found where one evidence rule had fired than in all cases.

    1 says nothing, 2 twice as often; a rule that speaks against its cause (direction "-") should stay below 1.
    fired, found_when_fired: cases where it fired, and those of them with the cause. cases, found: the same of all.
    """

    rule_id: str
    cause: Cause
    direction: str
    fired: int
    found_when_fired: int
    cases: int
    found: int

    @property
    def hidden(self) -> str:
        if self.fired < LEAST_CASES:
            return TOO_FEW
        return "" if self.found else NEVER_FOUND

    @property
    def value(self) -> float | None:
        if self.hidden:
            return None
        return (self.found_when_fired / self.fired) / (self.found / self.cases)

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "cause": self.cause.value,
            "direction": self.direction,
            "n": self.fired,
            "lift": None if self.value is None else round(self.value, 3),
            "found_where_fired": Share(self.found_when_fired, self.fired).as_data(),
            "found_in_all": Share(self.found, self.cases).as_data(),
            "hidden": self.hidden,
        }


@dataclass(frozen=True)
class Agreement:
    """Everything reckoned from one set of cases. shares: by the keys of `NUMBERS`; by_version: the overall ones."""

    cases: int
    shares: Mapping[str, Share]
    lifts: tuple[Lift, ...]
    by_version: Mapping[str, Mapping[str, Share]]

    def as_data(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            **{number.key: self.shares[number.key].as_data() for number in OVERALL},
            "by_cause": [
                {"cause": cause.value}
                | {name: self.shares[f"{name}.{cause.value}"].as_data() for name in ("precision", "recall")}
                for cause in Cause
            ],
            "lifts": [lift.as_data() for lift in self.lifts],
            "by_rules_version": [
                {"rules_version": version, **{key: share.as_data() for key, share in shares.items()}}
                for version, shares in self.by_version.items()
            ],
        }


# Rules that only an exam can meet have a lift among the suggestions made after one.
_EVIDENCE = tuple(
    (finding.id, Cause(finding.cause.value), finding.direction)
    for finding in FINDINGS
    if finding.cause is not None and finding.weight and finding.cause.value in {cause.value for cause in Cause}
)


def agreement(pairs: Iterable[Compared]) -> Agreement:
    """Every number of the report, in one pass: the cases themselves are not kept."""
    cases = 0
    among: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    by_version: dict[str, tuple[Counter[str], Counter[str]]] = {}
    fired: Counter[str] = Counter()
    confirmed: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for pair in pairs:
        cases += 1
        version_among, version_counts = by_version.setdefault(pair.rules_version, (Counter(), Counter()))
        for number in NUMBERS.values():
            if not number.among(pair):
                continue
            hit = number.counts(pair)
            among[number.key] += 1
            counts[number.key] += hit
            version_among[number.key] += 1
            version_counts[number.key] += hit
        found.update(pair.found)
        for rule_id, cause, _ in _EVIDENCE:
            if rule_id in pair.fired:
                fired[rule_id] += 1
                confirmed[rule_id] += cause.value in pair.found
    return Agreement(
        cases,
        {key: Share(counts[key], among[key]) for key in NUMBERS},
        tuple(
            Lift(rule_id, cause, direction, fired[rule_id], confirmed[rule_id], cases, found[cause.value])
            for rule_id, cause, direction in _EVIDENCE
            if fired[rule_id]
        ),
        {
            version: {number.key: Share(hits[number.key], of[number.key]) for number in OVERALL}
            for version, (of, hits) in sorted(by_version.items())
        },
    )


def wilson(count: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a share, from 0 to 1 (Wilson 1927, without continuity correction).

    It stays honest near 0 and 1 and for few cases, where the plain one gives a width of nothing.
    Raises ValueError unless 0 <= count <= of and of > 0.
    """
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"{count} of {of} is no share.")
    rate = count / of
    spread = 1 + z * z / of
    middle = rate + z * z / (2 * of)
    reach = z * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of))
    # The ends are exact where floats would leave a crumb: 0 of n begins at 0, n of n ends at 1.
    low = 0.0 if count == 0 else max(0.0, (middle - reach) / spread)
    high = 1.0 if count == of else min(1.0, (middle + reach) / spread)
    return low, high
