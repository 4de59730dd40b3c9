"""Each row of evidence, the thresholds, confidence, order and abstention of reference 6."""

from __future__ import annotations

from typing import Any

import pytest

from cases.rules.causes import (
    ask_at_visit,
    intake_confidence,
    is_overuse_only,
    score_causes,
    suspected_causes,
)
from cases.rules.evidence import FINDINGS, THRESHOLDS
from cases.rules.terms import Cause, Confidence
from tests.cases.rules.reports import days_ago, report_with

OVERUSE, MOVEMENT, MUSCLE = Cause.OVERUSE, Cause.MOVEMENT_DYSFUNCTION, Cause.MUSCLE_IMBALANCE


def sport(kind: str = "running", **facts: Any) -> dict[str, Any]:
    return {"activities": [{"type": kind, "sessions_per_week": 3, "recent_change": "none"} | facts]}


def more(percent: int, weeks: int | None = 4, kind: str = "running") -> dict[str, Any]:
    return sport(kind, recent_change="increase", change_percent=percent, changed_weeks_ago=weeks)


def break_of(weeks: int) -> dict[str, Any]:
    return sport(recent_change="returned_after_break", weeks_off=weeks)


def history(item: str, days: int) -> dict[str, Any]:
    return {"prior_injury_surgery": [item], f"{item}_on": days_ago(days)}


SHIFTS = {"kneecap_shifts_sideways": "yes"}
WEAK = {"weakness_or_one_side_stronger": "yes"}

ROWS: list[tuple[str, int, bool, dict[str, Any]]] = [
    ("OV1", 3, True, more(30)),
    ("OV1", 3, False, more(29)),
    ("OV1", 3, True, more(30, 8)),
    ("OV1", 3, False, more(30, 9) | {"duration_weeks": 0}),
    ("OV1", 3, True, more(30, 16) | {"duration_weeks": 8}),
    ("OV1", 3, False, more(30, 17) | {"duration_weeks": 8}),
    ("OV1", 3, False, more(30, 9) | {"duration_weeks": 10}),
    ("OV1", 3, True, more(30, None)),
    ("OV1", 3, True, sport(recent_change="new", changed_weeks_ago=8)),
    ("OV1", 3, False, sport("swimming", recent_change="new", changed_weeks_ago=4)),
    ("OV1", 3, False, more(60, kind="swimming")),
    ("OV2", 3, True, break_of(4)),
    ("OV2", 3, False, break_of(3)),
    ("OV3", 2, True, sport(sessions_per_week=5, rest_days_per_week=1)),
    ("OV3", 2, False, sport(sessions_per_week=4, rest_days_per_week=1)),
    ("OV3", 2, False, sport(sessions_per_week=5, rest_days_per_week=2)),
    ("OV3", 2, False, sport("cycling", sessions_per_week=5, rest_days_per_week=1)),
    ("OV3", 2, True, sport("team_sport", teams=2, rest_days_per_week=1)),
    ("OV3", 2, False, sport("team_sport", teams=1, rest_days_per_week=1)),
    ("OV3", 2, True, sport(sessions_per_week=6)),
    ("OV3", 2, False, sport(sessions_per_week=5)),
    ("OV4", 3, True, {"work_load": "kneel_squat_climb_increased"}),
    ("OV4", 3, False, {"work_load": "kneel_squat_climb_steady"}),
    ("OV5", 2, True, {"work_load": "kneel_squat_climb_steady"}),
    ("OV5", 2, False, {"work_load": "none"}),
    ("OV6", 1, True, sport(new_hills_stairs_surface_shoes="yes")),
    ("OV6", 1, False, sport(new_hills_stairs_surface_shoes="no")),
    ("OV7", 2, True, {"rest_helped": "a_lot_then_back"}),
    ("OV7", 2, False, {"rest_helped": "gone"}),
    ("OV8", 1, True, {"rest_helped": "a_little"}),
    ("OV8", 1, False, {"rest_helped": "no"}),
    ("OV9", 1, True, sport(sessions_per_week=3)),
    ("OV9", 1, False, sport(sessions_per_week=2)),
    ("OV9", 1, False, sport("gym", sessions_per_week=3)),
    ("OV9", 1, False, more(10)),
    ("OV10", -2, True, sport(sessions_per_week=2)),
    ("OV10", -2, False, sport(sessions_per_week=3)),
    ("OV10", -2, True, {"activities": []}),
    ("OV10", -2, False, {"activities": None}),
    ("OV10", -2, False, {"activities": [], "work_load": "kneel_squat_climb_steady"}),
    ("OV10", -2, False, sport("team_sport", sessions_per_week=2, teams=2, rest_days_per_week=1)),
    ("OV10", -2, True, sport("team_sport", sessions_per_week=2, teams=2, rest_days_per_week=2)),
    ("OV10", -2, True, sport("team_sport", sessions_per_week=2, teams=1, rest_days_per_week=1)),
    ("OV10", -2, False, {"work_load": "kneel_squat_climb_increased"}),
    ("MV1", 2, True, {"knee_moves_inward": "yes"}),
    ("MV1", 2, False, {"knee_moves_inward": "not_sure"}),
    ("MV2", 2, True, SHIFTS),
    ("MV2", 2, False, SHIFTS | {"prior_injury_surgery": ["kneecap_dislocation"]}),
    ("MV2", 2, False, SHIFTS | {"deformity_or_kneecap_out": "went_back"}),
    ("MV2", 2, False, SHIFTS | {"deformity_or_kneecap_out": "still_out"}),
    ("MV2", 2, False, {"kneecap_shifts_sideways": "not_sure"}),
    ("MV3", 1, True, SHIFTS | {"giving_way": "yes"}),
    ("MV3", 1, True, SHIFTS | {"giving_way": "yes_and_fell"}),
    ("MV3", 1, False, {"giving_way": "yes"}),
    ("MV3", 1, False, SHIFTS | {"giving_way": "no"}),
    ("MU1", 2, True, WEAK),
    ("MU1", 2, False, {"weakness_or_one_side_stronger": "not_sure"}),
    ("MU2", 2, True, {"thigh_looks_smaller": "yes"}),
    ("MU2", 2, False, {"thigh_looks_smaller": "no"}),
    ("MU3", 2, True, history("cast_or_immobilised", 730)),
    ("MU3", 2, False, history("cast_or_immobilised", 731)),
    ("MU3", 2, True, history("knee_surgery", 730)),
    ("MU3", 2, False, {"prior_injury_surgery": ["knee_surgery"]}),
    ("MU4", 1, True, {"cannot_rise_without_hands": "yes"}),
    ("MU4", 1, False, {"cannot_rise_without_hands": "no"}),
    ("MU5", 1, True, {"giving_way": "yes"}),
    ("MU5", 1, True, {"giving_way": "yes_and_fell"}),
    ("MU5", 1, False, {}),
    ("MU5", 1, False, {"giving_way": "yes", "kneecap_shifts_sideways": "not_sure"}),
    ("MU6", 1, True, break_of(13)),
    ("MU6", 1, False, break_of(12)),
    ("MU6", 1, False, {"activities": [*break_of(13)["activities"], *sport("cycling")["activities"]]}),
    ("MU7", 1, True, WEAK | {"knee_moves_inward": "yes"}),
    ("MU7", 1, False, WEAK),
    ("MU7", 1, False, {"knee_moves_inward": "yes"}),
]


