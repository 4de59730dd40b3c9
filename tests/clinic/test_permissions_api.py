"""Every address of the API × every role × own case, own site and another site: nobody sees or does more than the table.

A new address without a row here fails `test_every_address_has_its_row`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core.cache import cache
from django.urls import URLPattern, URLResolver, get_resolver

from cases.models import Case, Outcome, Plan, PlanExercise
from clinic.accounts.models import Role, Site, User
from tests.api import Api, api_of, flagged, intake_body, reported
from tests.clinic.papers import papers_of
from tests.factories import MONDAY, CaseFactory, CheckInFactory, PatientFactory, VisitFactory, staff

D, T, M, A, I = Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER, Role.AUDITOR, Role.INTEGRATION  # noqa: E741
EVERYBODY = frozenset({D, T, M, A, I})
CASE = "api/v1/cases/<str:reference>/"
NEEDLED = {
    "muscles": ["vastus lateralis"],
    "needle": "0.25 x 40 mm",
    "batch": "B-1",
    "response": "Twitch.",
    "adverse_events": [],
    "consent": True,
}
VISIT = {"starts_at": "2026-11-09T15:00:00Z"}


@dataclass(frozen=True)
class Row:
    """One method of one address. roles: who may, on a case that is theirs; is_open: without an account too."""

    method: str
    address: str
    roles: frozenset[Role]
    body: dict[str, Any] | None = None
    is_open: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_of_a_case(self) -> bool:
        return self.address.startswith(CASE)


def row(method: str, address: str, *roles: Role, body: dict[str, Any] | None = None, **more: Any) -> Row:
    return Row(method, address, frozenset(roles), body, **more)


TABLE = [
    row("GET", "api/v1/cases/", *EVERYBODY),
    row("GET", "api/v1/quality/", T, M),
    row("GET", "api/v1/instruments/", *EVERYBODY),
    row("GET", CASE, D, T, M, A, I),
    row("GET", f"{CASE}knee.svg", D, T, M, I),
    row("GET", f"{CASE}progress/", D, T, M, I),
    row("GET", f"{CASE}progress.svg", D, T, M, I),
    row("GET", f"{CASE}visits/<int:visit_id>.ics", *EVERYBODY),
    row("PATCH", CASE, T, M, body={"knee_side": "both", "reason": "Both hurt."}),
    row("POST", f"{CASE}review/", D, T, M),
    row("POST", f"{CASE}schedule/", D, T, M, body=VISIT),
    row("POST", f"{CASE}start-treatment/", T, M),
    row("POST", f"{CASE}discharge/", T, M, body={"reason": "Done."}),
    row("POST", f"{CASE}close/", T, M, body={"reason": "declined"}),
    row("POST", f"{CASE}reopen/", T, M, body={"reason": "Came back."}),
    row("POST", f"{CASE}assign/", M, body={"therapist": None}),
    row("POST", f"{CASE}flags/<int:flag_id>/acknowledge/", D, T, M),
    row("POST", f"{CASE}flags/<int:flag_id>/clear/", T, body={"reason": "Examined."}),
    row("GET", "api/v1/examination-tests/", *EVERYBODY),
    row("GET", f"{CASE}examinations/", T, M),
    row("POST", f"{CASE}examinations/", T, body={"results": {"j_sign": {"left": "absent"}}}),
    row("GET", f"{CASE}suggestions/", T, M),
    row("POST", f"{CASE}finding/", T, body={"causes": ["overuse"], "confidence": "low"}),
    row("POST", f"{CASE}plan/", T, body={}),
    row("POST", f"{CASE}plan/approve/", T),
    row("GET", f"{CASE}plan/programme/", D, T, M),
    row("GET", f"{CASE}plans/", T, M),
    row("GET", f"{CASE}plans/<int:before>/diff/<int:after>/", T, M),
    row("GET", f"{CASE}needling-screenings/", T, M),
    row("POST", f"{CASE}needling-screenings/", T, body={"answers": {}}),
    row("GET", f"{CASE}needling-sessions/", T, M),
    row("POST", f"{CASE}needling-sessions/", T, body=NEEDLED),
    row("GET", f"{CASE}visits/", D, T, M, A, I),
    row("POST", f"{CASE}visits/", D, T, M, body=VISIT),
    row("POST", f"{CASE}visits/<int:visit_id>/move/", D, T, M, body=VISIT),
    row("POST", f"{CASE}visits/<int:visit_id>/settle/", D, T, M, body={"status": "cancelled"}),
    row("GET", f"{CASE}outcomes/", D, T, M, I),
    row("POST", f"{CASE}outcomes/", T, body={"instrument": "akps", "score": 70}),
    row("POST", f"{CASE}outcomes/<int:outcome_id>/strike-out/", T, body={"reason": "Typed wrong."}),
    row("GET", f"{CASE}notes/", T, M),
    row("POST", f"{CASE}notes/", T, body={"text": "Seen."}),
    row("GET", f"{CASE}timeline/", T, M, A),
    row("GET", f"{CASE}check-ins/", D, T, M, I),
    row("POST", f"{CASE}check-ins/", T, M, body={"check_in": 1, "answers": {"pain_now": 3}}),
    row("GET", f"{CASE}check-ins/<int:check_in_id>/", D, T, M, I),
    row("GET", f"{CASE}consents/", D, T, M, I),
    row("GET", f"{CASE}consents/<int:consent_id>/copy/", D, T, M, I),
    row("GET", f"{CASE}files/", D, T, M),
    row("POST", f"{CASE}files/<uuid:file_id>/open/", T, M),
    row("POST", f"{CASE}files/<uuid:file_id>/release/", T, M),
    row(
        *("POST", "api/v1/intakes/", D, M, I),
        body=intake_body(),
        is_open=True,
        headers={"Idempotency-Key": "0f8fad5b-d9cb-469f-a165-70867728950e"},
    ),
    row("GET", "api/v1/questionnaire/", *EVERYBODY, is_open=True),
    row("GET", "api/v1/tokens/", *EVERYBODY),
    # Every row is asked with a token, and a token makes no other.
    row("POST", "api/v1/tokens/", body={}, is_open=True),
    row("DELETE", "api/v1/tokens/", *EVERYBODY),
    row("DELETE", "api/v1/tokens/<str:token_id>/", *EVERYBODY),
    row("GET", "api/v1/schema/", *EVERYBODY),
    row("GET", "api/v1/docs/", *EVERYBODY, is_open=True),
]
OF_A_CASE = [each for each in TABLE if each.is_of_a_case]


def addresses(patterns: list[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Every (method, address) of the API that the resolver knows."""
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and address.startswith("api/"):
            view = pattern.callback.view_class
            for method in ("get", "post", "put", "patch", "delete"):
                if hasattr(view, method):
                    yield method.upper(), address


