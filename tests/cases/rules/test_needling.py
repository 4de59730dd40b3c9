"""The needling screen row by row, blanks and "not sure" included (reference 9.2)."""

from __future__ import annotations

import pytest

from cases.rules.measures import report_of
from cases.rules.needling import NEEDLING_RULES, needling_screen
from cases.rules.terms import NeedlingResult, Urgency
from tests.cases.rules.reports import QUIET, TODAY, days_ago, report_with

STOP, CARE, OK = NeedlingResult.CONTRAINDICATED, NeedlingResult.PRECAUTION, NeedlingResult.OK
FEMALE = {"sex": "female", "pregnancy": "no"}
PREGNANT = {"sex": "female", "pregnancy": "yes"}


def surgery(days):
    return {"prior_injury_surgery": ["knee_surgery"], "knee_surgery_on": days_ago(days)}


CASES = [
    ("N2", STOP, {"needling_interest": "no"}),
    ("N3", STOP, {"needling_interest": None}),
    ("N4", STOP, {"needle_fear": "severe"}),
    ("N5", STOP, {"needle_fear": None}),
    ("N6", STOP, {"fever": "yes"}),
    ("N7", STOP, {"fever": "not_sure"}),
    ("N7", STOP, {"fever": None}),
    ("N8", STOP, {"hot_red_joint": "yes"}),
    ("N9", STOP, {"hot_red_joint": "not_sure"}),
    ("N9", STOP, {"hot_red_joint": None}),
    ("N10", STOP, {"skin_problem_at_site": "yes"}),
    ("N11", STOP, {"skin_problem_at_site": "not_sure"}),
    ("N11", STOP, {"skin_problem_at_site": None}),
    ("N11", STOP, {"needling_interest": "unsure", "skin_problem_at_site": None}),
    ("N17", STOP, {"feels_unwell": "yes"}),
    ("N18", STOP, {"feels_unwell": "not_sure"}),
    ("N18", STOP, {"feels_unwell": None}),
    ("N12", STOP, {"conditions": ["lymphoedema_leg"]}),
    ("N13", STOP, {"conditions": ["bleeding_disorder"]}),
    ("N14", STOP, {"conditions": None}),
    ("N14", STOP, {"conditions": ["not_sure"]}),
    ("N15", STOP, PREGNANT | {"pregnancy_weeks": 12}),
    ("N15", STOP, PREGNANT),
    ("N16", STOP, {"sex": "female", "pregnancy": "not_sure"}),
    ("N16", STOP, {"sex": "female"}),
    ("N16", STOP, {"sex": None}),
    ("N20", CARE, {"anticoagulant": "anticoagulant"}),
    ("N20", CARE, {"anticoagulant": "antiplatelet"}),
    ("N21", CARE, {"anticoagulant": "not_sure"}),
    ("N21", CARE, {"anticoagulant": None}),
    ("N22", CARE, {"medications": "ELIQUIS twice a day"}),
    ("N23", CARE, PREGNANT | {"pregnancy_weeks": 13}),
    ("N24", CARE, {"age": 17}),
    ("N24", CARE, {"age": None}),
    ("N25", CARE, {"conditions": ["diabetes"]}),
    ("N25", CARE, {"conditions": ["immune_suppressed"]}),
    ("N25", CARE, {"conditions": ["rheumatoid_or_inflammatory"]}),
    ("N26", CARE, {"prior_injury_surgery": ["joint_replacement_or_metal_in_leg"]}),
    ("N27", CARE, surgery(84)),
    ("N27", CARE, {"prior_injury_surgery": ["knee_surgery"]}),
    ("N28", CARE, {"prior_injury_surgery": None}),
    ("N29", CARE, {"metal_allergy": "yes"}),
    ("N30", CARE, {"metal_allergy": "not_sure"}),
    ("N30", CARE, {"needling_interest": "unsure", "metal_allergy": None}),
    ("N31", CARE, {"fainted_with_needles": "yes"}),
    ("N32", CARE, {"fainted_with_needles": None}),
    ("N32", CARE, {"needling_interest": "unsure", "fainted_with_needles": "not_sure"}),
    ("N33", CARE, {"needle_fear": "mild"}),
    ("N34", CARE, {"conditions": ["epilepsy"]}),
    ("N34", CARE, {"conditions": ["vascular_disease"]}),
    ("N35", CARE, {"cancer_history": "yes"}),
    ("N36", CARE, {"cancer_history": "not_sure"}),
    ("N36", CARE, {"cancer_history": None}),
    ("N37", CARE, {"numbness": "yes"}),
    ("N38", CARE, {"numbness": None}),
    ("N38", CARE, {"numbness": "not_sure"}),
]


@pytest.mark.parametrize(("rule_id", "result", "changes"), CASES)
def test_one_answer_decides_and_is_named(rule_id, result, changes):
    screen = needling_screen(report_with(changes), Urgency.ROUTINE)

    assert screen.result is result
    assert [reason.rule_id for reason in screen.reasons] == [rule_id]


@pytest.mark.parametrize(
    "changes",
    [{}, FEMALE, {"needling_interest": "unsure"}, {"age": 18}, surgery(85), {"medications": "ibuprofen"}],
)
def test_nothing_in_the_way_is_ok(changes):
    screen = needling_screen(report_with(changes), Urgency.ROUTINE)

    assert (screen.result, screen.reasons) == (OK, ())


def test_every_row_has_a_case():
    assert {rule_id for rule_id, _, _ in CASES} == {rule.id for rule in NEEDLING_RULES}


@pytest.mark.parametrize("urgency", [Urgency.SAME_DAY, Urgency.EMERGENCY])
def test_an_open_red_flag_is_a_hard_stop(urgency):
    screen = needling_screen(report_with(), urgency)

    assert screen.result is STOP
    assert [reason.rule_id for reason in screen.reasons] == ["N1"]


def test_a_hard_stop_outweighs_a_precaution_and_both_are_named():
    screen = needling_screen(report_with(needle_fear="severe", anticoagulant="antiplatelet"), Urgency.ROUTINE)

    assert screen.result is STOP
    assert [reason.rule_id for reason in screen.reasons] == ["N4", "N20"]


def test_who_does_not_want_needling_is_not_asked_what_only_matters_for_it():
    answers = {"needling_interest": "no", "metal_allergy": None, "fainted_with_needles": None}
    screen = needling_screen(report_with(answers, skin_problem_at_site=None), Urgency.ROUTINE)

    assert [reason.rule_id for reason in screen.reasons] == ["N2"]


def test_where_needling_is_not_offered_one_reason_says_so():
    asked = {"needle_fear", "needling_interest", "metal_allergy", "fainted_with_needles", "skin_problem_at_site"}
    answers = {name: value for name, value in QUIET.items() if name not in asked}
    screen = needling_screen(report_of(answers, TODAY, shown=set(answers)), Urgency.ROUTINE)

    assert screen.result is STOP
    assert [reason.rule_id for reason in screen.reasons] == ["N3"]


def test_a_question_that_does_not_concern_the_patient_is_not_missing():
    answers = QUIET | {"sex": "female"}
    screen = needling_screen(report_of(answers, TODAY, shown=set(answers)), Urgency.ROUTINE)

    assert screen.result is OK


def test_an_unfinished_form_is_never_ok():
    screen = needling_screen(report_of({}, TODAY, complete=False), Urgency.ROUTINE)

    assert screen.result is STOP
