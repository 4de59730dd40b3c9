"""Every row of reference 3.1 on both sides of its boundary."""

from __future__ import annotations

from typing import Any

import pytest

from cases.rules.measures import fields_read
from cases.rules.red_flags import EMERGENCY_FLAGS, RECORDED_NEEDLING, SAME_DAY_FLAGS
from cases.rules.review_flags import REVIEW_FLAGS
from cases.rules.safety_answers import SAFETY_QUESTIONS
from cases.rules.terms import Urgency
from cases.rules.triage import RED_FLAGS
from tests.cases.rules.reports import HOT, INJURY, days_ago, fired

HOT_JOINT = HOT | {"hot_red_joint": "yes"}
FEVER = HOT | {"fever": "yes"}
CANNOT_LIFT = {"cannot_lift_straight_leg": "yes", "onset": "sudden_no_injury", "duration_weeks": 6}
COLD_CALF = {"calf_swelling": "yes", "numbness": "yes", "saddle_numbness_or_bladder_change": "no"}
GROIN_RUN = {"pain_location": ["groin"], "aggravating": ["running"]}
MORE_RUNNING = {"activities": [{"type": "running", "sessions_per_week": 3, "recent_change": "increase"}]}
WOKEN = {"night_pain": "wakes_at_rest"}
NEEDLE_PLACE = {"redness_where_needled": "no", "swelling_where_needled": "no"}
RED_PLACE = NEEDLE_PLACE | {"redness_where_needled": "yes"}
GROWING_PLACE = NEEDLE_PLACE | {"swelling_where_needled": "yes"}


def needled(days: int) -> dict[str, Any]:
    """A session on record so many days ago, its place well."""
    return NEEDLE_PLACE | {"recorded_needling_days": days}


def surgery(days: int) -> dict[str, Any]:
    return {"prior_injury_surgery": ["knee_surgery"], "knee_surgery_on": days_ago(days)}


def dislocated(days: int) -> dict[str, Any]:
    return {"prior_injury_surgery": ["kneecap_dislocation"], "kneecap_dislocation_on": days_ago(days)}


