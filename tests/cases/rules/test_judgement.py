"""One judgement puts everything together and stores as plain data."""

from __future__ import annotations

import json

from cases.rules.judgement import judge
from cases.rules.terms import Likelihood, NeedlingResult
from cases.rules.version import RULES_VERSION
from tests.cases.rules.reports import report_with

OVERUSE = {"work_load": "kneel_squat_climb_increased"}


def test_a_judgement_stores_every_part_under_its_name():
    data = judge(report_with(OVERUSE)).as_data()

    assert list(data) == [
        "rules_version",
        "triage",
        "likelihood",
        "causes_assessed",
        "causes",
        "mobility",
        "overuse_only",
        "ask_next",
        "next_test",
        "pointers",
        "needling",
        "settled",
        "examined",
    ]
    assert data["rules_version"] == RULES_VERSION
    assert json.loads(json.dumps(data)) == data


def test_a_red_flag_of_the_day_withholds_causes_and_needling_and_keeps_pointers():
    judgement = judge(report_with(OVERUSE, locking="locked_now", pain_location=["inner_side"]))

    assert judgement.causes == ()
    assert judgement.causes_assessed is False
    assert judgement.overuse_only is False
    assert judgement.ask_next == ()
    assert judgement.likelihood.value is Likelihood.UNLIKELY
    assert [pointer.rule_id for pointer in judgement.pointers] == ["D7"]
    assert judgement.needling.result is NeedlingResult.CONTRAINDICATED


def test_clinician_review_keeps_the_causes_for_staff():
    judgement = judge(report_with(OVERUSE, cancer_history="yes"))

    assert [suspected.cause.value for suspected in judgement.causes] == ["overuse"]
    assert judgement.overuse_only is True


def test_what_was_left_open_is_asked_next_safety_first():
    judgement = judge(report_with(fever="not_sure", knee_moves_inward="not_sure"))

    assert judgement.ask_next == (
        "Safety question left open, ask again: fever",
        "Patient not sure whether the knee moves inwards: watch a single-leg squat or step-down",
        "Cause unclear, exam needed",
    )
