"""Changing a case: lost-update checks, moves and their guards, corrections."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection

from cases.models import Case
from clinic.accounts.models import Role, Site, User
from tests.api import Api, api_of, flagged, path_of, scheduled, treated
from tests.factories import CaseFactory, staff

KNEES = {"knee_side": "right", "reason": "Heard wrong on the telephone."}


def tag(case: Case, version: int = 1) -> str:
    return f'"{case.reference}-v{version}"'


@pytest.fixture(autouse=True)
def _on_monday(monday: datetime):
    with time_machine.travel(monday + timedelta(hours=1), tick=False):
        yield


# --- If-Match


def test_a_correction_needs_the_version_that_was_read(therapist_api: Api, case: Case):
    response = therapist_api.patch(path_of(case), KNEES)

    assert (response.status_code, response.data["code"]) == (428, "version_needed")
    assert Case.objects.get(pk=case.pk).knee_side == "left"


def test_a_correction_of_the_version_that_was_read_is_kept(therapist_api: Api, case: Case):
    response = therapist_api.patch(path_of(case), KNEES, headers={"If-Match": tag(case)})

    assert response.status_code == 200, response.data
    assert response.headers["ETag"] == tag(case, 2)
    assert (response.data["knee_side"], response.data["version"]) == ("right", 2)
    assert case.notes.get().text == "Knee corrected from left to right: Heard wrong on the telephone."
    assert case.events.get().kind == "knees_corrected"


def test_somebody_who_was_faster_is_not_overwritten(therapist_api: Api, manager_api: Api, case: Case):
    manager_api.post(path_of(case, "review/"))

    response = therapist_api.patch(path_of(case), KNEES, headers={"If-Match": tag(case)})

    assert (response.status_code, response.data["code"]) == (412, "stale_version")
    assert Case.objects.get(pk=case.pk).knee_side == "left"


@pytest.mark.parametrize(
    "value",
    [
        "*",
        'W/"{tag}"',
        '"{tag}", "{tag}"',
        "{tag}",
        '"{tag}" ',
        '"v1"',
        '"1"',
        '"{tag}0000000000"',
        '"\u0663"',
        "\x7f",
        '""',
    ],
)
def test_anything_but_one_strong_etag_is_refused(therapist_api: Api, case: Case, value: str):
    value = value.replace("{tag}", f"{case.reference}-v2")

    response = therapist_api.patch(path_of(case), KNEES, headers={"If-Match": value})

    # A tag with blanks around it is still one strong tag: it is read, and found stale.
    expected = (412, "stale_version") if value.strip() != value else (400, "bad_if_match")
    assert (response.status_code, response.data["code"]) == expected
    assert Case.objects.get(pk=case.pk).version == 1


def test_the_etag_of_another_case_does_not_fit(therapist_api: Api, therapist: User, case: Case):
    other = CaseFactory(therapist=therapist)

    response = therapist_api.patch(path_of(case), KNEES, headers={"If-Match": tag(other)})

    assert response.status_code == 412


def test_a_move_may_come_without_the_version_and_is_refused_with_a_stale_one(desk_api: Api, case: Case):
    stale = desk_api.post(path_of(case, "review/"), headers={"If-Match": tag(case, 7)})
    fresh = desk_api.post(path_of(case, "review/"))

    assert (stale.status_code, fresh.status_code) == (412, 200)
    assert fresh.headers["ETag"] == tag(case, 2)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_change_one_version_one_wins(manager: User):
    case = CaseFactory()
    apis = [api_of(manager) for _ in range(4)]
    start = threading.Barrier(4)
    results: Counter[int] = Counter()

    def correct(api: Api) -> None:
        try:
            start.wait()
            for _ in range(5):
                results[api.patch(path_of(case), KNEES, headers={"If-Match": tag(case)}).status_code] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=correct, args=(api,)) for api in apis]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {200: 1, 412: 19}
    assert Case.objects.get(pk=case.pk).version == 2


# --- corrections


def test_a_knee_with_an_open_case_cannot_be_given_to_another(therapist_api: Api, case: Case):
    rival = CaseFactory(patient=case.patient, affects_left=False, affects_right=True)

    response = therapist_api.patch(path_of(case), KNEES, headers={"If-Match": tag(case)})

    assert (response.status_code, response.data["code"]) == (409, "knee_has_open_case")
    assert rival.reference in response.data["detail"]


def test_front_desk_does_not_correct_what_is_clinical(desk_api: Api, case: Case):
    response = desk_api.patch(path_of(case), KNEES, headers={"If-Match": tag(case)})

    assert (response.status_code, response.data["code"]) == (403, "permission_denied")


# --- moves


def test_a_case_goes_its_whole_way_by_api(therapist_api: Api, desk_api: Api, therapist: User, case: Case):
    def move(api: Api, name: str, body: dict | None = None, status: str = "") -> None:
        response = api.post(path_of(case, name), body)
        assert response.status_code == 200, response.data
        assert response.data["status"] == status
        assert response.data["version"] == Case.objects.get(pk=case.pk).version

    move(desk_api, "review/", status="reviewed")
    move(desk_api, "schedule/", {"starts_at": "2026-11-04T09:00:00-06:00"}, status="scheduled")
    found = {"causes": ["overuse"], "confidence": "moderate"}
    assert therapist_api.post(path_of(case, "finding/"), found).status_code == 201
    assert therapist_api.post(path_of(case, "plan/"), {}).status_code == 201
    assert therapist_api.post(path_of(case, "plan/approve/")).status_code == 200
    move(therapist_api, "start-treatment/", status="in_treatment")
    move(therapist_api, "discharge/", {"reason": "Moved to another town."}, status="discharged")
    move(therapist_api, "reopen/", {"reason": "Came back."}, status="reviewed")
    move(therapist_api, "close/", {"reason": "declined"}, status="closed")


def test_an_illegal_move_names_the_guards_that_are_not_met(therapist_api: Api, therapist: User):
    case = CaseFactory(therapist=therapist, status="scheduled")

    response = therapist_api.post(path_of(case, "start-treatment/"))

    assert (response.status_code, response.data["code"]) == (409, "illegal_move")
    assert [guard["id"] for guard in response.data["unmet"]] == ["causes_confirmed", "plan_approved"]


def test_a_move_from_the_wrong_status_says_which_is_right(therapist_api: Api, case: Case):
    response = therapist_api.post(path_of(case, "discharge/"), {"reason": "Done."})

    assert response.status_code == 409
    assert response.data["unmet"] == [{"id": "status", "sentence": "The case must be in treatment."}]


def test_a_red_flag_holds_scheduling(desk_api: Api, case: Case):
    flagged(case)

    response = desk_api.post(path_of(case, "schedule/"), {"starts_at": "2026-11-04T15:00:00Z"})

    assert response.status_code == 409
    assert [guard["id"] for guard in response.data["unmet"]] == ["no_stopping_flag"]


def test_discharge_asks_for_an_outcome_or_a_reason(therapist_api: Api, therapist: User):
    case = treated(therapist)

    refused = therapist_api.post(path_of(case, "discharge/"))
    therapist_api.post(path_of(case, "outcomes/"), {"instrument": "nprs_worst", "score": 1})
    accepted = therapist_api.post(path_of(case, "discharge/"))

    assert [guard["id"] for guard in refused.data["unmet"]] == ["outcome_or_why_not"]
    assert (refused.status_code, accepted.status_code) == (409, 200)


def test_scheduling_proposes_the_therapist_it_names(desk_api: Api, therapist: User):
    case = CaseFactory()

    response = desk_api.post(
        path_of(case, "schedule/"), {"starts_at": "2026-11-04T15:00:00Z", "therapist": therapist.pk, "minutes": 60}
    )

    assert response.data["therapist"] == {"id": therapist.pk, "name": "Theo Therapist"}
    assert case.visits.get().minutes == 60


def test_a_manager_assigns_and_takes_away(manager_api: Api, therapist: User):
    case = CaseFactory()

    given = manager_api.post(path_of(case, "assign/"), {"therapist": therapist.pk})
    taken = manager_api.post(path_of(case, "assign/"), {"therapist": None})

    assert (given.data["therapist"]["id"], taken.data["therapist"]) == (therapist.pk, None)


def test_nobody_is_assigned_who_is_not_a_therapist_there(manager_api: Api, manager: User, other_site: Site):
    case = CaseFactory()
    elsewhere = staff(Role.THERAPIST, other_site)
    gone = staff(Role.THERAPIST, case.site, is_active=False)

    answers = [
        manager_api.post(path_of(case, "assign/"), {"therapist": pk})
        for pk in (manager.pk, elsewhere.pk, gone.pk, 999_999, 2**63 - 1)
    ]

    assert {response.status_code for response in answers} == {400}
    # An account elsewhere looks like no account at all.
    assert len({response.content for response in answers}) == 1
    assert list(answers[0].data["errors"]) == ["therapist"]


def test_a_colleague_of_the_therapist_changes_nothing(site: Site, case: Case):
    response = api_of(staff(Role.THERAPIST, site)).post(path_of(case, "review/"))

    assert response.status_code == 404
    assert Case.objects.get(pk=case.pk).status == "new"


def test_a_move_without_a_body_or_type_is_a_bare_move(therapist_api: Api, case: Case):
    response = therapist_api.generic("POST", path_of(case, "review/"))

    assert response.status_code == 200


def test_treatment_starts_with_an_approved_plan(therapist_api: Api, therapist: User):
    case = scheduled(therapist)

    response = therapist_api.post(path_of(case, "start-treatment/"), headers={"If-Match": tag(case, case.version)})

    assert (response.status_code, response.data["status"]) == (200, "in_treatment")