CASES: list[tuple[str, bool, dict[str, Any]]] = [
    ("E1", False, HOT_JOINT),
    ("E1", True, HOT_JOINT | {"fever": "yes"}),
    ("E1", False, HOT_JOINT | {"fever": "not_sure"}),
    ("E1", True, HOT_JOINT | {"feels_unwell": "yes"}),
    ("E1", True, HOT_JOINT | {"cannot_bear_weight": "yes"}),
    ("E1", True, HOT_JOINT | {"cannot_bend_to_90": "yes"}),
    ("E1", False, HOT_JOINT | {"pain_now": 6, "pain_worst": 6}),
    ("E1", True, HOT_JOINT | {"pain_now": 7, "pain_worst": 7}),
    ("E1", True, HOT_JOINT | {"conditions": ["diabetes"]}),
    ("E1", True, HOT_JOINT | {"conditions": ["immune_suppressed"]}),
    ("E1", True, HOT_JOINT | {"conditions": ["rheumatoid_or_inflammatory"]}),
    ("E1", False, HOT_JOINT | {"conditions": ["epilepsy"]}),
    ("E1", True, HOT_JOINT | {"prior_injury_surgery": ["joint_replacement_or_metal_in_leg"]}),
    ("E1", True, HOT_JOINT | surgery(84)),
    ("E1", False, HOT_JOINT | surgery(85)),
    ("E1", True, HOT_JOINT | {"prior_injury_surgery": ["knee_surgery"]}),
    ("E1", True, HOT_JOINT | {"recent_needling_or_injection": "yes", "recent_needling_or_injection_days": 84}),
    ("E1", False, HOT_JOINT | {"recent_needling_or_injection": "yes", "recent_needling_or_injection_days": 85}),
    ("E1", True, HOT_JOINT | {"recent_needling_or_injection": "yes"}),
    ("E1", True, HOT_JOINT | needled(84)),
    ("E1", False, HOT_JOINT | needled(85)),
    ("E1", False, needled(2)),
    ("E1", False, {"fever": "yes", "conditions": ["diabetes"]}),
    ("E1", True, HOT_JOINT | {"pain_now": None}),
    ("E2", True, FEVER | {"age": 15, "cannot_bear_weight": "yes"}),
    ("E2", False, FEVER | {"age": 16, "cannot_bear_weight": "yes"}),
    ("E2", True, FEVER | {"age": 15, "swelling": "moderate"}),
    ("E2", False, FEVER | {"age": 15, "swelling": "mild_after_activity"}),
    ("E2", True, FEVER | {"age": 15, "limp": "most_of_the_time"}),
    ("E2", False, FEVER | {"age": 15, "limp": "after_sport_only"}),
    ("E2", True, FEVER | {"age": 15, "swelling": "large"}),
    ("E2", True, FEVER | {"age": None, "swelling": "large"}),
    ("E2", False, {"age": 15, "swelling": "large"}),
    ("E3", True, INJURY | {"cannot_bear_weight": "yes"}),
    ("E3", False, {"cannot_bear_weight": "yes"}),
    ("E3", True, INJURY | {"deformity_or_kneecap_out": "yes_other"}),
    ("E3", True, INJURY | {"trauma": "not_sure", "deformity_or_kneecap_out": "yes_other"}),
    ("E3", False, INJURY | {"deformity_or_kneecap_out": "still_out"}),
    ("E3", False, {"deformity_or_kneecap_out": "yes_other"}),
    ("E4", True, {"cold_or_pale_foot": "yes"}),
    ("E4", False, {"cold_or_pale_foot": "not_sure"}),
    ("E4", True, INJURY | {"numbness": "yes"}),
    ("E4", False, INJURY | {"numbness": "brief_positional"}),
    ("E4", True, COLD_CALF | {"pain_now": 8, "pain_worst": 8}),
    ("E4", False, COLD_CALF | {"pain_now": 7, "pain_worst": 8}),
    ("E4", True, COLD_CALF | {"pain_now": None}),
    ("E4", False, {"numbness": "yes", "pain_now": 8}),
    ("E4", False, {"calf_swelling": "yes", "pain_now": 8}),
    ("E5", True, CANNOT_LIFT),
    ("E5", False, CANNOT_LIFT | {"duration_weeks": 7}),
    ("E5", False, CANNOT_LIFT | {"onset": "gradual"}),
    ("E5", True, CANNOT_LIFT | {"onset": "after_injury"}),
    ("E5", True, CANNOT_LIFT | {"onset": "unknown"}),
    ("E5", True, CANNOT_LIFT | {"duration_weeks": None}),
    ("E5", True, CANNOT_LIFT | {"onset": None}),
    ("E5", True, CANNOT_LIFT | INJURY | {"onset": "gradual"}),
    ("E5", True, CANNOT_LIFT | INJURY | {"onset": "gradual", "duration_weeks": 30}),
    ("E5", False, CANNOT_LIFT | INJURY | {"trauma": "no", "onset": "gradual", "duration_weeks": 30}),
    ("E5", False, CANNOT_LIFT | {"cannot_lift_straight_leg": "no"}),
    ("E6", True, {"chest_pain_or_breathless": "yes"}),
    ("E6", False, {"chest_pain_or_breathless": "not_sure"}),
    ("E7", True, {"saddle_numbness_or_bladder_change": "yes"}),
    ("E7", False, {"saddle_numbness_or_bladder_change": "no"}),
    ("E8", True, INJURY | {"deformity_or_kneecap_out": "still_out"}),
    ("E8", False, INJURY | {"deformity_or_kneecap_out": "went_back"}),
    ("E9", True, {"conditions": ["bleeding_disorder"], "swelling": "large"}),
    ("E9", False, {"conditions": ["bleeding_disorder"], "swelling": "moderate"}),
    ("E9", True, INJURY | {"conditions": ["bleeding_disorder"], "swelling_within_hours": 6}),
    ("E9", False, INJURY | {"conditions": ["bleeding_disorder"], "swelling_within_hours": 7}),
    ("E9", True, INJURY | {"conditions": ["bleeding_disorder"], "swelling": "moderate"}),
    ("E9", False, INJURY | {"conditions": ["bleeding_disorder"], "swelling": "mild_after_activity"}),
    ("E9", False, {"swelling": "large"}),
    ("E10", True, {"age": 15, "cannot_bear_weight": "yes"}),
    ("E10", False, {"age": 16, "cannot_bear_weight": "yes"}),
    ("E10", True, INJURY | {"age": 15, "cannot_bear_weight": "yes"}),
    ("E10", True, {"age": None, "cannot_bear_weight": "yes"}),
    ("E10", False, {"age": 15}),
    ("S1", True, HOT_JOINT),
    ("S1", False, HOT_JOINT | {"fever": "yes"}),
    ("S1", False, {}),
    ("S2", True, FEVER | {"duration_weeks": 2}),
    ("S2", False, FEVER | {"duration_weeks": 2.1}),
    ("S2", True, FEVER | {"swelling": "mild_after_activity"}),
    ("S2", False, FEVER | {"hot_red_joint": "yes", "duration_weeks": 1}),
    ("S2", False, FEVER | {"age": 12, "duration_weeks": 1, "limp": "most_of_the_time"}),
    ("S2", True, FEVER | {"swelling": "moderate"}),
    ("S2", True, FEVER | {"swelling": "large"}),
    ("S2", True, FEVER | {"duration_weeks": None}),
    ("S2", False, {"duration_weeks": 2}),
    ("S3", True, {"calf_swelling": "yes"}),
    ("S3", False, {"calf_swelling": "not_sure"}),
    ("S4", True, INJURY | {"age": 55, "trauma_days_ago": 7}),
    ("S4", False, INJURY | {"age": 54, "trauma_days_ago": 7}),
    ("S4", False, INJURY | {"age": 55, "trauma_days_ago": 8}),
    ("S4", True, INJURY | {"age": 55, "trauma_days_ago": None}),
    ("S4", True, INJURY | {"cannot_bend_to_90": "yes"}),
    ("S4", True, INJURY | {"bone_tender_kneecap_or_outer_knee": "yes"}),
    ("S4", True, INJURY | {"trauma": "not_sure", "bone_tender_kneecap_or_outer_knee": "yes"}),
    ("S4", False, INJURY | {"trauma": "not_sure", "age": 55}),
    ("S4", True, INJURY | {"age": None}),
    ("S4", False, {"cannot_bend_to_90": "yes"}),
    ("S5", True, {"locking": "locked_now"}),
    ("S5", False, {"locking": "intermittent_locking"}),
    ("S6", True, INJURY | {"swelling": "mild_after_activity", "swelling_within_hours": 6}),
    ("S6", False, INJURY | {"swelling": "mild_after_activity", "swelling_within_hours": 7}),
    ("S6", True, INJURY | {"swelling": "large", "swelling_within_hours": 24}),
    ("S6", False, INJURY | {"swelling": "moderate", "swelling_within_hours": 24}),
    ("S6", True, INJURY | {"swelling": "moderate"}),
    ("S6", True, INJURY | {"pop_at_injury": "yes", "giving_way": "yes"}),
    ("S6", False, INJURY | {"pop_at_injury": "yes", "giving_way": "no"}),
    ("S6", False, {"swelling": "large"}),
    ("S6", True, INJURY | {"trauma": "not_sure", "swelling": "large", "swelling_within_hours": 24}),
    ("S6", True, INJURY | {"pop_at_injury": "yes", "giving_way": "yes_and_fell"}),
    ("S6", True, INJURY | {"pop_at_injury": "yes", "giving_way": None}),
    ("S6", True, INJURY | {"pop_at_injury": "yes", "giving_way": "not_sure"}),
    ("S6", False, INJURY | {"giving_way": "yes"}),
    ("S7", True, INJURY | {"deformity_or_kneecap_out": "went_back", "trauma_days_ago": 14}),
    ("S7", False, INJURY | {"deformity_or_kneecap_out": "went_back", "trauma_days_ago": 15}),
    ("S7", True, dislocated(14)),
    ("S7", False, dislocated(15)),
    ("S8", True, {"age": 16, "cannot_bear_weight": "yes"}),
    ("S8", False, {"age": 15, "cannot_bear_weight": "yes"}),
    ("S8", False, INJURY | {"cannot_bear_weight": "yes"}),
    ("S8", True, INJURY | {"trauma": "not_sure", "cannot_bear_weight": "yes"}),
    ("S8", True, {"age": None, "cannot_bear_weight": "yes"}),
    ("S8", False, {"age": 16}),
    ("S9", True, WOKEN | {"age": 24, "duration_weeks": 2}),
    ("S9", False, WOKEN | {"age": 25, "duration_weeks": 2}),
    ("S9", False, WOKEN | {"age": 24, "duration_weeks": 1.9}),
    ("S9", True, WOKEN | {"cancer_history": "yes"}),
    ("S9", True, WOKEN | {"unexplained_weight_loss": "yes"}),
    ("S9", False, {"cancer_history": "yes"}),
    ("S9", True, {"lump": "yes", "duration_weeks": 2}),
    ("S9", False, {"lump": "yes", "duration_weeks": 1}),
    ("S9", True, {"lump": "yes", "duration_weeks": None}),
    ("S9", True, WOKEN | {"age": None}),
    ("S9", False, {"age": 24}),
    ("S9", True, WOKEN | {"cancer_history": "yes", "duration_weeks": 2}),
    ("S9", False, WOKEN | {"cancer_history": "yes", "duration_weeks": 1.9}),
    ("S9", True, WOKEN | {"cancer_history": "yes", "duration_weeks": None}),
    ("S10", True, {"age": 8, "limp": "most_of_the_time"}),
    ("S10", False, {"age": 7, "limp": "most_of_the_time"}),
    ("S10", True, {"age": 16, "foot_turns_out": "yes"}),
    ("S10", False, {"age": 17, "foot_turns_out": "yes"}),
    ("S10", True, {"age": 12, "pain_location": ["thigh"]}),
    ("S10", True, {"age": 12, "pain_location": ["groin"]}),
    ("S10", True, {"age": 12, "pain_location": ["hip"]}),
    ("S10", False, {"age": 12, "limp": "after_sport_only"}),
    ("S10", True, {"age": None, "pain_location": ["thigh"]}),
    ("S11", True, {"leg_weakness_new": "yes", "saddle_numbness_or_bladder_change": "no"}),
    ("S11", False, {"leg_weakness_new": "not_sure"}),
    ("S12", True, {"anticoagulant": "anticoagulant", "swelling": "large"}),
    ("S12", False, {"anticoagulant": "antiplatelet", "swelling": "large"}),
    ("S12", False, {"anticoagulant": "anticoagulant", "swelling": "moderate"}),
    ("S12", False, INJURY | {"anticoagulant": "anticoagulant", "swelling": "large"}),
    ("S13", True, GROIN_RUN | MORE_RUNNING),
    ("S13", False, GROIN_RUN),
    ("S13", True, GROIN_RUN | {"conditions": ["osteoporosis_or_long_steroids"]}),
    ("S13", True, GROIN_RUN | MORE_RUNNING | {"age": 16}),
    ("S13", False, GROIN_RUN | MORE_RUNNING | {"age": 15}),
    ("S13", False, GROIN_RUN | MORE_RUNNING | {"pain_location": ["hip"]}),
    ("S13", False, GROIN_RUN | MORE_RUNNING | {"aggravating": ["cycling"]}),
    ("S13", True, GROIN_RUN | MORE_RUNNING | {"aggravating": ["walking"]}),
    ("S13", True, GROIN_RUN | MORE_RUNNING | {"age": None}),
    ("S14", True, {"age": 15, "swelling": "moderate"}),
    ("S14", False, {"age": 16, "swelling": "moderate"}),
    ("S14", False, {"age": 15, "swelling": "mild_after_activity"}),
    ("S14", True, {"age": 15, "swelling": "large"}),
    ("S14", True, {"age": None, "swelling": "moderate"}),
    ("S14", False, INJURY | {"age": 15, "swelling": "large", "swelling_within_hours": 24}),
    ("S14", True, INJURY | {"age": 15, "swelling": "moderate", "swelling_within_hours": 24}),
    ("C1", True, WOKEN | {"age": 25}),
    ("C1", False, WOKEN | {"age": 24}),
    ("C1", False, {"night_pain": "only_when_moving"}),
    ("C2", True, {"cancer_history": "yes"}),
    ("C2", False, WOKEN | {"cancer_history": "yes"}),
    ("C3", True, {"unexplained_weight_loss": "yes"}),
    ("C3", False, WOKEN | {"unexplained_weight_loss": "yes"}),
    ("C2", False, WOKEN),
    ("C2", False, WOKEN | {"cancer_history": "yes", "duration_weeks": 2}),
    ("C2", False, WOKEN | {"cancer_history": "yes", "duration_weeks": None}),
    ("C3", False, WOKEN | {"unexplained_weight_loss": "yes", "duration_weeks": 2}),
    ("C3", False, WOKEN | {"unexplained_weight_loss": "yes", "duration_weeks": None}),
    ("C2", True, {"cancer_history": "yes", "unexplained_weight_loss": "yes"}),
    ("C2", True, WOKEN | {"cancer_history": "yes", "duration_weeks": 1.9}),
    ("C3", True, WOKEN | {"unexplained_weight_loss": "yes", "duration_weeks": 1.9}),
    ("C3", False, WOKEN),
    ("C4", True, {"numbness": "yes"}),
    ("C4", False, {"numbness": "brief_positional"}),
    ("C4", True, {"pain_location": ["lower_back", "calf"]}),
    ("C4", True, {"pain_location": ["lower_back", "thigh"]}),
    ("C4", False, {"pain_location": ["lower_back"]}),
    ("C4", False, {"pain_location": ["calf"]}),
    ("C5", True, {"locking": "intermittent_locking"}),
    ("C5", False, {"locking": "catching"}),
    ("C5", True, {"giving_way": "yes_and_fell"}),
    ("C5", False, {"giving_way": "yes"}),
    ("C6", True, {"morning_stiffness_minutes": 31, "swelling": "mild_after_activity"}),
    ("C6", False, {"morning_stiffness_minutes": 30, "swelling": "mild_after_activity"}),
    ("C6", False, {"morning_stiffness_minutes": 31}),
    ("C6", True, {"other_joints_swollen": "yes"}),
    ("C6", True, {"swelling": "moderate"}),
    ("C6", False, {"swelling": "mild_after_activity"}),
    ("C6", False, INJURY | {"swelling": "moderate", "swelling_within_hours": 24}),
    ("C6", False, {"swelling": "moderate", "age": 15}),
    ("C6", True, {"swelling": "large", "age": 16}),
    ("C6", False, {"swelling": "moderate", "age": None}),
    ("C6", True, INJURY | {"morning_stiffness_minutes": 31, "swelling": "moderate"}),
    ("C6", True, INJURY | {"morning_stiffness_minutes": 31, "swelling": "large"}),
    ("C7", True, {"impact_pattern": "worse_each_time_and_now_walking"}),
    ("C7", False, {"impact_pattern": "worse_then_settles"}),
    ("C7", True, MORE_RUNNING | {"conditions": ["osteoporosis_or_long_steroids"]}),
    ("C7", False, {"conditions": ["osteoporosis_or_long_steroids"]}),
    ("C7", False, MORE_RUNNING),
    ("C8", True, surgery(364)),
    ("C8", False, surgery(365)),
    ("C8", True, {"prior_injury_surgery": ["knee_surgery"]}),
    ("C8", True, {"prior_injury_surgery": ["joint_replacement_or_metal_in_leg"]}),
    ("C9", True, {"age": 9}),
    ("C9", False, {"age": 10}),
    ("C9", True, {"age": None}),
    ("C10", True, {"calf_swelling": "not_sure"}),
    ("C10", True, {"calf_swelling": None}),
    ("C10", True, {"conditions": ["not_sure"]}),
    ("C10", False, {"knee_moves_inward": "not_sure"}),
    ("C10", True, {"pain_now": 6, "pain_worst": 5}),
    ("C10", False, {"pain_now": 5, "pain_worst": 5}),
    ("C10", True, MORE_RUNNING | {"cannot_bear_weight": "yes"}),
    ("C10", True, {"trauma": "no", "trauma_days_ago": 3}),
    ("C10", True, FEVER),
    ("C10", True, INJURY),
    ("C10", False, INJURY | {"age": 60}),
    ("C10", True, {"age": None}),
    ("C11", True, {"pain_now": 8, "pain_worst": 8}),
    ("C11", False, {"pain_now": 7, "pain_worst": 8}),
    ("C11", True, {"pain_worst": 9, "relieving": ["nothing"]}),
    ("C11", False, {"pain_worst": 8, "relieving": ["nothing"]}),
    ("C11", False, {"pain_worst": 9, "relieving": ["rest"]}),
    ("C12", True, dislocated(15)),
    ("C12", False, dislocated(14)),
    ("C12", True, {"prior_injury_surgery": ["kneecap_dislocation"]}),
    ("C12", True, INJURY | {"deformity_or_kneecap_out": "went_back", "trauma_days_ago": 15}),
    ("C12", False, INJURY | {"deformity_or_kneecap_out": "went_back", "trauma_days_ago": 14}),
    ("C12", False, INJURY | {"trauma_days_ago": 15}),
    ("C13", True, CANNOT_LIFT | {"duration_weeks": 7}),
    ("C13", True, CANNOT_LIFT | {"onset": "gradual"}),
    ("C13", False, CANNOT_LIFT),
    ("C14", True, {"burning_or_skin_change": "yes"}),
    ("C14", False, {"burning_or_skin_change": "no"}),
]
CLAUDICATION = {"conditions": ["vascular_disease"], "pain_location": ["calf"], "aggravating": ["walking"]}
CASES += [
    ("C15", True, CLAUDICATION),
    ("C15", True, CLAUDICATION | {"pain_location": ["thigh"]}),
    ("C15", False, CLAUDICATION | {"conditions": ["none"]}),
    ("C15", False, CLAUDICATION | {"pain_location": ["back_of_knee"]}),
    ("C15", False, CLAUDICATION | {"aggravating": ["running"]}),
    ("C15", False, CLAUDICATION | {"relieving": ["ice"]}),
    ("NS1", True, RED_PLACE | {"fever": "yes"}),
    ("NS1", True, RED_PLACE | {"feels_unwell": "yes"}),
    ("NS1", True, GROWING_PLACE | {"fever": "yes"}),
    ("NS1", False, RED_PLACE),
    ("NS1", False, RED_PLACE | {"fever": "not_sure"}),
    ("NS1", False, NEEDLE_PLACE | {"fever": "yes"}),
    ("NS2", True, RED_PLACE),
    ("NS2", True, GROWING_PLACE),
    ("NS2", False, NEEDLE_PLACE | {"redness_where_needled": "not_sure"}),
    ("NS2", False, RED_PLACE | {"fever": "yes"}),
    ("NS2", False, HOT_JOINT | needled(2) | RED_PLACE),
    ("NS2", True, needled(14) | {"fever": "yes"}),
    ("NS2", False, needled(15) | {"fever": "yes"}),
    ("NS2", False, needled(14) | {"fever": "not_sure"}),
    ("NS2", True, needled(14) | {"swelling": "large"}),
    ("NS2", False, needled(15) | {"swelling": "large"}),
    ("NS2", False, needled(14) | {"swelling": "moderate"}),
    ("NS2", False, {"fever": "yes"}),
]


