"""Days since, age and load, on odd and missing answers too."""

from __future__ import annotations

import pytest

from cases.rules.conditions import blank, count_of, is_
from cases.rules.measures import MEASURES, quoted, report_of
from tests.cases.rules.reports import TODAY, days_ago


def measured(name, answers, complete=True):
    return report_of(answers, TODAY, complete=complete).value(name)


@pytest.mark.parametrize(
    ("text", "days"),
    [("2026-11-22", 0), ("2026-11-21", 1), ("2026-11-23", 0), ("2026-13-01", None), ("", None), (20261122, None)],
)
def test_days_are_counted_from_a_whole_date(text, days):
    answers = {"prior_injury_surgery": ["knee_surgery"], "knee_surgery_on": text}

    assert measured("knee_surgery_days", answers) == days
    assert measured("knee_surgery_undated", answers) == ("yes" if days is None else None)


def test_a_date_of_something_not_chosen_does_not_count():
    answers = {"prior_injury_surgery": ["none"], "knee_surgery_on": days_ago(10)}

    assert measured("knee_surgery_days", answers) is None
    assert measured("knee_surgery_undated", answers) is None


def test_a_date_not_asked_yet_is_not_missing():
    assert measured("knee_surgery_undated", {"prior_injury_surgery": ["knee_surgery"]}, complete=False) is None


@pytest.mark.parametrize(
    ("age", "years"), [(30, 30), (15.9, 15), (-1, None), (131, None), ("30", None), (True, None), (float("nan"), None)]
)
def test_age_is_whole_years_or_unknown(age, years):
    assert measured("age_years", {"age": age}) == years


def test_the_largest_increase_within_the_window_is_taken():
    rows = [
        {"type": "running", "recent_change": "increase", "change_percent": 20, "changed_weeks_ago": 2},
        {"type": "gym", "recent_change": "increase", "change_percent": 40, "changed_weeks_ago": 2},
        {"type": "cycling", "recent_change": "increase", "change_percent": 90, "changed_weeks_ago": 30},
    ]

    assert measured("largest_increase_percent", {"activities": rows}) == 40


def test_impact_sessions_are_added_up_over_activities():
    rows = [
        {"type": "running", "sessions_per_week": 2},
        {"type": "dance", "sessions_per_week": 2},
        {"type": "cycling", "sessions_per_week": 4},
    ]

    assert measured("impact_sessions_per_week", {"activities": rows}) == 4
    assert measured("sessions_per_week", {"activities": rows}) == 8


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_every_measure_says_what_it_reads_and_answers_an_empty_report(measure):
    measure(report_of({}, TODAY))

    assert measure.says
    assert measure.reads
    assert not measure.reads & set(MEASURES)


def test_a_blank_is_quoted_as_none():
    report = report_of({}, TODAY, shown={"fever"})

    assert quoted(blank("fever", if_shown=True), report) == {"fever": None}
    assert not blank("lump", if_shown=True).holds(report)
    assert blank("lump").holds(report)


def test_a_blank_of_an_unfinished_form_is_none_unless_asked_for():
    report = report_of({}, TODAY, complete=False)

    assert not blank("fever").holds(report)
    assert blank("fever", unfinished=True).holds(report)


@pytest.mark.parametrize("odd", [5, {"a": 1}, [["squatting"]], "squatting"])
def test_a_multiple_choice_of_the_wrong_shape_is_counted_without_raising(odd):
    report = report_of({"aggravating": odd}, TODAY)

    assert count_of("aggravating", ["squatting"], at_least=1).holds(report) is (odd == "squatting")
    assert is_("aggravating", "squatting").holds(report) is (odd == "squatting")


def _sport(kind="running", **facts):
    return {"type": kind, "sessions_per_week": 3, "recent_change": "none"} | facts


@pytest.mark.parametrize(
    ("name", "rows", "value"),
    [
        ("weeks_off_before_return", [{"weeks_off": 3}, {"weeks_off": 9}], 9),
        ("weeks_without_exercise", [{"weeks_off": 13}, {"weeks_off": 20}], 13),
    ],
)
def test_of_several_breaks_the_longest_and_the_common_one(name, rows, value):
    returned = [_sport(recent_change="returned_after_break", **row) for row in rows]

    assert measured(name, {"activities": returned}) == value


@pytest.mark.parametrize(
    ("row", "increase"),
    [
        (_sport("running", recent_change="increase"), "yes"),
        (_sport("running", recent_change="new"), "yes"),
        (_sport("running", recent_change="returned_after_break"), "yes"),
        (_sport("running", recent_change="decrease"), None),
        (_sport("cycling", recent_change="increase"), None),
    ],
)
def test_only_more_of_an_impact_activity_is_an_impact_increase(row, increase):
    assert measured("impact_increase", {"activities": [row]}) == increase


@pytest.mark.parametrize(
    ("row", "runs"),
    [
        (_sport("running", sessions_per_week=1), "yes"),
        (_sport("jumping_sport", sessions_per_week=1), "yes"),
        (_sport("running", sessions_per_week=0), None),
        (_sport("cycling", sessions_per_week=3), None),
    ],
)
def test_running_counts_as_current_with_a_session_a_week(row, runs):
    assert measured("runs_or_jumps", {"activities": [row]}) == runs


def test_the_most_teams_and_the_fewest_rest_days_are_taken():
    rows = [_sport(teams=1, rest_days_per_week=3), _sport(teams=2, rest_days_per_week=1)]

    assert measured("teams", {"activities": rows}) == 2
    assert measured("rest_days_per_week", {"activities": rows}) == 1


@pytest.mark.parametrize(
    ("weeks", "duration", "jumps"), [(8, 20, 1), (9, 20, 0), (20, 20, 1), (19, 20, 0), (28, 20, 1), (29, 20, 0)]
)
def test_a_load_counts_within_8_weeks_of_today_or_before_onset(weeks, duration, jumps):
    rows = [_sport(recent_change="increase", change_percent=30, changed_weeks_ago=weeks)]

    assert measured("load_jumps", {"activities": rows, "duration_weeks": duration}) == jumps
