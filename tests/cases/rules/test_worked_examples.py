"""The nine invented patients of reference 14."""

from __future__ import annotations

from cases.rules.judgement import judge
from cases.rules.terms import Cause, Likelihood, NeedlingResult, Urgency
from tests.cases.rules.reports import HOT, INJURY, report_with

RUNNER = {
    "age": 27,
    "aggravating": ["squatting", "stairs_down", "stairs_up", "long_sitting"],
    "activities": [
        {
            "type": "running",
            "sessions_per_week": 3,
            "volume_per_week": 32,
            "volume_unit": "km",
            "recent_change": "increase",
            "change_percent": 60,
            "changed_weeks_ago": 4,
        }
    ],
}


def _causes(judgement):
    return [suspected.cause for suspected in judgement.causes]


def test_example_1_a_runner_who_did_more_has_overuse_only():
    judgement = judge(report_with(RUNNER))

    assert judgement.triage.urgency is Urgency.ROUTINE
    assert judgement.triage.fired == ()
    assert judgement.likelihood.value is Likelihood.LIKELY
    assert _causes(judgement) == [Cause.OVERUSE]
    assert judgement.overuse_only is True


def test_example_2_the_same_runner_whose_knee_moves_inward_has_two_causes():
    judgement = judge(report_with(RUNNER, knee_moves_inward="yes"))

    assert judgement.triage.urgency is Urgency.ROUTINE
    assert judgement.likelihood.value is Likelihood.LIKELY
    assert _causes(judgement) == [Cause.OVERUSE, Cause.MOVEMENT_DYSFUNCTION]
    assert judgement.overuse_only is False


def test_example_3_a_cast_five_months_ago_and_weakness_point_to_muscle():
    judgement = judge(
        report_with(
            age=35,
            aggravating=["stairs_up", "rising_from_chair"],
            prior_injury_surgery=["cast_or_immobilised"],
            cast_or_immobilised_on="2026-06-22",
            weakness_or_one_side_stronger="yes",
        )
    )

    assert judgement.triage.urgency is Urgency.ROUTINE
    assert judgement.likelihood.value is Likelihood.LIKELY
    assert _causes(judgement) == [Cause.MUSCLE_IMBALANCE]


def test_example_4_a_limping_child_is_seen_today_without_causes():
    judgement = judge(report_with(age=12, pain_location=["whole_knee", "thigh"], limp="most_of_the_time"))

    assert judgement.triage.urgency is Urgency.SAME_DAY
    assert [rule.rule_id for rule in judgement.triage.fired] == ["S10"]
    assert judgement.causes == ()
    assert judgement.causes_assessed is False


def test_example_5_a_fall_at_60_needs_an_x_ray_today():
    judgement = judge(report_with(INJURY, age=60, trauma_days_ago=3))

    assert judgement.triage.urgency is Urgency.SAME_DAY
    assert [rule.rule_id for rule in judgement.triage.fired] == ["S4"]


def test_example_6_not_sure_about_the_calf_is_read_by_a_clinician_with_causes_for_staff():
    judgement = judge(report_with(RUNNER, age=30, calf_swelling="not_sure"))

    assert judgement.triage.urgency is Urgency.CLINICIAN_REVIEW
    assert [rule.rule_id for rule in judgement.triage.fired] == ["C10"]
    assert judgement.triage.fired[0].answers == {"calf_swelling": "not_sure"}
    assert judgement.likelihood.value is Likelihood.LIKELY
    assert _causes(judgement) == [Cause.OVERUSE]


def test_example_7_a_hot_knee_with_diabetes_is_an_emergency_and_forbids_needling():
    judgement = judge(report_with(HOT, age=40, hot_red_joint="yes", conditions=["diabetes"]))

    assert judgement.triage.urgency is Urgency.EMERGENCY
    assert [rule.rule_id for rule in judgement.triage.fired] == ["E1"]
    assert judgement.triage.fired[0].answers == {"conditions": ["diabetes"], "hot_red_joint": "yes"}
    assert judgement.needling.result is NeedlingResult.CONTRAINDICATED


def test_example_8_apixaban_is_a_precaution_for_needling_only():
    judgement = judge(report_with(age=29, anticoagulant="anticoagulant", medications="Apixaban 5 mg"))

    assert judgement.triage.urgency is Urgency.ROUTINE
    assert judgement.likelihood.value is Likelihood.LIKELY
    assert judgement.needling.result is NeedlingResult.PRECAUTION


def test_example_9_nothing_else_positive_leaves_the_cause_unclear():
    judgement = judge(report_with(age=24, aggravating=["squatting", "stairs_down"]))

    assert judgement.triage.urgency is Urgency.ROUTINE
    assert judgement.likelihood.value is Likelihood.LIKELY
    assert judgement.causes == ()
    assert judgement.causes_assessed is True
    assert judgement.ask_next == ("Cause unclear, exam needed",)
