"""The front door for programs: a form sent once, the questions as data, a check-in taken by telephone."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from cases.models import Case, CheckIn, Patient, SymptomReport
from cases.rules.terms import Cause
from clinic.accounts.models import Role, Site, User
from intake.models import Submission
from tests.api import KEY, Api, api_of, intake_body, path_of, treated
from tests.factories import ROUTINE_ANSWERS, CaseFactory, SiteFactory, staff

INTAKES = "/api/v1/intakes/"
NOBODY_HOME = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}


@pytest.fixture(autouse=True)
def _on_monday(monday: datetime):
    cache.clear()
    with time_machine.travel(monday + timedelta(hours=1), tick=False):
        yield


def send(api: Api | None = None, *, key: str | None = KEY, **changes: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return (api or api_of()).post(INTAKES, intake_body(**changes), headers=headers)


# --- a form


def test_anybody_may_send_a_form_and_is_told_what_to_do_now(site: Site):
    response = send()

    case = Case.objects.get()
    assert response.status_code == 201, response.data
    assert response.data == {
        "reference": case.reference,
        "received_at": "2026-11-02T16:00:00Z",
        "urgency": "routine",
        "advice": response.data["advice"],
        "emergency_number": "911",
    }
    assert response.data["advice"][0].startswith("Contact us the same day if")


def test_the_patient_is_never_told_a_suspected_cause(site: Site):
    said = send().content.decode().lower()

    assert Case.objects.get().suggestions.get().causes
    for word in (*Cause, *(cause.label.lower() for cause in Cause), "suspect", "diagnos", "patellofemoral"):
        assert word not in said


def test_an_emergency_says_where_to_go_now(site: Site):
    response = send(chest_pain_or_breathless="yes")

    assert (response.status_code, response.data["urgency"]) == (201, "emergency")
    assert "emergency department now" in response.data["advice"][0]


def test_the_same_key_and_form_gives_the_first_answer_word_for_word(site: Site, monday: datetime):
    first = send(calf_swelling="yes")
    with time_machine.travel(monday + timedelta(days=1)):
        again = send(calf_swelling="yes")

    assert first.data["urgency"] == "same_day"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (Case.objects.count(), Patient.objects.count(), Submission.objects.count()) == (1, 1, 1)


def test_a_form_taken_once_is_not_refused_when_it_comes_again(site: Site):
    first = send()
    Site.objects.update(slug="moved")
    again = send()
    unknown = send(key="another-key-of-mine")

    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert (unknown.status_code, Case.objects.count()) == (400, 1)


def test_the_same_key_with_another_form_is_refused(site: Site):
    send()

    response = send(pain_now=4)

    assert (response.status_code, response.data["code"]) == (422, "idempotency_key_reused")
    assert Case.objects.count() == 1


def test_another_key_is_another_form(site: Site):
    answers = [send(key=f"{number:032x}").data["reference"] for number in range(2)]

    # Nobody who knows a name and a birthday reaches a chart: each form of the open web is a patient of its own.
    assert len(set(answers)) == 2
    assert Patient.objects.filter(is_provisional=True).count() == 2


@pytest.mark.parametrize(
    "key", [None, "", "short", "k" * 65, "with space in the middle", "ключ-ключ-ключ-ключ", "a" * 16 + "\n"]
)
def test_a_form_without_a_good_key_is_refused_by_the_headers_name(site: Site, key: str | None):
    if key is not None and not key.isascii():
        key = key.encode().decode("latin-1")

    response = send(key=key)

    if key is not None and key.strip() != key:
        assert response.status_code == 201
        return
    assert (response.status_code, list(response.data["errors"])) == (400, ["Idempotency-Key"])
    assert Submission.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_eight_equal_forms_at_once_are_one_case_and_equal_answers():
    SiteFactory()
    start = threading.Barrier(8)
    answers: Counter[tuple[int, bytes]] = Counter()

    def submit() -> None:
        try:
            start.wait()
            response = send()
            answers[response.status_code, response.content] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(answers.values()) == [8]
    assert (Case.objects.count(), SymptomReport.objects.count(), Submission.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pain_now": 11}, "answers.pain_now"),
        ({"pain_now": "3"}, "answers.pain_now"),
        ({"pain_now": True}, "answers.pain_now"),
        ({"pain_now": 10**39}, "answers.pain_now"),
        ({"pain_now": [3]}, "answers.pain_now"),
        ({"knee_side": "middle"}, "answers.knee_side"),
        ({"knee_side": {"x": 1}}, "answers.knee_side"),
        ({"aggravating": "squatting"}, "answers.aggravating"),
        ({"aggravating": ["flying"]}, "answers.aggravating"),
        ({"aggravating": [["squatting"]]}, "answers.aggravating"),
        ({"date_of_birth": "2026-11-03"}, "answers.date_of_birth"),
        ({"date_of_birth": "03/04/1999"}, "answers.date_of_birth"),
        ({"date_of_birth": "1999-02-30"}, "answers.date_of_birth"),
        ({"date_of_birth": "0000-00-00"}, "answers.date_of_birth"),
        ({"date_of_birth": 19990304}, "answers.date_of_birth"),
        ({"phone": "call me"}, "answers.phone"),
        ({"email": "rosa at example"}, "answers.email"),
        ({"site": "atlantis"}, "answers.site"),
        ({"site": ["riverside"]}, "answers.site"),
        ({"site": {"slug": "riverside"}}, "answers.site"),
        ({"given_name": "x" * 500}, "answers.given_name"),
        ({"given_name": None}, "answers.given_name"),
        ({"calf_swelling": None}, "answers.calf_swelling"),
        ({"consent_to_process": "no"}, "answers.consent_to_process"),
        ({"activities": {"type": "running"}}, "answers.activities"),
        ({"activities": ["running"]}, "answers.activities.0"),
        ({"activities": [{"type": "running", "sessions_per_week": -1}]}, "answers.activities.0.sessions_per_week"),
        ({"activities": [{"type": "sleeping"}]}, "answers.activities.0.type"),
        ({"activities": [{"type": "running", "colour": "red"}]}, "answers.activities.0.colour"),
        ({"goals": []}, "answers.goals"),
        ({"goals": [{"activity": "Run", "score": 11}]}, "answers.goals.0.score"),
        ({"favourite_colour": "red"}, "answers.favourite_colour"),
        ({"age": 27}, "answers.age"),
        ({"case": "K-00000001"}, "answers.case"),
    ],
)
def test_a_wrong_answer_is_named_and_nothing_is_stored(site: Site, changes: dict[str, Any], field: str):
    response = send(**changes)

    assert response.status_code == 400, response.data
    assert field in response.data["errors"]
    assert (Case.objects.count(), Patient.objects.count(), Submission.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "answers"),
        ({"answers": {}}, "answers"),
        ({"answers": []}, "answers"),
        ({"answers": "yes"}, "answers"),
        ({"answers": None}, "answers"),
        ({"answers": ROUTINE_ANSWERS, "language": "tlh"}, "language"),
        ({"answers": ROUTINE_ANSWERS, "language": 5}, "language"),
        ({"answers": ROUTINE_ANSWERS, "patient": "P-1"}, "patient"),
        (ROUTINE_ANSWERS, "pain_now"),
    ],
)
def test_a_wrong_body_is_refused_by_name(site: Site, body: dict[str, Any], field: str):
    response = api_of().post(INTAKES, body, headers={"Idempotency-Key": KEY})

    assert response.status_code == 400
    assert field in response.data["errors"]


def test_words_of_every_script_come_back_unchanged(site: Site):
    name = "Zoë \u05e9\u05dc\u05d5\u05dd O'Brien"

    send(given_name=name, family_name="<script>alert(1)</script>")

    patient = Patient.objects.get()
    assert (patient.given_name, patient.family_name) == (name, "<script>alert(1)</script>")


def test_a_form_costs_a_fixed_number_of_statements(site: Site):
    def statements(key: str, **changes: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert send(key=key, **changes).status_code == 201
        return len([query for query in seen if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    few = statements("1" * 16)
    many = statements("2" * 16, aggravating=["squatting", "stairs_down", "stairs_up", "running", "jumping"])

    assert few == many
    assert few <= 20


# --- who sends it


def test_a_form_that_staff_send_names_them(front_desk: User):
    assert send(api_of(front_desk)).status_code == 201
    assert Submission.objects.get().received_by == front_desk
    assert SymptomReport.objects.get().recorded_by == front_desk


@pytest.mark.parametrize(("role", "status"), [(Role.INTEGRATION, 201), (Role.THERAPIST, 403), (Role.AUDITOR, 403)])
def test_another_role_sends_a_form_only_where_it_may(site: Site, role: Role, status: int):
    assert send(api_of(staff(role, site))).status_code == status


def test_a_system_of_another_site_sends_none_here(site: Site, other_site: Site):
    assert send(api_of(staff(Role.INTEGRATION, other_site))).status_code == 403
    assert Submission.objects.count() == 0


def test_keys_of_two_senders_do_not_meet(site: Site, front_desk: User):
    first, second = send(), send(api_of(front_desk), pain_now=4)

    assert (first.status_code, second.status_code) == (201, 201)


def test_a_signed_in_browser_needs_its_csrf_token(front_desk: User):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(front_desk)

    response = browser.post(INTAKES, intake_body(), format="json", headers={"Idempotency-Key": KEY})

    assert response.status_code == 403


# --- how often


@override_settings(INTAKE_RATE="2/hour")
def test_one_address_does_not_flood_the_clinic(site: Site):
    answers = [send(key=f"{number:032x}") for number in range(3)]

    assert [response.status_code for response in answers] == [201, 201, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert answers[2].data["code"] == "throttled"


@override_settings(INTAKE_RATE="1/hour")
def test_a_connected_system_is_not_counted_with_the_open_web(site: Site):
    api = api_of(staff(Role.INTEGRATION, site))

    assert [send(api, key=f"{number:032x}").status_code for number in range(3)] == [201, 201, 201]


@override_settings(CACHES=NOBODY_HOME)
def test_without_redis_a_form_is_taken_as_before(site: Site):
    assert send().status_code == 201


def test_the_cache_holds_no_address(site: Site):
    send()

    keys = cache._cache.get_client(None).keys("*")
    assert keys
    assert not any(b"127.0.0.1" in key for key in keys)


# --- the questions


def test_the_questions_are_public_and_name_the_clinics(site: Site):
    response = api_of().get("/api/v1/questionnaire/")

    questions = {each["name"]: each for part in response.data["sections"] for each in part["questions"]}
    assert response.status_code == 200
    assert [option["value"] for option in questions["site"]["options"]] == ["riverside"]
    assert questions["pain_now"]["high"] == 10


@pytest.mark.parametrize(
    ("query", "field"), [("language=tlh", "language"), ("lang=es", "lang"), ("language=", "language")]
)
def test_a_wrong_language_is_refused(db: None, query: str, field: str):
    response = api_of().get(f"/api/v1/questionnaire/?{query}")

    assert (response.status_code, list(response.data["errors"])) == (400, [field])


# --- check-ins


@pytest.fixture
def check_in(therapist: User, monday: datetime) -> CheckIn:
    case = treated(therapist)
    return case.check_ins.order_by("due_at").first()


def answers_for(api: Api, check_in: CheckIn) -> dict[str, Any]:
    """Nothing alarming and some pain, in the words of the check-in's own questions."""
    asked = api.get(path_of(check_in.case, f"check-ins/{check_in.pk}/")).data["questionnaire"]
    answers: dict[str, Any] = {}
    for section in asked["sections"]:
        for question in section["questions"]:
            if question["required"] and "shown_when" not in question:
                options = [option["value"] for option in question.get("options", [])]
                calm = next((each for each in ("no", "none", "0") if each in options), None)
                answers[question["name"]] = calm or (options[0] if options else 2)
                if question["kind"] == "choices":
                    answers[question["name"]] = [answers[question["name"]]]
    return answers


