"""The short form between visits."""

from __future__ import annotations

import pytest

from cases.rules.follow_up import STEP, STEPS
from cases.rules.instruments import AKPS_ITEMS
from cases.rules.safety_answers import SAFETY_QUESTIONS
from cases.rules.terms import Instrument
from cases.services.outcomes import scores_of
from intake.answers import clean
from intake.questionnaire.akps import AKPS
from intake.questionnaire.check_in import ASKABLE, STANDING, check_in, report_answers
from intake.questionnaire.published import as_json

NO_TO_THESE = (
    *("chest_pain_or_breathless", "calf_swelling", "hot_red_joint", "fever", "feels_unwell"),
    *("cold_or_pale_foot", "leg_weakness_new", "numbness", "trauma", "cannot_bear_weight"),
    *("cannot_lift_straight_leg", "lump", "unexplained_weight_loss", "giving_way"),
)
SAFE = dict.fromkeys(NO_TO_THESE, "no") | dict.fromkeys(("swelling", "locking", "night_pain"), "none")


PAIN = {"pain_now": 2, "pain_worst": 4, "pain_usual": 3}
BEST = {question.name: question.options[0].value for question in AKPS.questions}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_of_the_follow_up_can_be_asked(step):
    assert set(step.asks) <= ASKABLE
    assert set(check_in(step.asks).by_name) >= set(step.asks) - {"goals", "akps"}


def test_the_rest_check_asks_whether_rest_helped(on):
    form = check_in(STEP["rest_check"].asks, goals=["Stairs"])
    answers = SAFE | {"pain_now": 2, "pain_worst": 4, "rest_helped": "a_little"}

    cleaned = clean(form, answers, on=on, facts={"age": 30})

    assert cleaned.errors == {}
    assert cleaned.answers == answers
    assert [section.name for section in form.screens(cleaned.shown)] == ["progress", "safety", "akps"]


def test_week_two_asks_for_the_change_the_exercises_and_the_goals(on):
    form = check_in(STEP["week_2"].asks, goals=["Stairs"])
    answers = SAFE | PAIN | {"groc": -2, "sessions_done": 3, "sessions_prescribed": 5, "goal_1_score": 6}

    cleaned = clean(form, answers, on=on, facts={"age": 30})

    assert cleaned.errors == {}
    assert cleaned.answers == answers
    assert not {"rest_helped", "akps_limp"} & set(form.by_name)


def test_a_program_may_send_back_each_option_as_it_is_published(on):
    asked = check_in({"groc"})
    [published] = [
        each for section in as_json(asked, "en")["sections"] for each in section["questions"] if each["name"] == "groc"
    ]

    values = [option["value"] for option in published["options"]]

    assert values == [3, 2, 1, 0, -1, -2, -3]
    assert all("groc" not in clean(asked, SAFE | {"groc": value}, on=on).errors for value in values)


@pytest.mark.parametrize(("groc", "right"), [(-4, False), (-3, True), (0, True), (3, True), (4, False), ("2", False)])
def test_the_change_runs_from_much_worse_to_much_better(on, groc, right):
    errors = clean(check_in({"groc"}), SAFE | {"groc": groc}, on=on).errors

    assert ("groc" not in errors) is right


def test_each_goal_is_asked_in_the_patients_own_words():
    form = check_in({"goals"}, goals=["Go {down} stairs", "Run", "Kneel", "Jump"])

    assert str(form.by_name["goal_1_score"].text) == "How well can you do this today? Go {down} stairs"
    assert "goal_3_score" in form.by_name
    assert "goal_4_score" not in form.by_name


def test_red_flags_are_asked_again():
    not_asked = set(SAFETY_QUESTIONS) - set(check_in(STEP["rest_check"].asks).by_name)

    assert not_asked == {
        *("age", "onset", "duration_weeks", "pain_location", "aggravating", "cancer_history"),
        *("prior_injury_surgery", "anticoagulant", "conditions"),
        *("redness_where_needled", "swelling_where_needled"),
    }
    # Asked after needling alone.
    not_asked -= set(check_in(STEP["needling_check"].asks).by_name)
    # What is not asked again is taken from the report before.
    assert not_asked <= {*STANDING, "duration_weeks"}


def test_an_alarming_answer_opens_its_questions(on):
    cleaned = clean(check_in(()), SAFE | {"hot_red_joint": "yes"}, on=on, facts={"age": 15})

    assert {"cannot_bend_to_90", "recent_needling_or_injection", "limp"} <= cleaned.shown


def test_a_check_in_is_judged_with_what_still_holds():
    before = {"age": 30, "duration_weeks": 1, "conditions": ["diabetes"], "pain_now": 7, "fever": "yes"}

    answers = report_answers({"pain_now": 2}, goals=[], before=before, weeks_later=6)

    assert answers == {"age": 30, "duration_weeks": 7, "conditions": ["diabetes"], "pain_now": 2}


def test_goals_come_back_in_the_shape_of_the_intake():
    given = {"goal_1_score": 4, "pain_now": 2}

    answers = report_answers(given, goals=["Stairs", "Run"], before={}, weeks_later=0)

    assert answers == {
        "pain_now": 2,
        "goals": [{"activity": "Stairs", "score": 4}, {"activity": "Run", "score": None}],
    }
    assert "goals" not in report_answers({"pain_now": 2}, goals=["Stairs"], before={}, weeks_later=0)


def test_a_check_in_yields_every_score_it_asks_for(on):
    goals = ["Stairs", "Run"]
    form = check_in(STEP["week_6"].asks, goals=goals)
    scored = {"groc": 2, "sessions_done": 3, "sessions_prescribed": 6, "goal_1_score": 4, "goal_2_score": 7}

    cleaned = clean(form, SAFE | PAIN | BEST | scored, on=on, facts={"age": 30})
    answers = report_answers(cleaned.answers, goals=goals, before={}, weeks_later=6)

    assert len(BEST) == len(AKPS_ITEMS) == 13
    assert cleaned.errors == {}
    assert scores_of(answers) == {
        Instrument.NPRS_NOW: 2,
        Instrument.NPRS_WORST: 4,
        Instrument.NPRS_USUAL: 3,
        Instrument.PSFS: 5.5,
        Instrument.GROC: 2,
        Instrument.ADHERENCE: 50,
        Instrument.AKPS: 100,
    }