@pytest.mark.parametrize(("rule_id", "weight", "met", "changes"), ROWS)
def test_a_finding_counts_on_its_side_of_the_boundary(rule_id, weight, met, changes):
    lines = {line.rule_id: line for score in score_causes(report_with(changes)) for line in score.evidence}

    assert (rule_id in lines) is met
    if met:
        assert (lines[rule_id].direction, lines[rule_id].weight) == ("+" if weight > 0 else "-", abs(weight))


def test_every_finding_of_the_form_has_a_case_on_both_sides():
    asked = {finding.id for finding in FINDINGS if not finding.from_exam and finding.cause is not None}

    assert {(rule_id, met) for rule_id, _, met, _ in ROWS} == {
        (rule_id, met) for rule_id in asked for met in (True, False)
    }


def test_exam_findings_stand_in_the_table_and_are_never_scored_from_the_form():
    exam = [finding.id for finding in FINDINGS if finding.from_exam]

    assert exam == ["MV4", "MV5", "MV6", "MV7", "MU8", "MU9", "MB1", "MB2", "MB3"]


def test_clicking_speaks_for_nothing():
    def plain(clicking):
        return [score.as_data() for score in score_causes(report_with(clicking=clicking))]

    assert plain("yes") == plain("no")


SUSPECTED = [
    ({"work_load": "kneel_squat_climb_increased"}, [(OVERUSE, 3, Confidence.LOW, 1)]),
    # Three points, but none from the load history.
    (sport("gym") | {"rest_helped": "a_lot_then_back"} | {"activities": None}, []),
    (sport() | {"rest_helped": "a_lot_then_back"}, []),
    ({"work_load": "kneel_squat_climb_steady"}, []),
    ({"work_load": "kneel_squat_climb_steady", "rest_helped": "a_little"}, [(OVERUSE, 3, Confidence.LOW, 1)]),
    (more(60) | {"rest_helped": "a_little"}, [(OVERUSE, 4, Confidence.LOW, 1)]),
    (more(60) | {"rest_helped": "a_lot_then_back"}, [(OVERUSE, 5, Confidence.MODERATE, 1)]),
    ({"knee_moves_inward": "yes"}, [(MOVEMENT, 2, Confidence.LOW, 1)]),
    (SHIFTS | {"knee_moves_inward": "yes"}, [(MOVEMENT, 4, Confidence.MODERATE, 1)]),
    ({"giving_way": "yes"}, []),
    ({"giving_way": "yes", "cannot_rise_without_hands": "yes"}, [(MUSCLE, 2, Confidence.LOW, 1)]),
    (
        WEAK | {"knee_moves_inward": "yes"},
        [(MUSCLE, 3, Confidence.LOW, 1), (MOVEMENT, 2, Confidence.LOW, 2)],
    ),
    (
        more(60) | WEAK | {"cannot_rise_without_hands": "yes"},
        [(OVERUSE, 3, Confidence.LOW, 1), (MUSCLE, 3, Confidence.LOW, 1)],
    ),
    ({"thigh_looks_smaller": "yes"} | SHIFTS, [(MOVEMENT, 2, Confidence.LOW, 1), (MUSCLE, 2, Confidence.LOW, 1)]),
]


