"""The short form between visits."""

from __future__ import annotations

import pytest

from cases.rules.instruments import AKPS_ITEMS, score_akps
from cases.rules.safety_answers import SAFETY_QUESTIONS
from intake.answers import clean
from intake.questionnaire.akps import AKPS, akps_items
from intake.questionnaire.check_in import check_in, goal_scores, standing

NO_TO_THESE = (
    *("chest_pain_or_breathless", "calf_swelling", "hot_red_joint", "fever", "feels_unwell"),
    *("cold_or_pale_foot", "leg_weakness_new", "numbness", "trauma", "cannot_bear_weight"),
    *("cannot_lift_straight_leg", "lump", "unexplained_weight_loss", "giving_way"),
)
SAFE = dict.fromkeys(NO_TO_THESE, "no") | dict.fromkeys(("swelling", "locking", "night_pain"), "none")


def test_the_first_check_asks_whether_rest_helped(on):
    form = check_in(week=0)
    answers = SAFE | {"pain_now": 2, "pain_worst": 4, "rest_helped": "a_little"}

    cleaned = clean(form, answers, on=on, facts={"age": 30})

    assert cleaned.errors == {}
    assert [section.name for section in form.screens(cleaned.shown)] == ["progress", "safety"]


def test_from_week_two_the_change_and_the_exercises_are_asked(on):
    form = check_in(week=2, goals=["Stairs"])
    answers = SAFE | {"pain_now": 2, "pain_worst": 4, "groc": -2, "sessions_done": 3, "goal_1_score": 6}

    cleaned = clean(form, answers, on=on, facts={"age": 30})

    assert cleaned.errors == {}
    assert cleaned.answers == answers
    assert "rest_helped" not in form.by_name


@pytest.mark.parametrize(("groc", "right"), [(-4, False), (-3, True), (0, True), (3, True), (4, False), ("2", False)])
def test_the_change_runs_from_much_worse_to_much_better(on, groc, right):
    errors = clean(check_in(week=2), SAFE | {"groc": groc}, on=on).errors

    assert ("groc" not in errors) is right


def test_each_goal_is_asked_in_the_patients_own_words(on):
    form = check_in(week=6, goals=["Go {down} stairs", "Run"])

    assert str(form.by_name["goal_1_score"].text) == "How well can you do this today? Go {down} stairs"
    assert goal_scores({"goal_1_score": 4}, ["Go {down} stairs", "Run"]) == [
        {"activity": "Go {down} stairs", "score": 4},
        {"activity": "Run", "score": None},
    ]


def test_red_flags_are_asked_again(on):
    form = check_in(week=6)
    known_from_before = {
        *("age", "onset", "duration_weeks", "pain_location", "aggravating", "cancer_history"),
        *("prior_injury_surgery", "anticoagulant", "conditions"),
    }

    assert set(SAFETY_QUESTIONS) - set(form.by_name) == known_from_before


def test_an_alarming_answer_opens_its_questions(on):
    cleaned = clean(check_in(week=2), SAFE | {"hot_red_joint": "yes"}, on=on, facts={"age": 15})

    assert {"cannot_bend_to_90", "recent_needling_or_injection", "limp"} <= cleaned.shown


def test_what_still_holds_is_taken_from_the_report_before():
    before = {"age": 30, "duration_weeks": 1, "conditions": ["diabetes"], "pain_now": 7, "fever": "yes"}

    assert standing(before, weeks_later=6) == {"age": 30, "duration_weeks": 7, "conditions": ["diabetes"]}


def test_the_knee_scale_is_asked_when_due_and_scored_by_the_rules(on):
    best = {question.name: question.options[0].value for question in AKPS.questions}
    form = check_in(week=6, with_akps=True)

    cleaned = clean(form, SAFE | best, on=on)

    assert len(best) == len(AKPS_ITEMS) == 13
    assert score_akps(akps_items(cleaned.answers)) == 100
    assert "akps_limp" not in check_in(week=4).by_name
