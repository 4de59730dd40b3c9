"""The library of exercises: inside the reference's doses, in words that name no cause."""

from __future__ import annotations

import pytest

from cases.rules.exercises import DOSES, EXERCISES, ExerciseGroup, outside_the_range


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda exercise: exercise.id)
def test_each_exercise_begins_inside_the_range_of_its_group(exercise):
    dose = {name: getattr(exercise, name) for name in ("sets", "reps", "hold_seconds", "days_per_week")}

    assert outside_the_range(exercise.id, **dose) == ()
    assert exercise.reps or exercise.hold_seconds or exercise.minutes
    assert "[" in exercise.as_data()["source"] or "8.3" in exercise.as_data()["source"]


@pytest.mark.parametrize(
    ("exercise_id", "name", "inside", "outside"),
    [
        ("hip_clam", "sets", (2, 4), (1, 5)),
        ("hip_clam", "reps", (8, 15), (7, 16)),
        ("hip_clam", "days_per_week", (3, 7), (2,)),
        ("task_step_down", "days_per_week", (3, 4), (2, 5)),
        ("stretch_calf", "hold_seconds", (30,), (29, 31)),
        ("stretch_calf", "sets", (3,), (2, 4)),
        ("stretch_calf", "days_per_week", (4, 7), (3,)),
    ],
)
def test_the_range_of_the_reference_at_both_ends(exercise_id, name, inside, outside):
    none = dict.fromkeys(("sets", "reps", "hold_seconds")) | {"days_per_week": 4}

    assert all(outside_the_range(exercise_id, **none | {name: value}) == () for value in inside)
    assert all(len(outside_the_range(exercise_id, **none | {name: value})) == 1 for value in outside)


def test_an_exercise_of_ones_own_has_no_range():
    assert outside_the_range("", sets=99, reps=99, hold_seconds=None, days_per_week=7) == ()


def test_every_group_has_exercises_and_a_dose():
    assert {exercise.group for exercise in EXERCISES.values()} == set(ExerciseGroup) == set(DOSES)


def test_no_words_for_patients_name_a_cause():
    for exercise in EXERCISES.values():
        text = f"{exercise.name} {exercise.how_to}".lower()
        assert not [word for word in ("overuse", "imbalance", "dysfunction", "syndrome", "damage") if word in text]
