"""Each differential on both sides (reference 7)."""

from __future__ import annotations

import pytest

from cases.rules.differentials import DIFFERENTIALS, pointers
from tests.cases.rules.reports import report_with

LOADING = [
    "squatting",
    "stairs_down",
    "stairs_up",
    "running",
    "jumping",
    "kneeling",
    "lunging",
    "cycling",
    "hills_down",
    "walking",
    "standing",
    "twisting",
    "sport",
]
BELOW = {"pain_location": ["below_kneecap"]}
CASES = [
    ("D1", True, BELOW | {"pain_spot": "fingertip"}),
    ("D1", True, BELOW | {"impact_pattern": "eases_with_warm_up"}),
    ("D1", False, BELOW | {"pain_spot": "wide_area", "impact_pattern": "eases_with_warm_up"}),
    ("D1", False, {"pain_spot": "fingertip"}),
    ("D2", True, {"pain_location": ["shin_bump"], "age": 15}),
    ("D1", True, BELOW | {"aggravating": ["jumping"]}),
    ("D1", False, BELOW),
    ("D2", True, {"pain_location": ["shin_bump"], "age": 9}),
    ("D2", False, {"pain_location": ["shin_bump"], "age": 8}),
    ("D2", False, {"age": 12}),
    ("D2", False, {"pain_location": ["shin_bump"], "age": 16}),
    ("D3", True, BELOW | {"age": 12}),
    ("D3", True, BELOW | {"age": 9}),
    ("D3", False, BELOW | {"age": 8}),
    ("D3", False, {"age": 12}),
    ("D3", False, BELOW | {"age": 13}),
    ("D4", True, {"swelling": "mild_after_activity", "aggravating": ["kneeling"]}),
    ("D4", True, {"swelling": "mild_after_activity", "work_load": "kneel_squat_climb_steady"}),
    ("D4", True, {"swelling": "moderate", "work_load": "kneel_squat_climb_increased"}),
    ("D4", True, {"swelling": "large", "aggravating": ["kneeling"]}),
    ("D4", False, {"swelling": "large"}),
    ("D4", False, BELOW | {"swelling": "large", "aggravating": ["kneeling"]}),
    ("D4", False, {"aggravating": ["kneeling"]}),
    ("D5", True, BELOW | {"aggravating": ["standing"]}),
    ("D5", False, BELOW),
    ("D5", False, {"aggravating": ["standing"]}),
    ("D6", True, {"pain_location": ["outer_side"], "aggravating": ["hills_down"]}),
    ("D6", True, {"pain_location": ["outer_side"], "aggravating": ["running"]}),
    ("D6", False, {"pain_location": ["outer_side"]}),
    ("D6", False, {"pain_location": ["inner_side"], "aggravating": ["hills_down"]}),
    ("D7", True, {"pain_location": ["inner_side"], "aggravating": ["twisting"]}),
    ("D7", True, {"pain_location": ["inner_side"], "locking": "intermittent_locking"}),
    ("D7", True, {"pain_location": ["outer_side"], "locking": "locked_now"}),
    ("D7", False, {"aggravating": ["twisting"]}),
    ("D7", False, {"pain_location": ["inner_side"]}),
    ("D8", True, {"age": 45, "morning_stiffness_minutes": 30}),
    *(("D8", True, {"age": 45, "aggravating": [load]}) for load in LOADING),
    ("D8", False, {"age": 45, "aggravating": ["long_sitting", "rest"]}),
    ("D8", False, {"age": 44, "morning_stiffness_minutes": 30}),
    ("D8", False, {"age": 45, "morning_stiffness_minutes": 31}),
    ("D9", True, {"prior_injury_surgery": ["kneecap_dislocation"]}),
    ("D9", True, {"deformity_or_kneecap_out": "went_back"}),
    ("D9", True, {"deformity_or_kneecap_out": "still_out"}),
    ("D9", False, {"prior_injury_surgery": ["ligament"]}),
    ("D10", True, {"pain_location": ["hip"]}),
    ("D10", True, {"pain_location": ["groin"]}),
    ("D10", False, {"pain_location": ["thigh"]}),
    ("D11", True, {"pain_location": ["lower_back"]}),
    ("D11", True, {"numbness": "yes"}),
    ("D11", False, {"numbness": "brief_positional"}),
    ("D12", True, {"impact_pattern": "worse_each_time_and_now_walking"}),
    ("D12", False, {"impact_pattern": "same_throughout"}),
    ("D13", True, {"morning_stiffness_minutes": 31}),
    ("D13", True, {"conditions": ["rheumatoid_or_inflammatory"]}),
    ("D13", True, {"other_joints_swollen": "yes"}),
    ("D13", False, {"morning_stiffness_minutes": 30}),
    ("D14", True, {"hot_red_joint": "yes", "age": 41}),
    ("D14", False, {"age": 41}),
    ("D14", False, {"hot_red_joint": "yes", "age": 40}),
]


@pytest.mark.parametrize(("rule_id", "met", "changes"), CASES)
def test_a_pointer_shows_on_its_side_of_the_boundary(rule_id, met, changes):
    found = {pointer.rule_id: pointer for pointer in pointers(report_with(changes))}

    assert (rule_id in found) is met
    if met:
        assert found[rule_id].answers


def test_every_pointer_has_a_case_on_both_sides():
    assert {(rule_id, met) for rule_id, met, _ in CASES} == {
        (each.id, met) for each in DIFFERENTIALS for met in (True, False)
    }
