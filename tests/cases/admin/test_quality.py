"""The page "How good are we?": honest when empty, a way from each number to its cases, nothing of another site."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import Role, Site, User
from tests.cases.services.test_quality import compared_case, scored, treated_case
from tests.factories import staff


@pytest.fixture
def at_work(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def page(client: Client, **query: str) -> str:
    answer = client.get(reverse("admin:quality"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_clinic_is_told_how_far_it_is(at_work: Client):
    shown = page(at_work)

    assert "No case with both a suggestion and a finding yet: 0 of 20 cases so far." in shown
    assert "No case with a finding and an approved plan yet" in shown


def test_three_cases_are_said_to_be_three_of_twenty(at_work: Client, therapist: User, site: Site):
    for _ in range(3):
        compared_case(therapist, site)

    shown = page(at_work)

    assert "3 of 20 cases so far" in shown
    assert "100%" not in shown


def test_twenty_cases_show_rates_averages_and_their_doubt(at_work: Client, therapist: User, site: Site):
    for _ in range(20):
        scored(treated_case(therapist, site), 7, 2)

    shown = page(at_work)

    assert "100% (20 of 20)" in shown
    assert "84% to 100%" in shown
    assert "20 of 20 (100%)" in shown
    assert "-5.0 to -5.0" in shown


def test_a_number_leads_to_the_cases_behind_it(at_work: Client, therapist: User, site: Site):
    right, wrong = compared_case(therapist, site), compared_case(therapist, site, finds="other")

    address = f"{reverse('admin:quality')}?show=top_1&amp;stage=intake"
    assert address in page(at_work)
    shown = page(at_work, show="top_1", stage="intake")

    assert right.reference in shown
    assert wrong.reference in shown
    assert "Something else" in shown


def test_a_therapist_finds_only_her_own_cases_behind_a_number(client: Client, therapist: User, site: Site):
    hers, colleagues = compared_case(therapist, site), compared_case(staff(Role.THERAPIST, site), site)
    client.force_login(therapist)

    shown = page(client, show="top_1", stage="intake")

    assert hers.reference in shown
    assert colleagues.reference not in shown


@pytest.mark.parametrize("query", [{"show": "accuracy", "stage": "intake"}, {"show": "top_1", "stage": "autumn"}])
def test_a_number_that_there_is_not_is_not_found(at_work: Client, query: dict[str, str]):
    assert at_work.get(reverse("admin:quality"), query).status_code == 404


@pytest.mark.parametrize("query", [{"from": "soon"}, {"to": "1-1-1"}, {"site": "moon"}])
def test_what_cannot_be_read_is_said_on_the_page(at_work: Client, query: dict[str, str]):
    assert 'role="alert"' in page(at_work, **query)


def test_the_period_asked_for_goes_along_to_the_cases(at_work: Client, therapist: User, site: Site):
    compared_case(therapist, site)

    assert "?from=2026-11-01&amp;show=top_1" in page(at_work, **{"from": "2026-11-01"})


def test_invented_patients_are_never_shown_as_evidence(at_work: Client, settings: Any):
    assert "This is a demo clinic" not in page(at_work)

    settings.DEMO = True

    assert "This is a demo clinic" in page(at_work)


@pytest.mark.parametrize(("role", "linked"), [(Role.MANAGER, True), (Role.THERAPIST, True), (Role.FRONT_DESK, False)])
def test_the_first_page_links_to_it_for_those_who_may_read_it(client: Client, site: Site, role: Role, linked: bool):
    client.force_login(staff(role, site))

    assert (reverse("admin:quality") in client.get(reverse("admin:index")).content.decode()) is linked


def test_it_is_read_and_never_posted_to(at_work: Client):
    assert at_work.post(reverse("admin:quality")).status_code == 405
