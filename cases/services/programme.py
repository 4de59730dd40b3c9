"""The home programme: exercises as a plan holds them, and what the patient is given of the plan in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.models import Case, Link, Patient, Plan, PlanExercise, Reminder
from cases.rules.exercises import EXERCISES, Exercise, outside_the_range
from cases.rules.home_programme import (
    FIRST_DAYS,
    ON_YOUR_OWN,
    PAIN_RULE,
    RUNNING,
    RUNNING_EXERCISE,
    SAFETY_ADVICE,
    WHEN_TO_STOP,
    PainColour,
)
from cases.rules.terms import Channel
from cases.services import links, reminders
from cases.services.errors import WrongInput
from cases.services.events import EventKind, record_of_patient
from cases.services.transactions import one_transaction
from clinic.accounts.models import User

# More do not fit on the sheet, and nobody does them [G].
MOST_EXERCISES = 12
MOST_INSTRUCTIONS = 400
_NUMBERS = {"sets": 10, "reps": 100, "hold_seconds": 300, "minutes": 180}
_KEYS = {"exercise_id", "name", "instructions", "days_per_week", "days", *_NUMBERS}


@dataclass(frozen=True)
class Line:
    """One exercise of the sheet. name and how_to are message ids: the door translates them. days: Monday = 1."""

    name: str
    how_to: str
    sets: int | None
    reps: int | None
    hold_seconds: int | None
    minutes: int | None
    days_per_week: int
    days: tuple[int, ...]
    outside: tuple[str, ...]


@dataclass(frozen=True)
class Programme:
    """The whole sheet, in message ids: exercises, the pain rule, when to stop. No cause and no goal stands on it.

    running: how to get back to it; "" where the programme holds no running.
    """

    plan: Plan
    lines: tuple[Line, ...]
    running: str = ""
    pain_rule: tuple[PainColour, ...] = PAIN_RULE
    on_your_own: str = ON_YOUR_OWN
    first_days: str = FIRST_DAYS
    when_to_stop: str = WHEN_TO_STOP
    safety_advice: str = SAFETY_ADVICE


@dataclass(frozen=True)
class Given:
    """What the patient's page has to say. programme None: nothing yet. held: a red flag stands, so no exercise now."""

    programme: Programme | None
    held: bool


def programme_of(case: Case) -> Programme | None:
    """The sheet of the plan in force; None without one, or where it holds no exercise (two statements)."""
    plan = case.plans.in_force().first()
    if plan is None:
        return None
    rows = list(plan.exercises.order_by("position"))
    if not rows:
        return None
    runs = any(row.exercise_id == RUNNING_EXERCISE for row in rows)
    return Programme(plan, tuple(_line(row) for row in rows), running=RUNNING if runs else "")


def given_to(patient: Patient) -> Given:
    """What the patient may see: the plan in force of the open case. While a red flag stands, no exercise (3.3, 3.4)."""
    cases = list(patient.cases.open().order_by("-opened_at", "-pk"))
    if any(case.flags.standing().stopping().exists() for case in cases):
        return Given(None, held=True)
    found = (programme_of(case) for case in cases)
    return Given(next((each for each in found if each is not None), None), held=False)


