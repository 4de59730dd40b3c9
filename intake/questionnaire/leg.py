"""How the leg moves, how strong it is, and what the knee does by itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.rules.conditions import at_least, is_, yes

from .definition import Kind, Option, Question, Section
from .load import REST_HELPED
from .options import NOT_SURE, YES_NO, YES_NO_NOT_SURE

GIVING_WAY = Question(
    name="giving_way",
    kind=Kind.CHOICE,
    text=_("Does the knee give way?"),
    hint=_("That means it suddenly buckles under you."),
    row=17,
    options=(
        Option(value="no", label=_("No")),
        Option(value="yes", label=_("Yes")),
        Option(value="yes_and_fell", label=_("Yes, and I fell")),
        NOT_SURE,
    ),
    required=True,
    safety=True,
)

LEG = Section(
    name="leg",
    title=_("How your leg works"),
    questions=(
        REST_HELPED,
        Question(
            name="knee_moves_inward",
            kind=Kind.CHOICE,
            text=_("Does your knee drift toward the other knee?"),
            hint=_("When you squat, land from a jump or go downstairs."),
            row=13,
            options=YES_NO_NOT_SURE,
            required=True,
        ),
        Question(
            name="kneecap_shifts_sideways",
            kind=Kind.CHOICE,
            text=_("Does the kneecap feel as if it slides to the side?"),
            row=14,
            options=YES_NO_NOT_SURE,
            required=True,
        ),
        Question(
            name="weakness_or_one_side_stronger",
            kind=Kind.CHOICE,
            text=_("Is one leg clearly weaker than the other?"),
            hint=_("Choose Yes too if both legs feel too weak for stairs or for getting up."),
            row=15,
            options=YES_NO_NOT_SURE,
            required=True,
        ),
        GIVING_WAY,
        Question(
            name="clicking",
            kind=Kind.CHOICE,
            text=_("Does the knee click or grind?"),
            hint=_("This is very common and mostly harmless."),
            row=18,
            options=YES_NO,
        ),
        Question(
            name="morning_stiffness_minutes",
            kind=Kind.INTEGER,
            text=_("How many minutes is the knee stiff in the morning?"),
            hint=_("Write 0 if it is not stiff."),
            row=30,
            unit=_("minutes"),
            low=0,
            high=1440,
            inputmode="numeric",
        ),
        Question(
            name="other_joints_swollen",
            kind=Kind.CHOICE,
            text=_("Are other joints swollen too?"),
            row=30,
            options=YES_NO,
            shown_when=at_least("age", 16) | is_("swelling", "mild_after_activity", "moderate", "large"),
        ),
    ),
)

STRENGTH = Section(
    name="strength",
    title=_("Strength"),
    questions=(
        Question(
            name="thigh_looks_smaller",
            kind=Kind.CHOICE,
            text=_("Does one thigh look smaller than the other?"),
            row=16,
            options=YES_NO,
            shown_when=yes("weakness_or_one_side_stronger"),
        ),
        Question(
            name="cannot_rise_without_hands",
            kind=Kind.CHOICE,
            text=_("Is the leg so weak that you need your hands to get up from a chair or to use stairs?"),
            row=16,
            options=YES_NO,
            shown_when=yes("weakness_or_one_side_stronger"),
        ),
    ),
)
