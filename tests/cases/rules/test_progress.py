"""Each status of reference 11 on both sides of its boundary."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from cases.rules.progress import PROGRESS_RULES, Scores, progress_of
from cases.rules.terms import ProgressStatus

START = date(2026, 1, 5)
BEFORE = Scores(START, worst_pain=7, akps=70, psfs=4, groc=None)


def at(week: float, **scores: float) -> Scores:
    return Scores(START + timedelta(days=round(week * 7)), **scores)


def ids(*history: Scores, missed: int = 0) -> list[str]:
    return [finding.rule_id for finding in progress_of(history, missed_check_ins=missed).findings]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"worst_pain": 5, "akps": 80}, ["G4"]),
        ({"worst_pain": 5, "akps": 79}, ["G5"]),
        ({"worst_pain": 6, "akps": 80}, ["G5"]),
        ({"psfs": 6.3, "groc": 2}, ["G4"]),
        ({"psfs": 6.2, "groc": 2}, ["G5"]),
        ({"psfs": 6.3, "groc": 1}, ["G5"]),
        ({"worst_pain": 6, "akps": 79, "psfs": 6.2, "groc": 1}, ["G10"]),
    ],
)
def test_two_important_gains_are_improved_and_one_is_partly(now, expected):
    assert ids(BEFORE, at(4, **now)) == expected


@pytest.mark.parametrize(
    ("week", "adherence", "expected"),
    [
        (5.8, 80, "G10"),
        (6, 80, "G7"),
        (6, 50, "G7"),
        (6, 49, "G8"),
        (6, None, "G8"),
        (11.8, 80, "G7"),
        (12, 80, "G6"),
        (12, 20, "G6"),
    ],
)
def test_non_response_asks_first_whether_the_plan_was_followed(week, adherence, expected):
    assert ids(BEFORE, at(week, worst_pain=7, adherence=adherence)) == [expected]


IMPROVED = at(6, worst_pain=3, akps=80)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        # One score at a time is how a therapist records them.
        ([at(7, psfs=4)], ["G4"]),
        ([at(7, groc=1)], ["G4"]),
        ([at(7, akps=80)], ["G4"]),
        ([at(7, worst_pain=7)], ["G1", "G2", "G5"]),
        ([at(7, akps=79)], ["G5"]),
        # 56 days and 57: what was measured longer ago is neither a gain nor its absence.
        ([at(14, psfs=4)], ["G4"]),
        ([at(14 + 1 / 7, psfs=4)], ["G10"]),
        # One gain alone is taken back by the worst pain that is measured lately.
        ([at(13, akps=71), at(15, psfs=4)], ["G10"]),
        ([at(13, worst_pain=7), at(15, akps=70)], ["G1", "G2", "G6"]),
    ],
)
def test_a_later_day_with_one_score_keeps_the_gains_of_the_others(later, expected):
    assert ids(BEFORE, IMPROVED, *later) == expected


@pytest.mark.parametrize(("week", "expected"), [(10, ["G5"]), (10 + 1 / 7, ["G7"])])
def test_one_old_gain_gives_way_to_worst_pain_measured_lately(week, expected):
    assert ids(BEFORE, at(2, groc=2), at(week, worst_pain=7, adherence=80)) == expected


def test_a_gain_too_old_to_count_says_so():
    [finding] = progress_of([BEFORE, IMPROVED, at(15, psfs=4)]).findings

    assert finding.because == (
        "105 days since the baseline",
        "worst pain down 4 when last measured, more than 56 days ago",
        "AKPS up 10 when last measured, more than 56 days ago",
    )


@pytest.mark.parametrize(("week", "worse"), [(14, True), (14 + 1 / 7, False)])
def test_a_worsening_is_not_hidden_by_another_score_while_it_is_of_these_days(week, worse):
    assert ("G1" in ids(BEFORE, at(6, worst_pain=9), at(week, psfs=4))) is worse


def test_two_scores_recorded_one_after_the_other_are_one_improvement():
    assert ids(BEFORE, at(6, worst_pain=3), at(6.2, akps=80)) == ["G4"]
    assert "G2" in ids(BEFORE, at(6, worst_pain=3), at(6.2, akps=80), at(20, worst_pain=5), at(20.2, psfs=4))


@pytest.mark.parametrize(
    ("history", "worse"),
    [
        ([BEFORE, at(2, worst_pain=9)], True),
        ([BEFORE, at(2, worst_pain=8)], False),
        ([BEFORE, at(2, akps=60)], True),
        ([BEFORE, at(2, akps=61)], False),
        ([BEFORE, at(2, groc=-2)], True),
        ([BEFORE, at(2, groc=-1)], False),
        ([BEFORE, at(2, worst_pain=3), at(4, worst_pain=5)], True),
        ([BEFORE, at(2, worst_pain=3), at(4, worst_pain=4)], False),
    ],
)
def test_worsening_is_judged_against_the_baseline_and_the_last_check_in(history, worse):
    assert ("G1" in ids(*history)) is worse


def test_the_baseline_of_an_instrument_is_when_it_was_first_taken():
    form = Scores(START, worst_pain=7, psfs=4)

    assert ids(form, at(1, akps=60), at(6, worst_pain=5, akps=70)) == ["G4"]
    assert ids(form, at(1, akps=60), at(6, worst_pain=5, akps=69)) == ["G5"]


def test_a_visit_with_one_score_hides_no_worsening_since_the_last_check_in():
    better = at(6, worst_pain=2, akps=90)

    assert "G1" in ids(BEFORE, better, at(8, adherence=80), at(12, akps=80))
    assert "G1" in ids(BEFORE, better, at(8, akps=90), at(12, worst_pain=4))


def test_an_improvement_of_a_scale_taken_later_counts_before_a_recurrence():
    form = Scores(START, worst_pain=6)

    assert "G2" in ids(form, at(1, akps=60), at(6, worst_pain=2, akps=80), at(26, worst_pain=4))


@pytest.mark.parametrize(
    ("history", "resolved"),
    [
        ([BEFORE, at(6, worst_pain=1, akps=95), at(8, worst_pain=1, akps=95)], True),
        ([BEFORE, at(6, worst_pain=1, akps=95), at(7.8, worst_pain=1, akps=95)], False),
        ([BEFORE, at(6, worst_pain=1, akps=94), at(8, worst_pain=1, akps=95)], False),
        ([BEFORE, at(6, worst_pain=1, akps=95), at(8, worst_pain=2, akps=95)], False),
        ([BEFORE, at(6, worst_pain=0, lowest_goal=9), at(8, worst_pain=0, lowest_goal=9)], True),
        ([BEFORE, at(6, worst_pain=0, lowest_goal=9), at(8, worst_pain=0, lowest_goal=8)], False),
    ],
)
def test_resolved_needs_two_calm_check_ins_two_weeks_apart(history, resolved):
    assert ("G3" in ids(*history)) is resolved


@pytest.mark.parametrize(
    ("history", "recurs"),
    [
        ([BEFORE, at(6, worst_pain=1, akps=80), at(26, worst_pain=3)], True),
        ([BEFORE, at(6, worst_pain=2, akps=80), at(26, worst_pain=3)], False),
        ([BEFORE, at(6, worst_pain=0, akps=80), at(26, worst_pain=2)], False),
        ([BEFORE, at(6, worst_pain=5), at(26, worst_pain=7)], False),
    ],
)
def test_recurrence_follows_an_improvement(history, recurs):
    assert ("G2" in ids(*history)) is recurs


@pytest.mark.parametrize(("week", "expected"), [(16, ["G3"]), (16 + 1 / 7, ["G10"])])
def test_resolved_is_not_hidden_by_another_score_while_it_is_of_these_days(week, expected):
    mild = Scores(START, worst_pain=1, akps=96)

    assert ids(mild, at(6, worst_pain=1, akps=96), at(8, worst_pain=1, akps=96), at(week, psfs=4)) == expected


def test_resolved_is_taken_back_by_what_is_measured_since():
    calm = [BEFORE, at(6, worst_pain=1, akps=95), at(8, worst_pain=1, akps=95)]

    assert "G3" in ids(*calm, at(9, akps=95))
    assert "G3" not in ids(*calm, at(9, akps=94))


def test_resolved_counts_before_a_recurrence_even_without_two_gains():
    mild = Scores(START, worst_pain=1, akps=96)
    history = [mild, at(2, worst_pain=1, akps=96), at(4, worst_pain=1, akps=96), at(9, worst_pain=3)]

    assert "G2" in ids(*history)


def test_two_check_ins_without_a_reply_are_lost_not_recovered():
    assert ids(BEFORE, missed=1) == ["G10"]
    assert ids(BEFORE, missed=2) == ["G9"]
    assert ids(BEFORE, at(6, worst_pain=1, akps=95), at(8, worst_pain=1, akps=95), missed=2) == ["G9", "G3", "G4"]


def test_everything_that_holds_is_kept_and_the_gravest_shown():
    progress = progress_of([BEFORE, at(2, worst_pain=2, akps=85), at(6, worst_pain=4, akps=85)])

    assert progress.status is ProgressStatus.WORSENING
    assert [finding.status for finding in progress.findings] == [
        ProgressStatus.WORSENING,
        ProgressStatus.RECURRENCE,
        ProgressStatus.IMPROVED,
    ]


def test_a_finding_says_what_it_compared():
    [finding] = progress_of([BEFORE, at(4, worst_pain=5, psfs=6.3)]).findings

    assert finding.because == ("worst pain down 2", "PSFS up 2.3")
    assert finding.rule_id == "G4"
    assert finding.source == "reference 11"


def test_progress_is_plain_json():
    data = progress_of([BEFORE, at(6, worst_pain=7)]).as_data()

    assert json.loads(json.dumps(data)) == data
    assert data["status"] == "non_response"


def test_a_baseline_alone_is_too_early():
    assert ids(BEFORE) == ["G10"]


def test_the_rules_stand_with_what_needs_a_person_soonest_first():
    assert list(PROGRESS_RULES) == ["G1", "G2", "G9", "G3", "G4", "G5", "G6", "G7", "G8", "G10"]


@pytest.mark.parametrize("week", [7, 11])
def test_a_weekly_check_in_is_read_with_the_function_last_told(week):
    week_6 = at(6, worst_pain=6, akps=80, psfs=6.5, groc=1)

    assert ids(BEFORE, week_6, at(week, worst_pain=6, groc=1)) == ["G4"]


def test_function_told_once_is_not_twice_calm():
    week_6 = at(6, worst_pain=1, akps=95)

    assert "G3" not in ids(BEFORE, week_6, at(9, worst_pain=0, groc=3))


def test_no_pain_told_again_without_function_keeps_a_case_resolved():
    calm = [at(week, worst_pain=0, akps=96) for week in (4, 6)]

    assert ids(at(0, worst_pain=0), *calm, at(7, worst_pain=0)) == ["G3"]
    assert "G3" not in ids(at(0, worst_pain=0), *calm, at(7, worst_pain=2))
