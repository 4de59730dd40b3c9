"""Signing in: by e-mail, ten tries, and no door shut because Redis is away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clinic.accounts.models import Role, SignInTries, User
from tests.factories import staff

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
PASSWORD = "long-enough-words-41"


@pytest.fixture
def member(site) -> User:
    member = staff(Role.FRONT_DESK, site, email="dana@clinic.example")
    member.set_password(PASSWORD)
    member.save()
    return member


def attempt(email: str = "dana@clinic.example", password: str = PASSWORD, **more: str):
    return Client().post(LOGIN, {"username": email, "password": password, "next": "/admin/"}, **more)


def test_the_e_mail_may_be_typed_in_capitals(member):
    assert attempt("Dana@Clinic.Example").url == "/admin/"


def test_after_ten_wrong_tries_even_the_right_password_waits(member):
    for _ in range(10):
        assert "do not go together" in attempt(password="wrong").content.decode()

    refused = attempt()

    assert refused.status_code == 200
    assert "Too many tries" in refused.content.decode()


def test_others_are_not_shut_out_by_the_tries_of_one(member, site):
    for _ in range(11):
        attempt(password="wrong")

    assert attempt(REMOTE_ADDR="198.51.100.7").url == "/admin/"


def test_a_forwarded_address_is_believed_only_from_our_own_proxy(member, settings):
    for number in range(11):
        attempt(password="wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    without_proxy = attempt(HTTP_X_FORWARDED_FOR="203.0.113.99")
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    # What a client writes in front of what the proxy adds counts for nothing.
    for number in range(11):
        attempt(password="wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, 203.0.113.50")
    spoofed = attempt(HTTP_X_FORWARDED_FOR="10.9.9.9, 203.0.113.50")

    assert "Too many tries" in without_proxy.content.decode()
    assert "Too many tries" in spoofed.content.decode()


def test_a_good_sign_in_forgets_the_wrong_tries(member):
    for _ in range(9):
        attempt(password="wrong")
    attempt()
    for _ in range(9):
        attempt(password="wrong")

    assert attempt().url == "/admin/"


def test_without_redis_everybody_may_still_sign_in(member, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"socket_connect_timeout": 1},
        }
    }

    assert attempt().url == "/admin/"


def test_no_e_mail_stands_in_the_counts(member):
    attempt(password="wrong")

    assert SignInTries.objects.exists()
    assert "dana" not in str(list(SignInTries.objects.values()))


def test_passed_windows_are_swept_up(member):
    long_ago = timezone.now() - timedelta(days=1)
    SignInTries.objects.create(digest="0" * 64, count=10, expires_at=long_ago)

    attempt(password="wrong")

    assert not SignInTries.objects.filter(expires_at=long_ago).exists()


def test_unknown_people_hear_the_same_as_those_with_a_wrong_password(member):
    unknown, wrong = attempt("nobody@clinic.example"), attempt(password="wrong")

    assert unknown.context["form"].non_field_errors() == wrong.context["form"].non_field_errors()


def test_signing_in_leads_to_our_own_pages_only(member):
    answer = Client().post(LOGIN, {"username": member.email, "password": PASSWORD, "next": "https://evil.example/"})

    assert answer.url == "/admin/"
