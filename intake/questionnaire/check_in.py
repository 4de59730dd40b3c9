"""The short form after the first: pain, how it is going, the patient's own goals, red flags again (reference 11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .akps import AKPS
from .definition import Kind, Option, Question, Questionnaire, Section
from .goals import ABILITY_ENDS
from .leg import GIVING_WAY
from .load import REST_OPTIONS
from .pain import PAIN_NOW, PAIN_USUAL, PAIN_WORST
from .safety import ASKED_AFTER_NEEDLING, ASKED_AGAIN, MORE_ASKED_AGAIN

VERSION = "2026.11"
SHORT_VERSION = "2026.12-short"
NEEDLING_VERSION = "2026.12-needling"
MOST_GOALS = 3

# Asked at intake only and still true; `duration_weeks` too, once the weeks since are added.
STANDING = (
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
PAIN_CAME_BACK = Question(
    name="pain_came_back",
    kind=Kind.CHOICE,
    text=_("Did the pain get better and then come back?"),
    hint=_("Choose Yes if it came back for a week or longer, even if it is gone again."),
    options=(
        Option(value="no", label=_("No")),
        Option(value="yes", label=_("Yes")),
        Option(value="never_better", label=_("It never got better")),
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


# The same answer, to be tapped: a short check-in has no box to type into.
SESSIONS_TAPPED = Question(
    name="sessions_done",
    kind=Kind.SCALE,
    text=_("How many times did you do your exercises in the last 7 days?"),
    low=0,
    high=10,
    ends=(_("not once"), _("10 times or more")),
    required=True,
)
# With nothing new, such a check-in is one tap for each of these at most, and one for "none of these" that also sends.
SHORT = frozenset({"pain_now", "pain_worst", "groc", "sessions_done"})
MOST_TAPS = 5


_PROGRESS = (
    *(PAIN_NOW, PAIN_WORST, PAIN_USUAL, REST_HELPED_LATELY, CHANGE, PAIN_CAME_BACK),
    *(SESSIONS_DONE, SESSIONS_PRESCRIBED),
)
_AFTER_NEEDLING = frozenset(question.name for question in ASKED_AFTER_NEEDLING)
# What a step of `cases.rules.follow_up` may ask for, beside the red flags that every check-in repeats.
ASKABLE = frozenset(question.name for question in _PROGRESS) | {"goals", "akps"} | _AFTER_NEEDLING


def is_short(asks: Collection[str]) -> bool:
    """May it be answered in a few taps: no goals, no knee scale, nothing to type?

    What is asked of the needled place stands among the red flags: "none of these" answers it with them.
    """
    tapped = set(asks) - _AFTER_NEEDLING
    return tapped <= SHORT and len(tapped) < MOST_TAPS


def check_in(asks: Collection[str], *, goals: Sequence[str] = ()) -> Questionnaire:
    """The form of one check-in.

    asks: what is wanted, of ASKABLE; `cases.rules.follow_up` says what is due when.
    goals: the activities the patient named at intake, in their order, at most 3; scored again where "goals" is asked.
    """
    questions = [question for question in _PROGRESS if question.name in asks]
    if is_short(asks):
        questions = [SESSIONS_TAPPED if question is SESSIONS_DONE else question for question in questions]
    if "goals" in asks:
        questions += [_goal(place, activity) for place, activity in enumerate(goals[:MOST_GOALS], 1)]
    sections = (
        Section(name="progress", title=_("How is your knee?"), questions=tuple(questions)),
        Section(
            name="safety",
            title=_("Safety check"),
            intro=_("Please tell us if you have any of these now."),
            questions=(*(each for each in ASKED_AFTER_NEEDLING if each.name in asks), *ASKED_AGAIN, GIVING_WAY),
            no_to_all=True,
        ),
        Section(
            name="more_signs",
            title=_("A little more about safety"),
            intro=_("We ask these because of an answer you gave."),
            questions=MORE_ASKED_AGAIN,
        ),
        *((AKPS,) if "akps" in asks else ()),
    )
    version = SHORT_VERSION if is_short(asks) else VERSION
    if not _AFTER_NEEDLING.isdisjoint(asks):
        version = NEEDLING_VERSION
    return Questionnaire(name="check-in", version=version, title=_("Check-in"), sections=sections)


def report_answers(
    given: Mapping[str, Any], *, goals: Sequence[str], before: Mapping[str, Any], weeks_later: int
) -> dict[str, Any]:
    """The answers of a check-in as a whole report: judged alone, a hot knee would forget that there is diabetes.

    given: as `answers.clean` returned them. goals: those the form was made with.
    before: the answers of the last report that asked everything. weeks_later: whole weeks from that report: the pain
        has lasted that much longer (rule S9 asks for 2).

    The goals come back in the shape of the intake's; one left blank keeps a score of None, so that no mean is made.
    """
    answers = {name: before[name] for name in STANDING if name in before}
    if "duration_weeks" in before:
        answers["duration_weeks"] = before["duration_weeks"] + weeks_later
    asked = {f"goal_{place}_score": activity for place, activity in enumerate(goals[:MOST_GOALS], 1)}
    answers |= {name: value for name, value in given.items() if name not in asked}
    if asked.keys() & given.keys():
        answers["goals"] = [{"activity": activity, "score": given.get(name)} for name, activity in asked.items()]
    return answers


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
