"""The red-flag questions: right after the contact block, never at the end (reference sections 1 and 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from cases.rules.conditions import Condition, all_of, at_most, is_, yes

from .definition import Kind, Option, Question, Section
from .options import NOT_SURE, YES_NO_NOT_SURE

if TYPE_CHECKING:
    from .definition import Words


def _yes_no(name: str, row: int, text: Words, hint: Words = "", *, shown_when: Condition | None = None) -> Question:
    return Question(
        name=name,
        kind=Kind.CHOICE,
        text=text,
        hint=hint,
        row=row,
        options=YES_NO_NOT_SURE,
        required=True,
        shown_when=shown_when,
        safety=True,
    )


def _days(name: str, row: int, text: Words, hint: Words, *, high: int, shown_when: Condition) -> Question:
    # A number has no "not sure" button: it may stay empty, and the rules count an empty one as missing, never as "no".
    return Question(
        name=name,
        kind=Kind.INTEGER,
        text=text,
        hint=hint,
        row=row,
        unit=_("days"),
        low=0,
        high=high,
        shown_when=shown_when,
        safety=True,
        inputmode="numeric",
    )


# "Not sure" opens the same questions as "yes": a kneecap that is still out of place must be found either way.
INJURED = is_("trauma", "yes", "not_sure")
HOT_OR_FEVER = yes("hot_red_joint", "fever")
UNDER_18 = at_most("age", 17)

CHEST_PAIN = _yes_no(
    "chest_pain_or_breathless",
    25,
    _("Do you have new chest pain or new shortness of breath?"),
    _("New means not the way it always is for you."),
)
CALF_SWELLING = _yes_no(
    "calf_swelling",
    25,
    _("Is one calf newly swollen or painful?"),
    _("The calf is the back of the lower leg. If both calves are just tight or a little puffy, choose No."),
)
HOT_RED_JOINT = _yes_no(
    "hot_red_joint",
    24,
    _("Is the knee hot and red?"),
    _("Compare it with the other knee. On dark skin red is hard to see: choose Yes if it is hot and swollen."),
)
FEVER = _yes_no("fever", 24, _("Do you have a fever now?"))
FEELS_UNWELL = _yes_no(
    "feels_unwell",
    24,
    _("Do you feel ill all over?"),
    _("For example shivering, very weak, or sick in a way that is not like you."),
)
COLD_FOOT = _yes_no(
    "cold_or_pale_foot",
    28,
    _("Is the foot on the painful side cold or pale?"),
    _("Compare it with the other foot."),
)
LEG_WEAKNESS = _yes_no(
    "leg_weakness_new",
    28,
    _("Is your leg or foot getting weaker?"),
    _("Over days or weeks. Or does the foot drag when you walk?"),
)
NUMBNESS = Question(
    name="numbness",
    kind=Kind.CHOICE,
    text=_("Is part of your leg or foot numb?"),
    row=28,
    options=(
        Option(value="no", label=_("No")),
        Option(value="brief_positional", label=_("Only for a moment, for example after sitting on my foot")),
        Option(value="yes", label=_("Yes")),
        NOT_SURE,
    ),
    required=True,
    safety=True,
)

TRAUMA = _yes_no(
    "trauma",
    21,
    _("Did you hurt the knee in the last 14 days?"),
    _("For example a fall, a twist or a hit."),
)
CANNOT_BEAR_WEIGHT = _yes_no(
    "cannot_bear_weight",
    22,
    _("Is it so bad that you cannot take 4 steps?"),
    _("If you can take 4 steps with a limp, choose No."),
)
CANNOT_LIFT_STRAIGHT_LEG = _yes_no(
    "cannot_lift_straight_leg",
    23,
    _("Lie down and keep the knee straight. Are you unable to lift the leg?"),
    _("If it hurts but the leg comes up, choose No."),
)
SWELLING = Question(
    name="swelling",
    kind=Kind.CHOICE,
    text=_("Is the knee swollen?"),
    row=19,
    options=(
        Option(value="none", label=_("No")),
        Option(value="mild_after_activity", label=_("A little, after I use it")),
        Option(value="moderate", label=_("Yes, I can see it")),
        Option(value="large", label=_("Yes, it is very big")),
        NOT_SURE,
    ),
    required=True,
    safety=True,
)
LOCKING = Question(
    name="locking",
    kind=Kind.CHOICE,
    text=_("Does the knee get stuck?"),
    hint=_("Stuck means it will not bend or will not straighten."),
    row=20,
    options=(
        Option(value="none", label=_("No")),
        Option(value="catching", label=_("It catches for a moment")),
        Option(value="intermittent_locking", label=_("It gets stuck and then frees itself")),
        Option(value="locked_now", label=_("It is stuck now")),
        NOT_SURE,
    ),
    required=True,
    safety=True,
)
NIGHT_PAIN = Question(
    name="night_pain",
    kind=Kind.CHOICE,
    text=_("Does the knee hurt at night?"),
    row=26,
    options=(
        Option(value="none", label=_("No")),
        Option(value="only_when_moving", label=_("Only when I move or turn over")),
        Option(value="wakes_at_rest", label=_("It wakes me when I lie still")),
        NOT_SURE,
    ),
    required=True,
    safety=True,
)
LUMP = _yes_no(
    "lump",
    27,
    _("Is there a new lump that is getting bigger?"),
    _("Not the hard bump at the top of the shin bone that everyone has."),
)
CANCER_HISTORY = _yes_no("cancer_history", 27, _("Have you ever had cancer?"))
WEIGHT_LOSS = _yes_no(
    "unexplained_weight_loss",
    27,
    _("Have you lost weight without trying?"),
)

SADDLE_NUMBNESS = _yes_no(
    "saddle_numbness_or_bladder_change",
    28,
    _("Are you numb between the legs, or has going to the toilet changed?"),
    _("For example you cannot start, feel or hold your pee or poo as before. We ask because it can be urgent."),
    shown_when=is_("numbness", "yes", "not_sure")
    | is_("leg_weakness_new", "yes", "not_sure")
    | is_("pain_location", "lower_back"),
)
TRAUMA_DAYS_AGO = _days(
    "trauma_days_ago",
    21,
    _("How many days ago did you hurt it?"),
    _("Write 0 for today. Leave it empty if you are not sure."),
    high=14,
    shown_when=INJURED,
)
POP_AT_INJURY = _yes_no("pop_at_injury", 21, _("Did you feel or hear a pop when it happened?"), shown_when=INJURED)
SWELLING_WITHIN_HOURS = Question(
    name="swelling_within_hours",
    kind=Kind.NUMBER,
    text=_("How many hours after you hurt it did the knee swell?"),
    hint=_("Write 0 if it swelled at once. Leave it empty if you are not sure."),
    row=21,
    unit=_("hours"),
    low=0,
    high=336,
    # Without any swelling there is nothing to count, and an empty answer would look like missing safety data.
    shown_when=all_of(INJURED, is_("swelling", "mild_after_activity", "moderate", "large", "not_sure")),
    safety=True,
    inputmode="decimal",
)
DEFORMITY = Question(
    name="deformity_or_kneecap_out",
    kind=Kind.CHOICE,
    text=_("Did the kneecap or the knee go out of place?"),
    row=21,
    options=(
        Option(value="no", label=_("No")),
        Option(value="went_back", label=_("The kneecap slipped out and went back")),
        Option(value="still_out", label=_("The kneecap is still out of place")),
        Option(value="yes_other", label=_("The knee or leg has a wrong shape")),
        NOT_SURE,
    ),
    required=True,
    shown_when=INJURED,
    safety=True,
)
CANNOT_BEND_TO_90 = _yes_no(
    "cannot_bend_to_90",
    21,
    _("Are you unable to bend the knee to a right angle?"),
    _("A right angle is how it bends when you sit on a chair."),
    shown_when=INJURED | HOT_OR_FEVER,
)
BONE_TENDER = _yes_no(
    "bone_tender_kneecap_or_outer_knee",
    21,
    _("Press on the kneecap, then on the bony bump on the outer side just below the knee. Is either very sore?"),
    shown_when=INJURED,
)
RECENT_NEEDLING = _yes_no(
    "recent_needling_or_injection",
    24,
    _("Did you have a needle treatment or an injection in this leg in the last 12 weeks?"),
    shown_when=HOT_OR_FEVER,
)
RECENT_NEEDLING_DAYS = _days(
    "recent_needling_or_injection_days",
    24,
    _("How many days ago was the needle or injection?"),
    _("Leave it empty if you are not sure."),
    high=84,
    shown_when=yes("recent_needling_or_injection"),
)
# Where the needles went in, and not the knee: only the check after needling asks it (reference 9.3).
REDNESS_WHERE_NEEDLED = _yes_no(
    "redness_where_needled",
    24,
    _("Is the skin red where the needles went in, and is the red spreading?"),
    _("On dark skin red is hard to see: choose Yes if the place is hot and getting bigger."),
)
SWELLING_WHERE_NEEDLED = _yes_no(
    "swelling_where_needled",
    24,
    _("Is there a swelling where the needles went in that is getting bigger?"),
    _("If it is only a small bruise that does not grow, choose No."),
)
LIMP = Question(
    name="limp",
    kind=Kind.CHOICE,
    text=_("Do you limp?"),
    row=29,
    options=(
        Option(value="no", label=_("No")),
        Option(value="after_sport_only", label=_("Only after sport")),
        Option(value="most_of_the_time", label=_("Most of the time")),
        NOT_SURE,
    ),
    required=True,
    shown_when=UNDER_18,
    safety=True,
)
FOOT_TURNS_OUT = _yes_no(
    "foot_turns_out",
    29,
    _("When you walk, does the foot on the sore side turn out more than the other?"),
    shown_when=UNDER_18,
)
# Rule C14: a patient cannot judge this from a screen, so only staff see it.
BURNING = Question(
    name="burning_or_skin_change",
    kind=Kind.CHOICE,
    text=_("Burning pain with a change of skin color or temperature, or skin too sore to touch?"),
    hint=_("For staff to ask."),
    options=YES_NO_NOT_SURE,
    staff_only=True,
)

URGENT_SIGNS = Section(
    name="urgent_signs",
    title=_("Safety first"),
    intro=_("A few problems need care right away. Please tell us if you have any of these."),
    questions=(
        CHEST_PAIN,
        CALF_SWELLING,
        HOT_RED_JOINT,
        FEVER,
        FEELS_UNWELL,
        COLD_FOOT,
        LEG_WEAKNESS,
        NUMBNESS,
    ),
    no_to_all=True,
)
KNEE_SIGNS = Section(
    name="knee_signs",
    title=_("Safety: the knee itself"),
    intro=_("These tell us if someone should look at the knee soon."),
    questions=(
        TRAUMA,
        CANNOT_BEAR_WEIGHT,
        CANNOT_LIFT_STRAIGHT_LEG,
        SWELLING,
        LOCKING,
        NIGHT_PAIN,
        LUMP,
        CANCER_HISTORY,
        WEIGHT_LOSS,
    ),
    no_to_all=True,
)
MORE_SIGNS = Section(
    name="more_signs",
    title=_("A little more about safety"),
    intro=_("We ask these because of an answer you gave."),
    questions=(
        SADDLE_NUMBNESS,
        DEFORMITY,
        TRAUMA_DAYS_AGO,
        POP_AT_INJURY,
        SWELLING_WITHIN_HOURS,
        CANNOT_BEND_TO_90,
        BONE_TENDER,
        RECENT_NEEDLING,
        RECENT_NEEDLING_DAYS,
        LIMP,
        FOOT_TURNS_OUT,
        BURNING,
    ),
)

# What every check-in asks again (reference 11). Whether somebody ever had cancer is known from the first report.
ASKED_AGAIN = tuple(
    question for question in URGENT_SIGNS.questions + KNEE_SIGNS.questions if question is not CANCER_HISTORY
)
MORE_ASKED_AGAIN = tuple(question for question in MORE_SIGNS.questions if question is not BURNING)
ASKED_AFTER_NEEDLING = (REDNESS_WHERE_NEEDLED, SWELLING_WHERE_NEEDLED)
