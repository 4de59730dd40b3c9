"""What clinicians and the desk do on a case: flags, findings, plans, visits, outcomes, notes, timeline."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from cases.models import Case
from clinic.accounts.models import Role, User
from tests.api import Api, api_of, flagged, path_of, reported, scheduled
from tests.factories import CaseFactory, staff

FINDING = {"causes": ["overuse"], "confidence": "high"}


@pytest.fixture(autouse=True)
def _on_monday(monday: datetime):
    with time_machine.travel(monday + timedelta(hours=1), tick=False):
        yield


# --- flags


def test_a_flag_is_acknowledged_by_the_desk_and_cleared_by_the_clinician(desk_api: Api, therapist_api: Api, case: Case):
    flag = flagged(case)

    seen = desk_api.post(path_of(case, f"flags/{flag.pk}/acknowledge/"))
    cleared = therapist_api.post(path_of(case, f"flags/{flag.pk}/clear/"), {"reason": "Doppler today: no clot."})

    assert (seen.status_code, seen.data["acknowledged_by"]["name"]) == (200, "Dana Desk")
    assert (cleared.status_code, cleared.data["clear_reason"]) == (200, "Doppler today: no clot.")
    assert cleared.data["acknowledged_by"]["name"] == "Dana Desk"
    assert Case.objects.get(pk=case.pk).urgency == "routine"


def test_the_desk_clears_no_flag(desk_api: Api, case: Case):
    flag = flagged(case)

    response = desk_api.post(path_of(case, f"flags/{flag.pk}/clear/"), {"reason": "She sounded fine."})

    assert response.status_code == 403
    flag.refresh_from_db()
    assert flag.cleared_at is None


def test_a_flag_is_cleared_once_and_with_a_reason(therapist_api: Api, case: Case):
    flag = flagged(case)
    path = path_of(case, f"flags/{flag.pk}/clear/")

    blank = therapist_api.post(path, {"reason": "  "})
    therapist_api.post(path, {"reason": "Seen and examined."})
    again = therapist_api.post(path, {"reason": "Seen and examined."})

    assert (blank.status_code, list(blank.data["errors"])) == (400, ["reason"])
    assert (again.status_code, again.data["code"]) == (409, "flag_cleared")


def test_a_flag_of_another_case_is_not_there(therapist_api: Api, therapist: User, case: Case):
    flag = flagged(CaseFactory(therapist=therapist))

    for pk in (flag.pk, 10**6, 10**40):
        assert therapist_api.post(path_of(case, f"flags/{pk}/clear/"), {"reason": "x"}).status_code == 404


# --- finding and plan


def test_a_finding_that_differs_from_the_suggestion_says_why(therapist_api: Api, case: Case):
    reported(case, causes=["muscle_imbalance"])

    silent = therapist_api.post(path_of(case, "finding/"), FINDING)
    told = therapist_api.post(path_of(case, "finding/"), FINDING | {"reason": "Strength is equal on both sides."})

    assert (silent.status_code, list(silent.data["errors"])) == (400, ["reason"])
    assert (told.status_code, told.data["agrees"]) == (201, False)


def test_a_plan_needs_a_finding_first(therapist_api: Api, case: Case):
    response = therapist_api.post(path_of(case, "plan/"), {})

    assert (response.status_code, response.data["code"]) == (409, "no_finding")


def test_a_plan_of_ones_own_items_keeps_their_order(therapist_api: Api, case: Case):
    therapist_api.post(path_of(case, "finding/"), FINDING)
    items = [
        {"intervention": "strengthening", "name": "Hip and knee strength", "dose": "3 x 10", "weeks": 12},
        {"intervention": "education", "name": "How load works"},
    ]

    response = therapist_api.post(path_of(case, "plan/"), {"items": items, "weeks": 12, "goal": "Run 5 km"})

    assert response.status_code == 201, response.data
    assert [item["name"] for item in response.data["items"]] == ["Hip and knee strength", "How load works"]
    assert (response.data["status"], response.data["goal"]) == ("draft", "Run 5 km")


def test_wrong_plan_items_are_named_by_their_place(therapist_api: Api, case: Case):
    therapist_api.post(path_of(case, "finding/"), FINDING)
    items = [
        {"intervention": "strengthening", "name": "Strength", "weeks": 12},
        {"intervention": "leeches", "name": "", "weeks": "six", "colour": "green"},
    ]

    response = therapist_api.post(path_of(case, "plan/"), {"items": items})
    rest = therapist_api.post(path_of(case, "plan/"), {"items": [{**items[1], "colour": None}, items[0]]})

    assert (response.status_code, list(response.data["errors"])) == (400, ["items.1.colour"])
    assert list(rest.data["errors"]) == ["items.0.colour"]
    del items[1]["colour"]
    named = therapist_api.post(path_of(case, "plan/"), {"items": items})
    assert set(named.data["errors"]) == {"items.1.intervention", "items.1.name", "items.1.weeks"}


def test_needling_without_reason_and_consent_is_refused(therapist_api: Api, case: Case):
    case.site.offers_dry_needling = True
    case.site.save()
    reported(case)
    therapist_api.post(path_of(case, "finding/"), FINDING)
    items = [
        {"intervention": "strengthening", "name": "Strength", "weeks": 12},
        {"intervention": "dry_needling", "name": "Needling of the vastus lateralis", "weeks": 4},
    ]

    response = therapist_api.post(path_of(case, "plan/"), {"items": items})

    assert response.status_code == 400
    assert set(response.data["errors"]) == {
        *("items.1.intervention", "items.1.needling_reason", "items.1.needling_consent"),
    }


def test_a_visit_that_a_session_cannot_name_is_a_wrong_field_and_no_missing_page(therapist_api: Api, case: Case):
    session = {
        "muscles": ["vastus lateralis"],
        "needle": "0.25 x 40 mm",
        "batch": "B1",
        "response": "Twitch.",
        "adverse_events": [],
        "consent": True,
        "visit": 1,
    }

    response = therapist_api.post(path_of(case, "needling-sessions/"), session)

    assert (response.status_code, list(response.data["errors"])) == (400, ["visit"])


def test_there_must_be_a_draft_to_approve(therapist_api: Api, therapist: User, case: Case):
    nothing = therapist_api.post(path_of(case, "plan/approve/"))
    approved = therapist_api.post(path_of(scheduled(therapist), "plan/approve/"))

    assert (nothing.status_code, nothing.data["code"]) == (409, "not_a_draft")
    assert approved.status_code == 409


def test_a_draft_is_approved_neither_by_a_colleague_nor_by_the_desk(therapist_api: Api, desk_api: Api, case: Case):
    reported(case)
    therapist_api.post(path_of(case, "finding/"), FINDING)
    therapist_api.post(path_of(case, "plan/"), {})

    by_a_colleague = api_of(staff(Role.THERAPIST, case.site)).post(path_of(case, "plan/approve/"))
    by_the_desk = desk_api.post(path_of(case, "plan/approve/"))

    assert (by_a_colleague.status_code, by_the_desk.status_code) == (404, 403)
    assert case.plans.get().status == "draft"


def test_a_draft_of_a_colleague_is_taken_over_before_it_is_approved(therapist_api: Api, case: Case):
    reported(case)
    therapist_api.post(path_of(case, "finding/"), FINDING)
    therapist_api.post(path_of(case, "plan/"), {})
    # The case was handed on with its draft.
    colleague = staff(Role.THERAPIST, case.site)
    Case.objects.filter(pk=case.pk).update(therapist=colleague)
    by_the_colleague = api_of(colleague)

    unread = by_the_colleague.post(path_of(case, "plan/approve/"))
    stored = case.plans.get().status
    by_the_colleague.post(path_of(case, "plan/"), {})

    assert (unread.status_code, unread.data["code"], stored) == (409, "not_your_draft", "draft")
    assert by_the_colleague.post(path_of(case, "plan/approve/")).status_code == 200


def test_a_draft_written_over_by_somebody_else_is_not_approved_unread(therapist_api: Api, case: Case):
    reported(case)
    therapist_api.post(path_of(case, "finding/"), FINDING)
    therapist_api.post(path_of(case, "plan/"), {})
    read = therapist_api.get(path_of(case)).headers["ETag"]
    therapist_api.post(path_of(case, "plan/"), {"weeks": 6})

    response = therapist_api.post(path_of(case, "plan/approve/"), headers={"If-Match": read})

    assert (response.status_code, response.data["code"]) == (412, "stale_version")
    assert case.plans.get().status == "draft"


def test_a_manager_neither_finds_nor_plans(manager_api: Api, case: Case):
    assert manager_api.post(path_of(case, "finding/"), FINDING).status_code == 403
    assert manager_api.post(path_of(case, "plan/"), {}).status_code == 403
    assert manager_api.post(path_of(case, "plan/approve/")).status_code == 403


# --- visits


def test_a_visit_is_booked_moved_and_settled(desk_api: Api, therapist: User, case: Case, monday: datetime):
    Case.objects.update(status="scheduled")
    booked = desk_api.post(path_of(case, "visits/"), {"starts_at": "2026-11-04T09:00:00-06:00"})
    visit = path_of(case, f"visits/{booked.data['id']}/")
    moved = desk_api.post(f"{visit}move/", {"starts_at": "2026-11-05T15:00:00Z"})
    early = desk_api.post(f"{visit}settle/", {"status": "attended"})
    with time_machine.travel(monday + timedelta(days=4)):
        settled = desk_api.post(f"{visit}settle/", {"status": "attended"})
        again = desk_api.post(f"{visit}settle/", {"status": "missed"})

    assert (booked.status_code, booked.data["starts_at"]) == (201, "2026-11-04T15:00:00Z")
    assert booked.data["therapist"] == {"id": therapist.pk, "name": "Theo Therapist"}
    assert (moved.status_code, moved.data["starts_at"]) == (200, "2026-11-05T15:00:00Z")
    assert (early.status_code, list(early.data["errors"])) == (400, ["status"])
    assert (settled.status_code, settled.data["status"]) == (200, "attended")
    assert (again.status_code, again.data["code"]) == (409, "visit_settled")
    assert [visit["status"] for visit in desk_api.get(path_of(case, "visits/")).data] == ["attended"]


@pytest.mark.parametrize(
    ("rest", "accept"),
    [("visits/{visit}.ics", "text/calendar"), ("progress.svg", "image/svg+xml"), ("knee.svg", "image/svg+xml")],
)
def test_whoever_asks_for_the_described_type_alone_gets_it(desk_api: Api, case: Case, rest: str, accept: str):
    Case.objects.update(status="scheduled")
    booked = desk_api.post(path_of(case, "visits/"), {"starts_at": "2026-11-04T15:00:00Z"})
    there = path_of(case, rest.format(visit=booked.data["id"]))

    response = desk_api.get(there, headers={"Accept": accept})
    missing = desk_api.get(there.replace(case.reference, "K-00000000"), headers={"Accept": accept})

    assert (response.status_code, response.headers["Content-Type"]) == (200, f"{accept}; charset=utf-8")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_visit_of_another_case_is_not_there(desk_api: Api, case: Case):
    Case.objects.update(status="scheduled")
    booked = desk_api.post(path_of(case, "visits/"), {"starts_at": "2026-11-04T15:00:00Z"})
    other = CaseFactory()

    response = desk_api.post(path_of(other, f"visits/{booked.data['id']}/settle/"), {"status": "cancelled"})

    assert response.status_code == 404


@pytest.mark.parametrize("starts_at", ["2020-01-01T09:00:00Z", "1999-12-31T09:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_visit_lies_ahead_and_in_this_century(desk_api: Api, case: Case, starts_at: str):
    Case.objects.update(status="scheduled")
    response = desk_api.post(path_of(case, "visits/"), {"starts_at": starts_at})

    assert (response.status_code, list(response.data["errors"])) == (400, ["starts_at"])


# --- outcomes, notes, timeline


def test_a_score_outside_its_instrument_is_refused(therapist_api: Api, case: Case):
    wrong = therapist_api.post(path_of(case, "outcomes/"), {"instrument": "nprs_worst", "score": 11})
    between = therapist_api.post(path_of(case, "outcomes/"), {"instrument": "nprs_worst", "score": 3.5})
    right = therapist_api.post(path_of(case, "outcomes/"), {"instrument": "akps", "score": 82})

    assert (wrong.status_code, list(wrong.data["errors"])) == (400, ["score"])
    assert (between.status_code, list(between.data["errors"])) == (400, ["score"])
    assert (right.status_code, right.data["score"], right.data["instrument"]) == (201, 82.0, "akps")
    assert [each["instrument"] for each in therapist_api.get(path_of(case, "outcomes/")).data] == ["akps"]


def test_notes_are_appended_and_read_newest_first(therapist_api: Api, manager_api: Api, case: Case, monday: datetime):
    words = "Knee hot? No.\nSquat: pain at 60\u00b0. \u05e9\u05dc\u05d5\u05dd \U0001f9b5"
    first = therapist_api.post(path_of(case, "notes/"), {"text": words})
    with time_machine.travel(monday + timedelta(days=1)):
        therapist_api.post(path_of(case, "notes/"), {"text": "Better."})

    notes = manager_api.get(path_of(case, "notes/")).data["results"]

    assert first.status_code == 201
    assert [note["text"] for note in notes] == ["Better.", words]
    assert notes[0]["author"]["name"] == "Theo Therapist"


def test_notes_are_for_clinicians(desk_api: Api, auditor_api: Api, case: Case):
    assert desk_api.get(path_of(case, "notes/")).status_code == 403
    assert desk_api.post(path_of(case, "notes/"), {"text": "Called."}).status_code == 403
    assert auditor_api.get(path_of(case, "notes/")).status_code == 403


def test_the_timeline_tells_what_happened_newest_first(therapist_api: Api, desk_api: Api, case: Case):
    desk_api.post(path_of(case, "review/"))
    therapist_api.post(path_of(case, "finding/"), FINDING)

    first = therapist_api.get(path_of(case, "timeline/"), {"limit": 1})
    second = therapist_api.get(first.data["next"].removeprefix("http://127.0.0.1:8000"))

    assert [event["kind"] for event in first.data["results"]] == ["finding_recorded"]
    assert first.data["results"][0]["details"]["causes"] == ["overuse"]
    assert [event["kind"] for event in second.data["results"]] == ["moved"]
    assert second.data["results"][0]["by"]["name"] == "Dana Desk"


def test_an_auditor_reads_the_timeline_without_its_clinical_details(auditor_api: Api, therapist_api: Api, case: Case):
    therapist_api.post(path_of(case, "finding/"), FINDING)

    response = auditor_api.get(path_of(case, "timeline/"))

    assert [event["kind"] for event in response.data["results"]] == ["finding_recorded"]
    assert b"overuse" not in response.content


def test_the_desk_reads_no_timeline(desk_api: Api, case: Case):
    assert desk_api.get(path_of(case, "timeline/")).status_code == 403