def test_every_address_has_its_row():
    known = {(each.method, each.address) for each in TABLE}

    assert set(addresses(get_resolver().url_patterns)) == known


def called(each: Row) -> str:
    return f"{each.method} {each.address.removeprefix('api/v1/')}"


@pytest.fixture(autouse=True)
def _on_monday(monday: datetime):
    cache.clear()
    with time_machine.travel(monday + timedelta(hours=1), tick=False):
        yield


@dataclass
class Scene:
    """A case with a flag, a visit, a check-in and a suggestion, and the addresses of all of it."""

    case: Case
    numbers: dict[str, int]
    file: UUID

    def path(self, each: Row, reference: str | None = None) -> str:
        path = "/" + each.address.replace("<str:reference>", reference or self.case.reference)
        for name, number in self.numbers.items():
            path = path.replace(f"<int:{name}>", str(number))
        path = path.replace("<uuid:file_id>", str(self.file))
        return path.replace("<str:token_id>", "patella_0000000")

    def body(self, each: Row) -> dict[str, Any] | None:
        if each.body and "check_in" in each.body:
            return each.body | {"check_in": self.numbers["check_in_id"]}
        return each.body


def planned(case: Case, by: User) -> None:
    """Two versions of a plan; the one in force holds an exercise."""
    for number, status in enumerate(("superseded", "approved"), 1):
        plan = Plan.objects.create(case=case, number=number, drafted_by=by, drafted_at=MONDAY)
        PlanExercise.objects.create(
            plan=plan, position=1, name="Clam", instructions="Open the upper knee.", sets=3, reps=10, days_per_week=3
        )
        Plan.objects.filter(pk=plan.pk).update(status=status, approved_by=by, approved_at=MONDAY)


