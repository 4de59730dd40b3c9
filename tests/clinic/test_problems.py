"""What goes wrong becomes one shape of answer, whoever noticed it."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import Http404, HttpRequest
from django.test import Client
from rest_framework import exceptions

from cases.models import Visit
from cases.services.errors import Refusal, Stale, WrongInput
from clinic.accounts.models import User
from clinic.problems import not_found, problem_response
from intake.services.submissions import OtherContent
from tests.api import Api, api_of, path_of
from tests.factories import CaseFactory, VisitFactory


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (WrongInput({"reason": ["Say why."]}), 400, "invalid"),
        (Stale("Read it again."), 412, "stale_version"),
        (Refusal("Not now."), 409, "refused"),
        (OtherContent("Another form."), 422, "idempotency_key_reused"),
        (exceptions.ValidationError({"status": ["?"]}), 400, "invalid"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.Throttled(wait=3.2), 429, "throttled"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (OperationalError("canceling statement due to statement timeout"), 503, "busy"),
    ],
)
def test_every_error_has_its_status_and_code(error: Exception, status: int, code: str):
    response = problem_response(error, {})

    assert response is not None
    assert (response.status_code, response.data["status"], response.data["code"]) == (status, status, code)
    assert set(response.data) >= {"type", "title", "status", "code", "detail"}
    assert "timeout" not in str(response.data)


def test_an_error_nobody_expected_stays_one():
    assert problem_response(ZeroDivisionError(), {}) is None


def test_fields_are_named_by_their_path():
    detail = {"items": [{}, {"name": ["Name it."]}], "causes": {0: ["?"]}, "non_field_errors": ["Both or none."]}

    response = problem_response(exceptions.ValidationError(detail), {})

    assert response is not None
    assert response.data["errors"] == {"items.1.name": ["Name it."], "causes.0": ["?"], "body": ["Both or none."]}


def test_nothing_is_found_in_the_same_words_inside_and_outside_the_views(therapist: User):
    inside = api_of(therapist).get("/api/v1/cases/K-00000000/")

    assert inside.content == not_found(HttpRequest()).content


def test_the_last_line_is_the_databases_and_speaks_in_a_sentence(therapist: User):
    VisitFactory(therapist=therapist, case=CaseFactory(therapist=therapist))
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        VisitFactory(therapist=therapist, case=CaseFactory(therapist=therapist))

    response = problem_response(caught.value, {})

    assert response is not None
    assert (response.status_code, response.data["code"]) == (409, "conflict")
    assert "one planned visit per therapist and start" in response.data["detail"]


@pytest.mark.django_db(transaction=True)
def test_two_who_book_one_hour_of_a_therapist_get_one_visit(therapist: User, manager: User, monday: datetime):
    cases = [CaseFactory(therapist=therapist, status="scheduled") for _ in range(2)]
    apis = [api_of(manager) for _ in cases]
    start = threading.Barrier(2)
    answers: Counter[int] = Counter()

    def book(api: Api, path: str) -> None:
        try:
            start.wait()
            answers[api.post(path, {"starts_at": "2026-11-09T15:00:00Z"}).status_code] += 1
        finally:
            connection.close()

    with time_machine.travel(monday + timedelta(hours=1), tick=False):
        threads = [
            threading.Thread(target=book, args=(api, path_of(case, "visits/")))
            for api, case in zip(apis, cases, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == {201: 1, 400: 1}
    assert Visit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/intake/", "/admin/login/", "/api/v1/questionnaire/", "/api/v1/cases/"])
def test_a_database_that_is_taken_asks_for_a_second_try_on_every_page(path: str, manager: User):
    client = Client(raise_request_exception=False)
    client.force_login(manager)
    taken = connection.copy()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")

    try:
        with taken.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE accounts_site, django_session IN ACCESS EXCLUSIVE MODE")
        response = client.get(path)
    finally:
        taken.close()
        connection.close()

    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert response.headers["Content-Type"].startswith("application/problem+json" if "/api/" in path else "text/html")
