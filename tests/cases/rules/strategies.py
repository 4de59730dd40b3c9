"""Random reports for the property tests: any mix of answers, blanks and "not sure"."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.cases.rules.reports import answers_with, days_ago

YES_NO = ["yes", "no"]
YES_NO_NOT_SURE = ["yes", "no", "not_sure"]

# From harmless to most alarming; a "not sure" weighs more than a "no".
RED_FLAG_CHOICES: dict[str, list[str]] = {
    name: ["no", "not_sure", "yes"]
    for name in (
        "trauma",
        "pop_at_injury",
        "cannot_bend_to_90",
        "bone_tender_kneecap_or_outer_knee",
        "cannot_bear_weight",
        "cannot_lift_straight_leg",
        "hot_red_joint",
        "fever",
        "feels_unwell",
        "recent_needling_or_injection",
        "redness_where_needled",
        "swelling_where_needled",
        "calf_swelling",
        "chest_pain_or_breathless",
        "lump",
        "cancer_history",
        "unexplained_weight_loss",
        "cold_or_pale_foot",
        "leg_weakness_new",
        "saddle_numbness_or_bladder_change",
        "foot_turns_out",
    )
} | {
    "numbness": ["no", "brief_positional", "yes"],
    "night_pain": ["none", "only_when_moving", "wakes_at_rest"],
    "locking": ["none", "catching", "intermittent_locking", "locked_now"],
    "swelling": ["none", "mild_after_activity", "moderate", "large"],
    "giving_way": ["no", "yes", "yes_and_fell"],
    "limp": ["no", "after_sport_only", "most_of_the_time"],
    "other_joints_swollen": ["no", "yes"],
    "burning_or_skin_change": ["no", "yes"],
}
RED_FLAG_ITEMS: dict[str, list[str]] = {
    "conditions": [
        "diabetes",
        "immune_suppressed",
        "bleeding_disorder",
        "rheumatoid_or_inflammatory",
        "osteoporosis_or_long_steroids",
        "vascular_disease",
    ],
    "prior_injury_surgery": ["kneecap_dislocation", "knee_surgery", "joint_replacement_or_metal_in_leg"],
    "pain_location": ["groin", "hip", "thigh", "calf", "lower_back", "whole_knee"],
}
OTHER_CHOICES: dict[str, list[str]] = {
    "sex": ["female", "male", "other", "prefer_not"],
    "onset": ["gradual", "sudden_no_injury", "after_injury", "unknown"],
    "deformity_or_kneecap_out": ["no", "went_back", "still_out", "yes_other", "not_sure"],
    "impact_pattern": ["eases_with_warm_up", "worse_each_time_and_now_walking"],
    "pain_spot": ["wide_area", "fingertip"],
    "work_load": ["none", "kneel_squat_climb_steady", "kneel_squat_climb_increased"],
    "rest_helped": ["no", "a_little", "a_lot_then_back", "gone"],
    "knee_moves_inward": YES_NO_NOT_SURE,
    "kneecap_shifts_sideways": YES_NO_NOT_SURE,
    "weakness_or_one_side_stronger": YES_NO_NOT_SURE,
    "thigh_looks_smaller": YES_NO,
    "cannot_rise_without_hands": YES_NO,
    "clicking": YES_NO,
    "anticoagulant": ["none", "antiplatelet", "anticoagulant", "not_sure"],
    "pregnancy": YES_NO_NOT_SURE,
    "needle_fear": ["none", "mild", "severe"],
    "needling_interest": ["yes", "no", "unsure"],
    "skin_problem_at_site": YES_NO_NOT_SURE,
}
NUMBERS = {
    "age": (5, 90),
    "duration_weeks": (0, 60),
    "pain_now": (0, 10),
    "pain_worst": (0, 10),
    "trauma_days_ago": (0, 20),
    "swelling_within_hours": (0, 30),
    "morning_stiffness_minutes": (0, 60),
    "recent_needling_or_injection_days": (0, 120),
    "recorded_needling_days": (0, 120),
    "pregnancy_weeks": (1, 40),
}
DATES = ["kneecap_dislocation_on", "knee_surgery_on", "cast_or_immobilised_on"]
AGGRAVATING = ["squatting", "stairs_down", "stairs_up", "running", "jumping", "walking", "standing", "rest"]
RELIEVING = ["rest", "ice", "nothing"]


def _some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=4)


activity = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["running", "jumping_sport", "team_sport", "cycling", "gym", "swimming"]),
        "sessions_per_week": st.integers(0, 8),
        "recent_change": st.sampled_from(["none", "increase", "decrease", "new", "returned_after_break"]),
    },
    optional={
        "change_percent": st.integers(0, 100),
        "changed_weeks_ago": st.integers(0, 70),
        "weeks_off": st.integers(0, 30),
        "teams": st.integers(0, 3),
        "rest_days_per_week": st.integers(0, 7),
        "new_hills_stairs_surface_shoes": st.sampled_from(YES_NO),
    },
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.sampled_from(values) for name, values in (RED_FLAG_CHOICES | OTHER_CHOICES).items()},
    **{name: st.integers(*bounds) for name, bounds in NUMBERS.items()},
    **{name: st.integers(0, 1000).map(days_ago) for name in DATES},
    "conditions": _some([*RED_FLAG_ITEMS["conditions"], "epilepsy", "lymphoedema_leg", "none"]),
    "prior_injury_surgery": _some([*RED_FLAG_ITEMS["prior_injury_surgery"], "cast_or_immobilised", "none"]),
    "pain_location": _some([*RED_FLAG_ITEMS["pain_location"], "front_around_kneecap", "below_kneecap"]),
    "aggravating": _some(AGGRAVATING),
    "relieving": _some(RELIEVING),
    "activities": st.lists(activity, max_size=3),
    "medications": st.sampled_from(["", "ibuprofen", "Eliquis 5 mg"]),
}
answers = st.fixed_dictionaries({}, optional=VALUES)


@st.composite
def nearly_quiet(draw: st.DrawFn) -> dict[str, Any]:
    """The quiet report with up to four answers changed: few enough that no emergency hides the rest."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=4, unique=True))
    return answers_with({"age": draw(st.sampled_from([9, 15, 30, 60]))}, {name: draw(VALUES[name]) for name in names})


# What a broken client might send: the rules answer all the same.
odd_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
odd_answers = st.dictionaries(
    st.sampled_from(
        [*RED_FLAG_CHOICES, *RED_FLAG_ITEMS, *OTHER_CHOICES, *NUMBERS, *DATES, "activities", "aggravating", "relieving"]
    ),
    odd_values | st.lists(activity, max_size=2),
    max_size=12,
)
