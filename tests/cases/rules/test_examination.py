"""What may be recorded at an examination, and what is refused by the name of its place."""

from __future__ import annotations

from typing import Any

import pytest

from cases.rules.exam_tests import TESTS
from cases.rules.examination import Examined, examined_from, later_over_earlier, said, tidy, wrong_in

RIGHT: dict[str, Any] = {
    "hip_abductor_strength": {"left": 95, "right": 120.5, "unit": "N"},
    "quadriceps_strength": {"left": 30, "unit": "kg"},
    "strength_against_norms": {"left": ["hip_abductors_below", "quadriceps_below"], "right": ["within_norms"]},
    "quadriceps_grade": {"left": 4, "right": 5},
    "single_leg_squat": {"left": ["inward_collapse", "pelvic_drop"], "right": ["good_control"]},
    "patellar_tilt": {"left": "hypomobile"},
    "joint_flexibility": {"value": "very_flexible"},
    "knee_extension": {"left": -5, "right": 0, "unit": "degrees"},
    "effusion": {"left": "1+"},
}


def test_right_results_pass():
    assert wrong_in(RIGHT) == {}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.id)
def test_each_test_says_what_can_be_recorded_and_where_it_comes_from(test):
    assert test.source
    assert bool(test.units) != bool(test.options)
    for unit in test.units:
        low, high, beyond = (dict.fromkeys(test.places, value) for value in (unit.low, unit.high, unit.high + 1))
        assert wrong_in({test.id: low | {"unit": unit.name}}) == {}
        assert wrong_in({test.id: high | {"unit": unit.name}}) == {}
        assert set(wrong_in({test.id: beyond | {"unit": unit.name}})) == {
            f"results.{test.id}.{place}" for place in test.places
        }
        below = dict.fromkeys(test.places, unit.low - 1)
        assert set(wrong_in({test.id: below | {"unit": unit.name}})) == {
            f"results.{test.id}.{place}" for place in test.places
        }
    for option in test.options:
        value = [option.value] if test.kind == "choices" else option.value
        assert wrong_in({test.id: dict.fromkeys(test.places, value)}) == {}


@pytest.mark.parametrize(
    ("results", "place"),
    [
        ([], "results"),
        ("x", "results"),
        (None, "results"),
        ({}, "results"),
        ({"hip_strength": {"left": 5}}, "results.hip_strength"),
        ({5: {"left": 5}}, "results.5"),
        ({"j_sign": 5}, "results.j_sign"),
        ({"j_sign": {}}, "results.j_sign"),
        ({"j_sign": {"left": None}}, "results.j_sign"),
        ({"j_sign": {"middle": "absent", "left": "absent"}}, "results.j_sign.middle"),
        ({"j_sign": {"left": "absent", "unit": "N"}}, "results.j_sign.unit"),
        ({"j_sign": {"left": "perhaps"}}, "results.j_sign.left"),
        ({"j_sign": {"left": ["absent"]}}, "results.j_sign.left"),
        ({"j_sign": {"left": {}}}, "results.j_sign.left"),
        ({"joint_flexibility": {"left": "normal", "value": "normal"}}, "results.joint_flexibility.left"),
        ({"quadriceps_strength": {"left": 30}}, "results.quadriceps_strength.unit"),
        ({"quadriceps_strength": {"left": 30, "unit": "lb"}}, "results.quadriceps_strength.unit"),
        ({"quadriceps_strength": {"left": 30, "unit": ["N"]}}, "results.quadriceps_strength.unit"),
        ({"quadriceps_strength": {"left": "30", "unit": "N"}}, "results.quadriceps_strength.left"),
        ({"quadriceps_strength": {"left": True, "unit": "N"}}, "results.quadriceps_strength.left"),
        ({"quadriceps_strength": {"left": float("nan"), "unit": "N"}}, "results.quadriceps_strength.left"),
        ({"quadriceps_strength": {"left": float("inf"), "unit": "N"}}, "results.quadriceps_strength.left"),
        ({"quadriceps_strength": {"left": -1, "unit": "N"}}, "results.quadriceps_strength.left"),
        ({"quadriceps_strength": {"left": 151, "unit": "kg"}}, "results.quadriceps_strength.left"),
        ({"quadriceps_strength": {"left": 30.12, "unit": "kg"}}, "results.quadriceps_strength.left"),
        ({"quadriceps_grade": {"left": 6}}, "results.quadriceps_grade.left"),
        ({"quadriceps_grade": {"left": 3.5}}, "results.quadriceps_grade.left"),
        ({"quadriceps_grade": {"left": 3, "unit": "N"}}, "results.quadriceps_grade.unit"),
        ({"knee_flexion": {"left": 200}}, "results.knee_flexion.left"),
        ({"landing": {"left": []}}, "results.landing.left"),
        ({"landing": {"left": "good_control"}}, "results.landing.left"),
        ({"landing": {"left": [{}]}}, "results.landing.left"),
        ({"landing": {"left": ["trunk_lean", "trunk_lean"]}}, "results.landing.left"),
        ({"landing": {"left": ["good_control", "trunk_lean"]}}, "results.landing.left"),
    ],
)
def test_a_wrong_result_is_refused_by_its_place(results, place):
    assert list(wrong_in(results)) == [place]


def test_every_wrong_place_is_named_at_once():
    wrong = wrong_in({"quadriceps_strength": {"left": 9999, "right": "x", "unit": "N"}, "j_sign": {"left": "x"}})

    assert list(wrong) == [
        "results.quadriceps_strength.left",
        "results.quadriceps_strength.right",
        "results.j_sign.left",
    ]


def test_results_are_stored_in_one_order_and_form():
    turned = {test: dict(reversed(RIGHT[test].items())) for test in reversed(RIGHT)}
    turned["quadriceps_grade"] = {"right": 5.0, "left": 4}

    stored = tidy(turned)

    assert stored == RIGHT | {"quadriceps_grade": {"left": 4, "right": 5, "unit": "grade"}}
    assert list(stored) == list(RIGHT)
    assert list(stored["single_leg_squat"]) == ["left", "right"]


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("hip_abductor_strength", "Hip abductors, dynamometer: left 95 N, right 120.5 N"),
        ("single_leg_squat", "Single-leg squat: left knee collapses inwards and pelvis drops, right good control"),
        ("patellar_tilt", "Patellar tilt: left too little play"),
        ("joint_flexibility", "Joints of the whole body: very flexible"),
    ],
)
def test_a_result_reads_with_both_sides_and_its_unit(test, words):
    assert said(test, tidy(RIGHT)[test]) == words


def test_a_later_examination_counts_for_what_it_did_again():
    first = {"j_sign": {"left": "absent"}, "landing": {"left": ["trunk_lean"]}}
    second = {"landing": {"left": ["good_control"]}}

    assert later_over_earlier([first, second]) == {
        "landing": {"left": ["good_control"]},
        "j_sign": {"left": "absent"},
    }


def test_what_was_examined_comes_back_from_its_data():
    examined = Examined(tidy(RIGHT), ("left",))

    assert examined_from(examined.as_data()) == examined
    assert examined_from(None) is None
