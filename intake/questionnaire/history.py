"""Earlier injuries, illnesses and medicines that change what is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from cases.rules.conditions import all_of, between, is_

from .definition import Kind, Option, Question, Section
from .options import NOT_SURE, NOT_SURE_ALONE

if TYPE_CHECKING:
    from .definition import Words


_A_YEAR_WILL_DO = _("The year alone is fine. A guess is fine too.")


def _date_of(earlier: str, text: Words, hint: Words = _A_YEAR_WILL_DO) -> Question:
    return Question(
        name=f"{earlier}_on",
        kind=Kind.DATE,
        text=text,
        hint=hint,
        row=31,
        shown_when=is_("prior_injury_surgery", earlier),
        inputmode="numeric",
    )


HISTORY = Section(
    name="history",
    title=_("Your health"),
    intro=_("So that nothing we suggest can harm you."),
    questions=(
        Question(
            name="prior_injury_surgery",
            kind=Kind.CHOICES,
            text=_("Has this leg had any of these before?"),
            hint=_("Choose all that fit."),
            row=31,
            options=(
                Option(value="none", label=_("None of these"), exclusive=True),
                Option(value="kneecap_dislocation", label=_("The kneecap came out of place")),
                Option(value="ligament", label=_("Torn ligament")),
                Option(value="meniscus", label=_("Torn meniscus (knee cartilage)")),
                Option(value="fracture", label=_("Broken bone")),
                Option(value="knee_surgery", label=_("Knee surgery")),
                Option(value="joint_replacement_or_metal_in_leg", label=_("New joint, or metal in the leg")),
                Option(value="cast_or_immobilised", label=_("A cast or a splint")),
            ),
            required=True,
            safety=True,
        ),
        Question(
            name="conditions",
            kind=Kind.CHOICES,
            text=_("Do you have any of these?"),
            hint=_("Choose all that fit."),
            row=33,
            options=(
                Option(value="none", label=_("None of these"), exclusive=True),
                Option(value="diabetes", label=_("Diabetes")),
                Option(value="immune_suppressed", label=_("A weak immune system, from illness or medicine")),
                Option(value="bleeding_disorder", label=_("I bleed easily (a bleeding disorder)")),
                Option(
                    value="rheumatoid_or_inflammatory",
                    label=_("Rheumatoid arthritis, or another inflamed joint illness"),
                ),
                Option(
                    value="osteoporosis_or_long_steroids",
                    label=_("Weak bones, or steroid tablets for 3 months or more"),
                ),
                Option(value="vascular_disease", label=_("Poor blood flow in the legs")),
                Option(value="epilepsy", label=_("Epilepsy")),
                Option(value="lymphoedema_leg", label=_("Lymphedema (lasting swelling) of the leg")),
                NOT_SURE_ALONE,
            ),
            required=True,
            safety=True,
        ),
        Question(
            name="anticoagulant",
            kind=Kind.CHOICE,
            text=_("Do you take a blood thinner?"),
            row=32,
            options=(
                Option(value="none", label=_("No")),
                Option(value="antiplatelet", label=_("A mild one, such as aspirin or clopidogrel")),
                Option(value="anticoagulant", label=_("A strong one, such as warfarin, apixaban or heparin")),
                NOT_SURE,
            ),
            required=True,
            safety=True,
        ),
        Question(
            name="medications",
            kind=Kind.LONG_TEXT,
            text=_("Which medicines do you take?"),
            hint=_("Leave it empty if you take none."),
            row=32,
            max_length=1000,
        ),
        Question(
            name="pregnancy",
            kind=Kind.CHOICE,
            text=_("Are you pregnant?"),
            row=34,
            options=(
                Option(value="no", label=_("No")),
                Option(value="yes", label=_("Yes")),
                NOT_SURE,
            ),
            required=True,
            # A blank sex is asked too: only "male" is a reason not to.
            shown_when=all_of(~is_("sex", "male"), between("age", 12, 55)),
        ),
    ),
)

HISTORY_DETAILS = Section(
    name="history_details",
    title=_("A little more about your health"),
    questions=(
        # Of a year alone the latest day is taken: with this year's, S7 would send an old dislocation to be seen today.
        _date_of(
            "kneecap_dislocation",
            _("When did the kneecap last come out of place?"),
            _("Month and year are enough. If it was in the last 2 weeks, write the day too."),
        ),
        _date_of("ligament", _("When was the ligament torn?")),
        _date_of("meniscus", _("When was the meniscus torn?")),
        _date_of("fracture", _("When was the bone broken?")),
        _date_of("knee_surgery", _("When was the last knee surgery?")),
        _date_of("joint_replacement_or_metal_in_leg", _("When was the new joint or the metal put in?")),
        _date_of("cast_or_immobilised", _("When did the cast or splint come off?")),
        Question(
            name="pregnancy_weeks",
            kind=Kind.INTEGER,
            text=_("How many weeks pregnant are you?"),
            hint=_("Leave it empty if you are not sure."),
            row=34,
            unit=_("weeks"),
            low=0,
            high=45,
            shown_when=is_("pregnancy", "yes"),
            inputmode="numeric",
        ),
    ),
)
