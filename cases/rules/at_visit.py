"""What to ask or test at the visit because the form, or the examination so far, could not tell (reference 6)."""

from __future__ import annotations

from dataclasses import dataclass

from cases.rules.conditions import Condition, any_of, at_least, is_


@dataclass(frozen=True)
class AtVisit:
    """What the therapist should ask or test because the form could not tell."""

    id: str
    when: Condition
    question: str


_control_seen = at_least("exam_poor_control", 1) | at_least("exam_good_control", 1)

ASK_AT_VISIT = (
    AtVisit(
        "Q1",
        is_("knee_moves_inward", "not_sure") & ~_control_seen,
        "Patient not sure whether the knee moves inwards: watch a single-leg squat or step-down",
    ),
    AtVisit(
        "Q2",
        is_("kneecap_shifts_sideways", "not_sure") & ~at_least("exam_kneecap_done", 1),
        "Patient not sure whether the kneecap shifts: test glide, tilt and apprehension",
    ),
    AtVisit(
        "Q3",
        is_("weakness_or_one_side_stronger", "not_sure") & ~at_least("exam_strength_done", 1),
        "Patient not sure about weakness: measure hip and quadriceps strength of both sides",
    ),
    AtVisit(
        "Q4",
        any_of(*(is_(f"{item}_undated", "yes") for item in ("cast_or_immobilised", "knee_surgery"))),
        "Date of the cast or surgery not given: ask how long ago",
    ),
    AtVisit(
        "Q5",
        is_("exam_control_differs", "yes"),
        "Control was good on one test and poor on another: repeat both, and watch a harder task",
    ),
    AtVisit(
        "Q6",
        is_("exam_effusion", "2+", "3+"),
        "Clear effusion found: look for injury, inflammation or infection before treating load or strength",
    ),
)
