"""GET /api/v1/quality/: the report, whole, narrowed, and refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.api.quality_shown import QualityOut
from clinic.accounts.models import Role, Site, User
from tests.api import Api
from tests.cases.services.test_quality import compared_case, scored, treated_case
from tests.factories import staff

QUALITY = "/api/v1/quality/"


def test_an_empty_clinic_hides_every_figure(manager_api: Api):
    found = manager_api.get(QUALITY).data

    assert found["sites"] == ["riverside"]
    assert (found["from"], found["to"], found["least_cases"], found["synthetic"]) == (None, None, 20, False)
    assert found["agreement"][0]["top_1"] == {
        "n": 0,
        "count": None,
        "rate": None,
        "interval_95": None,
        "hidden": "fewer than 20 cases",
    }
    assert found["outcomes"]["all"]["cases"] == 0


@pytest.mark.parametrize(("cases", "rate"), [(19, None), (20, 1.0)])
def test_a_rate_appears_with_the_twentieth_case(
    manager_api: Api, therapist: User, site: Site, cases: int, rate: float | None
):
    for _ in range(cases):
        compared_case(therapist, site)

    found = manager_api.get(QUALITY).data["agreement"][0]

    assert (found["stage"], found["top_1"]["n"], found["top_1"]["rate"]) == ("intake", cases, rate)


def test_a_therapist_reads_her_own_cases_only(therapist_api: Api, therapist: User, site: Site):
    compared_case(therapist, site)
    compared_case(staff(Role.THERAPIST, site), site)

    assert therapist_api.get(QUALITY).data["agreement"][0]["cases"] == 1


def test_invented_patients_are_never_shown_as_evidence(manager_api: Api, settings: Any):
    settings.DEMO = True

    found = manager_api.get(QUALITY).data

    assert found["synthetic"] is True
    assert "demo clinic" in found["caveats"][0]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-W01-1"}, "from"),
        ({"from": "20260101"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "to"),
        ({"site": "moon"}, "site"),
        ({"cause": "overuse"}, "cause"),
    ],
)
def test_what_cannot_be_read_is_named(manager_api: Api, query: dict[str, str], named: str):
    answer = manager_api.get(QUALITY, query)

    assert (answer.status_code, list(answer.data["errors"])) == (400, [named])


def test_a_site_out_of_reach_is_answered_like_one_that_does_not_exist(manager_api: Api, other_site: Site):
    there = manager_api.get(QUALITY, {"site": other_site.slug})
    nowhere = manager_api.get(QUALITY, {"site": "moon"})

    assert (there.status_code, there.content) == (400, nowhere.content)


def test_a_period_and_a_site_narrow_it(manager_api: Api, therapist: User, site: Site):
    compared_case(therapist, site)

    inside = manager_api.get(QUALITY, {"from": "2026-11-04", "to": "2026-11-04", "site": "riverside"}).data
    outside = manager_api.get(QUALITY, {"from": "2026-11-05"}).data

    assert (inside["agreement"][0]["cases"], inside["from"]) == (1, "2026-11-04")
    assert outside["agreement"][0]["cases"] == 0


def test_the_answer_is_what_the_description_says(manager_api: Api, therapist: User, site: Site):
    scored(treated_case(therapist, site), 7, 2)

    found = manager_api.get(QUALITY).data

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(each) for name, each in value.items()}
        return [shape(each) for each in value[:1]] if isinstance(value, list) else None

    assert shape(QualityOut(found).data) == shape(found)


def test_it_costs_six_statements_for_one_case_and_for_a_hundred(manager_api: Api, therapist: User, site: Site):
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert manager_api.get(QUALITY).status_code == 200
        return len(seen)

    treated_case(therapist, site)
    for_one = statements()
    for _ in range(99):
        treated_case(therapist, site)

    # The token with its person, the memberships, the sites; then suggestions of both stages and outcomes.
    assert (for_one, statements()) == (6, 6)
