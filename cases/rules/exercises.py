"""The library of exercises in plain words, with doses inside the ranges of reference 8.2 and 8.3.

The English text is the message id: it is marked with `gettext_noop` for the translators and translated at the door
that shows it. `makemessages` finds the marks by that name; the cellar itself knows no Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.rules.terms import Term
from cases.rules.wording import gettext_noop


class ExerciseGroup(Term):
    """What an exercise is for; the dose range of reference 8.3 belongs to it."""

    HIP = "hip", "Hip strengthening"
    KNEE = "knee", "Knee strengthening"
    STEP_DOWN = "step_down", "Step-down"
    SQUAT = "squat", "Squat"
    LANDING = "landing", "Landing"
    STRETCH = "stretch", "Stretching"
    LOAD = "load", "Load management"


@dataclass(frozen=True)
class DoseRange:
    """The doses the reference gives for a group, both ends included; None where it says nothing."""

    sets: tuple[int, int] | None = None
    reps: tuple[int, int] | None = None
    hold_seconds: tuple[int, int] | None = None
    days_per_week: tuple[int, int] | None = None
    source: str = ""


# 3 x/week is the guideline's dose; the effective trials went up to 7.
_STRENGTH = DoseRange(
    sets=(2, 4), reps=(8, 15), days_per_week=(3, 7), source="reference 8.3 all: [R]; 5-7 x/week Harvie 2011 [S]"
)
_TASK = DoseRange(reps=(8, 15), days_per_week=(3, 4), source="reference 8.3 movement: 3-4 x/week, 10 controlled [R]")
_STRETCHING = DoseRange(
    sets=(3, 3), hold_seconds=(30, 30), days_per_week=(4, 7), source="reference 8.3 mobility: 3 x 30 s most days"
)
DOSES = {
    ExerciseGroup.HIP: _STRENGTH,
    ExerciseGroup.KNEE: _STRENGTH,
    ExerciseGroup.STEP_DOWN: _TASK,
    ExerciseGroup.SQUAT: _TASK,
    ExerciseGroup.LANDING: _TASK,
    ExerciseGroup.STRETCH: _STRETCHING,
    ExerciseGroup.LOAD: DoseRange(source="reference 8.2: no dose proven; [G]"),
}


@dataclass(frozen=True)
class Exercise:
    """One exercise of the library with the dose it starts at.

    sets, reps, hold_seconds, minutes: None where they do not apply. source: of choice and dose; [G] our own decision.
    """

    id: str
    group: ExerciseGroup
    name: str
    how_to: str
    days_per_week: int
    sets: int | None = None
    reps: int | None = None
    hold_seconds: int | None = None
    minutes: int | None = None
    source: str = "choice and wording [G]"

    def as_data(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "group": self.group.value,
            "name": self.name,
            "how_to": self.how_to,
            "sets": self.sets,
            "reps": self.reps,
            "hold_seconds": self.hold_seconds,
            "minutes": self.minutes,
            "days_per_week": self.days_per_week,
            "source": f"{DOSES[self.group].source}; {self.source}",
        }


_EXERCISES = (
    Exercise(
        "hip_side_lift",
        ExerciseGroup.HIP,
        gettext_noop("Side leg lift"),
        gettext_noop(
            "Lie on your side, sore leg on top and straight. Lift it slowly, heel a little behind you, then lower it "
            "slowly. Keep your hips still."
        ),
        3,
        sets=3,
        reps=12,
    ),
    Exercise(
        "hip_clam",
        ExerciseGroup.HIP,
        gettext_noop("Clam"),
        gettext_noop(
            "Lie on your side with both knees bent and your feet together. Open the upper knee like a shell without "
            "rolling back. Close it slowly."
        ),
        3,
        sets=3,
        reps=12,
    ),
    Exercise(
        "hip_bridge",
        ExerciseGroup.HIP,
        gettext_noop("Bridge"),
        gettext_noop(
            "Lie on your back with your knees bent and your feet flat. Lift your hips until body and thighs make a "
            "line. Lower them slowly."
        ),
        3,
        sets=3,
        reps=10,
    ),
    Exercise(
        "hip_band_walk",
        ExerciseGroup.HIP,
        gettext_noop("Side steps with a band"),
        gettext_noop(
            "Put a band around your legs just above the knees and bend your knees a little. Step sideways slowly, and "
            "keep your knees over your toes."
        ),
        3,
        sets=3,
        reps=10,
    ),
    Exercise(
        "knee_straight_lift",
        ExerciseGroup.KNEE,
        gettext_noop("Straight leg lift"),
        gettext_noop(
            "Lie on your back, the other knee bent. Tighten the thigh of the sore leg and lift the leg straight to the "
            "height of the other knee. Lower it slowly."
        ),
        3,
        sets=3,
        reps=10,
    ),
    Exercise(
        "knee_sit_to_stand",
        ExerciseGroup.KNEE,
        gettext_noop("Stand up from a chair"),
        gettext_noop(
            "Sit at the front of a chair with your arms crossed. Stand up and sit down slowly, with the same weight on "
            "both feet."
        ),
        3,
        sets=3,
        reps=10,
    ),
    Exercise(
        "knee_wall_slide",
        ExerciseGroup.KNEE,
        gettext_noop("Slide down the wall"),
        gettext_noop(
            "Lean your back on a wall with your feet a step in front of it. Slide down a little, no deeper than is "
            "comfortable, and push up again."
        ),
        3,
        sets=3,
        reps=10,
        source="weight bearing 0-45 degrees where deeper hurts [R]; choice and wording [G]",
    ),
    Exercise(
        "knee_step_up",
        ExerciseGroup.KNEE,
        gettext_noop("Step up"),
        gettext_noop(
            "Put the sore leg on a low step. Stand up on it without pushing off with the other foot, then step back "
            "down slowly."
        ),
        3,
        sets=3,
        reps=10,
    ),
    Exercise(
        "task_step_down",
        ExerciseGroup.STEP_DOWN,
        gettext_noop("Slow step-down"),
        gettext_noop(
            "Stand on a low step. Lower the other heel slowly to the floor and come up again. Keep your hips level and "
            "your knee over your second toe."
        ),
        3,
        sets=2,
        reps=10,
    ),
    Exercise(
        "task_squat",
        ExerciseGroup.SQUAT,
        gettext_noop("Squat with knees over toes"),
        gettext_noop(
            "Stand with your feet as wide as your hips. Sit back as if onto a chair, knees over your toes, only as "
            "deep as is comfortable. Come up slowly."
        ),
        3,
        sets=2,
        reps=10,
    ),
    Exercise(
        "task_landing",
        ExerciseGroup.LANDING,
        gettext_noop("Soft landing"),
        gettext_noop(
            "Hop down from a very low step onto both feet. Land softly and quietly, with your knees bent and over your "
            "toes. Stand still before the next one."
        ),
        3,
        sets=2,
        reps=8,
        source="begin when squat and step-down are green [G]",
    ),
    Exercise(
        "stretch_front_thigh",
        ExerciseGroup.STRETCH,
        gettext_noop("Stretch the front of the thigh"),
        gettext_noop(
            "Hold on to something. Bend your knee and hold your foot behind you until you feel a gentle pull in front. "
            "Keep your knees together."
        ),
        5,
        sets=3,
        hold_seconds=30,
    ),
    Exercise(
        "stretch_back_thigh",
        ExerciseGroup.STRETCH,
        gettext_noop("Stretch the back of the thigh"),
        gettext_noop(
            "Put your heel on a low step with the knee straight. Lean forward from the hips until you feel a gentle "
            "pull behind."
        ),
        5,
        sets=3,
        hold_seconds=30,
    ),
    Exercise(
        "stretch_calf",
        ExerciseGroup.STRETCH,
        gettext_noop("Stretch the calf"),
        gettext_noop(
            "Put your hands on a wall and one leg behind you, heel on the floor and knee straight. Lean forward until "
            "you feel a gentle pull."
        ),
        5,
        sets=3,
        hold_seconds=30,
    ),
    Exercise(
        "stretch_outer_hip",
        ExerciseGroup.STRETCH,
        gettext_noop("Stretch the outer hip"),
        gettext_noop(
            "Sit with one ankle on the other knee. Keep your back straight and lean forward until you feel a gentle "
            "pull in the buttock."
        ),
        5,
        sets=3,
        hold_seconds=30,
    ),
    Exercise(
        "load_flat_walk",
        ExerciseGroup.LOAD,
        gettext_noop("Walk on the flat"),
        gettext_noop(
            "Walk on flat ground at a pace that keeps you in the green. Swimming or easy cycling will do as well."
        ),
        5,
        minutes=20,
        source="reference 8.2; minutes [G]",
    ),
    Exercise(
        "load_activity_ladder",
        ExerciseGroup.LOAD,
        gettext_noop("Your activity, one step at a time"),
        gettext_noop(
            "Do the step of your activity that we agreed on. Go to the next step only after a week in the green."
        ),
        3,
        minutes=20,
        source="reference 8.3 overuse: a week at a step; days and minutes [G]",
    ),
    Exercise(
        "load_walk_run",
        ExerciseGroup.LOAD,
        gettext_noop("Walk and run"),
        gettext_noop(
            "Every other day, on the flat: run one minute, walk one minute. Start when 30 minutes of brisk walking "
            "hurts no more than 2 of 10."
        ),
        3,
        minutes=20,
        source="reference 8.2: alternate days [G]; what else goes for runners stands on the sheet",
    ),
)
EXERCISES = {exercise.id: exercise for exercise in _EXERCISES}


def outside_the_range(
    exercise_id: str, *, sets: int | None, reps: int | None, hold_seconds: int | None, days_per_week: int
) -> tuple[str, ...]:
    """Which numbers lie outside what the reference gives for the group; nothing is said of an exercise of one's own.

    A therapist may go there: the sentence stands beside the number, it refuses nothing.
    """
    exercise = EXERCISES.get(exercise_id)
    if exercise is None:
        return ()
    dose = DOSES[exercise.group]
    given = {"sets": sets, "reps": reps, "hold_seconds": hold_seconds, "days_per_week": days_per_week}
    said = []
    for name, value in given.items():
        span = getattr(dose, name)
        if span is not None and value is not None and not span[0] <= value <= span[1]:
            usual = f"{span[0]}" if span[0] == span[1] else f"{span[0]} to {span[1]}"
            said.append(f"{name}: {value}, the reference says {usual}")
    return tuple(said)
