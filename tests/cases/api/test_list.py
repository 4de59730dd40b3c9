"""The list of cases: what it shows to whom, its filters and its pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from cases.models import Case
from clinic.accounts.models import Role, Site, User
from tests.api import Api, api_of, flagged, reported
from tests.factories import CaseFactory, PatientFactory, staff

CASES = "/api/v1/cases/"


def references(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [line["reference"] for line in response.data["results"]]


def test_a_line_shows_what_a_worklist_needs(desk_api: Api, case: Case, therapist: User):
    line = desk_api.get(CASES).data["results"][0]

    assert line == {
        "reference": case.reference,
        "site": "riverside",
        "patient": {
            "reference": case.patient.reference,
            "given_name": "Ada",
            "family_name": case.patient.family_name,
        },
        "knee_side": "left",
        "status": "new",
        "status_since": "2026-11-02T15:00:00Z",
        "urgency": "routine",
        "flagged": False,
        "is_read": False,
        "therapist": {"id": therapist.pk, "name": "Theo Therapist"},
        "opened_at": "2026-11-02T15:00:00Z",
        "updated_at": "2026-11-02T15:00:00Z",
        "version": 1,
    }


def test_an_auditor_sees_cases_without_names(auditor_api: Api, case: Case):
    line = auditor_api.get(CASES).data["results"][0]

    assert "patient" not in line
    assert b"Ada" not in auditor_api.get(CASES).content


def test_a_therapist_sees_only_their_own_cases(therapist_api: Api, case: Case):
    CaseFactory()

    assert references(therapist_api.get(CASES)) == [case.reference]


def test_cases_of_another_site_are_not_listed(manager_api: Api, other_site: Site):
    CaseFactory(patient=PatientFactory(site=other_site))

    assert references(manager_api.get(CASES)) == []


def test_a_standing_red_flag_shows_in_the_line(desk_api: Api, case: Case):
    flagged(case)

    line = desk_api.get(CASES).data["results"][0]

    assert (line["flagged"], line["urgency"]) == (True, "same_day")


def test_filters_narrow_the_list(desk_api: Api, case: Case, therapist: User):
    other = CaseFactory(status="reviewed", urgency="emergency")
    later = CaseFactory(status="scheduled")

    assert references(desk_api.get(CASES, {"status": "new"})) == [case.reference]
    assert references(desk_api.get(CASES, {"status": ["new", "scheduled"]})) == [later.reference, case.reference]
    assert references(desk_api.get(CASES, {"urgency": "emergency"})) == [other.reference]
    assert references(desk_api.get(CASES, {"therapist": therapist.pk})) == [case.reference]
    assert references(desk_api.get(CASES, {"therapist": "none"})) == [later.reference, other.reference]
    assert references(desk_api.get(CASES, {"status": "new", "urgency": "emergency"})) == []


def test_me_is_the_one_who_asks(therapist_api: Api, manager_api: Api, case: Case):
    assert references(therapist_api.get(CASES, {"therapist": "me"})) == [case.reference]
    assert references(manager_api.get(CASES, {"therapist": "me"})) == []


def test_the_suspected_cause_is_that_of_the_latest_suggestion(manager_api: Api, case: Case):
    reported(case, causes=["overuse"])
    changed = CaseFactory()
    reported(changed, causes=["overuse"])
    reported(changed, causes=["muscle_imbalance"])

    assert references(manager_api.get(CASES, {"cause": "overuse"})) == [case.reference]
    assert references(manager_api.get(CASES, {"cause": "muscle_imbalance"})) == [changed.reference]


def test_who_may_not_read_a_suggestion_cannot_filter_by_it(desk_api: Api, case: Case):
    reported(case)

    response = desk_api.get(CASES, {"cause": "overuse"})

    assert (response.status_code, response.data["code"]) == (403, "permission_denied")


def test_a_cause_is_looked_for_only_where_suggestions_may_be_read(site: Site, other_site: Site):
    both = staff(Role.MANAGER, site)
    both.memberships.create(site=other_site, role=Role.FRONT_DESK)
    seen, unseen = CaseFactory(), CaseFactory(patient=PatientFactory(site=other_site))
    reported(seen)
    reported(unseen)

    assert references(api_of(both).get(CASES, {"cause": "overuse"})) == [seen.reference]


def test_changed_cases_come_in_the_order_of_change(manager_api: Api, monday: datetime):
    first = CaseFactory(updated_at=monday + timedelta(hours=2))
    second = CaseFactory(updated_at=monday + timedelta(hours=1))
    CaseFactory(updated_at=monday)

    response = manager_api.get(CASES, {"updated_since": "2026-11-02T16:00:00Z"})

    assert references(response) == [second.reference, first.reference]


@pytest.mark.parametrize("extra", [{}, {"updated_since": "2026-01-01T00:00:00Z"}])
def test_pages_show_every_case_once_even_of_one_moment(manager_api: Api, extra: dict[str, str]):
    # Written in one moment: only the row's id tells them apart.
    expected = {CaseFactory().reference for _ in range(7)}

    seen, address = [], None
    response = manager_api.get(CASES, {"limit": 3, **extra})
    while True:
        seen += references(response)
        address = response.data["next"]
        if address is None:
            break
        assert address.startswith("http://127.0.0.1:8000/api/v1/cases/?")
        parts = urlsplit(address)
        response = manager_api.get(f"{parts.path}?{parts.query}")

    assert len(seen) == 7
    assert set(seen) == expected


def test_a_case_opened_while_paging_moves_nothing(manager_api: Api, monday: datetime):
    old = [CaseFactory(opened_at=monday - timedelta(days=day)) for day in range(1, 5)]
    first = manager_api.get(CASES, {"limit": 2})
    CaseFactory(opened_at=monday)

    parts = urlsplit(first.data["next"])
    second = manager_api.get(f"{parts.path}?{parts.query}")

    assert references(first) + references(second) == [case.reference for case in old]


def test_the_last_page_says_so(manager_api: Api, case: Case):
    assert manager_api.get(CASES, {"limit": 1}).data["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "status"),
        ("urgency=9", "urgency"),
        ("therapist=theo", "therapist"),
        ("therapist=-1", "therapist"),
        (f"therapist={'9' * 30}", "therapist"),
        ("therapist=%D9%A3", "therapist"),
        ("therapist=1&therapist=2", "therapist"),
        ("cause=bad_luck", "cause"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-11-02", "updated_since"),
        ("updated_since=2026-11-02T09:00:00", "updated_since"),
        ("updated_since=2026-13-45T09:00:00Z", "updated_since"),
        ("updated_since=2026-11-02T09:00:00+01:00", "updated_since"),
        ("updated_since=0001-01-01T00:00:00%2B23:59", "updated_since"),
        ("updated_since=9999-12-31T23:59:59-23:59", "updated_since"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=9223372036854775808", "limit"),
        ("limit=%C2%B2", "limit"),
        ("cursor=", "cursor"),
        ("therapist=", "therapist"),
        ("cause=%20", "cause"),
        ("updated_since=", "updated_since"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%21%21", "cursor"),
        (f"cursor={'A' * 500}", "cursor"),
        ("cursor=YXQ6MTox", "cursor"),  # at:1:1, of a timeline
        ("cursor=b3BlbmVkOjk5OTk5OTk5OTk5OTk5OTk5Ojk5OTk5OTk5OTk5OTk5OTk5OTk", "cursor"),  # far beyond any year
        ("satus=new", "satus"),
        ("format=xml", "format"),
        ("ordering=patient__family_name", "ordering"),
        ("patient__family_name__startswith=Q", "patient__family_name__startswith"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(manager_api: Api, query: str, field: str):
    response = manager_api.get(f"{CASES}?{query}")

    assert response.status_code == 400, response.content
    assert list(response.data["errors"]) == [field]
    assert response.headers["Content-Type"] == "application/problem+json"
