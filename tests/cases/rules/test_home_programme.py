"""The home programme: what each finding begins with, and the reference's numbers on the patient's sheet."""

from __future__ import annotations

import ast
from itertools import combinations
from pathlib import Path

from cases.rules import exercises, home_programme
from cases.rules.exercises import EXERCISES, ExerciseGroup
from cases.rules.home_programme import PAIN_RULE, programme_for
from cases.rules.terms import FoundCause


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
        assert number in home_programme.RUNNING
    assert home_programme.RUNNING_EXERCISE in EXERCISES


def test_the_pain_rule_has_three_colours_and_the_references_numbers():
    assert [row.colour for row in PAIN_RULE] == ["green", "amber", "red"]
    assert ["0 to 2" in PAIN_RULE[0].feels, "3 to 5" in PAIN_RULE[1].feels, "over 5" in PAIN_RULE[2].feels] == [
        True
    ] * 3


def test_every_text_for_patients_is_marked_for_the_translators():
    """`makemessages` looks for the literal call; a text built otherwise would stay English."""
    marked = {
        ast.literal_eval(node.args[0])
        for module in (exercises, home_programme)
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "gettext_noop"
    }
    shown = {text for exercise in EXERCISES.values() for text in (exercise.name, exercise.how_to)}
    shown |= {text for row in PAIN_RULE for text in (row.name, row.feels, row.do)}

    beside = (
        home_programme.ON_YOUR_OWN,
        home_programme.FIRST_DAYS,
        home_programme.RUNNING,
        home_programme.WHEN_TO_STOP,
    )
    shown |= set(beside)
    assert shown == marked
