"""The rules and the questionnaire speak of the same fields and the same values."""

from __future__ import annotations

import pytest

from cases.rules import load_history
from cases.rules.at_visit import ASK_AT_VISIT
from cases.rules.catalogue import all_rules
from cases.rules.conditions import AllOf, AnyOf, Condition, Includes, Is, Not
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.evidence import FINDINGS
from cases.rules.exam_tests import BY_FIELD
from cases.rules.instruments import AKPS_ITEMS
from cases.rules.judgement import judge
from cases.rules.likelihood import CRITERIA, STRONG_POINTERS, UNCERTAIN_RULES, UNLIKELY_RULES
from cases.rules.measures import HISTORY_ITEMS, MEASURES, report_of
from cases.rules.needling import NEEDLING_RULES, THERAPIST_QUESTION
from cases.rules.red_flags import RECORDED_NEEDLING
from cases.rules.safety_answers import ALARMING, CONTRADICTIONS, SAFETY_QUESTIONS
from cases.rules.terms import Cause, Urgency
from cases.rules.triage import RED_FLAGS
from intake.answers import clean, contradictions, split
from intake.questionnaire.akps import AKPS
from intake.questionnaire.check_in import ASKABLE, check_in
from intake.questionnaire.load import ACTIVITY

TABLES = (
    *(RED_FLAGS, CONTRADICTIONS, CRITERIA, UNLIKELY_RULES, UNCERTAIN_RULES, STRONG_POINTERS),
    *(FINDINGS, ASK_AT_VISIT, DIFFERENTIALS, NEEDLING_RULES),
)
CONDITIONS = [
    *((f"{getattr(rule, 'id', rule)}", rule.when) for table in TABLES for rule in table if rule.when is not None),
    *((name, when) for name, when in SAFETY_QUESTIONS.items() if when is not None),
    ("alarming", ALARMING),
]


def values_read(condition: Condition) -> set[tuple[str, str]]:
    """Each answer field with each value the condition compares it to; measures have values of their own."""
    if isinstance(condition, AllOf | AnyOf):
        return set().union(*(values_read(part) for part in condition.parts))
    if isinstance(condition, Not):
        return values_read(condition.part)
    if isinstance(condition, Is | Includes) and condition.name not in MEASURES:
        return {(condition.name, value) for value in condition.values}
    return set()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_every_field_a_rule_reads_is_asked(rule, questionnaire):
    asked = {*questionnaire.by_name, *check_in(ASKABLE).by_name, *BY_FIELD, *THERAPIST_QUESTION}
    assert rule.reads <= asked | {"age", RECORDED_NEEDLING}


@pytest.mark.parametrize(("rule", "when"), CONDITIONS)
def test_every_value_a_rule_compares_is_offered(rule, when, questionnaire):
    asked = {**check_in(ASKABLE).by_name, **questionnaire.by_name}
    not_offered = {
        (name, value) for name, value in values_read(when) if name not in asked or value not in asked[name].values
    }

    assert not_offered == set()


def test_the_load_history_knows_the_activities_by_the_same_names():
    type_of, change = (next(q for q in ACTIVITY if q.name == name) for name in ("type", "recent_change"))

    assert {*load_history.ENDURANCE_OR_JUMPING, *load_history.NOT_KNEE_LOADING} <= type_of.values
    assert set(load_history.INCREASES) <= change.values


def test_each_item_of_the_history_has_its_date(questionnaire):
    earlier = questionnaire.by_name["prior_injury_surgery"].values - {"none"}

    assert earlier == set(HISTORY_ITEMS)
    assert all(f"{item}_on" in questionnaire.by_name for item in earlier)


def test_the_knee_scale_asks_what_is_scored():
    asked = {question.name: [option.value for option in question.options] for question in AKPS.questions}

    assert asked == {f"akps_{item.name}": list(item.options) for item in AKPS_ITEMS}


def test_every_contradiction_has_words_for_the_patient(on):
    answers = {
        "pain_now": 7,
        "pain_worst": 2,
        "cannot_bear_weight": "yes",
        "activities": [{"type": "running", "sessions_per_week": 3}],
        "trauma": "no",
        "trauma_days_ago": 3,
    }

    asked = contradictions(answers, on=on)

    assert set(asked) == {each.id for each in CONTRADICTIONS}
    assert all(message.endswith("?") for message in asked.values())


def test_a_routine_form_is_judged_routine_with_nothing_left_open(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine, on=on)
    _contact, clinical = split(questionnaire, cleaned.answers, on=on)

    judged = judge(report_of(clinical, on, cleaned.shown))

    assert judged.triage.urgency is Urgency.ROUTINE
    assert [suspected.cause for suspected in judged.causes] == [Cause.OVERUSE]


def test_a_safety_answer_not_sure_asks_for_a_call(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine | {"calf_swelling": "not_sure"}, on=on)
    _contact, clinical = split(questionnaire, cleaned.answers, on=on)

    judged = judge(report_of(clinical, on, cleaned.shown))

    assert [fired.rule_id for fired in judged.triage.fired] == ["C10"]


def test_an_injury_denied_and_dated_is_marked_contradictory(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine | {"trauma": "no", "trauma_days_ago": 3}, on=on)
    _contact, clinical = split(questionnaire, cleaned.answers, on=on)

    judged = judge(report_of(clinical, on, cleaned.shown))

    assert [fired.rule_id for fired in judged.triage.fired] == ["C10"]
