"""The Anterior Knee Pain Scale in our own short words: 13 items, points as in reference 10.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from .definition import Kind, Option, Question, Section

if TYPE_CHECKING:
    from .definition import Words


def _item(name: str, text: Words, *answers: tuple[int, Words]) -> Question:
    # The value is the points: within an item no two answers share them, and the sum is the score.
    return Question(
        name=f"akps_{name}",
        kind=Kind.CHOICE,
        text=text,
        options=tuple(Option(value=str(points), label=label) for points, label in answers),
    )


AKPS = Section(
    name="akps",
    title=_("What your knee lets you do"),
    intro=_("Choose what fits best for the sore knee. Answer all of them if you can."),
    questions=(
        _item(
            "limp",
            _("Do you limp?"),
            (5, _("No")),
            (3, _("A little, or now and then")),
            (0, _("All the time")),
        ),
        _item(
            "support",
            _("Can the leg carry your weight?"),
            (5, _("Fully, without pain")),
            (3, _("Yes, but it hurts")),
            (0, _("No")),
        ),
        _item(
            "walking",
            _("How far can you walk?"),
            (5, _("As far as I like")),
            (3, _("More than 2 km")),
            (2, _("1 to 2 km")),
            (0, _("I cannot walk")),
        ),
        _item(
            "stairs",
            _("How are stairs?"),
            (10, _("No trouble")),
            (8, _("A little pain going down")),
            (5, _("Pain going down and up")),
            (0, _("I cannot do stairs")),
        ),
        _item(
            "squatting",
            _("How is squatting?"),
            (5, _("No trouble")),
            (4, _("It hurts after many squats")),
            (3, _("It hurts every time")),
            (2, _("Only if I take some weight off")),
            (0, _("I cannot squat")),
        ),
        _item(
            "running",
            _("How is running?"),
            (10, _("No trouble")),
            (8, _("It hurts after 2 km")),
            (6, _("A little pain from the start")),
            (3, _("Strong pain")),
            (0, _("I cannot run")),
        ),
        _item(
            "jumping",
            _("How is jumping?"),
            (10, _("No trouble")),
            (7, _("A little trouble")),
            (2, _("It always hurts")),
            (0, _("I cannot jump")),
        ),
        _item(
            "sitting",
            _("How is sitting for long with bent knees?"),
            (10, _("No trouble")),
            (8, _("It hurts after exercise")),
            (6, _("It always hurts")),
            (4, _("I have to straighten the knee now and then")),
            (0, _("I cannot do it")),
        ),
        _item(
            "pain",
            _("How is the pain in general?"),
            (10, _("None")),
            (8, _("Slight, now and then")),
            (6, _("It disturbs my sleep")),
            (3, _("Strong at times")),
            (0, _("Strong all the time")),
        ),
        _item(
            "swelling",
            _("When does the knee swell?"),
            (10, _("Never")),
            (8, _("After hard effort")),
            (6, _("After everyday things")),
            (4, _("Every evening")),
            (0, _("It is always swollen")),
        ),
        _item(
            "kneecap",
            _("Does the kneecap move in a painful, wrong way?"),
            (10, _("No")),
            (6, _("Sometimes in sport")),
            (4, _("Sometimes in daily life")),
            (2, _("It came out of place at least once")),
            (0, _("It came out of place more than twice")),
        ),
        _item(
            "thigh",
            _("Is the thigh thinner than the other?"),
            (5, _("No")),
            (3, _("A little")),
            (0, _("A lot")),
        ),
        _item(
            "bending",
            _("Can you bend the knee less than before?"),
            (5, _("No")),
            (3, _("A little less")),
            (0, _("Much less")),
        ),
    ),
)


def akps_points(answers: Mapping[str, Any]) -> dict[str, int]:
    """Points by item (`limp`, `support`, ...) of the items answered; a total needs all 13 (reference 10.1)."""
    return {
        question.name.removeprefix("akps_"): int(answers[question.name])
        for question in AKPS.questions
        if question.name in answers
    }
