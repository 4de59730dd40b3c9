"""The therapist's part of the needling screen, row by row and both ways (reference 9.2)."""

from __future__ import annotations

from typing import Any

import pytest

from cases.rules.measures import report_of
from cases.rules.needling import (
    CONSENT_TEXTS,
    CONSENT_VERSION,
    EVIDENCE_AGAINST,
    EVIDENCE_FOR,
    THERAPIST_QUESTIONS,
    THERAPIST_RULES,
    therapist_screen,
    wrong_answers,
)
from cases.rules.plan_templates import NEEDLING_PATIENT_TEXT
from cases.rules.terms import NeedlingResult, Urgency
from tests.cases.rules.reports import TODAY, report_with

STOP, CARE, OK = NeedlingResult.CONTRAINDICATED, NeedlingResult.PRECAUTION, NeedlingResult.OK
QUIET = dict.fromkeys(
    (
        *("fever", "feels_unwell", "hot_red_joint", "skin_problem_at_site"),
        *("varicose_veins", "numb_skin", "strong_pain_after_needling", "active_cancer"),
    ),
    "no",
) | {"understands_consent": "yes"}
FORM = {"needling_interest": "yes", "needle_fear": "none", "sex": "male"} | {
    "metal_allergy": "no",
    "fainted_with_needles": "no",
}


def screened(form: dict[str, Any], answers: dict[str, Any], **more: Any):
    options = {"urgency": Urgency.ROUTINE, "offered": True, "certified": True} | more
    return therapist_screen(report_with(**FORM | form), answers, **options)


def rules_of(screen) -> set[str]:
    return {reason.rule_id for reason in screen.reasons}


CASES = [
    ("N40", "fever", "yes", STOP),
    ("N41", "fever", "not_sure", STOP),
    ("N41", "fever", None, STOP),
    ("N42", "hot_red_joint", "yes", STOP),
    ("N43", "hot_red_joint", "not_sure", STOP),
    ("N43", "hot_red_joint", None, STOP),
    ("N44", "feels_unwell", "yes", STOP),
    ("N45", "feels_unwell", "not_sure", STOP),
    ("N45", "feels_unwell", None, STOP),
    ("N46", "skin_problem_at_site", "yes", STOP),
    ("N47", "skin_problem_at_site", "not_sure", STOP),
    ("N47", "skin_problem_at_site", None, STOP),
    ("N48", "understands_consent", "no", STOP),
    ("N49", "understands_consent", "not_sure", STOP),
    ("N49", "understands_consent", None, STOP),
    ("N50", "varicose_veins", "yes", CARE),
    ("N51", "varicose_veins", "not_sure", CARE),
    ("N51", "varicose_veins", None, CARE),
    ("N52", "numb_skin", "yes", CARE),
    ("N53", "numb_skin", "not_sure", CARE),
    ("N54", "strong_pain_after_needling", "yes", CARE),
    ("N55", "strong_pain_after_needling", None, CARE),
    ("N56", "active_cancer", "yes", CARE),
    ("N57", "active_cancer", "not_sure", CARE),
]


def test_quiet_answers_find_no_bar():
    screen = screened({}, QUIET)

    assert (screen.result, screen.reasons) == (OK, ())


@pytest.mark.parametrize(("rule", "question", "answer", "result"), CASES)
def test_each_row_holds_and_does_not(rule: str, question: str, answer: str | None, result: NeedlingResult):
    found = screened({}, QUIET | {question: answer})

    assert rule in rules_of(found)
    assert found.result is result
    assert rule not in rules_of(screened({}, QUIET))


def test_every_row_of_the_therapist_is_tried():
    assert {rule.id for rule in THERAPIST_RULES} == {rule for rule, *_ in CASES}


