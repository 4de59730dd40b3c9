"""What the demo's patients answer: a quiet form, and what each kind of knee changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from intake.questionnaire.definition import Questionnaire
from intake.questionnaire.safety import ASKED_AFTER_NEEDLING

_NO = dict.fromkeys(
    (
        "chest_pain_or_breathless",
        "calf_swelling",
        "hot_red_joint",
        "fever",
        "feels_unwell",
        "cold_or_pale_foot",
        "leg_weakness_new",
        "numbness",
        "trauma",
        "cannot_bear_weight",
        "cannot_lift_straight_leg",
        "lump",
        "cancer_history",
        "unexplained_weight_loss",
        "knee_moves_inward",
        "kneecap_shifts_sideways",
        "weakness_or_one_side_stronger",
        "giving_way",
        "clicking",
        "thigh_looks_smaller",
        "cannot_rise_without_hands",
        "other_joints_swollen",
        "pregnancy",
        "limp",
        "foot_turns_out",
        "pop_at_injury",
        "deformity_or_kneecap_out",
        "cannot_bend_to_90",
        "bone_tender_kneecap_or_outer_knee",
        "recent_needling_or_injection",
        "metal_allergy",
        "fainted_with_needles",
        "skin_problem_at_site",
    ),
    "no",
)
_NONE = dict.fromkeys(("swelling", "locking", "night_pain", "anticoagulant", "work_load", "needle_fear"), "none")

# Every question answered with nothing alarming; a form asks only those it shows.
QUIET: dict[str, Any] = {
    **_NO,
    **_NONE,
    "knee_side": "left",
    "onset": "gradual",
    "duration_weeks": 8,
    "pain_now": 3,
    "pain_worst": 6,
    "pain_usual": 4,
    "pain_location": ["front_around_kneecap"],
    "pain_by_place": {"front_around_kneecap": {"strength": 4, "quality": "dull_ache"}},
    "pain_spot": "wide_area",
    "aggravating": ["squatting", "stairs_down", "long_sitting"],
    "relieving": ["rest"],
    "activities": [],
    "rest_tried_days": 3,
    "rest_helped": "a_little",
    "prior_injury_surgery": ["none"],
    "conditions": ["none"],
    "needling_interest": "unsure",
    "morning_stiffness_minutes": 5,
    "goals": [{"activity": "Go down stairs", "score": 4}],
    "consent_to_process": "yes",
}


def _activity(kind: str, sessions: int, change: str = "none", **more: Any) -> dict[str, Any]:
    return {"type": kind, "sessions_per_week": sessions, "recent_change": change, **more}


_MORE_RUNNING = _activity(
    "running", 4, "increase", volume_per_week=32, volume_unit="km", change_percent=60, changed_weeks_ago=4
)

# The knees people come with; the suspected causes are what the rules make of them.
KNEES: dict[str, dict[str, Any]] = {
    "runner": {
        "activities": [_MORE_RUNNING],
        "aggravating": ["running", "squatting", "stairs_down", "hills_down"],
        "impact_pattern": "worse_then_settles",
        "rest_helped": "a_lot_then_back",
        "goals": [{"activity": "Run 5 km", "score": 4}, {"activity": "Go down stairs", "score": 6}],
    },
    "runner_inward": {
        "activities": [_MORE_RUNNING],
        "aggravating": ["running", "squatting", "stairs_down"],
        "impact_pattern": "worse_then_settles",
        "knee_moves_inward": "yes",
        "goals": [{"activity": "Run 10 km", "score": 3}],
    },
    "back_after_break": {
        "activities": [_activity("running", 3, "returned_after_break", weeks_off=8, changed_weeks_ago=5)],
        "aggravating": ["running", "stairs_down", "rising_from_chair"],
        "impact_pattern": "same_throughout",
        "goals": [{"activity": "Jog in the park", "score": 3}],
    },
    "basketball": {
        "activities": [_activity("jumping_sport", 6, teams=2, rest_days_per_week=1)],
        "aggravating": ["jumping", "squatting", "sport", "stairs_down"],
        "impact_pattern": "worse_then_settles",
        "pain_worst": 7,
        "goals": [{"activity": "Play a whole match", "score": 5}],
    },
    "dancer": {
        "activities": [_activity("dance", 4)],
        "aggravating": ["jumping", "lunging", "kneeling", "stairs_down"],
        "impact_pattern": "eases_with_warm_up",
        "knee_moves_inward": "yes",
        "kneecap_shifts_sideways": "yes",
        "goals": [{"activity": "Dance a full class", "score": 4}],
    },
    "after_cast": {
        "prior_injury_surgery": ["cast_or_immobilised"],
        "aggravating": ["stairs_up", "stairs_down", "rising_from_chair"],
        "weakness_or_one_side_stronger": "yes",
        "thigh_looks_smaller": "yes",
        "rest_tried_days": 0,
        "goals": [{"activity": "Climb three flights of stairs", "score": 3}],
    },
    "office": {
        "aggravating": ["long_sitting", "rising_from_chair", "stairs_up"],
        "weakness_or_one_side_stronger": "yes",
        "cannot_rise_without_hands": "yes",
        "clicking": "yes",
        "duration_weeks": 30,
        "goals": [{"activity": "Sit through a film", "score": 4}, {"activity": "Squat to a low shelf", "score": 3}],
    },
    "tiler": {
        "work_load": "kneel_squat_climb_increased",
        "aggravating": ["kneeling", "squatting", "stairs_up"],
        "pain_worst": 7,
        "goals": [{"activity": "Kneel for an hour at work", "score": 2}],
    },
    "hiker": {
        "activities": [_activity("hiking", 2, new_hills_stairs_surface_shoes="yes"), _activity("gym", 2)],
        "aggravating": ["hills_down", "stairs_down", "squatting"],
        "knee_moves_inward": "not_sure",
        "goals": [{"activity": "Walk downhill for two hours", "score": 4}],
    },
    "cyclist": {
        "activities": [
            _activity(
                "cycling",
                5,
                "increase",
                change_percent=50,
                changed_weeks_ago=3,
                rest_days_per_week=2,
                volume_per_week=9,
                volume_unit="hours",
            )
        ],
        "aggravating": ["cycling", "stairs_up", "long_sitting"],
        "weakness_or_one_side_stronger": "not_sure",
        "goals": [{"activity": "Ride to work", "score": 5}],
    },
    "unclear": {
        "activities": [_activity("swimming", 3)],
        "aggravating": ["squatting", "stairs_down"],
        "rest_tried_days": 0,
        "goals": [{"activity": "Garden for an afternoon", "score": 5}],
    },
}

# What makes a form alarming, by what the clinic will think of it.
ALARMS: dict[str, dict[str, Any]] = {
    "hot_knee": {
        "hot_red_joint": "yes",
        "swelling": "moderate",
        "cannot_bend_to_90": "yes",
        "conditions": ["diabetes"],
        "pain_now": 8,
        "pain_worst": 9,
        "onset": "sudden_no_injury",
        "duration_weeks": 0.5,
    },
    "chest_pain": {"chest_pain_or_breathless": "yes"},
    "kneecap_out": {
        "trauma": "yes",
        "trauma_days_ago": 0,
        "deformity_or_kneecap_out": "still_out",
        "onset": "after_injury",
        "duration_weeks": 0,
        "pain_now": 9,
        "pain_worst": 10,
    },
    "calf": {"calf_swelling": "yes"},
    "fall": {"trauma": "yes", "trauma_days_ago": 3, "onset": "after_injury", "duration_weeks": 0.4},
    "locked": {"locking": "locked_now", "aggravating": ["twisting", "squatting"]},
    "child_limp": {"limp": "most_of_the_time", "pain_location": ["front_around_kneecap", "thigh"]},
    "woken": {"night_pain": "wakes_at_rest", "duration_weeks": 7},
    "calf_unsure": {"calf_swelling": "not_sure"},
    "gave_way": {"giving_way": "yes_and_fell"},
    "severe": {"pain_now": 8, "pain_worst": 9},
    "old_dislocation": {"prior_injury_surgery": ["kneecap_dislocation"], "kneecap_shifts_sideways": "yes"},
    "stiff": {"morning_stiffness_minutes": 45, "swelling": "mild_after_activity"},
    "surgery": {"prior_injury_surgery": ["knee_surgery"], "weakness_or_one_side_stronger": "yes"},
    "blood_thinner": {"anticoagulant": "anticoagulant", "medications": "apixaban"},
}

# How long ago the earlier injury was, where a form asks for its day.
_DAYS_SINCE = {
    "cast_or_immobilised_on": 150,
    "kneecap_dislocation_on": 1500,
    "knee_surgery_on": 240,
}


def clinical_answers(knee: str, alarms: tuple[str, ...], on: date, changes: Mapping[str, Any]) -> dict[str, Any]:
    """One whole form without name and contact, as filled in that day."""
    answers = QUIET | KNEES[knee]
    for alarm in alarms:
        answers |= ALARMS[alarm]
    for question, days in _DAYS_SINCE.items():
        if question.removesuffix("_on") in answers["prior_injury_surgery"]:
            answers[question] = (on - timedelta(days=days)).isoformat()
    return answers | dict(changes)


# What the therapist finds, by the picture it makes: test to the result of the painful knee and of the other.
EXAMINATIONS: dict[str, dict[str, tuple[Any, Any]]] = {
    "quiet": {
        "hip_abductor_strength": (128, 131),
        "quadriceps_strength": (312, 318),
        "strength_against_norms": (["within_norms"], ["within_norms"]),
        "single_leg_squat": (["good_control"], ["good_control"]),
        "step_down": (["good_control"], ["good_control"]),
        "squat_pain": ("usual_pain", "no_pain"),
        "effusion": ("none", "none"),
        "knee_flexion": (140, 142),
    },
    "inward": {
        "hip_abductor_strength": (118, 124),
        "quadriceps_strength": (286, 297),
        "single_leg_squat": (["inward_collapse", "pelvic_drop"], ["good_control"]),
        "step_down": (["inward_collapse"], ["good_control"]),
        "patellar_glide": ("normal", "normal"),
        "squat_pain": ("usual_pain", "no_pain"),
        "effusion": ("none", "none"),
    },
    "weak": {
        "hip_abductor_strength": (84, 112),
        "quadriceps_strength": (198, 251),
        "single_leg_squat": (["good_control"], ["good_control"]),
        "step_down": (["good_control"], ["good_control"]),
        "squat_pain": ("usual_pain", "no_pain"),
        "effusion": ("none", "none"),
        "knee_flexion": (135, 140),
    },
    "tight": {
        "hip_abductor_strength": (121, 119),
        "step_down": (["good_control"], ["good_control"]),
        "hamstring_flexibility": ("tight", "tight"),
        "quadriceps_flexibility": ("tight", "normal"),
        "foot_posture": ("flat", "flat"),
        "squat_pain": ("usual_pain", "no_pain"),
        "effusion": ("none", "none"),
    },
}
# Which of them goes with which knee, where a treatment does not say otherwise.
USUAL_EXAMINATION = {
    "runner_inward": "inward",
    "dancer": "inward",
    "after_cast": "weak",
    "office": "weak",
    "hiker": "tight",
    "unclear": "tight",
}
_IN_NEWTON = ("hip_abductor_strength", "quadriceps_strength")


def examination_results(picture: str, side: str) -> dict[str, dict[str, Any]]:
    """The results of an examination whose painful knee is on that side ("left" or "right")."""
    other = "left" if side == "right" else "right"
    return {
        test: {side: painful, other: sound, **({"unit": "N"} if test in _IN_NEWTON else {})}
        for test, (painful, sound) in EXAMINATIONS[picture].items()
    }


# At the couch, the day of the needles.
NEEDLING_SCREEN = {
    **dict.fromkeys(
        (
            "fever",
            "feels_unwell",
            "hot_red_joint",
            "skin_problem_at_site",
            "varicose_veins",
            "numb_skin",
            "strong_pain_after_needling",
            "active_cancer",
        ),
        "no",
    ),
    "understands_consent": "yes",
    "needling_interest": "yes",
}


@dataclass(frozen=True)
class Reply:
    """One check-in as answered. goal: every activity named at intake; lost: steps down the AKPS from the best, 0 to 26.

    done: exercise sessions of the five that were asked for; None where the patient leaves it empty.
    """

    now: int
    worst: int
    groc: int = 0
    goal: int = 5
    done: int | None = 4
    lost: int = 10
    rest: str = "a_little"


# How a treatment goes, check-in by check-in; a step that is missing is never answered.
COURSES: dict[str, dict[str, Reply]] = {
    "recovering": {
        "rest_check": Reply(2, 5),
        "week_1": Reply(3, 5, done=5),
        "week_2": Reply(2, 4, groc=1, goal=6, done=5),
        "week_3": Reply(2, 3, groc=1, done=5),
        "week_4": Reply(1, 2, groc=1, done=4),
        "week_5": Reply(1, 2, groc=2, done=5),
        "week_6": Reply(0, 1, groc=2, goal=9, done=5, lost=2),
        "week_12": Reply(0, 1, groc=3, goal=10, done=4, lost=0),
    },
    "improving": {
        "rest_check": Reply(3, 5),
        "week_1": Reply(3, 5, done=3),
        "week_2": Reply(2, 5, groc=1, goal=6),
        "week_4": Reply(2, 4, groc=1, done=4),
        "week_6": Reply(1, 3, groc=2, goal=7, done=5, lost=6),
        "week_12": Reply(1, 2, groc=2, goal=8, lost=4),
    },
    "partial": {
        "rest_check": Reply(3, 6),
        "week_2": Reply(3, 6, goal=4),
        "week_6": Reply(2, 4, groc=1, goal=5, done=4, lost=9),
        "week_12": Reply(2, 4, groc=1, goal=5, lost=8),
    },
    "no_response": {
        "rest_check": Reply(3, 6, rest="no"),
        "week_2": Reply(3, 6, goal=4, done=4),
        "week_6": Reply(3, 6, groc=0, goal=4, done=5, lost=11),
    },
    "no_exercise": {
        "week_2": Reply(3, 6, goal=4, done=1),
        "week_6": Reply(3, 6, groc=0, goal=4, done=1, lost=11),
    },
    "worsening": {
        "rest_check": Reply(4, 7, rest="no"),
        "week_2": Reply(5, 8, groc=-2, goal=3, done=3),
        "week_6": Reply(6, 9, groc=-2, goal=2, done=2, lost=22),
    },
    "silent": {},
}


def check_in_answers(asked: Questionnaire, reply: Reply) -> dict[str, Any]:
    """Answers to whatever this check-in asks."""
    akps = [question for question in asked.questions if question.name.startswith("akps_")]
    answers = {
        **QUIET,
        "pain_now": reply.now,
        "pain_worst": reply.worst,
        "pain_usual": (reply.now + reply.worst) // 2,
        "rest_helped": reply.rest,
        "groc": reply.groc,
        "sessions_done": reply.done,
        "sessions_prescribed": 5 if reply.done is not None else None,
        **{question.name: "no" for question in ASKED_AFTER_NEEDLING},
        **{f"goal_{place}_score": reply.goal for place in (1, 2, 3)},
        **{question.name: _akps_answer(question.options, place, reply.lost) for place, question in enumerate(akps)},
    }
    return {question.name: answers.get(question.name) for question in asked.questions}


def _akps_answer(options: tuple[Any, ...], place: int, lost: int) -> str:
    """The option so many steps below the best; the steps go round the 13 items."""
    steps = lost // 13 + (1 if place < lost % 13 else 0)
    return str(options[min(steps, len(options) - 1)].value)
