"""The one test that would tell most between the two leading causes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.causes import score_causes
from cases.rules.exam_tests import BY_ID
from cases.rules.examination import Examined, tidy
from cases.rules.judgement import judge
from cases.rules.measures import report_of
from cases.rules.next_test import BATTERIES, NextTest
from cases.rules.ruleset import CURRENT
from cases.rules.terms import Cause
from tests.cases.rules.reports import TODAY, answers_with
from tests.cases.rules.strategies import nearly_quiet

OVERUSE, MOVEMENT, MUSCLE = Cause.OVERUSE, Cause.MOVEMENT_DYSFUNCTION, Cause.MUSCLE_IMBALANCE
MORE_WORK = {"work_load": "kneel_squat_climb_increased"}
WEAK = {"weakness_or_one_side_stronger": "yes"}
INWARD = {"knee_moves_inward": "yes"}
GOOD = {"single_leg_squat": {"right": ["good_control"]}}
FAULT = {"single_leg_squat": {"right": ["trunk_lean"]}}
STRONG_QUADS = {"quadriceps_strength": {"left": 300, "right": 300, "unit": "N"}}
ONE_SIDE = {"quadriceps_strength": {"right": 300, "unit": "N"}}
ALL_CONTROL = {test: {"right": ["trunk_lean"]} for test in BATTERIES[0].tests}


def proposed(results: dict[str, Any] | None, *groups: dict[str, Any]) -> NextTest | None:
    exam = None if results is None else Examined(tidy(results), ("right",))
    return judge(report_of(answers_with(*groups), TODAY, exam=exam)).next_test


@pytest.mark.parametrize(
    ("answers", "results", "test", "between"),
    [
        # Two points apart: strength can put muscle first.
        (MORE_WORK | WEAK, None, "quadriceps_strength", (OVERUSE, MUSCLE)),
        (MORE_WORK | INWARD, None, "single_leg_squat", (OVERUSE, MOVEMENT)),
        # Equal: either test separates them; control is the first of the table.
        (WEAK | {"kneecap_shifts_sideways": "yes"}, None, "single_leg_squat", (MOVEMENT, MUSCLE)),
        # Nothing suspected: the two nearest to their thresholds.
        ({}, None, "single_leg_squat", (MOVEMENT, MUSCLE)),
        # Done already: the next of the same battery, where it can still turn the order.
        (MORE_WORK | WEAK, STRONG_QUADS, "hip_abductor_strength", (OVERUSE, MUSCLE)),
        # One side alone tells nothing of strength.
        (MORE_WORK | WEAK, ONE_SIDE, "quadriceps_strength", (OVERUSE, MUSCLE)),
        # A fault stands: one more control test changes nothing, strength does.
        (MORE_WORK | INWARD, FAULT, "j_sign", (MOVEMENT, OVERUSE)),
    ],
)  # fmt: skip
def test_the_test_that_could_change_most_is_proposed(answers, results, test, between):
    found = proposed(results, answers)

    assert found is not None
    assert (found.test, found.between) == (test, between)


def test_the_sentence_says_what_each_result_would_make_of_it():
    found = proposed(None, MORE_WORK | WEAK)

    assert found is not None
    assert found.why == (
        "Overuse (3) and muscle imbalance (2) are 1 point apart. Quadriceps, dynamometer: a weak side makes it "
        "3 to 5; hip and quadriceps alike and within norms makes it 3 to -1. So it can change which comes first."
    )


def test_with_nothing_suspected_it_says_so():
    found = proposed(None)

    assert found is not None
    assert found.why.startswith("No cause reaches its threshold; ")


def test_a_test_that_can_only_unmake_a_suspicion_says_so():
    hills = {"activities": [{"type": "gym", "sessions_per_week": 3, "new_hills_stairs_surface_shoes": "yes"}]}
    found = proposed(None, MORE_WORK | {"rest_helped": "a_lot_then_back"} | hills | WEAK)

    assert found is not None
    assert found.test == "quadriceps_strength"
    assert found.why.endswith("So it can change what is suspected.")


def test_a_red_flag_of_the_day_comes_before_any_test():
    assert proposed(None, MORE_WORK, {"locking": "locked_now"}) is None


def test_when_no_test_left_can_change_anything_none_is_proposed():
    results = (
        ALL_CONTROL
        | {test: {"right": "present" if test == "j_sign" else "normal"} for test in BATTERIES[2].tests}
        | {"foot_posture": {"right": "flat"}, "joint_flexibility": {"value": "normal"}}
        | {"quadriceps_strength": {"left": 300, "right": 100, "unit": "N"}}
    )

    assert proposed(results, MORE_WORK | INWARD) is None


def test_where_nothing_tells_of_the_second_cause_the_third_is_asked_about():
    weak = {"quadriceps_strength": {"left": 300, "right": 100, "unit": "N"}}
    found = proposed(weak, {"work_load": "kneel_squat_climb_steady"})

    assert found is not None
    assert (found.test, found.between) == ("single_leg_squat", (MUSCLE, MOVEMENT))
    assert found.why.startswith("No test left tells muscle imbalance from overuse. ")


def test_every_battery_speaks_of_tests_and_findings_that_exist():
    known = {finding.id for finding in CURRENT.findings if finding.from_exam}

    for battery in BATTERIES:
        assert set(battery.tests) <= set(BY_ID)
        named = {name for outcome in battery.outcomes for name in (outcome.gains, outcome.loses, outcome.unless)}
        assert named - {""} <= known


# What each battery's outcomes mean as results of the tests.
MEANING: dict[str, list[dict[str, Any]]] = {
    "single_leg_squat": [FAULT, GOOD],
    "j_sign": [{"j_sign": {"right": "present"}}, {"j_sign": {"right": "absent"}}],
    "foot_posture": [{"foot_posture": {"right": "flat"}}, {"foot_posture": {"right": "neutral"}}],
    "quadriceps_strength": [
        {"quadriceps_strength": {"left": 300, "right": 100, "unit": "N"}},
        STRONG_QUADS
        | {
            "hip_abductor_strength": {"left": 100, "right": 100, "unit": "N"},
            "strength_against_norms": {"right": ["within_norms"]},
        },
    ],
}


@given(base=nearly_quiet(), before=st.sampled_from([{}, GOOD, FAULT, {"landing": {"right": ["good_control"]}}]))
@settings(deadline=None, max_examples=200, derandomize=True)
def test_the_promised_scores_are_what_the_rules_then_give(base, before):
    exam = Examined(tidy(before), ("right",)) if before else None
    found = judge(report_of(base, TODAY, exam=exam)).next_test
    if found is None or found.test not in MEANING:
        return

    for results, (_, promised) in zip(MEANING[found.test], found.outcomes, strict=True):
        after = score_causes(report_of(base, TODAY, exam=Examined(tidy(before | results), ("right",))))
        scores = {each.cause: each.score for each in after}
        assert tuple(scores[cause] for cause in found.between) == promised
