"""A candidate rule set differs in what it names and in nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from cases.rules.causes import suspected_causes
from cases.rules.judgement import judge
from cases.rules.ruleset import CURRENT, UnknownRule
from cases.rules.terms import Cause, Confidence
from tests.cases.rules.reports import report_with

STEADY = {"work_load": "kneel_squat_climb_steady"}


def running_up(percent: int, weeks: int = 4) -> dict[str, Any]:
    change = {"recent_change": "increase", "change_percent": percent, "changed_weeks_ago": weeks}
    return {"activities": [{"type": "running", "sessions_per_week": 3} | change], "duration_weeks": 0}


def found(changes: dict[str, Any], **change: Any) -> list[Cause]:
    candidate = CURRENT.changed(version="candidate", **change)
    return [each.cause for each in suspected_causes(report_with(changes), candidate)]


def test_a_heavier_row_is_scored_with_its_new_weight():
    assert found(STEADY) == []
    assert found(STEADY, weights={"OV5": 3}) == [Cause.OVERUSE]


def test_a_lower_threshold_suspects_sooner():
    assert found({"giving_way": "yes"}) == []
    assert found({"giving_way": "yes"}, thresholds={"muscle_imbalance": 1}) == [Cause.MUSCLE_IMBALANCE]


def test_a_row_left_out_is_not_scored():
    inward = {"knee_moves_inward": "yes"}

    assert found(inward) == [Cause.MOVEMENT_DYSFUNCTION]
    assert found(inward, without={"MV1"}) == []


@pytest.mark.parametrize(("percent", "expected"), [(49, []), (50, [Cause.OVERUSE])])
def test_another_jump_of_load_is_measured_and_told(percent, expected):
    candidate = CURRENT.changed(version="candidate", load_increase_percent=50)
    causes = suspected_causes(report_with(running_up(percent)), candidate)

    assert [each.cause for each in causes] == expected
    assert [line.statement for each in causes for line in each.evidence] == [
        f"Load up by 50 % or more, or a new loading activity, within 8 weeks: running up {percent} % 4 weeks ago"
        for _ in expected
    ]


@pytest.mark.parametrize(("weeks", "expected"), [(12, [Cause.OVERUSE]), (13, [])])
def test_another_window_of_load(weeks, expected):
    assert found(running_up(30, weeks), load_window_weeks=12) == expected


def test_another_step_to_moderate_confidence():
    candidate = CURRENT.changed(version="candidate", moderate_from_above=1)
    report = report_with(weakness_or_one_side_stronger="yes", giving_way="yes")

    assert [each.confidence for each in suspected_causes(report)] == [Confidence.LOW]
    assert [each.confidence for each in suspected_causes(report, candidate)] == [Confidence.MODERATE]


def test_a_judgement_carries_the_version_of_the_set_that_made_it():
    candidate = CURRENT.changed(version="candidate")

    assert judge(report_with(), candidate).as_data() == judge(report_with()).as_data() | {"rules_version": "candidate"}


def test_a_candidate_leaves_the_current_set_alone():
    CURRENT.changed(version="candidate", weights={"OV5": 3}, thresholds={"overuse": 1}, without={"MV1"})

    assert [each.cause for each in suspected_causes(report_with(STEADY))] == []
    assert "MV1" in {finding.id for finding in CURRENT.findings}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"weights": {"OV99": 1}}, "OV99"),
        ({"without": {"XX"}}, "XX"),
        ({"thresholds": {"laziness": 1}}, "laziness"),
        ({"thresholds": {"overuse": 0}}, "thresholds.overuse"),
        ({"thresholds": {"overuse": True}}, "thresholds.overuse"),
        ({"weights": {"OV3": 4}}, "weights.OV3"),
        ({"weights": {"OV3": -1}}, "weights.OV3"),
        ({"weights": {"OV10": 1}}, "weights.OV10"),
        ({"weights": {"OV3": 1.5}}, "weights.OV3"),
        ({"load_increase_percent": 0}, "load_increase_percent"),
        ({"load_window_weeks": float("nan")}, "load_window_weeks"),
        ({"moderate_from_above": -1}, "moderate_from_above"),
        ({"version": CURRENT.version}, "version"),
        ({"version": " "}, "version"),
    ],
)
def test_what_a_candidate_may_not_say_is_refused_by_name(change, named):
    with pytest.raises(UnknownRule, match=named):
        CURRENT.changed(**{"version": "candidate"} | change)


@pytest.mark.parametrize("weight", [0, 3])
def test_a_weight_reaches_from_nothing_to_strong(weight):
    candidate = CURRENT.changed(version="candidate", weights={"OV3": weight})

    assert {finding.id: finding.weight for finding in candidate.findings}["OV3"] == weight