def test_a_check_in_taken_by_telephone_becomes_a_report_of_the_case(
    therapist: User, check_in: CheckIn, monday: datetime
):
    api = api_of(therapist)
    answers = answers_for(api, check_in)

    with time_machine.travel(check_in.due_at + timedelta(hours=1), tick=False):
        filed = api.post(path_of(check_in.case, "check-ins/"), {"check_in": check_in.pk, "answers": answers})
        again = api.post(path_of(check_in.case, "check-ins/"), {"check_in": check_in.pk, "answers": answers})

    assert (filed.status_code, filed.data["source"]) == (201, "check_in"), filed.data
    assert (again.status_code, again.data["code"]) == (409, "already_answered")
    assert SymptomReport.objects.get(pk=filed.data["id"]).recorded_by == therapist
    listed = {each["id"]: each["answered_at"] for each in api.get(path_of(check_in.case, "check-ins/")).data}
    assert listed[check_in.pk] is not None


def test_wrong_answers_of_a_check_in_are_named(therapist: User, check_in: CheckIn):
    api = api_of(therapist)
    answers = answers_for(api, check_in) | {"pain_now": 99, "favourite_colour": "red"}

    response = api.post(path_of(check_in.case, "check-ins/"), {"check_in": check_in.pk, "answers": answers})

    assert response.status_code == 400
    assert set(response.data["errors"]) == {"answers.pain_now", "answers.favourite_colour"}


def test_a_check_in_of_another_case_is_not_there(therapist: User, check_in: CheckIn):
    case = CaseFactory(therapist=therapist)
    api = api_of(therapist)

    answers = [
        api.post(path_of(case, "check-ins/"), {"check_in": pk, "answers": {"pain_now": 3}})
        for pk in (check_in.pk, 10**9, 2**63 - 1)
    ]

    assert {response.status_code for response in answers} == {400}
    assert len({response.content for response in answers}) == 1
    assert api.get(path_of(case, f"check-ins/{check_in.pk}/")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "check_in"),
        ({"check_in": "1", "answers": {"pain_now": 3}}, "check_in"),
        ({"check_in": 10**39, "answers": {"pain_now": 3}}, "check_in"),
        ({"check_in": 1, "answers": []}, "answers"),
        ({"check_in": 1, "answers": {}}, "answers"),
        ({"check_in": 1, "answers": {"pain_now": 3}, "by": 2}, "by"),
    ],
)
def test_a_wrong_check_in_body_is_refused_by_name(therapist: User, check_in: CheckIn, body: dict[str, Any], field: str):
    response = api_of(therapist).post(path_of(check_in.case, "check-ins/"), body)

    assert response.status_code == 400
    assert field in response.data["errors"]
