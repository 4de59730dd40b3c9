"""The home programme: which exercises it begins with, and what the patient's sheet says beside them.

The English text is the message id, as in `cases.rules.exercises`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.rules.exercises import EXERCISES, Exercise
from cases.rules.terms import FoundCause
from cases.rules.wording import SAFETY_NET, gettext_noop

# What each finding adds to what everybody gets; hip before knee where knee work hurts (reference 8.3).
_ALWAYS = ("load_flat_walk", "hip_side_lift", "hip_bridge", "knee_sit_to_stand", "knee_wall_slide")
_ADDED = {
    FoundCause.OVERUSE: ("load_activity_ladder",),
    FoundCause.MOVEMENT_DYSFUNCTION: ("task_step_down", "task_squat"),
    FoundCause.MUSCLE_IMBALANCE: ("knee_step_up",),
    FoundCause.MOBILITY_CONTRIBUTOR: ("stretch_front_thigh", "stretch_calf"),
}


def programme_for(causes: Iterable[FoundCause], *, runs: bool = False) -> tuple[Exercise, ...]:
    """The exercises a draft starts with, for the therapist to change. Two or three additions fit on one sheet."""
    found = frozenset(causes)
    wanted = list(_ALWAYS)
    for cause, added in _ADDED.items():
        if cause in found:
            wanted += ("load_walk_run",) if runs and cause is FoundCause.OVERUSE else added
    return tuple(EXERCISES[each] for each in wanted)


@dataclass(frozen=True)
class PainColour:
    """One colour of the pain rule, for patients."""

    colour: str
    name: str
    feels: str
    do: str
    source: str


# reference 8.2; the ceiling for work on one's own is 3 of 10 [G], so amber begins above 2.
PAIN_RULE = (
    PainColour(
        "green",
        gettext_noop("Green"),
        gettext_noop("Pain 0 to 2 of 10, back to usual within an hour, and no worse next morning."),
        gettext_noop("Keep going, or do a little more."),
        "reference 8.2; La Trobe [S]",
    ),
    PainColour(
        "amber",
        gettext_noop("Amber"),
        gettext_noop("Pain 3 to 5 of 10, or it settles only by next morning."),
        gettext_noop("Do about a quarter less next time."),
        "reference 8.2; 20-30 % [G]",
    ),
    PainColour(
        "red",
        gettext_noop("Red"),
        gettext_noop("Pain over 5 of 10, or you limp, or it rises while you exercise, or it is worse the next day."),
        gettext_noop("Stop. Next time go back to the easier level."),
        "reference 8.2; Vincent 2017 [S]",
    ),
)
ON_YOUR_OWN = gettext_noop("When you exercise on your own, stay at 3 of 10 or less.")
FIRST_DAYS = gettext_noop(
    "In the first 3 to 5 days do about half of what sets the pain off, but do not stop moving. Walking on the flat, "
    "swimming or easy cycling are fine if they feel all right."
)
# reference 8.2: the order Esculier 2018 [S]; when to start, by turns, and 10 to 20 percent a week [G].
RUNNING = gettext_noop(
    "Running: go shorter and slower for now, and run no downhill and no stairs. Start when 30 minutes of brisk walking "
    "hurt no more than 2 of 10 and 10 slow step-downs no more than 3 of 10. Then build up the distance first, then the "
    "speed, then hills, by 10 to 20 percent a week. Nobody knows a pace of increase that is safe for everyone."
)
RUNNING_EXERCISE = "load_walk_run"
WHEN_TO_STOP = gettext_noop(
    "Stop the exercises and tell us if pain stays over 5 of 10 for more than a day after two sessions, if the knee "
    "swells anew, or if it gives way so that you fall."
)
SAFETY_ADVICE = SAFETY_NET.text