@pytest.mark.parametrize(("rule_id", "met", "changes"), CASES)
def test_a_rule_fires_on_its_side_of_the_boundary(rule_id, met, changes):
    assert (rule_id in fired(changes)) is met


@pytest.mark.parametrize("flag", RED_FLAGS, ids=lambda flag: flag.id)
def test_every_rule_has_a_case_on_both_sides(flag):
    assert {met for rule_id, met, _ in CASES if rule_id == flag.id} == {True, False}


def test_the_rules_are_those_of_the_reference_and_no_others():
    emergency = ["E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E10", "NS1"]
    same_day = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13", "S14"]
    same_day += ["NS2"]
    review = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14", "C15"]

    assert [(flag.id, flag.level) for flag in RED_FLAGS] == [
        *((rule_id, Urgency.EMERGENCY) for rule_id in emergency),
        *((rule_id, Urgency.SAME_DAY) for rule_id in same_day),
        *((rule_id, Urgency.CLINICIAN_REVIEW) for rule_id in review),
    ]


@pytest.mark.parametrize("flag", RED_FLAGS, ids=lambda flag: flag.id)
def test_every_rule_names_its_row_and_source(flag):
    row = "9.3" if flag.id.startswith("NS") else f"3.1 {flag.id};"
    assert flag.source.startswith(f"reference {row}")
    assert flag.suspicion


def test_every_question_an_emergency_or_same_day_rule_reads_is_a_safety_question():
    read = frozenset().union(*(fields_read(flag.when) for flag in (*EMERGENCY_FLAGS, *SAME_DAY_FLAGS)))
    dates = {name for name in read if name.endswith("_on")}

    assert read - dates - {"activities", RECORDED_NEEDLING} == set(SAFETY_QUESTIONS)


def test_the_review_flags_stand_in_the_order_of_the_reference():
    assert [flag.id for flag in REVIEW_FLAGS] == [f"C{number}" for number in range(1, 16)]


@pytest.mark.parametrize("name", ["redness_where_needled", "swelling_where_needled"])
@pytest.mark.parametrize("answer", ["not_sure", None])
def test_a_needled_place_nobody_is_sure_of_is_asked_about_by_telephone(name, answer):
    assert fired(needled(2), {name: answer}) == ["C10"]
