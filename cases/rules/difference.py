"""What another judgement of the same report would change, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases.rules.judgement import Conclusion
from cases.rules.terms import URGENCY_ORDER, Likelihood, Urgency


@dataclass(frozen=True)
class Gist:
    """A judgement cut down to what can be compared.

    flags: ids of the red flags that fired. causes: suspected cause to confidence, likeliest first.
    """

    urgency: Urgency
    flags: frozenset[str]
    likelihood: Likelihood
    causes: Mapping[str, str]


def gist_of(judged: Conclusion) -> Gist:
    return Gist(
        judged.triage.urgency,
        frozenset(rule.rule_id for rule in judged.triage.fired),
        judged.likelihood.value,
        {suspected.cause.value: suspected.confidence.value for suspected in judged.causes},
    )


@dataclass(frozen=True)
class Difference:
    """From `before` to `after`; false when nothing would change."""

    before: Gist
    after: Gist

    @property
    def urgency(self) -> str:
        """up, down, or "" where it stays."""
        rise = URGENCY_ORDER.index(self.after.urgency) - URGENCY_ORDER.index(self.before.urgency)
        return "up" if rise > 0 else "down" if rise < 0 else ""

    @property
    def flags_gained(self) -> tuple[str, ...]:
        return tuple(sorted(self.after.flags - self.before.flags, key=_by_id))

    @property
    def flags_lost(self) -> tuple[str, ...]:
        return tuple(sorted(self.before.flags - self.after.flags, key=_by_id))

    @property
    def likelihood(self) -> str:
        """Such as "likely -> uncertain", or ""."""
        return _arrow(self.before.likelihood.value, self.after.likelihood.value)

    @property
    def causes_gained(self) -> tuple[str, ...]:
        return tuple(cause for cause in self.after.causes if cause not in self.before.causes)

    @property
    def causes_lost(self) -> tuple[str, ...]:
        return tuple(cause for cause in self.before.causes if cause not in self.after.causes)

    @property
    def reordered(self) -> bool:
        """The causes that stay stand in another order."""
        stayed = [cause for cause in self.before.causes if cause in self.after.causes]
        return stayed != [cause for cause in self.after.causes if cause in self.before.causes]

    @property
    def confidence(self) -> Mapping[str, str]:
        """Cause that stays to "low -> moderate", where its confidence changes."""
        changes = {
            cause: _arrow(was, self.after.causes[cause])
            for cause, was in self.before.causes.items()
            if cause in self.after.causes
        }
        return {cause: change for cause, change in changes.items() if change}

    def __bool__(self) -> bool:
        return bool(
            self.urgency
            or self.flags_gained
            or self.flags_lost
            or self.likelihood
            or self.causes_gained
            or self.causes_lost
            or self.reordered
            or self.confidence
        )

    def as_data(self) -> dict[str, Any]:
        return {
            "urgency": _arrow(self.before.urgency.value, self.after.urgency.value),
            "urgency_goes": self.urgency,
            "flags_gained": list(self.flags_gained),
            "flags_lost": list(self.flags_lost),
            "likelihood": self.likelihood,
            "causes_gained": list(self.causes_gained),
            "causes_lost": list(self.causes_lost),
            "reordered": self.reordered,
            "confidence": dict(self.confidence),
        }


class Totals:
    """How many reports would change and how; they are counted as they come by and not kept."""

    def __init__(self) -> None:
        self.read = 0
        self.changed = 0
        self._ways: Counter[str] = Counter()
        self._versions: Counter[str] = Counter()

    def add(self, difference: Difference, *, judged_by: str) -> None:
        """judged_by: the version of the rules that made the stored judgement."""
        self.read += 1
        self._versions[judged_by] += 1
        if not difference:
            return
        self.changed += 1
        ways = [f"urgency {difference.urgency}"] if difference.urgency else []
        ways += [f"flag gained: {rule}" for rule in difference.flags_gained]
        ways += [f"flag lost: {rule}" for rule in difference.flags_lost]
        ways += [f"likelihood: {difference.likelihood}"] if difference.likelihood else []
        ways += [f"cause gained: {cause}" for cause in difference.causes_gained]
        ways += [f"cause lost: {cause}" for cause in difference.causes_lost]
        ways += ["causes reordered"] if difference.reordered else []
        ways += [f"confidence of {cause}: {change}" for cause, change in difference.confidence.items()]
        self._ways.update(ways)

    def as_data(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "changed": self.changed,
            "judged_by": dict(sorted(self._versions.items())),
            "changes": dict(sorted(self._ways.items())),
        }


def _arrow(before: str, after: str) -> str:
    return "" if before == after else f"{before} -> {after}"


def _by_id(rule_id: str) -> tuple[str, int, str]:
    """S2 before S10."""
    digits = rule_id.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return rule_id[: len(rule_id) - len(digits)], int(digits) if digits.isdecimal() else 0, rule_id
