"""PFP likelihood: its criteria, and each thing that speaks against it (reference 4)."""

from __future__ import annotations

import pytest

from cases.rules.likelihood import STRONG_POINTERS, likelihood
from cases.rules.terms import Likelihood, Urgency
from tests.cases.rules.reports import INJURY, report_with

CASES = [
    ({}, Likelihood.LIKELY),
    ({"pain_location": ["behind_kneecap"]}, Likelihood.LIKELY),
    ({"pain_location": ["above_kneecap"]}, Likelihood.UNLIKELY),
    ({"pain_location": None}, Likelihood.UNCERTAIN),
    ({"aggravating": ["squatting"]}, Likelihood.UNCERTAIN),
    ({"aggravating": ["squatting", "walking"]}, Likelihood.UNCERTAIN),
    ({"aggravating": ["long_sitting", "hills_down"]}, Likelihood.LIKELY),
    ({"aggravating": ["walking", "standing"]}, Likelihood.UNLIKELY),
    ({"aggravating": ["none"]}, Likelihood.UNLIKELY),
    ({"aggravating": None}, Likelihood.UNCERTAIN),
    ({"age": 9}, Likelihood.UNCERTAIN),
    ({"age": 10}, Likelihood.LIKELY),
    ({"age": 50}, Likelihood.LIKELY),
    ({"age": 51}, Likelihood.UNCERTAIN),
    ({"age": None}, Likelihood.UNCERTAIN),
]

# Out of place is asked after an injury only; said without one it still counts.
INJURY_OVER = {"trauma": "no"}

POINTERS = [
    ("P1", True, {"pain_spot": "fingertip"}),
    ("P1", False, {"pain_spot": "wide_area"}),
    ("P2", True, {"locking": "intermittent_locking"}),
    ("P2", True, {"locking": "locked_now"}),
    ("P2", False, {"locking": "catching"}),
    ("P3", True, {"prior_injury_surgery": ["kneecap_dislocation"]}),
    ("P3", False, {"prior_injury_surgery": ["ligament"]}),
    ("P3", True, INJURY_OVER | {"deformity_or_kneecap_out": "went_back"}),
    ("P3", True, INJURY_OVER | {"deformity_or_kneecap_out": "still_out"}),
    ("P4", True, {"numbness": "yes"}),
    ("P4", False, {"numbness": "brief_positional"}),
    ("P5", True, {"night_pain": "wakes_at_rest"}),
    ("P5", False, {"night_pain": "only_when_moving"}),
    ("P6", True, {"other_joints_swollen": "yes"}),
    ("P6", True, {"morning_stiffness_minutes": 31}),
    ("P6", False, {"morning_stiffness_minutes": 30}),
    ("P7", True, {"pain_location": ["front_around_kneecap", "groin"]}),
    ("P7", True, {"pain_location": ["front_around_kneecap", "hip"]}),
    ("P7", False, {"pain_location": ["front_around_kneecap", "thigh"]}),
    ("P8", True, {"pain_location": ["front_around_kneecap", "whole_knee"], "age": 45}),
    ("P8", False, {"pain_location": ["front_around_kneecap", "whole_knee"], "age": 44}),
    ("P8", False, {"age": 45}),
    ("P9", True, {"impact_pattern": "worse_each_time_and_now_walking"}),
    ("P9", False, {"impact_pattern": "worse_then_settles"}),
    ("P10", True, INJURY),
    ("P10", True, {"onset": "after_injury", "duration_weeks": 2}),
    ("P10", False, {"duration_weeks": 2}),
    ("P10", False, {"onset": "after_injury", "duration_weeks": 2.1}),
]


@pytest.mark.parametrize(("changes", "value"), CASES)
def test_the_value_follows_place_activities_and_age(changes, value):
    assert likelihood(report_with(changes), Urgency.ROUTINE).value is value


@pytest.mark.parametrize(("rule_id", "met", "changes"), POINTERS)
def test_a_strong_pointer_makes_it_uncertain_and_is_named(rule_id, met, changes):
    result = likelihood(report_with(changes), Urgency.ROUTINE)

    assert [reason.rule_id for reason in result.against] == ([rule_id] if met else [])
    assert result.value is (Likelihood.UNCERTAIN if met else Likelihood.LIKELY)


def test_every_strong_pointer_has_a_case_on_both_sides():
    assert {(rule_id, met) for rule_id, met, _ in POINTERS} == {
        (rule.id, met) for rule in STRONG_POINTERS for met in (True, False)
    }


@pytest.mark.parametrize("urgency", [Urgency.SAME_DAY, Urgency.EMERGENCY])
def test_a_red_flag_of_the_day_is_never_likely(urgency):
    result = likelihood(report_with(), urgency)

    assert result.value is Likelihood.UNCERTAIN
    assert [reason.rule_id for reason in result.against] == ["A6"]


def test_clinician_review_may_still_be_likely():
    assert likelihood(report_with(), Urgency.CLINICIAN_REVIEW).value is Likelihood.LIKELY


def test_reasons_quote_the_answers():
    result = likelihood(report_with(), Urgency.ROUTINE)

    assert {reason.rule_id: reason.answers for reason in result.reasons} == {
        "L1": {"pain_location": ["front_around_kneecap"]},
        "L2": {"aggravating": ["squatting", "stairs_down"]},
        "L3": {"age": 30},
    }


def test_what_is_absent_is_quoted_by_what_was_answered_instead():
    result = likelihood(report_with(pain_location=["above_kneecap"]), Urgency.ROUTINE)

    assert [(reason.rule_id, reason.answers) for reason in result.against] == [
        ("A4", {"pain_location": ["above_kneecap"]})
    ]
