"""What holds for every report, whatever was answered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.causes import score_causes
from cases.rules.judgement import judge
from cases.rules.measures import report_of
from cases.rules.terms import URGENCY_ORDER, Urgency
from cases.rules.triage import triage
from tests.cases.rules.reports import QUIET, TODAY, answers_with
from tests.cases.rules.strategies import RED_FLAG_CHOICES, RED_FLAG_ITEMS, answers, nearly_quiet, odd_answers

settings.register_profile("rules", deadline=None, max_examples=80, derandomize=True)
FIXED = settings.get_profile("rules")


def _place(given_answers, complete):
    return URGENCY_ORDER.index(triage(report_of(given_answers, TODAY, complete=complete)).urgency)


def _judged(given_answers, complete):
    return judge(report_of(given_answers, TODAY, complete=complete)).as_data()


@pytest.mark.parametrize("name", sorted(RED_FLAG_CHOICES))
@given(base=answers | nearly_quiet(), complete=st.booleans())
@settings(FIXED, max_examples=20)
def test_a_more_alarming_answer_never_lowers_the_urgency(name, base, complete):
    base = dict(base)
    base.pop(name, None)

    blank = _place(base, complete)
    places = [_place({**base, name: value}, complete) for value in RED_FLAG_CHOICES[name]]

    assert places == sorted(places)
    # A blank at submit is missing safety data: the most alarming answer weighs no less.
    assert places[-1] >= blank


@pytest.mark.parametrize("age", [9, 15, 30, 60])
@pytest.mark.parametrize("other", sorted(RED_FLAG_CHOICES))
def test_beside_any_other_answer_a_more_alarming_one_never_lowers_the_urgency(other, age):
    # Every pair, not a sample: it takes two answers and an age for one rule to shut out another.
    for value in RED_FLAG_CHOICES[other][1:]:
        base = answers_with(age=age) | {other: value}
        for name in RED_FLAG_CHOICES.keys() - {other}:
            places = [_place(base | {name: each}, complete=False) for each in RED_FLAG_CHOICES[name]]

            assert places == sorted(places), (other, value, name)


@pytest.mark.parametrize(("name", "item"), [(name, item) for name in RED_FLAG_ITEMS for item in RED_FLAG_ITEMS[name]])
@given(base=answers | nearly_quiet(), complete=st.booleans())
@settings(FIXED, max_examples=20)
def test_one_more_alarming_item_never_lowers_the_urgency(name, item, base, complete):
    base = dict(base)
    base[name] = [each for each in base.get(name, ()) if each not in (item, "none")] or ["none"]

    assert _place({**base, name: [*base[name], item]}, complete) >= _place(base, complete)


@given(base=answers | nearly_quiet(), complete=st.booleans())
@settings(FIXED, max_examples=200)
def test_what_a_higher_rule_takes_up_is_not_listed_twice_and_the_rest_always_is(base, complete):
    said = {rule.rule_id for rule in triage(report_of(base, TODAY, complete=complete)).fired}

    assert ("S1" in said) is (base.get("hot_red_joint") == "yes" and "E1" not in said)
    assert not ("S2" in said and said & {"E1", "E2"})
    assert ("C13" in said) is (base.get("cannot_lift_straight_leg") == "yes" and "E5" not in said)
    assert ("C1" in said) is (base.get("night_pain") == "wakes_at_rest" and "S9" not in said)
    assert not {"S14", "S6"} <= said
    assert not ("NS2" in said and said & {"E1", "NS1"})


@given(base=answers, pain=st.integers(0, 9), complete=st.booleans())
@settings(FIXED)
def test_more_pain_now_never_lowers_the_urgency(base, pain, complete):
    assert _place({**base, "pain_now": pain + 1}, complete) >= _place({**base, "pain_now": pain}, complete)


@given(base=answers, complete=st.booleans(), random=st.randoms(use_true_random=False))
@settings(FIXED)
def test_the_order_of_the_questions_does_not_matter(base, complete, random):
    names = list(base)
    random.shuffle(names)

    assert json.dumps(_judged({name: base[name] for name in names}, complete)) == json.dumps(_judged(base, complete))


@given(base=answers, random=st.randoms(use_true_random=False))
@settings(FIXED)
def test_the_order_within_a_multiple_choice_does_not_matter(base, random):
    turned = {
        name: random.sample(value, len(value)) if isinstance(value, list) else value for name, value in base.items()
    }

    def shape(data):
        return [
            data["triage"]["urgency"],
            [rule["rule_id"] for rule in data["triage"]["fired"]],
            data["likelihood"]["value"],
            [(cause["cause"], cause["score"], cause["confidence"]) for cause in data["causes"]],
            [line["statement"] for cause in data["causes"] for line in cause["evidence"]],
            data["overuse_only"],
            data["ask_next"],
            [pointer["rule_id"] for pointer in data["pointers"]],
            data["needling"]["result"],
        ]

    assert shape(_judged(turned, True)) == shape(_judged(base, True))


@given(base=answers)
@settings(FIXED, max_examples=200)
def test_removing_an_answer_quoted_as_evidence_changes_the_score(base):
    scores = {each.cause: each for each in score_causes(report_of(base, TODAY))}

    for cause, scored in scores.items():
        for line in scored.evidence:
            assert line.answers
            for name, value in line.answers.items():
                assert base[name] == value
                without = {other: answer for other, answer in base.items() if other != name}
                again = {each.cause: each.score for each in score_causes(report_of(without, TODAY))}
                assert again[cause] != scored.score, (line.rule_id, name)


@given(base=answers, complete=st.booleans())
@settings(FIXED)
def test_every_judgement_is_plain_json_and_quotes_what_was_answered(base, complete):
    data = _judged(base, complete)

    assert json.loads(json.dumps(data, allow_nan=False)) == data
    for rule in data["triage"]["fired"]:
        assert rule["answers"] or rule["rule_id"] in {"C9", "C10"}
        assert all(base.get(name) == value for name, value in rule["answers"].items())


@given(odd=odd_answers, complete=st.booleans())
@settings(FIXED, max_examples=200)
def test_odd_answers_never_stop_the_rules(odd, complete):
    data = _judged(odd, complete)

    assert data["triage"]["urgency"] in {level.value for level in Urgency}


@given(base=answers)
@settings(FIXED)
def test_a_blank_weighs_nothing_while_the_form_is_being_filled_in(base):
    only_no = {name: value for name, value in base.items() if name in QUIET and value == QUIET[name]}

    assert triage(report_of(only_no, TODAY, complete=False)).fired == ()
