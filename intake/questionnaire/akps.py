"""The Anterior Knee Pain Scale in our own short words: 13 items, scored by `cases.rules.instruments`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from .definition import Kind, Option, Question, Section

if TYPE_CHECKING:
    from .definition import Words


def _item(name: str, text: Words, *answers: tuple[str, Words]) -> Question:
    # Prefixed, because the safety questions have a `limp` and a `swelling` of their own.
    return Question(
        name=f"akps_{name}",
        kind=Kind.CHOICE,
        text=text,
        options=tuple(Option(value=value, label=label) for value, label in answers),
    )


AKPS = Section(
    name="akps",
    title=_("What your knee lets you do"),
    intro=_("Choose what fits best for the sore knee. Answer all of them if you can."),
    questions=(
        _item(
            "limp",
            _("Do you limp?"),
            ("none", _("No")),
            ("slight_or_now_and_then", _("A little, or now and then")),
            ("constant", _("All the time")),
        ),
        _item(
            "weight_support",
            _("Can the leg carry your weight?"),
            ("full_no_pain", _("Fully, without pain")),
            ("painful", _("Yes, but it hurts")),
            ("cannot", _("No")),
        ),
        _item(
            "walking",
            _("How far can you walk?"),
            ("unlimited", _("As far as I like")),
            ("over_2_km", _("More than 2 km")),
            ("1_to_2_km", _("1 to 2 km")),
            ("cannot", _("I cannot walk")),
        ),
        _item(
            "stairs",
            _("How are stairs?"),
            ("no_trouble", _("No trouble")),
            ("slight_pain_down", _("A little pain going down")),
            ("pain_both_ways", _("Pain going down and up")),
            ("cannot", _("I cannot do stairs")),
        ),
        _item(
            "squatting",
            _("How is squatting?"),
            ("no_trouble", _("No trouble")),
            ("repeated_squats_painful", _("It hurts after many squats")),
            ("painful_every_time", _("It hurts every time")),
            ("only_with_part_weight", _("Only if I take some weight off")),
            ("cannot", _("I cannot squat")),
        ),
        _item(
            "running",
            _("How is running?"),
            ("no_trouble", _("No trouble")),
            ("pain_after_2_km", _("It hurts after 2 km")),
            ("slight_pain_from_start", _("A little pain from the start")),
            ("severe_pain", _("Strong pain")),
            ("cannot", _("I cannot run")),
        ),
        _item(
            "jumping",
            _("How is jumping?"),
            ("no_trouble", _("No trouble")),
            ("slight_trouble", _("A little trouble")),
            ("constant_pain", _("It always hurts")),
            ("cannot", _("I cannot jump")),
        ),
        _item(
            "long_sitting",
            _("How is sitting for long with bent knees?"),
            ("no_trouble", _("No trouble")),
            ("pain_after_exercise", _("It hurts after exercise")),
            ("constant_pain", _("It always hurts")),
            ("must_straighten_at_times", _("I have to straighten the knee now and then")),
            ("cannot", _("I cannot do it")),
        ),
        _item(
            "pain",
            _("How is the pain in general?"),
            ("none", _("None")),
            ("slight_occasional", _("Slight, now and then")),
            ("disturbs_sleep", _("It disturbs my sleep")),
            ("severe_at_times", _("Strong at times")),
            ("constant_severe", _("Strong all the time")),
        ),
        _item(
            "swelling",
            _("When does the knee swell?"),
            ("none", _("Never")),
            ("after_hard_effort", _("After hard effort")),
            ("after_daily_activity", _("After everyday things")),
            ("every_evening", _("Every evening")),
            ("constant", _("It is always swollen")),
        ),
        _item(
            "kneecap_movement",
            _("Does the kneecap move in a painful, wrong way?"),
            ("none", _("No")),
            ("sometimes_in_sport", _("Sometimes in sport")),
            ("sometimes_daily", _("Sometimes in daily life")),
            ("at_least_one_dislocation", _("It came out of place at least once")),
            ("more_than_two_dislocations", _("It came out of place more than twice")),
        ),
        _item(
            "thigh_wasting",
            _("Is the thigh thinner than the other?"),
            ("none", _("No")),
            ("slight", _("A little")),
            ("severe", _("A lot")),
        ),
        _item(
            "loss_of_bending",
            _("Can you bend the knee less than before?"),
            ("none", _("No")),
            ("slight", _("A little less")),
            ("severe", _("Much less")),
        ),
    ),
)
