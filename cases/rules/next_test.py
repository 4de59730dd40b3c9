"""The next-best test: which examination not yet done would best tell the two leading causes apart, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cases.rules.causes import CauseScore
from cases.rules.exam_tests import BY_ID, CONTROL_TESTS
from cases.rules.examination import Examined
from cases.rules.ruleset import CURRENT, RuleSet
from cases.rules.terms import Cause


@dataclass(frozen=True)
class Outcome:
    """What a test may show. gains, loses: findings of reference 6 that it makes true or no longer true.

    unless: a finding that stands against it; good control on one more test changes nothing beside a fault.
    """

    words: str
    gains: str = ""
    loses: str = ""
    unless: str = ""


@dataclass(frozen=True)
class Battery:
    """Tests that speak to the same findings, the first to do first [G]."""

    tests: tuple[str, ...]
    cause: Cause
    outcomes: tuple[Outcome, ...]


BATTERIES = (
    Battery(
        CONTROL_TESTS,
        Cause.MOVEMENT_DYSFUNCTION,
        (
            Outcome("a fault", gains="MV5", loses="MV7"),
            Outcome("good control", gains="MV7", unless="MV5"),
        ),
    ),
    Battery(
        (
            "quadriceps_strength",
            "hip_abductor_strength",
            "strength_against_norms",
            "hip_external_rotator_strength",
            "hip_extensor_strength",
        ),
        Cause.MUSCLE_IMBALANCE,
        (
            Outcome("a weak side", gains="MU8", loses="MU9"),
            Outcome("hip and quadriceps alike and within norms", gains="MU9", unless="MU8"),
        ),
    ),
    Battery(
        ("j_sign", "patellar_glide", "patellar_tilt"),
        Cause.MOVEMENT_DYSFUNCTION,
        (Outcome("an abnormal result", gains="MV6"), Outcome("a normal result")),
    ),
    Battery(
        ("foot_posture", "joint_flexibility"),
        Cause.MOVEMENT_DYSFUNCTION,
        (Outcome("flat feet or very flexible joints", gains="MV4"), Outcome("a normal result")),
    ),
)


@dataclass(frozen=True)
class NextTest:
    """One test to do next. between: the two leading causes; outcomes: what the test may show, with their scores."""

    test: str
    between: tuple[Cause, Cause]
    outcomes: tuple[tuple[str, tuple[int, int]], ...]
    why: str

    def as_data(self) -> dict[str, Any]:
        return {
            "test": self.test,
            "label": BY_ID[self.test].label,
            "between": [cause.value for cause in self.between],
            "outcomes": [
                {"outcome": words, "scores": dict(zip((cause.value for cause in self.between), scores, strict=True))}
                for words, scores in self.outcomes
            ],
            "why": self.why,
        }


def next_test(scores: tuple[CauseScore, ...], exam: Examined | None, ruleset: RuleSet = CURRENT) -> NextTest | None:
    """The test whose results could change most between the two leading causes; None when no test left can.

    First what could put the other cause first, then what could make or unmake a suspicion, then the widest
    difference; on a tie the order of `BATTERIES`. With nothing suspected the two nearest to their thresholds lead.
    Where no test tells anything about the second, the third is asked about.
    """
    first, second, third = _leading(scores, ruleset)
    best = _best((first, second), scores, exam, ruleset)
    if best is not None:
        return best
    instead = _best((first, third), scores, exam, ruleset)
    if instead is None:
        return None
    return replace(
        instead, why=f"No test left tells {first.cause.label.lower()} from {second.cause.label.lower()}. {instead.why}"
    )


def _best(pair: Pair, scores: tuple[CauseScore, ...], exam: Examined | None, ruleset: RuleSet) -> NextTest | None:
    weights = {finding.id: finding.weight for finding in ruleset.findings}
    met = {line.rule_id for each in scores for line in each.evidence}
    causes = pair[0].cause, pair[1].cause
    best: tuple[tuple[bool, bool, int], NextTest] | None = None
    for battery in BATTERIES:
        test = next((test for test in battery.tests if not _is_done(test, exam)), None)
        if test is None or battery.cause not in causes:
            continue
        after = tuple(
            (outcome.words, _after(outcome, battery.cause, pair, met, weights)) for outcome in battery.outcomes
        )
        value = _worth(pair, [both for _, both in after], ruleset)
        if value[2] and (best is None or value > best[0]):
            best = value, NextTest(test, causes, after, " ".join(_why(test, pair, after, value, ruleset)))
    return best[1] if best else None


Pair = tuple[CauseScore, CauseScore]


def _leading(scores: tuple[CauseScore, ...], ruleset: RuleSet) -> tuple[CauseScore, CauseScore, CauseScore]:
    if any(each.suspected for each in scores):
        # What is suspected leads: overuse without a load history may have points and is no candidate yet.
        ordered = sorted(scores, key=lambda each: (not each.suspected, -each.score))
    else:
        ordered = sorted(scores, key=lambda each: ruleset.thresholds[each.cause] - each.score)
    return ordered[0], ordered[1], ordered[2]


def _is_done(test: str, exam: Examined | None) -> bool:
    if exam is None:
        return False
    result = exam.result(test)
    places = [side for side in BY_ID[test].places if not BY_ID[test].sided or side in exam.affected]
    # Strength of one side tells nothing without the other.
    places = list(BY_ID[test].places) if BY_ID[test].units else places
    return all(result.get(place) is not None for place in places)


def _after(outcome: Outcome, cause: Cause, leading: Pair, met: set[str], weights: Mapping[str, int]) -> tuple[int, int]:
    """The scores of the leading two after that outcome."""
    change = 0
    if outcome.gains and outcome.gains not in met and outcome.unless not in met:
        change += weights.get(outcome.gains, 0)
    if outcome.loses in met:
        change -= weights.get(outcome.loses, 0)
    first, second = (each.score + (change if each.cause is cause else 0) for each in leading)
    return first, second


def _worth(leading: Pair, after: list[tuple[int, int]], ruleset: RuleSet) -> tuple[bool, bool, int]:
    margins = [first - second for first, second in after]
    now = leading[0].score - leading[1].score
    turns = any(_sign(margin) != _sign(now) for margin in margins)
    settles = any(
        (score >= ruleset.thresholds[each.cause]) != (each.score >= ruleset.thresholds[each.cause])
        for pair in after
        for each, score in zip(leading, pair, strict=True)
    )
    return turns, settles, max(margins) - min(margins)


def _why(
    test: str,
    leading: Pair,
    after: tuple[tuple[str, tuple[int, int]], ...],
    value: tuple[bool, bool, int],
    ruleset: RuleSet,
) -> Iterator[str]:
    first, second = leading
    names = f"{first.cause.label} ({first.score}) and {second.cause.label.lower()} ({second.score})"
    if not any(each.suspected for each in leading):
        yield f"No cause reaches its threshold; {names} are nearest."
    elif first.score == second.score:
        yield f"{names} are equal."
    else:
        points = abs(first.score - second.score)
        yield f"{names} are {points} {'point' if points == 1 else 'points'} apart."
    shown = "; ".join(f"{words} makes it {one} to {other}" for words, (one, other) in after)
    yield f"{BY_ID[test].label}: {shown}."
    turns, settles, _ = value
    if turns:
        yield "So it can change which comes first."
    elif settles:
        yield "So it can change what is suspected."


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