@pytest.mark.parametrize(("changes", "expected"), SUSPECTED)
def test_causes_are_suspected_by_threshold_best_first_and_equal_on_a_tie(changes, expected):
    found = suspected_causes(report_with(changes))

    assert [(each.cause, each.score, each.confidence, each.rank) for each in found] == expected


@pytest.mark.parametrize("cause", Cause)
def test_confidence_from_the_form_is_moderate_at_most(cause):
    at = THRESHOLDS[cause]

    assert [intake_confidence(cause, at + above) for above in (0, 1, 2, 20)] == [
        Confidence.LOW,
        Confidence.LOW,
        Confidence.MODERATE,
        Confidence.MODERATE,
    ]


@pytest.mark.parametrize(
    ("changes", "only"),
    [
        ({}, True),
        ({"knee_moves_inward": "not_sure"}, False),
        ({"kneecap_shifts_sideways": "not_sure"}, False),
        ({"weakness_or_one_side_stronger": "not_sure"}, False),
        ({"weakness_or_one_side_stronger": None}, False),
        ({"thigh_looks_smaller": "yes"}, False),
    ],
)
def test_overuse_alone_needs_a_plain_no_to_movement_and_muscle(changes, only):
    report = report_with(more(60), changes)

    assert is_overuse_only(report, suspected_causes(report)) is only


def test_overuse_only_is_false_where_overuse_is_not_suspected():
    report = report_with()

    assert is_overuse_only(report, suspected_causes(report)) is False


def test_a_line_quotes_its_answers_and_tells_them():
    [overuse] = suspected_causes(report_with(more(60)))
    [line] = overuse.evidence

    assert line.answers == more(60)
    assert line.statement.endswith(": running up 60 % 4 weeks ago")
    assert line.source.startswith("reference 6; CPG 2019")


def test_two_loads_are_told_alike_whichever_was_named_first():
    rows = [*more(60)["activities"], *sport("gym", recent_change="new")["activities"]]
    told = [suspected_causes(report_with(activities=order))[0].evidence[0].statement for order in (rows, rows[::-1])]

    assert told[0] == told[1]
    assert told[0].endswith(": gym new; running up 60 % 4 weeks ago")


def test_the_duration_is_quoted_only_where_it_made_the_load_count():
    [overuse] = suspected_causes(report_with(more(60, 16), duration_weeks=8))

    assert overuse.evidence[0].answers == more(60, 16) | {"duration_weeks": 8}


@pytest.mark.parametrize(
    "changes",
    [
        {"knee_moves_inward": "not_sure"},
        {"kneecap_shifts_sideways": "not_sure"},
        {"weakness_or_one_side_stronger": "not_sure"},
        {"prior_injury_surgery": ["cast_or_immobilised"]},
    ],
)
def test_what_the_patient_cannot_tell_is_asked_at_the_visit(changes):
    assert len(ask_at_visit(report_with(changes))) == 1
    assert ask_at_visit(report_with()) == ()
