"""Which knee, where it hurts, since when, how much, and what brings it on or helps."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.rules.conditions import is_

from .definition import EntryUnit, Kind, Option, Question, Section

KNEE_SIDE = Question(
    name="knee_side",
    kind=Kind.CHOICE,
    text=_("Which knee hurts?"),
    row=3,
    options=(
        Option(value="left", label=_("Left")),
        Option(value="right", label=_("Right")),
        Option(value="both", label=_("Both")),
    ),
    required=True,
)
PAIN_LOCATION = Question(
    name="pain_location",
    kind=Kind.CHOICES,
    text=_("Where does it hurt?"),
    hint=_("Choose every place that hurts."),
    row=7,
    options=(
        Option(value="front_around_kneecap", label=_("In front, around the kneecap")),
        Option(value="behind_kneecap", label=_("Behind or under the kneecap")),
        Option(value="above_kneecap", label=_("Just above the kneecap")),
        Option(value="below_kneecap", label=_("Just below the kneecap")),
        Option(value="shin_bump", label=_("On the bump at the top of the shin")),
        Option(value="inner_side", label=_("Inner side of the knee")),
        Option(value="outer_side", label=_("Outer side of the knee")),
        Option(value="back_of_knee", label=_("Back of the knee")),
        Option(value="whole_knee", label=_("The whole knee")),
        Option(value="thigh", label=_("Thigh")),
        Option(value="groin", label=_("Groin")),
        Option(value="hip", label=_("Hip")),
        Option(value="calf", label=_("Calf")),
        Option(value="lower_back", label=_("Lower back")),
    ),
    required=True,
    safety=True,
)
# Not in the reference [G]: our decision, for the therapist to read with the map. No rule, red flag or score reads it;
# burning pain is asked about by staff, together with what makes it a sign (C14).
PAIN_BY_PLACE = Question(
    name="pain_by_place",
    kind=Kind.EACH,
    text=_("How bad is it at each place, and what does it feel like?"),
    hint=_("0 is no pain. 10 is the worst pain you can think of."),
    each_of=PAIN_LOCATION.name,
    options=PAIN_LOCATION.options,
    questions=(
        Question(name="strength", kind=Kind.SCALE, text=_("How bad, 0 to 10"), low=0, high=10),
        Question(
            name="quality",
            kind=Kind.CHOICE,
            text=_("What it feels like"),
            options=(
                Option(value="dull_ache", label=_("Dull ache")),
                Option(value="sharp", label=_("Sharp")),
                Option(value="burning", label=_("Burning")),
                Option(value="stiff_or_tight", label=_("Stiff or tight")),
                Option(value="catching", label=_("Catching")),
                Option(value="other", label=_("Something else")),
            ),
        ),
    ),
)
PAIN_SPOT = Question(
    name="pain_spot",
    kind=Kind.CHOICE,
    text=_("How big is the sore place?"),
    row=9,
    options=(
        Option(value="wide_area", label=_("A wide area")),
        Option(value="fingertip", label=_("A spot I can cover with one fingertip")),
    ),
)

ONSET = Question(
    name="onset",
    kind=Kind.CHOICE,
    text=_("How did the pain start?"),
    row=4,
    options=(
        Option(value="gradual", label=_("Slowly, bit by bit")),
        Option(value="sudden_no_injury", label=_("Suddenly, without an injury")),
        Option(value="after_injury", label=_("After an injury")),
        Option(value="unknown", label=_("I do not know")),
    ),
    required=True,
    safety=True,
)
DURATION = Question(
    name="duration_weeks",
    kind=Kind.NUMBER,
    text=_("How long has it hurt?"),
    hint=_("A guess is fine."),
    row=5,
    unit=_("weeks"),
    entry_units=(
        EntryUnit(value="weeks", label=_("weeks"), times=1),
        EntryUnit(value="days", label=_("days"), times=1 / 7),
        EntryUnit(value="months", label=_("months"), times=365.25 / 12 / 7),
        EntryUnit(value="years", label=_("years"), times=365.25 / 7),
    ),
    low=0,
    high=2600,
    required=True,
    safety=True,
    inputmode="decimal",
)

_ENDS = (_("no pain"), _("the worst pain you can think of"))

PAIN_NOW = Question(
    name="pain_now",
    kind=Kind.SCALE,
    text=_("How bad is the pain right now?"),
    row=6,
    low=0,
    high=10,
    ends=_ENDS,
    required=True,
    safety=True,
)
PAIN_WORST = Question(
    name="pain_worst",
    kind=Kind.SCALE,
    text=_("How bad was it at its worst in the last 7 days?"),
    row=6,
    low=0,
    high=10,
    ends=_ENDS,
    required=True,
)
PAIN_USUAL = Question(
    name="pain_usual",
    kind=Kind.SCALE,
    text=_("How bad was it most of the time in the last 7 days?"),
    row=6,
    low=0,
    high=10,
    ends=_ENDS,
)

AGGRAVATING = Question(
    name="aggravating",
    kind=Kind.CHOICES,
    text=_("What makes it worse?"),
    hint=_("Choose all that fit."),
    row=8,
    options=(
        Option(value="squatting", label=_("Squatting")),
        Option(value="stairs_down", label=_("Going down stairs")),
        Option(value="stairs_up", label=_("Going up stairs")),
        Option(value="long_sitting", label=_("Sitting for a long time")),
        Option(value="rising_from_chair", label=_("Getting up from a chair")),
        Option(value="running", label=_("Running")),
        Option(value="jumping", label=_("Jumping")),
        Option(value="kneeling", label=_("Kneeling")),
        Option(value="lunging", label=_("Lunges")),
        Option(value="cycling", label=_("Cycling")),
        Option(value="hills_down", label=_("Walking downhill")),
        Option(value="walking", label=_("Walking on flat ground")),
        Option(value="standing", label=_("Standing")),
        Option(value="twisting", label=_("Twisting or turning")),
        Option(value="sport", label=_("My sport")),
        Option(value="rest", label=_("Even resting hurts")),
        # Not in the reference: without it, somebody whom none of these fits could not go on.
        Option(value="none", label=_("None of these"), exclusive=True),
    ),
    required=True,
    safety=True,
)
RELIEVING = Question(
    name="relieving",
    kind=Kind.CHOICES,
    text=_("What helps?"),
    hint=_("Choose all that fit."),
    row=9,
    options=(
        Option(value="rest", label=_("Rest")),
        Option(value="straightening_knee", label=_("Straightening the knee")),
        Option(value="ice", label=_("Ice")),
        Option(value="warm_up", label=_("Warming up")),
        Option(value="painkillers", label=_("Painkillers")),
        Option(value="tape", label=_("Tape or a brace")),
        Option(value="nothing", label=_("Nothing helps"), exclusive=True),
    ),
)
IMPACT_PATTERN = Question(
    name="impact_pattern",
    kind=Kind.CHOICE,
    text=_("What happens to the pain when you run, jump or play?"),
    row=9,
    options=(
        Option(value="eases_with_warm_up", label=_("It gets better once I am warm")),
        Option(value="same_throughout", label=_("It stays the same")),
        Option(value="worse_then_settles", label=_("It gets worse and settles after I stop")),
        Option(
            value="worse_each_time_and_now_walking",
            label=_("It is worse each time, and now walking hurts too"),
        ),
    ),
    shown_when=is_("aggravating", "running", "jumping", "sport"),
)

WHERE = Section(
    name="where",
    title=_("Where it hurts"),
    questions=(KNEE_SIDE, PAIN_LOCATION, PAIN_BY_PLACE, PAIN_SPOT),
)
WHERE_2026_11 = Section(
    name="where",
    title=_("Where it hurts"),
    questions=(KNEE_SIDE, PAIN_LOCATION, PAIN_SPOT),
)
PAIN = Section(
    name="pain",
    title=_("Your pain"),
    questions=(ONSET, DURATION, PAIN_NOW, PAIN_WORST, PAIN_USUAL),
)
TRIGGERS = Section(
    name="triggers",
    title=_("Better and worse"),
    questions=(AGGRAVATING, RELIEVING),
)
