"""How fired rules become an urgency, on whole and on partial reports."""

from __future__ import annotations

import pytest

from cases.rules.measures import report_of
from cases.rules.terms import Urgency
from cases.rules.triage import triage
from tests.cases.rules.reports import HOT, INJURY, QUIET, TODAY, fired, report_with


def test_the_highest_level_wins_and_every_rule_that_fired_is_listed():
    result = triage(report_with(calf_swelling="yes", cancer_history="yes", cold_or_pale_foot="yes"))

    assert result.urgency is Urgency.EMERGENCY
    assert result.stops is True
    assert [(rule.rule_id, rule.level) for rule in result.fired] == [
        ("E4", Urgency.EMERGENCY),
        ("S3", Urgency.SAME_DAY),
        ("C2", Urgency.CLINICIAN_REVIEW),
    ]


def test_a_quiet_report_is_routine():
    result = triage(report_with())

    assert result.urgency is Urgency.ROUTINE
    assert result.stops is False


@pytest.mark.parametrize(
    "changes",
    [
        {"swelling": "mild_after_activity"},
        {"clicking": "yes"},
        {"locking": "catching"},
        {"night_pain": "only_when_moving"},
        {"numbness": "brief_positional"},
        {"giving_way": "yes"},
        {"anticoagulant": "anticoagulant"},
        {"conditions": ["diabetes"]},
    ],
)
def test_what_is_no_red_flag_on_its_own_stays_routine(changes):
    assert fired(changes) == []


def test_a_fired_rule_quotes_only_the_answers_that_made_it_fire():
    [rule] = triage(report_with(HOT, hot_red_joint="yes", feels_unwell="yes", conditions=["epilepsy"])).fired

    assert rule.answers == {"feels_unwell": "yes", "hot_red_joint": "yes"}


def test_an_age_is_quoted_as_answered():
    rules = triage(report_with(INJURY, age=55)).fired

    assert [(rule.rule_id, rule.answers) for rule in rules] == [
        ("S4", {"age": 55, "trauma": "yes", "trauma_days_ago": 3})
    ]


def test_a_partial_report_holds_no_blank_against_the_patient():
    assert fired({name: None for name in QUIET if name != "age"}, complete=False) == []


def test_a_partial_report_counts_not_sure():
    assert fired({"calf_swelling": "not_sure"}, complete=False) == ["C10"]


def test_a_partial_report_fires_on_what_is_answered_already():
    report = report_of({"calf_swelling": "yes"}, TODAY, complete=False)

    assert triage(report).urgency is Urgency.SAME_DAY


@pytest.mark.parametrize(
    "answers",
    [
        {"cannot_lift_straight_leg": "yes", "age": 30},
        {"fever": "yes", "age": 30},
        {"hot_red_joint": "yes", "prior_injury_surgery": ["knee_surgery"]},
    ],
)
def test_a_number_not_asked_yet_goes_up_a_level_only_at_submit(answers):
    partial = triage(report_of(answers, TODAY, complete=False)).urgency
    whole = triage(report_of({**QUIET, "onset": None, "duration_weeks": None} | answers, TODAY)).urgency

    assert partial in (Urgency.CLINICIAN_REVIEW, Urgency.SAME_DAY)
    assert whole in (Urgency.SAME_DAY, Urgency.EMERGENCY)
    assert partial is not whole


def test_a_hidden_question_is_not_missing():
    shown = set(QUIET) - {"night_pain"}
    answers = {name: value for name, value in QUIET.items() if name != "night_pain"}

    hidden = triage(report_of(answers, TODAY, shown=shown))
    put = triage(report_of(answers, TODAY, shown=QUIET))

    assert hidden.fired == ()
    assert [(rule.rule_id, rule.answers) for rule in put.fired] == [("C10", {"night_pain": None})]


def test_an_old_not_sure_to_a_question_now_hidden_does_not_count():
    shown = set(QUIET)
    report = report_of({**QUIET, "pop_at_injury": "not_sure"}, TODAY, shown=shown)

    assert triage(report).fired == ()


@pytest.mark.parametrize("name", ["limp", "foot_turns_out"])
def test_questions_for_the_young_are_missing_only_in_the_young(name):
    assert fired({name: None}, age=17) == ["C10"]
    assert fired({name: None}, age=18) == []


def test_an_unknown_age_counts_as_the_alarming_one():
    assert fired(age=None, cannot_bear_weight="yes") == ["E10", "S8", "C9", "C10"]


def test_a_yes_that_no_rule_takes_up_is_read_by_a_clinician():
    [rule] = triage(report_with(feels_unwell="yes")).fired

    assert (rule.rule_id, rule.level) == ("C10", Urgency.CLINICIAN_REVIEW)
    assert rule.answers == {"feels_unwell": "yes"}


def test_contradictory_answers_are_quoted_together():
    [rule] = triage(report_with(pain_now=6, pain_worst=4)).fired

    assert (rule.rule_id, rule.answers) == ("C10", {"pain_now": 6, "pain_worst": 4})
