"""Personal tokens: made with a password or a session, hashed, expiring, revocable, and limited against guessing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings
from knox.models import AuthToken
from rest_framework.test import APIClient

from clinic.accounts.limits import parse_rate
from clinic.accounts.models import User
from clinic.accounts.tokens import issue_token
from tests.api import Api, api_of

TOKENS = "/api/v1/tokens/"
NOBODY_HOME = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}


@pytest.fixture(autouse=True)
def _no_tries_counted(settings: Any):
    # A password is slow to check on purpose; these tests try fifty.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def nurse(therapist: User) -> User:
    therapist.set_password("kneecap-and-tendon")
    therapist.save()
    return therapist


def sign_in(email: str = "therapist@clinic.example", password: str = "kneecap-and-tendon", **more: object):
    return api_of().post(TOKENS, {"email": email, "password": password, **more})


def in_browser(user: User) -> Api:
    """Somebody signed in with a session and no token."""
    browser = Api()
    browser.force_login(user)
    return browser


def test_a_password_makes_a_token_that_opens_the_api(nurse: User):
    made = sign_in(email="Therapist@Clinic.Example ")

    api = Api()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {made.data['token']}")

    assert made.status_code == 201
    assert made.data["token"].startswith("patella_")
    assert api.get("/api/v1/cases/").status_code == 200


def test_the_token_itself_is_stored_nowhere(nurse: User):
    secret = sign_in().data["token"]

    stored = AuthToken.objects.values().get()

    assert secret not in str(stored)
    assert secret.startswith(stored["token_key"])


def test_the_answer_tells_nothing_about_who_works_here(nurse: User):
    gone = User.objects.create_user("gone@clinic.example", "kneecap-and-tendon", name="Gone", is_active=False)
    answers = [
        sign_in(password="wrong"),
        sign_in(email="nobody@clinic.example"),
        sign_in(email=gone.email),
        sign_in(email="not an address"),
    ]

    assert {response.status_code for response in answers} == {401}
    assert len({response.content for response in answers}) == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password"}),
        ({"email": "a@b.example"}, {"password"}),
        ({"email": 5, "password": True}, {"email", "password"}),
        ({"email": "a@b.example", "password": "x", "days": 0}, {"days"}),
        ({"email": "a@b.example", "password": "x", "days": 91}, {"days"}),
        ({"email": "a@b.example", "password": "x", "days": "30"}, {"days"}),
        ({"email": "a@b.example", "password": "x", "is_superuser": True}, {"is_superuser"}),
        ({"email": "a" * 300, "password": "x" * 300}, {"email", "password"}),
    ],
)
@pytest.mark.django_db
def test_a_wrong_body_is_refused_by_field(body: dict, fields: set[str]):
    response = api_of().post(TOKENS, body)

    assert response.status_code == 400, response.data
    assert set(response.data["errors"]) == fields


def test_a_token_expires(nurse: User):
    with time_machine.travel(datetime(2026, 11, 2, 9, tzinfo=UTC), tick=False):
        made = sign_in(days=1)
    api = Api()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {made.data['token']}")

    with time_machine.travel(datetime(2026, 11, 3, 8, 59, tzinfo=UTC)):
        alive = api.get("/api/v1/cases/")
    with time_machine.travel(datetime(2026, 11, 3, 9, 1, tzinfo=UTC)):
        dead = api.get("/api/v1/cases/")

    assert made.data["expires_at"] == "2026-11-03T09:00:00Z"
    assert (alive.status_code, dead.status_code) == (200, 401)


def test_a_token_dies_with_the_account(nurse: User):
    api = api_of(nurse)
    User.objects.filter(pk=nurse.pk).update(is_active=False)

    assert api.get("/api/v1/cases/").status_code == 401


def test_a_role_taken_away_is_gone_from_the_next_request(nurse: User):
    api = api_of(nurse)
    before = api.get(TOKENS).status_code
    nurse.memberships.all().delete()

    assert (before, api.get("/api/v1/cases/").data["results"]) == (200, [])


def test_one_sees_and_revokes_ones_own_tokens_only(nurse: User, manager: User):
    theirs, _ = issue_token(manager, now=datetime.now(UTC))
    api = api_of(nurse)
    other, _ = issue_token(nurse, now=datetime.now(UTC))

    listed = [token["id"] for token in api.get(TOKENS).data]
    not_mine = api.delete(f"{TOKENS}{theirs.token_key}/")
    not_there = api.delete(f"{TOKENS}patella_0000000/")
    mine = api.delete(f"{TOKENS}{other.token_key}/")

    assert set(listed) == set(AuthToken.objects.filter(user=nurse).values_list("token_key", flat=True)) | {
        other.token_key
    }
    assert (not_mine.status_code, not_mine.content) == (not_there.status_code, not_there.content)
    assert (not_there.status_code, mine.status_code) == (404, 204)
    assert AuthToken.objects.filter(user=manager).count() == 1
    assert AuthToken.objects.filter(user=nurse).count() == 1


def test_all_are_revoked_at_once_and_this_one_too(nurse: User):
    api = api_of(nurse)

    assert api.delete(TOKENS).status_code == 204
    assert api.get(TOKENS).status_code == 401


def test_there_are_ten_tokens_at_most_and_dead_ones_do_not_count(nurse: User):
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC)):
        issue_token(nurse, days=1, now=datetime(2026, 1, 1, tzinfo=UTC))
    browser = in_browser(nurse)
    answers = [browser.post(TOKENS, {}).status_code for _ in range(10)]

    last = browser.post(TOKENS, {})

    assert answers == [201] * 10
    assert last.status_code == 409
    assert last.data["code"] == "too_many_tokens"


def test_a_token_makes_no_other_token(nurse: User):
    api = api_of(nurse)

    refused = api.post(TOKENS, {"days": 90})
    with_password = api.post(TOKENS, {"email": nurse.email, "password": "kneecap-and-tendon"})

    assert (refused.status_code, refused.data["code"]) == (403, "permission_denied")
    assert refused.data["detail"] == "A token cannot make another one. Send your e-mail address and password."
    assert with_password.status_code == 201
    assert AuthToken.objects.filter(user=nurse).count() == 2


def test_a_browser_session_makes_a_token_only_with_its_csrf_token(nurse: User):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(nurse)

    refused = browser.post(TOKENS, {}, format="json")
    browser.cookies["csrftoken"] = "c" * 32
    accepted = browser.post(TOKENS, {}, format="json", headers={"X-CSRFToken": "c" * 32})

    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert accepted.status_code == 201


def test_the_eleventh_guess_waits(nurse: User):
    answers = [sign_in(password=f"guess {number}").status_code for number in range(10)]

    eleventh = sign_in()

    assert answers == [401] * 10
    assert (eleventh.status_code, eleventh.data["code"]) == (429, "throttled")
    assert 0 < int(eleventh.headers["Retry-After"]) <= 15 * 60 + 1


def test_whoever_is_signed_in_may_not_guess_either(nurse: User, manager: User):
    api = api_of(nurse)

    guesses = [{"email": manager.email, "password": f"guess {number}"} for number in range(11)]
    answers = [api.post(TOKENS, guess).status_code for guess in guesses]

    assert answers == [401] * 10 + [429]
    assert in_browser(nurse).post(TOKENS, {}).status_code == 201


def test_guesses_at_one_account_do_not_lock_another_out(nurse: User, manager: User):
    manager.set_password("kneecap-and-tendon")
    manager.save()
    for number in range(11):
        sign_in(password=f"guess {number}")

    assert sign_in(email=manager.email).status_code == 201


@override_settings(SIGN_IN_ADDRESS_RATE="3/hour")
def test_one_address_does_not_try_every_account(nurse: User):
    for number in range(3):
        sign_in(email=f"person{number}@clinic.example")

    assert sign_in().status_code == 429


@override_settings(CACHES=NOBODY_HOME)
def test_without_redis_guesses_still_count_and_tokens_keep_working(nurse: User):
    api = api_of(nurse)
    answers = [sign_in(password=f"guess {number}").status_code for number in range(11)]

    assert answers == [401] * 10 + [429]
    assert api.get("/api/v1/cases/").status_code == 200
    assert in_browser(nurse).post(TOKENS, {}).status_code == 201


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("60/hour", (60, 3600)), ("10/15 minute", (10, 900)), ("1/second", (1, 1)), ("5/day", (5, 86_400))],
)
def test_a_rate_is_read(rate: str, expected: tuple[int, int]):
    assert parse_rate(rate) == expected


@pytest.mark.parametrize("rate", ["", "often", "0/hour", "60", "60/h", "60/ hour", "-1/hour", "60/hours"])
def test_what_is_not_a_rate_is_said(rate: str):
    with pytest.raises(ValueError, match="write times/period"):
        parse_rate(rate)
