"""Examinations through the API: the tests as data, recording one, and the suggestions before and after."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Examination
from cases.rules.exam_tests import TESTS
from clinic.accounts.models import User
from tests.api import Api, path_of, reported
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db
WEAK = {"quadriceps_strength": {"left": 80, "right": 100, "unit": "N"}}


@pytest.fixture
def case(therapist: User) -> Case:
    case = CaseFactory(therapist=therapist)
    reported(case)
    return case


def examine(api: Api, case: Case, results: Any, **more: Any) -> Any:
    return api.post(path_of(case, "examinations/"), {"results": results}, **more)


def test_the_tests_are_told_with_units_ranges_and_options(therapist_api: Api):
    shown = {each["id"]: each for each in therapist_api.get("/api/v1/examination-tests/").data}

    assert list(shown) == [test.id for test in TESTS]
    assert shown["quadriceps_strength"]["units"][0] == {"unit": "N", "low": 0.0, "high": 1500.0, "whole": False}
    assert shown["joint_flexibility"]["sided"] is False


def test_an_examination_answers_with_the_suggestion_before_and_after(therapist_api: Api, case: Case):
    before = case.suggestions.get()

    answer = examine(therapist_api, case, WEAK)

    assert answer.status_code == 201
    assert answer.data["examination"]["results"] == WEAK
    assert (answer.data["before"]["id"], answer.data["before"]["examination"]) == (before.pk, None)
    assert answer.data["after"]["examination"] == answer.data["examination"]["id"]
    assert answer.data["after"]["causes"] == ["muscle_imbalance"]
    [line] = answer.data["after"]["body"]["causes"][0]["evidence"]
    assert line["statement"].endswith("left 80 N, right 100 N (left 80 % of right)")


def test_the_case_shows_the_latest_examination_and_leads_to_every_suggestion(therapist_api: Api, case: Case):
    examine(therapist_api, case, WEAK)

    shown = therapist_api.get(path_of(case)).data

    assert shown["examination"]["results"] == WEAK
    assert shown["suggestion"]["examination"] == shown["examination"]["id"]
    assert shown["suggestion"]["body"]["next_test"]["test"]
    history = therapist_api.get(shown["suggestions"]).data["results"]
    assert [each["examination"] for each in history] == [shown["examination"]["id"], None]
    assert [each["results"] for each in therapist_api.get(path_of(case, "examinations/")).data["results"]] == [WEAK]


@pytest.mark.parametrize(
    ("results", "field"),
    [
        ({"quadriceps_strength": {"left": 80}}, "results.quadriceps_strength.unit"),
        ({"quadriceps_strength": {"left": 9000, "unit": "N"}}, "results.quadriceps_strength.left"),
        ({"quadriceps": {"left": 80}}, "results.quadriceps"),
        ({"landing": {"middle": ["good_control"], "left": ["good_control"]}}, "results.landing.middle"),
    ],
)
def test_a_wrong_result_is_named_and_nothing_is_stored(therapist_api: Api, case: Case, results: Any, field: str):
    answer = examine(therapist_api, case, results)

    assert (answer.status_code, answer.data["code"]) == (400, "invalid")
    assert list(answer.data["errors"]) == [field]
    assert not Examination.objects.exists()


def test_an_older_page_does_not_examine(therapist_api: Api, case: Case):
    etag = therapist_api.get(path_of(case)).headers["ETag"]
    examine(therapist_api, case, WEAK, headers={"If-Match": etag})

    again = examine(therapist_api, case, WEAK, headers={"If-Match": etag})

    assert (again.status_code, Examination.objects.count()) == (412, 1)


def test_an_ended_case_is_not_examined(therapist_api: Api, case: Case, monday: Any):
    Case.objects.filter(pk=case.pk).update(status="closed", close_reason="declined", ended_at=monday)

    answer = examine(therapist_api, case, WEAK)

    assert (answer.status_code, answer.data["code"]) == (409, "case_ended")


def test_a_finding_names_its_differential(therapist_api: Api, case: Case):
    body = {"causes": ["other"], "differential": "D7", "confidence": "high", "reason": "Joint line."}

    answer = therapist_api.post(path_of(case, "finding/"), body)

    assert (answer.status_code, answer.data["differential"]) == (201, "D7")
    assert therapist_api.get(path_of(case)).data["finding"]["differential"] == "D7"


def test_examinations_cost_the_same_for_one_and_for_three(therapist_api: Api, case: Case):
    examine(therapist_api, case, WEAK)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            therapist_api.get(path_of(case, "examinations/"))
        counts.append(len(asked))
        examine(therapist_api, case, WEAK)
        examine(therapist_api, case, WEAK)

    assert counts[0] == counts[1]
