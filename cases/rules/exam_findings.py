"""What the results of an examination say about the affected knee: weak groups, poor control, tightness."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cases.rules.exam_tests import (
    BY_ID,
    CONTROL_TESTS,
    FLEXIBILITY_TESTS,
    GOOD_CONTROL,
    GRADE_TESTS,
    SIDES,
    STRENGTH_TESTS,
    UNSIDED,
    WITHIN_NORMS,
)
from cases.rules.examination import Examined, said

STRENGTH_PERCENT = 90  # reference 6 [R]
FULL_GRADE = 5
# [G]: "strength normal" needs both groups the guideline names, hip and quadriceps.
NEEDED_FOR_NORMAL = ("hip_abductor_strength", "quadriceps_strength")
NORMS = "strength_against_norms"


def percent_of_other(exam: Examined, test: str, side: str) -> Fraction | None:
    """The strength of a side in percent of the other; None unless both were measured, the other above 0."""
    result = exam.result(test)
    own, other = result.get(side), result.get(_other(side))
    if own is None or not other:
        return None
    # Of the decimals as written: as floats 89.1 of 99 would not be 90 %.
    return Fraction(str(own)) * 100 / Fraction(str(other))


def weak(exam: Examined, cut: float) -> dict[str, frozenset[str]]:
    """Strength tests weaker than the cut on an affected side, or below norms there; each with what tells it."""
    found: dict[str, set[str]] = {}
    for test, below in STRENGTH_TESTS.items():
        for side in exam.affected:
            percent = percent_of_other(exam, test, side)
            if percent is not None and percent < cut:
                found.setdefault(test, set()).add(test)
            if below in exam.result(NORMS).get(side, ()):
                found.setdefault(test, set()).add(NORMS)
    return {test: frozenset(told_by) for test, told_by in found.items()}


def weak_told(exam: Examined, cut: float) -> str:
    """In words: "Hip abductors, dynamometer: left 95 N, right 120 N (left 79 % of right)"."""
    return "; ".join(
        _strength_told(exam, test, below_norms=NORMS in told_by) for test, told_by in weak(exam, cut).items()
    )


def strength_is_normal(exam: Examined, cut: float) -> bool:
    """Hip abductors and quadriceps measured, every group alike on both sides, and the therapist says within norms."""
    measured = [test for test in STRENGTH_TESTS if exam.result(test)]
    return (
        all(test in measured for test in NEEDED_FOR_NORMAL)
        and all(_alike(exam, test, cut) for test in measured)
        and bool(exam.affected)
        and all(exam.result(NORMS).get(side) == [WITHIN_NORMS] for side in exam.affected)
        and not any(
            (grade := exam.result(test).get(side)) is not None and grade < FULL_GRADE
            for test in GRADE_TESTS
            for side in exam.affected
        )
    )


def strength_told(exam: Examined) -> str:
    return "; ".join(_strength_told(exam, test) for test in STRENGTH_TESTS if exam.result(test))


def poor_control(exam: Examined) -> tuple[str, ...]:
    """Control tests with a fault on an affected side."""
    return tuple(test for test, _, seen in _control(exam) if seen != [GOOD_CONTROL])


def good_control(exam: Examined) -> tuple[str, ...]:
    """The control tests, where every one that was done showed good control of each affected knee; else none.

    [G]: one fault on any test outweighs good control on the others: harder tasks show what easier ones hide.
    """
    done = list(_control(exam))
    good = all(seen == [GOOD_CONTROL] for _, _, seen in done) and {side for _, side, _ in done} == set(exam.affected)
    return tuple(dict.fromkeys(test for test, _, _ in done)) if good and done else ()


def control_differs(exam: Examined) -> bool:
    """Good control on one test and a fault on another: the picture is not clear."""
    seen = [each == [GOOD_CONTROL] for _, _, each in _control(exam)]
    return any(seen) and not all(seen)


def control_told(exam: Examined) -> str:
    """Every control test done, the good ones too: who reads the fault must see what speaks against it."""
    return told(exam, CONTROL_TESTS)


def kneecap_abnormal(exam: Examined) -> tuple[str, ...]:
    """J-sign, abnormal glide, or a tilt with too much play; a tilt with too little speaks for mobility instead."""
    return tuple(
        test
        for test, values in (
            ("j_sign", ("present",)),
            ("patellar_glide", ("hypomobile", "hypermobile")),
            ("patellar_tilt", ("hypermobile",)),
        )
        if _has(exam, test, *values)
    )


def tilt_is_stiff(exam: Examined) -> bool:
    return _has(exam, "patellar_tilt", "hypomobile")


def flat_or_flexible(exam: Examined) -> tuple[str, ...]:
    found = ["foot_posture"] if _has(exam, "foot_posture", "flat") else []
    if exam.result("joint_flexibility").get(UNSIDED) == "very_flexible":
        found.append("joint_flexibility")
    return tuple(found)


def tight_or_mobile_foot(exam: Examined) -> tuple[str, ...]:
    tight = [test for test in FLEXIBILITY_TESTS if _has(exam, test, "tight")]
    return (*tight, *(("foot_mobility",) if _has(exam, "foot_mobility", "high") else ()))


def told(exam: Examined, tests: tuple[str, ...]) -> str:
    """The results of these tests in words, those that were done."""
    return "; ".join(said(test, exam.result(test)) for test in tests if exam.result(test))


def _other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def _has(exam: Examined, test: str, *values: str) -> bool:
    return any(exam.result(test).get(side) in values for side in exam.affected)


def _alike(exam: Examined, test: str, cut: float) -> bool:
    percents = [percent_of_other(exam, test, side) for side in SIDES]
    return all(percent is not None and percent >= cut for percent in percents)


def _control(exam: Examined) -> Iterator[tuple[str, str, list[str]]]:
    for test in CONTROL_TESTS:
        for side in exam.affected:
            seen = exam.result(test).get(side)
            if seen is not None:
                yield test, side, list(seen)


def _strength_told(exam: Examined, test: str, *, below_norms: bool = False) -> str:
    if not exam.result(test):
        return f"{BY_ID[test].label.split(',')[0]} below norms ({_norm_sides(exam, test)}), not measured"
    # Rounded down: 89.9 % must not read as the 90 % it misses.
    percents = [
        f"{side} {int(percent)} % of {_other(side)}"
        for side in exam.affected
        if (percent := percent_of_other(exam, test, side)) is not None
    ]
    notes = [*percents, *([f"below norms: {_norm_sides(exam, test)}"] if below_norms else [])]
    return said(test, exam.result(test)) + (f" ({'; '.join(notes)})" if notes else "")


def _norm_sides(exam: Examined, test: str) -> str:
    below = STRENGTH_TESTS[test]
    return " and ".join(side for side in SIDES if below in exam.result(NORMS).get(side, ()))
