"""Whether dry needling could be considered: asked only where the clinic offers it (reference 9.2)."""

from __future__ import annotations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases.rules.conditions import all_of, is_
from cases.rules.plan_templates import NEEDLING_PATIENT_TEXT

from .definition import Kind, Option, Question, Section
from .options import YES_NO_NOT_SURE

# Not known whether this site offers it: ask.
_OFFERED = ~is_("needling_offered", "no")
_INTERESTED = all_of(_OFFERED, is_("needling_interest", "yes", "unsure"))

NEEDLING = Section(
    name="needling",
    title=_("Needle treatment"),
    intro=format_lazy(
        "{what} {honest} {free}",
        what=_("Dry needling puts thin needles into tight muscles."),
        honest=_(NEEDLING_PATIENT_TEXT),
        free=_("You never have to have it."),
    ),
    questions=(
        Question(
            name="needle_fear",
            kind=Kind.CHOICE,
            text=_("Are you afraid of needles?"),
            row=35,
            options=(
                Option(value="none", label=_("No")),
                Option(value="mild", label=_("A little")),
                Option(value="severe", label=_("Very much")),
            ),
            required=True,
            shown_when=_OFFERED,
        ),
        Question(
            name="needling_interest",
            kind=Kind.CHOICE,
            text=_("Would you consider it if your therapist suggests it?"),
            row=35,
            options=(
                Option(value="no", label=_("No")),
                Option(value="yes", label=_("Yes")),
                Option(value="unsure", label=_("Not sure yet")),
            ),
            required=True,
            shown_when=_OFFERED,
        ),
    ),
)

NEEDLING_SAFETY = Section(
    name="needling_safety",
    title=_("Is needle treatment safe for you?"),
    questions=(
        Question(
            name="metal_allergy",
            kind=Kind.CHOICE,
            text=_("Are you allergic to nickel or another metal?"),
            row=36,
            options=YES_NO_NOT_SURE,
            required=True,
            shown_when=_INTERESTED,
        ),
        Question(
            name="fainted_with_needles",
            kind=Kind.CHOICE,
            text=_("Have you ever fainted from a needle?"),
            row=36,
            options=YES_NO_NOT_SURE,
            required=True,
            shown_when=_INTERESTED,
        ),
        Question(
            name="skin_problem_at_site",
            kind=Kind.CHOICE,
            text=_("Is there a skin problem on the sore leg?"),
            hint=_("For example a rash, a wound or an infection."),
            row=36,
            options=YES_NO_NOT_SURE,
            required=True,
            shown_when=_INTERESTED,
        ),
    ),
    no_to_all=True,
)
