"""The description of the API: valid, complete, true to the answers, and shown without a foreign asset."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from clinic.accounts.models import Site, User
from tests.api import Api, api_of, flagged, intake_body, path_of, treated

KEY = {"Idempotency-Key": "0f8fad5b-d9cb-469f-a165-70867728950e"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    out = StringIO()
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out, skip_checks=True
    )
    return json.loads(out.getvalue())


@pytest.fixture
def at_noon(monday: datetime):
    with time_machine.travel(monday + timedelta(hours=3), tick=False):
        yield


def test_it_is_openapi_3_1_without_a_warning(schema: dict[str, Any]):
    assert schema["openapi"] == "3.1.1"


def test_every_operation_has_a_name_of_its_own_and_says_its_problems(schema: dict[str, Any]):
    operations = [each for path in schema["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+[A-Za-z]*", name) for name in names)
    for each in operations:
        assert each["summary"], each["operationId"]
        refusals = {status for status in each["responses"] if status >= "400"}
        assert {"400", "503"} <= refusals
        for status in refusals:
            assert list(each["responses"][status]["content"]) == ["application/problem+json"]


def test_a_correction_documents_its_precondition(schema: dict[str, Any]):
    patch = schema["paths"]["/api/v1/cases/{reference}/"]["patch"]

    assert {"400", "401", "403", "404", "409", "412", "428"} <= set(patch["responses"])
    assert [each["required"] for each in patch["parameters"] if each["name"] == "If-Match"] == [True]


@pytest.mark.parametrize(("path", "method"), [("quality/", "get"), ("tokens/", "post"), ("cases/", "get")])
def test_where_a_role_may_be_too_small_it_says_so(schema: dict[str, Any], path: str, method: str):
    assert "403" in schema["paths"][f"/api/v1/{path}"][method]["responses"]


def test_making_a_token_says_that_a_password_may_be_wrong(schema: dict[str, Any]):
    assert "401" in schema["paths"]["/api/v1/tokens/"]["post"]["responses"]


def test_the_form_is_described_by_its_own_questions(schema: dict[str, Any]):
    body = schema["components"]["schemas"]["IntakeIn"]
    answers = schema["components"]["schemas"]["IntakeAnswers"]

    assert body["properties"]["answers"] == {"$ref": "#/components/schemas/IntakeAnswers"}
    assert answers["properties"]["pain_now"]["maximum"] == 10
    assert answers["additionalProperties"] is False
    Draft202012Validator(answers).validate(intake_body()["answers"])


def test_answers_are_what_the_description_says(
    schema: dict[str, Any], therapist: User, manager: User, monday: datetime, at_noon: None
):
    case = treated(therapist)
    flag = flagged(case)
    api = api_of(therapist)

    def check(response: Any, path: str, method: str = "get") -> None:
        assert response.status_code < 300, response.content
        told = schema["paths"][path][method]["responses"][str(response.status_code)]
        wanted = told["content"]["application/json"]["schema"]
        Draft202012Validator(wanted | {"components": schema["components"]}).validate(response.data)

    one = "/api/v1/cases/{reference}/"
    check(api.post(path_of(case, "notes/"), {"text": "Seen."}), f"{one}notes/", "post")
    check(api.post(path_of(case, "visits/"), {"starts_at": "2026-11-09T15:00:00Z"}), f"{one}visits/", "post")
    check(api.post(path_of(case, "outcomes/"), {"instrument": "akps", "score": 70}), f"{one}outcomes/", "post")
    wrong = f"outcomes/{case.outcomes.get().pk}/strike-out/"
    check(
        api.post(path_of(case, wrong), {"reason": "Typed wrong."}), f"{one}outcomes/{{outcome_id}}/strike-out/", "post"
    )
    found = {"causes": ["overuse"], "confidence": "low"}
    check(api.post(path_of(case, "finding/"), found), f"{one}finding/", "post")
    check(api.post(path_of(case, "plan/"), {}), f"{one}plan/", "post")
    check(api.post(path_of(case, "plan/approve/")), f"{one}plan/approve/", "post")
    check(api.get("/api/v1/cases/"), "/api/v1/cases/")
    check(api.get(path_of(case)), one)
    for part in ("notes/", "visits/", "outcomes/", "timeline/", "check-ins/"):
        check(api.get(path_of(case, part)), f"{one}{part}")
    check(api.get(path_of(case, f"check-ins/{case.check_ins.first().pk}/")), f"{one}check-ins/{{check_in_id}}/")
    check(
        api.post(path_of(case, f"flags/{flag.pk}/clear/"), {"reason": "Seen."}),
        f"{one}flags/{{flag_id}}/clear/",
        "post",
    )
    check(api_of(manager).post(path_of(case, "assign/"), {"therapist": None}), f"{one}assign/", "post")
    check(api.get("/api/v1/tokens/"), "/api/v1/tokens/")
    check(api_of().post("/api/v1/intakes/", intake_body(), headers=KEY), "/api/v1/intakes/", "post")


def test_the_description_is_for_staff(site: Site, therapist: User):
    assert Api().get("/api/v1/schema/").status_code == 401
    assert api_of(therapist).get("/api/v1/schema/").status_code == 200


def test_a_browser_that_is_not_signed_in_is_sent_to_do_that(db: None):
    response = Client().get("/api/v1/docs/")

    assert (response.status_code, response.url) == (302, "/admin/login/?next=/api/v1/docs/")


def test_the_readable_page_takes_every_asset_from_here(therapist: User):
    browser = Client()
    browser.force_login(therapist)

    page = browser.get("/api/v1/docs/")
    script = browser.get("/api/v1/docs/?script=")

    assert (page.status_code, script.status_code) == (200, 200)
    assert script.headers["Content-Type"].startswith("application/javascript")
    text = page.content.decode()
    assets = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert assets
    assert all(address.startswith(("/static/", "/api/v1/")) for address in assets)
    # Under the content security policy an inline script would not run at all.
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "script-src 'unsafe" not in page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_there_is_no_browsable_page_and_no_description_by_options(therapist: User):
    api = api_of(therapist)

    as_browser = api.get("/api/v1/cases/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert as_browser.headers["Content-Type"] == "application/json"
    assert api.options("/api/v1/cases/").status_code == 405
