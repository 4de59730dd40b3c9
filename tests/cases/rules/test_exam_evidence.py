"""The X rows of reference 6: what the therapist finds, on both sides of each boundary."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.causes import mobility_contributor, score_causes, suspected_causes
from cases.rules.conditions import Report
from cases.rules.differentials import pointers
from cases.rules.evidence import FINDINGS
from cases.rules.exam_tests import EXAM, TESTS, Kind
from cases.rules.examination import Examined, tidy, wrong_in
from cases.rules.judgement import judge
from cases.rules.measures import report_of
from cases.rules.ruleset import CURRENT
from cases.rules.terms import Cause, Confidence, Likelihood
from tests.cases.rules.reports import TODAY, answers_with
from tests.cases.rules.strategies import nearly_quiet

MOVEMENT, MUSCLE = Cause.MOVEMENT_DYSFUNCTION, Cause.MUSCLE_IMBALANCE
FAULT, GOOD = ["inward_collapse"], ["good_control"]
NORMAL = {
    "quadriceps_strength": {"left": 300, "right": 300, "unit": "N"},
    "hip_abductor_strength": {"left": 100, "right": 100, "unit": "N"},
    "strength_against_norms": {"left": ["within_norms"], "right": ["within_norms"]},
}


def examined(results: dict[str, Any], *groups: Any, affected: tuple[str, ...] = ("right",), **changes: Any) -> Report:
    assert wrong_in(results) == {}
    return report_of(answers_with(*groups, **changes), TODAY, exam=Examined(tidy(results), affected))


def lines_of(report: Report) -> dict[str, Any]:
    scores = (*score_causes(report), mobility_contributor(report))
    return {line.rule_id: line for score in scores for line in score.evidence if line.from_exam}


def strength(test: str, right: float, left: float, unit: str = "N") -> dict[str, Any]:
    return {test: {"left": left, "right": right, "unit": unit}}


ROWS: list[tuple[str, int, bool, dict[str, Any]]] = [
    ("MV4", 1, True, {"foot_posture": {"right": "flat"}}),
    ("MV4", 1, True, {"joint_flexibility": {"value": "very_flexible"}}),
    ("MV4", 1, False, {"foot_posture": {"left": "flat", "right": "neutral"}}),
    ("MV4", 1, False, {"joint_flexibility": {"value": "normal"}}),
    *(
        (rule, weight, met, {test: {"right": seen}})
        for test in ("single_leg_squat", "step_down", "landing", "running_video")
        for rule, weight, met, seen in [
            ("MV5", 3, True, ["inward_collapse"]),
            ("MV5", 3, True, ["trunk_lean"]),
            ("MV5", 3, True, ["pelvic_drop"]),
            ("MV5", 3, False, GOOD),
            ("MV7", -3, True, GOOD),
            ("MV7", -3, False, ["trunk_lean"]),
        ]
    ),
    ("MV5", 3, False, {"landing": {"left": FAULT}}),
    ("MV5", 3, True, {"landing": {"right": FAULT}, "step_down": {"right": GOOD}}),
    ("MV7", -3, False, {"landing": {"right": FAULT}, "step_down": {"right": GOOD}}),
    ("MV7", -3, False, {"landing": {"left": GOOD}}),
    ("MV7", -3, True, {"landing": {"right": GOOD, "left": FAULT}}),
    ("MV6", 2, True, {"j_sign": {"right": "present"}}),
    ("MV6", 2, False, {"j_sign": {"right": "absent", "left": "present"}}),
    ("MV6", 2, True, {"patellar_glide": {"right": "hypermobile"}}),
    ("MV6", 2, True, {"patellar_glide": {"right": "hypomobile"}}),
    ("MV6", 2, False, {"patellar_glide": {"right": "normal"}}),
    ("MV6", 2, True, {"patellar_tilt": {"right": "hypermobile"}}),
    ("MV6", 2, False, {"patellar_tilt": {"right": "hypomobile"}}),
    *(
        ("MU8", 3, met, strength(f"{group}_strength", right, 100, unit))
        for group in ("hip_abductor", "hip_external_rotator", "hip_extensor", "quadriceps")
        for unit in ("N", "kg", "Nm")
        for right, met in [(89, True), (89.9, True), (90, False), (100, False)]
    ),
    # As floats 89.1 of 99 comes out below 90 %.
    ("MU8", 3, False, strength("quadriceps_strength", 89.1, 99)),
    ("MU8", 3, True, strength("quadriceps_strength", 89, 99)),
    ("MU8", 3, False, strength("quadriceps_strength", 100, 80)),
    ("MU8", 3, True, strength("quadriceps_strength", 0, 80)),
    ("MU8", 3, False, strength("quadriceps_strength", 80, 0)),
    ("MU8", 3, False, {"quadriceps_strength": {"right": 10, "unit": "N"}}),
    ("MU8", 3, True, {"strength_against_norms": {"right": ["hip_extensors_below"]}}),
    ("MU8", 3, False, {"strength_against_norms": {"right": ["within_norms"], "left": ["hip_extensors_below"]}}),
    ("MU8", 3, False, {"quadriceps_grade": {"right": 3, "left": 5}}),
    ("MU9", -3, True, NORMAL),
    ("MU9", -3, True, NORMAL | strength("quadriceps_strength", 270, 300)),
    ("MU9", -3, False, NORMAL | strength("quadriceps_strength", 269, 300)),
    ("MU9", -3, False, NORMAL | strength("quadriceps_strength", 300, 269)),
    ("MU9", -3, False, NORMAL | strength("hip_extensor_strength", 89, 100)),
    ("MU9", -3, False, {name: NORMAL[name] for name in ("quadriceps_strength", "strength_against_norms")}),
    ("MU9", -3, False, {name: NORMAL[name] for name in ("quadriceps_strength", "hip_abductor_strength")}),
    ("MU9", -3, False, NORMAL | {"strength_against_norms": {"right": ["quadriceps_below"]}}),
    ("MU9", -3, False, NORMAL | {"quadriceps_grade": {"right": 4}}),
    ("MU9", -3, True, NORMAL | {"quadriceps_grade": {"right": 5, "left": 4}}),
    ("MB1", 1, True, {"foot_posture": {"right": "flat"}}),
    ("MB1", 1, False, {"foot_posture": {"right": "high_arched"}}),
    ("MB2", 2, True, {"patellar_tilt": {"right": "hypomobile"}}),
    ("MB2", 2, False, {"patellar_tilt": {"right": "hypermobile"}}),
    *(
        ("MB3", 3, met, {f"{muscle}_flexibility": {"right": seen}})
        for muscle in ("hamstring", "quadriceps", "calf", "itb")
        for seen, met in [("tight", True), ("normal", False)]
    ),
    ("MB3", 3, True, {"foot_mobility": {"right": "high"}}),
    ("MB3", 3, False, {"foot_mobility": {"right": "low"}}),
]


@pytest.mark.parametrize(("rule_id", "weight", "met", "results"), ROWS)
def test_an_exam_finding_counts_on_its_side_of_the_boundary(rule_id, weight, met, results):
    lines = lines_of(examined(results))

    assert (rule_id in lines) is met
    if met:
        assert (lines[rule_id].direction, lines[rule_id].weight) == ("+" if weight > 0 else "-", abs(weight))


def test_every_row_of_the_exam_has_a_case_on_both_sides():
    assert {(rule_id, met) for rule_id, _, met, _ in ROWS} == {
        (finding.id, met) for finding in FINDINGS if finding.from_exam for met in (True, False)
    }


@pytest.mark.parametrize(("right", "left", "found"), [(80, 100, True), (100, 80, True), (95, 100, False)])
def test_of_two_affected_knees_the_weaker_side_counts(right, left, found):
    report = examined(strength("quadriceps_strength", right, left), affected=("left", "right"))

    assert ("MU8" in lines_of(report)) is found


def test_good_control_of_one_knee_is_not_enough_where_both_are_affected():
    assert lines_of(examined({"landing": {"left": GOOD}}, affected=("left", "right"))) == {}
    assert set(lines_of(examined({"landing": {"left": GOOD, "right": GOOD}}, affected=("left", "right")))) == {"MV7"}


@pytest.mark.parametrize(
    ("results", "rule_id", "words"),
    [
        (
            strength("quadriceps_strength", 89.9, 100),
            "MU8",
            "Quadriceps, dynamometer: left 100 N, right 89.9 N (right 89 % of left)",
        ),
        (
            strength("quadriceps_strength", 95, 100) | {"strength_against_norms": {"right": ["quadriceps_below"]}},
            "MU8",
            "Quadriceps, dynamometer: left 100 N, right 95 N (right 95 % of left; below norms: right)",
        ),
        (
            {"strength_against_norms": {"right": ["hip_extensors_below"]}},
            "MU8",
            "Hip extensors below norms (right), not measured",
        ),
        (
            {"landing": {"left": GOOD, "right": FAULT}, "step_down": {"right": GOOD}},
            "MV5",
            "Step-down: right good control; Landing from a jump: left good control, right knee collapses inwards",
        ),
        ({"calf_flexibility": {"left": "normal", "right": "tight"}}, "MB3", "Calf: left normal, right tight"),
    ],
)
def test_a_line_tells_what_was_measured_on_both_sides_with_its_unit(results, rule_id, words):
    line = lines_of(examined(results))[rule_id]

    assert line.statement.endswith(f": {words}")
    assert all(value == tidy(results)[name.removeprefix(EXAM)] for name, value in line.answers.items())


CONFIDENCE = [
    # From the form alone two points are low, four moderate.
    ({"knee_moves_inward": "yes"}, {"landing": {"right": FAULT}}, {MOVEMENT: (5, Confidence.HIGH)}),
    ({}, {"landing": {"right": FAULT}}, {MOVEMENT: (3, Confidence.MODERATE)}),
    ({}, {"landing": {"right": FAULT}, "foot_posture": {"right": "flat"}}, {MOVEMENT: (4, Confidence.HIGH)}),
    # Where tests of control contradict each other the step is not taken.
    (
        {"knee_moves_inward": "yes"},
        {"landing": {"right": FAULT}, "step_down": {"right": GOOD}},
        {MOVEMENT: (5, Confidence.MODERATE)},
    ),
    ({"knee_moves_inward": "yes"}, {"landing": {"right": GOOD}}, {}),
    # An exam of something else does not make the form more certain.
    (
        {"knee_moves_inward": "yes", "kneecap_shifts_sideways": "yes"},
        {"j_sign": {"right": "absent"}},
        {MOVEMENT: (4, Confidence.MODERATE)},
    ),
    (
        {"weakness_or_one_side_stronger": "yes"},
        strength("quadriceps_strength", 80, 100),
        {MUSCLE: (5, Confidence.HIGH)},
    ),
    ({"weakness_or_one_side_stronger": "yes", "thigh_looks_smaller": "yes"}, NORMAL, {}),
]


@pytest.mark.parametrize(("answers", "results", "expected"), CONFIDENCE)
def test_confidence_rises_a_step_with_what_was_seen(answers, results, expected):
    found = suspected_causes(examined(results, answers))

    assert {each.cause: (each.score, each.confidence) for each in found} == expected


def test_tests_that_contradict_each_other_are_said():
    judged = judge(examined({"landing": {"right": FAULT}, "step_down": {"right": GOOD}}))

    assert any(text.startswith("Control was good on one test and poor on another") for text in judged.ask_next)


@pytest.mark.parametrize(("grade", "asked"), [("1+", False), ("2+", True), ("3+", True)])
def test_a_clear_effusion_is_to_be_explained_first(grade, asked):
    judged = judge(examined({"effusion": {"right": grade}}))

    assert any(text.startswith("Clear effusion") for text in judged.ask_next) is asked


def test_what_was_examined_is_not_asked_again():
    unsure = dict.fromkeys(
        ("knee_moves_inward", "kneecap_shifts_sideways", "weakness_or_one_side_stronger"), "not_sure"
    )
    results = {"landing": {"right": GOOD}, "j_sign": {"right": "absent"}} | NORMAL

    assert not any("not sure" in text for text in judge(examined(results, unsure)).ask_next)


@pytest.mark.parametrize(
    ("results", "score", "shown"),
    [
        ({"foot_posture": {"right": "flat"}}, 1, False),
        ({"patellar_tilt": {"right": "hypomobile"}}, 2, True),
        ({"calf_flexibility": {"right": "tight"}, "patellar_tilt": {"right": "hypomobile"}}, 5, True),
    ],
)
def test_the_mobility_contributor_stands_beside_the_causes(results, score, shown):
    judged = judge(examined(results, {"work_load": "kneel_squat_climb_increased"}))

    assert (judged.mobility.score, judged.mobility.suspected) == (score, shown)
    assert [each.cause for each in judged.causes] == [Cause.OVERUSE]


def test_apprehension_points_to_instability():
    assert "D9" in [each.rule_id for each in pointers(examined({"apprehension": {"right": "positive"}}))]
    assert "D9" not in [each.rule_id for each in pointers(examined({"apprehension": {"right": "negative"}}))]


def test_a_squat_that_brings_on_the_usual_pain_is_a_reason_and_another_pain_is_none():
    def reasons(seen: str) -> list[str]:
        result = judge(examined({"squat_pain": {"right": seen}})).likelihood
        assert result.value is Likelihood.LIKELY
        return [each.rule_id for each in result.reasons]

    assert "L4" in reasons("usual_pain")
    assert "L4" not in reasons("other_pain")


def test_good_control_and_normal_strength_settle_what_the_patient_was_not_sure_of():
    overuse = {"work_load": "kneel_squat_climb_increased", "knee_moves_inward": "not_sure"}
    unsure = overuse | {"weakness_or_one_side_stronger": "not_sure"}

    assert judge(examined({"landing": {"right": GOOD}}, overuse)).overuse_only is True
    assert judge(examined({"landing": {"right": GOOD}}, unsure)).overuse_only is False
    assert judge(examined({"landing": {"right": GOOD}} | NORMAL, unsure)).overuse_only is True


def test_a_flag_a_clinician_cleared_no_longer_withholds_the_causes():
    report = examined({"landing": {"right": FAULT}}, locking="locked_now")

    before, after = judge(report), judge(report, settled={"S5"})

    assert (before.causes_assessed, before.causes, before.next_test) == (False, (), None)
    assert (after.causes_assessed, after.settled) == (True, ("S5",))
    assert [each.cause for each in after.causes] == [MOVEMENT]
    assert [rule.rule_id for rule in after.triage.fired] == [rule.rule_id for rule in before.triage.fired]


def test_a_candidate_may_move_the_cut_of_strength():
    report = examined(strength("quadriceps_strength", 85, 100))
    candidate = CURRENT.changed(version="candidate", strength_percent=85)

    assert [each.cause for each in suspected_causes(report)] == [MUSCLE]
    assert suspected_causes(report, candidate) == ()


def test_a_candidate_may_move_the_sum_of_the_contributor():
    report = examined({"foot_posture": {"right": "flat"}})

    assert mobility_contributor(report).suspected is False
    candidate = CURRENT.changed(version="candidate", thresholds={"mobility_contributor": 1})
    assert mobility_contributor(report, candidate).suspected is True


def _result(test):
    if test.kind is Kind.NUMBER:
        unit = test.units[0]
        value = st.integers(int(unit.low), int(unit.high))
        return st.fixed_dictionaries({"unit": st.just(unit.name)} | dict.fromkeys(test.places, value))
    values = st.sampled_from([option.value for option in test.options])
    if test.kind is Kind.CHOICES:
        many = [option.value for option in test.options if not option.alone]
        alone = st.sampled_from([[option.value] for option in test.options if option.alone])
        values = alone | st.lists(st.sampled_from(many), min_size=1, unique=True)
    return st.fixed_dictionaries({}, optional=dict.fromkeys(test.places, values)).filter(bool)


some_results = st.fixed_dictionaries({}, optional={test.id: _result(test) for test in TESTS}).filter(bool)
sides = st.sampled_from([("left",), ("right",), ("left", "right")])
FIXED = settings(deadline=None, max_examples=150, derandomize=True)


@given(base=nearly_quiet(), results=some_results, affected=sides)
@FIXED
def test_what_a_line_quotes_is_what_holds_it_up(base, results, affected):
    stored = tidy(results)
    report = report_of(base, TODAY, exam=Examined(stored, affected))

    for line in lines_of(report).values():
        quoted = {name.removeprefix(EXAM) for name in line.answers}
        assert quoted
        assert quoted <= set(stored)
        rest = {test: result for test, result in stored.items() if test not in quoted}
        again = lines_of(report_of(base, TODAY, exam=Examined(rest, affected)))
        assert line.rule_id not in again


@given(base=nearly_quiet(), results=some_results, affected=sides)
@FIXED
def test_judging_an_examination_is_deterministic_and_plain(base, results, affected):
    def judged(each):
        return judge(report_of(base, TODAY, exam=Examined(tidy(each), affected))).as_data()

    turned = dict(reversed(results.items()))

    assert wrong_in(results) == {}
    assert json.dumps(judged(results), allow_nan=False) == json.dumps(judged(turned))


@given(base=nearly_quiet(), results=some_results, affected=sides)
@FIXED
def test_nothing_is_certain_without_an_exam_finding_for_it(base, results, affected):
    for each in suspected_causes(report_of(base, TODAY)):
        assert each.confidence is not Confidence.HIGH
    for each in suspected_causes(report_of(base, TODAY, exam=Examined(tidy(results), affected))):
        seen = any(line.from_exam and line.direction == "+" for line in each.evidence)
        assert each.confidence is not Confidence.HIGH or seen


@given(base=nearly_quiet(), affected=sides)
@FIXED
def test_an_examination_that_found_nothing_leaves_the_scores_as_the_form_gave_them(base, affected):
    results = tidy({"knee_flexion": {"left": 140}, "quadriceps_grade": {"left": 5}})

    assert score_causes(report_of(base, TODAY, exam=Examined(results, affected))) == score_causes(
        report_of(base, TODAY)
    )