def scene(site: Site, therapist: User | None = None) -> Scene:
    case = CaseFactory(patient=PatientFactory(site=site), therapist=therapist)
    reported(case)
    flag = flagged(case)
    score = Outcome.objects.create(case=case, instrument="akps", score=70, taken_at=MONDAY)
    booker = staff(Role.FRONT_DESK, site)
    visit = VisitFactory(case=case, booked_by=booker)
    check_in = CheckInFactory(case=case, round=9)
    planned(case, booker)
    signed, upload = papers_of(case, case.reports.earliest("pk"))
    return Scene(
        case,
        {
            "before": 1,
            "after": 2,
            "flag_id": flag.pk,
            "outcome_id": score.pk,
            "visit_id": visit.pk,
            "check_in_id": check_in.pk,
            "consent_id": signed.pk,
        },
        upload.pk,
    )


def ask(api: Api, each: Row, at: Scene, reference: str | None = None) -> Any:
    return api.generic(
        each.method,
        at.path(each, reference),
        b"" if each.body is None else json.dumps(at.body(each)).encode(),
        content_type="application/json",
        headers=each.headers,
    )


@pytest.mark.parametrize("each", TABLE, ids=called)
def test_a_role_does_what_its_row_says_and_no_more(site: Site, each: Row):
    for role in sorted(EVERYBODY):
        user = staff(role, site)
        at = scene(site, therapist=user if role is T else None)

        status = ask(api_of(user), each, at).status_code

        if role not in each.roles:
            assert (role, status) == (role, 403)
        elif "token_id" in each.address:
            assert (role, status) == (role, 404)
        else:
            # Whatever the case's state answers to it: the door was open.
            assert status not in {401, 403, 404}, role
            assert status < 500, role


@pytest.mark.parametrize("each", OF_A_CASE, ids=called)
def test_another_site_looks_like_nothing_at_all(site: Site, other_site: Site, each: Row):
    elsewhere = scene(other_site)
    for role in sorted(EVERYBODY):
        api = api_of(staff(role, site))

        there = ask(api, each, elsewhere)
        nowhere = ask(api, each, elsewhere, reference="K-FFFFFFFF")

        assert (role, there.status_code) == (role, 404)
        assert there.content == nowhere.content
        assert there.headers.items() == nowhere.headers.items()


@pytest.mark.parametrize("each", OF_A_CASE, ids=called)
def test_a_case_of_a_colleague_looks_like_nothing_at_all(site: Site, each: Row):
    api = api_of(staff(T, site))
    of_a_colleague = scene(site, therapist=staff(T, site))

    there = ask(api, each, of_a_colleague)
    nowhere = ask(api, each, of_a_colleague, reference="K-FFFFFFFF")

    assert (there.status_code, there.content) == (404, nowhere.content)


@pytest.mark.parametrize("each", OF_A_CASE, ids=called)
def test_a_former_member_of_staff_and_the_installer_see_no_patient(site: Site, each: Row):
    at = scene(site)
    installer = User.objects.create_superuser("root@clinic.example", "kneecap-and-tendon", name="Root")
    api = api_of(installer)

    assert ask(api, each, at).status_code == 404
    User.objects.filter(pk=installer.pk).update(is_active=False)
    assert ask(api, each, at).status_code == 401


@pytest.mark.parametrize("each", TABLE, ids=called)
def test_without_an_account_only_the_open_doors_open(site: Site, each: Row):
    at = scene(site)

    status = ask(api_of(), each, at).status_code

    if each.is_open:
        assert status in {200, 201, 302, 400}
    else:
        assert status == 401


@pytest.mark.parametrize("each", [each for each in TABLE if each.method == "GET"], ids=called)
def test_nothing_of_another_site_stands_in_any_answer(site: Site, other_site: Site, each: Row):
    user = staff(Role.MANAGER, site)
    mine = scene(site)
    theirs = scene(other_site)
    Case.objects.filter(pk=theirs.case.pk).update(ending_note="canary-7f3a")

    answer = ask(api_of(user), each, mine).content.decode()

    for canary in (
        theirs.case.reference,
        theirs.case.patient.family_name,
        theirs.case.patient.reference,
        "canary-7f3a",
    ):
        assert canary not in answer
