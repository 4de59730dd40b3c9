"""Striking out a score at the API's door: marked in the list, counted nowhere, refused by name."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from cases.models import Case, Outcome, StrikeOut
from cases.services.outcomes import record_outcome
from clinic.accounts.models import User
from tests.api import Api, path_of
from tests.factories import CaseFactory

WHY = {"reason": "Typed 9, the patient said 6."}


@pytest.fixture
def wrong(case: Case, therapist: User, monday: datetime) -> Outcome:
    return record_outcome(case, instrument="nprs_worst", score=9, by=therapist, now=monday)


def door(outcome: Outcome) -> str:
    return path_of(outcome.case, f"outcomes/{outcome.pk}/strike-out/")


def test_a_score_struck_out_is_marked_in_the_list_and_counts_nowhere(
    therapist_api: Api, therapist: User, wrong: Outcome, monday: datetime
):
    with time_machine.travel(monday + timedelta(hours=1), tick=False):
        response = therapist_api.post(door(wrong), WHY)

    mark = WHY | {"struck_at": "2026-11-02T16:00:00Z", "struck_by": {"id": therapist.pk, "name": therapist.name}}
    assert response.status_code == 200, response.data
    assert (response.data["score"], response.data["strike_out"]) == (9, mark)
    [listed] = therapist_api.get(path_of(wrong.case, "outcomes/")).data
    assert listed == response.data
    shown = therapist_api.get(path_of(wrong.case)).data
    assert (shown["progress"]["status"], shown["progress"]["series"], shown["version"]) == (None, [], 2)


def test_a_score_that_counts_bears_no_mark(therapist_api: Api, wrong: Outcome):
    [listed] = therapist_api.get(path_of(wrong.case, "outcomes/")).data

    assert listed["strike_out"] is None


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}])
def test_a_score_is_not_struck_out_without_a_reason(therapist_api: Api, wrong: Outcome, body: dict[str, str]):
    response = therapist_api.post(door(wrong), body)

    assert (response.status_code, list(response.data["errors"])) == (400, ["reason"])
    assert not StrikeOut.objects.exists()


def test_a_score_is_struck_out_once(therapist_api: Api, wrong: Outcome):
    therapist_api.post(door(wrong), WHY)

    response = therapist_api.post(door(wrong), WHY)

    assert (response.status_code, response.data["code"]) == (409, "struck_out")


def test_a_score_of_another_case_is_not_there(therapist_api: Api, therapist: User, wrong: Outcome):
    other = CaseFactory(therapist=therapist)

    assert therapist_api.post(path_of(other, f"outcomes/{wrong.pk}/strike-out/"), WHY).status_code == 404
    assert therapist_api.post(path_of(wrong.case, f"outcomes/{wrong.pk + 1}/strike-out/"), WHY).status_code == 404
    assert not StrikeOut.objects.exists()


def test_who_records_no_outcomes_strikes_none_out(desk_api: Api, manager_api: Api, wrong: Outcome):
    for api in (desk_api, manager_api):
        assert api.post(door(wrong), WHY).status_code == 403
    assert not StrikeOut.objects.exists()


def test_a_score_of_a_case_that_changed_meanwhile_stays(therapist_api: Api, wrong: Outcome):
    response = therapist_api.post(door(wrong), WHY, headers={"If-Match": f'"{wrong.case.reference}-v7"'})

    assert (response.status_code, response.data["code"]) == (412, "stale_version")
    assert not StrikeOut.objects.exists()