def checked_exercises(exercises: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The columns of each exercise, whatever is missing taken from the library. Raises WrongInput naming each field.

    exercise_id: of the library, or "" with a name and instructions of one's own.
    """
    if len(exercises) > MOST_EXERCISES:
        raise WrongInput({"exercises": [f"A programme has at most {MOST_EXERCISES} exercises."]})
    wrong: dict[str, list[str]] = {}
    rows = []
    for place, given in enumerate(exercises):
        row = _filled(given)
        for name, text in _wrong_in(given, row).items():
            wrong[f"exercises.{place}.{name}"] = [text]
        rows.append(row)
    if wrong:
        raise WrongInput(wrong)
    return rows


def from_library(exercise: Exercise) -> dict[str, Any]:
    """An exercise of the library at its starting dose, as columns."""
    return _filled({"exercise_id": exercise.id})


def as_given(row: PlanExercise) -> dict[str, Any]:
    """An exercise as it was given, to be given again in the next version."""
    return {name: getattr(row, name) for name in sorted(_KEYS)}


@one_transaction
def send_own_page(patient: Patient, *, by: User | None, now: datetime) -> Link:
    """Send the patient a link to their own page, at the next sane hour. Raises CannotBeReached."""
    stored = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=patient.pk)
    channel = reminders.channel_for(stored, kind=Reminder.Kind.OWN_PAGE.value, now=now)
    if channel is None or channel is Channel.PHONE:
        raise reminders.CannotBeReached(f"{stored} has no address for messages, or stopped them. Telephone instead.")
    link = links.make_link(stored, purpose=Link.Purpose.OWN_PAGE, expires_at=now + links.OWN_PAGE_LASTS, now=now)
    Reminder.objects.create(
        patient=stored,
        link=link,
        kind=Reminder.Kind.OWN_PAGE,
        channel=channel.value,
        dedupe_key=f"own-page:{link.pk}:{channel.value}",
        due_at=now,
        try_at=now,
        expires_at=link.expires_at,
        planned_at=now,
    )
    record_of_patient(stored, EventKind.OWN_PAGE_SENT, by=by, now=now, link=str(link.pk), channel=channel.value)
    return link


def _line(row: PlanExercise) -> Line:
    return Line(
        name=row.name,
        how_to=row.instructions,
        sets=row.sets,
        reps=row.reps,
        hold_seconds=row.hold_seconds,
        minutes=row.minutes,
        days_per_week=row.days_per_week,
        days=tuple(row.days),
        outside=outside_the_range(
            row.exercise_id,
            sets=row.sets,
            reps=row.reps,
            hold_seconds=row.hold_seconds,
            days_per_week=row.days_per_week,
        ),
    )


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    library = EXERCISES.get(str(given.get("exercise_id") or ""))
    row: dict[str, Any] = {
        "exercise_id": library.id if library else "",
        "name": str(given.get("name") or (library.name if library else "")).strip(),
        "instructions": str(given.get("instructions") or (library.how_to if library else "")).strip(),
        "days": list(given.get("days") or ()),
    }
    # A number that was given stands, None too: "no sets" is an answer. One that was left out is the library's.
    for name in _NUMBERS:
        row[name] = given[name] if name in given else getattr(library, name, None)
    usual = library.days_per_week if library else 3
    row["days_per_week"] = given.get("days_per_week") or len(row["days"]) or usual
    return row


def _wrong_in(given: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
    wrong = dict.fromkeys(sorted(set(given) - _KEYS), "There is no such field.")
    if given.get("exercise_id") and given["exercise_id"] not in EXERCISES:
        wrong["exercise_id"] = "There is no such exercise. Leave it empty for one of your own."
    if not row["name"] or len(row["name"]) > 120:
        wrong["name"] = "Name the exercise, in at most 120 characters."
    if not row["instructions"] or len(row["instructions"]) > MOST_INSTRUCTIONS:
        wrong["instructions"] = f"Say how it is done, in at most {MOST_INSTRUCTIONS} characters."
    for name, most in _NUMBERS.items():
        if row[name] is not None and not _whole(row[name], 1, most):
            wrong[name] = f"Write a whole number from 1 to {most}."
    if all(row[name] is None for name in ("reps", "hold_seconds", "minutes")):
        wrong["reps"] = "Say how much: repetitions, seconds to hold, or minutes."
    if not _whole(row["days_per_week"], 1, 7):
        wrong["days_per_week"] = "Write a whole number from 1 to 7."
    days = row["days"]
    if days and (not all(_whole(day, 1, 7) for day in days) or days != sorted(set(days))):
        wrong["days"] = "Name each day once, in order, Monday = 1 to Sunday = 7."
    elif days and len(days) != row["days_per_week"]:
        wrong["days"] = "Name as many days as days_per_week says, or none."
    return wrong


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
