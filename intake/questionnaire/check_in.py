"""The short form after the first: pain, how it is going, the patient's own goals, red flags again (reference 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .akps import AKPS
from .definition import Kind, Option, Question, Questionnaire, Section
from .goals import ABILITY_ENDS
from .leg import GIVING_WAY
from .load import REST_OPTIONS
from .pain import PAIN_NOW, PAIN_USUAL, PAIN_WORST
from .safety import ASKED_AGAIN, MORE_ASKED_AGAIN

VERSION = "2026.11"
GROC_FROM_WEEK = 2
MOST_GOALS = 3

# Asked at intake only and still true.
_STANDING = (
    "age",
    "sex",
    "knee_side",
    "onset",
    "pain_location",
    "aggravating",
    "relieving",
    "cancer_history",
    "prior_injury_surgery",
    "kneecap_dislocation_on",
    "ligament_on",
    "meniscus_on",
    "fracture_on",
    "knee_surgery_on",
    "joint_replacement_or_metal_in_leg_on",
    "cast_or_immobilised_on",
    "anticoagulant",
    "medications",
    "conditions",
)

REST_HELPED_LATELY = Question(
    name="rest_helped",
    kind=Kind.CHOICE,
    text=_("You rested the knee for a few days. Did it help?"),
    row=12,
    options=(*REST_OPTIONS, Option(value="not_tried", label=_("I have not rested it"))),
    required=True,
)
CHANGE = Question(
    name="groc",
    kind=Kind.SCALE,
    text=_("How is the knee, compared with the start?"),
    low=-3,
    high=3,
    options=(
        Option(value="3", label=_("Much better")),
        Option(value="2", label=_("Better")),
        Option(value="1", label=_("A little better")),
        Option(value="0", label=_("The same")),
        Option(value="-1", label=_("A little worse")),
        Option(value="-2", label=_("Worse")),
        Option(value="-3", label=_("Much worse")),
    ),
    required=True,
)
SESSIONS_DONE = Question(
    name="sessions_done",
    kind=Kind.INTEGER,
    text=_("How many times did you do your exercises in the last 7 days?"),
    low=0,
    high=50,
    inputmode="numeric",
)
SESSIONS_PRESCRIBED = Question(
    name="sessions_prescribed",
    kind=Kind.INTEGER,
    text=_("How many times were you asked to do them?"),
    hint=_("Leave it empty if you are not sure."),
    low=0,
    high=50,
    inputmode="numeric",
)


def check_in(*, week: int, goals: Sequence[str] = (), with_akps: bool = False) -> Questionnaire:
    """The check-in of one moment.

    week: whole weeks since care began; 0 is the day 3-5 check, which asks whether rest helped.
    goals: the activities the patient named at intake, in their order, at most 3; each is scored again.
    with_akps: ask the 13 AKPS items too (reference 11: at baseline and weeks 6, 12, 26 and 52).
    """
    questions: list[Question] = [PAIN_NOW, PAIN_WORST, PAIN_USUAL]
    if week < GROC_FROM_WEEK:
        questions.append(REST_HELPED_LATELY)
    else:
        questions += [CHANGE, SESSIONS_DONE, SESSIONS_PRESCRIBED]
    questions += [_goal(place, activity) for place, activity in enumerate(goals[:MOST_GOALS], 1)]
    sections = (
        Section(name="progress", title=_("How is your knee?"), questions=tuple(questions)),
        Section(
            name="safety",
            title=_("Safety check"),
            intro=_("Please tell us if you have any of these now."),
            questions=(*ASKED_AGAIN, GIVING_WAY),
            no_to_all=True,
        ),
        Section(
            name="more_signs",
            title=_("A little more about safety"),
            intro=_("We ask these because of an answer you gave."),
            questions=MORE_ASKED_AGAIN,
        ),
        *((AKPS,) if with_akps else ()),
    )
    return Questionnaire(name="check-in", version=VERSION, title=_("Check-in"), sections=sections)


def goal_scores(answers: Mapping[str, Any], goals: Sequence[str]) -> list[dict[str, Any]]:
    """The goals scored in a check-in, in the shape of the intake's `goals`; a score of None was left blank."""
    return [
        {"activity": activity, "score": answers.get(f"goal_{place}_score")}
        for place, activity in enumerate(goals[:MOST_GOALS], 1)
    ]


def standing(answers: Mapping[str, Any], *, weeks_later: int) -> dict[str, Any]:
    """The answers of an earlier report that still hold; a check-in is judged together with them, not alone.

    weeks_later: whole weeks from that report to the check-in: the pain has lasted that much longer (S9 asks for 2).
    """
    kept = {name: answers[name] for name in _STANDING if name in answers}
    if "duration_weeks" in answers:
        kept["duration_weeks"] = answers["duration_weeks"] + weeks_later
    return kept


def _goal(place: int, activity: str) -> Question:
    return Question(
        name=f"goal_{place}_score",
        kind=Kind.SCALE,
        text=format_lazy("{ask} {activity}", ask=_("How well can you do this today?"), activity=activity),
        row=37,
        low=0,
        high=10,
        ends=ABILITY_ENDS,
        required=True,
    )
