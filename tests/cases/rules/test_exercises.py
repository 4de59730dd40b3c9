"""The library of exercises: inside the reference's doses, in words that name no cause."""

from __future__ import annotations

import ast
from itertools import combinations
from pathlib import Path

import pytest

from cases.rules import exercises
from cases.rules.exercises import DOSES, EXERCISES, PAIN_RULE, ExerciseGroup, outside_the_range, programme_for
from cases.rules.terms import FoundCause


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


def test_every_programme_has_hip_and_knee_and_fits_on_a_sheet():
    for size in range(len(FoundCause) + 1):
        for causes in combinations(FoundCause, size):
            found = programme_for(causes, runs=True)

            assert {ExerciseGroup.HIP, ExerciseGroup.KNEE} <= {exercise.group for exercise in found}
            assert len({exercise.id for exercise in found}) == len(found) <= 12


def test_a_runner_with_overuse_walks_and_runs():
    runner = {exercise.id for exercise in programme_for([FoundCause.OVERUSE], runs=True)}

    assert "load_walk_run" in runner
    assert "load_walk_run" not in {exercise.id for exercise in programme_for([FoundCause.OVERUSE])}


def test_the_sheet_tells_runners_the_references_numbers():
    for number in ("30 minutes", "2 of 10", "10 slow step-downs no more than 3 of 10", "10 to 20 percent"):
        assert number in exercises.RUNNING
    assert exercises.RUNNING_EXERCISE in EXERCISES


def test_the_pain_rule_has_three_colours_and_the_references_numbers():
    assert [row.colour for row in PAIN_RULE] == ["green", "amber", "red"]
    assert ["0 to 2" in PAIN_RULE[0].feels, "3 to 5" in PAIN_RULE[1].feels, "over 5" in PAIN_RULE[2].feels] == [
        True
    ] * 3


def test_no_words_for_patients_name_a_cause():
    for exercise in EXERCISES.values():
        text = f"{exercise.name} {exercise.how_to}".lower()
        assert not [word for word in ("overuse", "imbalance", "dysfunction", "syndrome", "damage") if word in text]


def test_every_text_for_patients_is_marked_for_the_translators():
    """`makemessages` looks for the literal call; a text built otherwise would stay English."""
    tree = ast.parse(Path(exercises.__file__).read_text(encoding="utf-8"))
    marked = {
        ast.literal_eval(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "gettext_noop"
    }
    shown = {text for exercise in EXERCISES.values() for text in (exercise.name, exercise.how_to)}
    shown |= {text for row in PAIN_RULE for text in (row.name, row.feels, row.do)}

    shown |= {exercises.ON_YOUR_OWN, exercises.FIRST_DAYS, exercises.RUNNING, exercises.WHEN_TO_STOP}
    assert shown == marked
