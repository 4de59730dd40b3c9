"""Reports to judge: one quiet adult to whom each test adds what it is about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from cases.rules.conditions import Report
from cases.rules.measures import report_of
from cases.rules.triage import triage

TODAY = date(2026, 11, 22)

# Aged 30, likely PFP, every safety question answered "no".
QUIET: dict[str, Any] = {
    "age": 30,
    "sex": "male",
    "knee_side": "right",
    "onset": "gradual",
    "duration_weeks": 8,
    "pain_now": 2,
    "pain_worst": 5,
    "pain_location": ["front_around_kneecap"],
    "aggravating": ["squatting", "stairs_down"],
    "relieving": ["rest"],
    "activities": [],
    "work_load": "none",
    "rest_tried_days": 0,
    "knee_moves_inward": "no",
    "kneecap_shifts_sideways": "no",
    "weakness_or_one_side_stronger": "no",
    "giving_way": "no",
    "clicking": "no",
    "swelling": "none",
    "locking": "none",
    "trauma": "no",
    "cannot_bear_weight": "no",
    "cannot_lift_straight_leg": "no",
    "hot_red_joint": "no",
    "fever": "no",
    "feels_unwell": "no",
    "calf_swelling": "no",
    "chest_pain_or_breathless": "no",
    "night_pain": "none",
    "lump": "no",
    "cancer_history": "no",
    "unexplained_weight_loss": "no",
    "numbness": "no",
    "cold_or_pale_foot": "no",
    "leg_weakness_new": "no",
    "prior_injury_surgery": ["none"],
    "anticoagulant": "none",
    "conditions": ["none"],
    "needle_fear": "none",
    "needling_interest": "yes",
    "metal_allergy": "no",
    "fainted_with_needles": "no",
    "skin_problem_at_site": "no",
    "goals": [{"activity": "stairs", "score": 5}],
}
# What a "yes" to the injury question asks next, all harmless.
INJURY = {
    "trauma": "yes",
    "trauma_days_ago": 3,
    "pop_at_injury": "no",
    "deformity_or_kneecap_out": "no",
    "cannot_bend_to_90": "no",
    "bone_tender_kneecap_or_outer_knee": "no",
}
# What a hot knee or fever asks next.
HOT = {"cannot_bend_to_90": "no", "recent_needling_or_injection": "no"}
CHILD = {"limp": "no", "foot_turns_out": "no"}


def answers_with(*groups: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The quiet answers with changes; None leaves a question blank."""
    answers = dict(QUIET)
    for group in (*groups, changes):
        answers |= group
    if isinstance(answers["age"], int) and answers["age"] < 18:
        answers = CHILD | answers
    return {name: value for name, value in answers.items() if value is not None}


def report_with(*groups: dict[str, Any], complete: bool = True, **changes: Any) -> Report:
    return report_of(answers_with(*groups, **changes), TODAY, complete=complete)


def fired(*groups: dict[str, Any], complete: bool = True, **changes: Any) -> list[str]:
    return [rule.rule_id for rule in triage(report_with(*groups, complete=complete, **changes)).fired]


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()