@pytest.mark.parametrize(
    ("form", "answers", "stays", "settles"),
    [
        # A bleeding disorder is a hard stop without a written clearance, and none with it.
        (
            {"conditions": ["bleeding_disorder"]},
            {"haematology_clearance": "not_sure"},
            "N13",
            {"haematology_clearance": "yes"},
        ),
        ({"cancer_history": "yes"}, {"active_cancer": None}, "N35", {"active_cancer": "no"}),
        ({"conditions": ["not_sure"]}, {}, "N14", {"conditions": ["none"]}),
        ({"needle_fear": None}, {}, "N5", {"needle_fear": "none"}),
        ({"needling_interest": None}, {}, "N3", {"needling_interest": "unsure"}),
        ({"sex": "female", "pregnancy": "not_sure"}, {}, "N16", {"pregnancy": "no"}),
        ({"anticoagulant": "not_sure"}, {}, "N21", {"anticoagulant": "none"}),
        ({"metal_allergy": None}, {}, "N30", {"metal_allergy": "no"}),
    ],
)
def test_what_the_form_left_open_is_settled_by_the_therapist(form, answers, stays, settles):
    assert stays in rules_of(screened(form, QUIET | answers))
    assert stays not in rules_of(screened(form, QUIET | answers | settles))


def test_a_condition_is_added_to_the_form_and_never_taken_from_it():
    assert "N12" in rules_of(screened({"conditions": ["lymphoedema_leg"]}, QUIET | {"conditions": ["none"]}))
    assert "N12" in rules_of(screened({"conditions": ["none"]}, QUIET | {"conditions": ["lymphoedema_leg"]}))


def test_what_the_form_said_of_a_fever_weeks_ago_does_not_answer_for_today():
    assert "N6" not in rules_of(screened({"fever": "yes"}, QUIET))
    assert "N41" in rules_of(screened({"fever": "no"}, QUIET | {"fever": None}))


@pytest.mark.parametrize("weeks", [12, None])
def test_the_first_twelve_weeks_of_pregnancy_are_a_hard_stop(weeks):
    answers = QUIET | {"pregnancy": "yes", "pregnancy_weeks": weeks}

    assert "N15" in rules_of(screened({"sex": "female"}, answers))
    assert rules_of(screened({"sex": "female"}, answers | {"pregnancy_weeks": 13})) == {"N23"}


@pytest.mark.parametrize(
    ("more", "rule"),
    [({"offered": False}, "N60"), ({"certified": False}, "N61"), ({"urgency": Urgency.SAME_DAY}, "N1")],
)
def test_site_certificate_and_flags_are_hard_stops(more: dict[str, Any], rule: str):
    screen = screened({}, QUIET, **more)

    assert (screen.result, rules_of(screen)) == (STOP, {rule})


def test_an_empty_screen_is_contraindicated_on_every_hard_stop_of_today():
    screen = therapist_screen(report_of({}, TODAY), {}, urgency=Urgency.ROUTINE, offered=True, certified=True)

    assert screen.result is STOP
    assert {"N41", "N43", "N45", "N47", "N49"} <= rules_of(screen)


def test_answers_that_cannot_be_used_are_named():
    wrong = wrong_answers(
        {"fever": "maybe", "moon": "full", "pregnancy_weeks": 46, "conditions": "none", "numb_skin": ""}
    )

    assert set(wrong) == {"fever", "moon", "pregnancy_weeks", "conditions"}
    assert wrong_answers({"pregnancy_weeks": 45, "conditions": ["diabetes"], "fever": None}) == {}


def test_both_sides_are_told_and_patients_read_no_promise():
    assert EVIDENCE_FOR
    assert EVIDENCE_AGAINST
    for text in (*CONSENT_TEXTS.values(), NEEDLING_PATIENT_TEXT):
        assert "effective" not in text
        assert "guidelines do not recommend it for this problem" in text
    assert CONSENT_VERSION in CONSENT_TEXTS


def test_every_question_is_asked_once_and_has_words():
    names = [question.name for question in THERAPIST_QUESTIONS]

    assert len(names) == len(set(names))
    assert all(question.text.endswith("?") for question in THERAPIST_QUESTIONS)
