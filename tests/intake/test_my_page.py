"""A patient's own page: a link and a birth date open it, it changes nothing, and it never says what is suspected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cases.models import Case, Flag, Link, Patient
from cases.services.links import OWN_PAGE_LASTS, make_link, secret_of
from clinic.accounts.models import User
from tests.api import flagged, scheduled
from tests.factories import MONDAY, PatientFactory
from tests.intake.plain_browser import Page, PlainBrowser

pytestmark = pytest.mark.django_db

BORN = {"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "1999"}
WRONG = BORN | {"date_of_birth-year": "1998"}


@pytest.fixture
def patient(site: object) -> Patient:
    return PatientFactory()


@pytest.fixture
def link(patient: Patient) -> Link:
    return make_link(patient, purpose=Link.Purpose.OWN_PAGE, expires_at=MONDAY + OWN_PAGE_LASTS, now=MONDAY)


@pytest.fixture
def address(link: Link) -> str:
    return f"/my/{secret_of(link)}/"


def test_opening_the_link_changes_nothing_and_shows_nobody(address: str, patient_browser: PlainBrowser) -> None:
    before = list(Link.objects.values())

    page = patient_browser.open(address)

    assert page.status == 200
    assert "Ada" not in page.html
    assert list(Link.objects.values()) == before
    assert Client().get(address)["Referrer-Policy"] == "no-referrer"
    assert Client().get(address)["Cache-Control"] == "no-store"


def test_the_birth_date_leads_to_an_address_without_a_secret(address: str, patient_browser: PlainBrowser) -> None:
    patient_browser.open(address)

    page = patient_browser.send(BORN)

    assert (page.path, page.status) == ("/my/", 200)
    assert "Riverside" in page.text
    assert "Ada" not in page.html


def test_without_the_birth_date_there_is_no_page(client: Client) -> None:
    answer = client.get("/my/")

    assert answer.status_code == 404
    assert "Open the link in our message once more" in answer.content.decode()


def test_the_page_closes_after_twenty_minutes_and_with_its_link(
    address: str, patient_browser: PlainBrowser, on_monday
) -> None:
    patient_browser.open(address)
    patient_browser.send(BORN)

    on_monday.shift(timedelta(minutes=20))
    still = patient_browser.open("/my/").status
    on_monday.shift(timedelta(minutes=20, seconds=1))
    closed = patient_browser.open("/my/").status

    assert (still, closed) == (200, 404)


def test_the_page_closes_with_its_link(address: str, link: Link, patient_browser: PlainBrowser) -> None:
    patient_browser.open(address)
    patient_browser.send(BORN)

    Link.objects.filter(pk=link.pk).update(made_at=MONDAY - timedelta(days=1), expires_at=MONDAY)

    assert patient_browser.open("/my/").status == 404


def test_a_link_for_something_else_does_not_open_the_page(patient: Patient, patient_browser: PlainBrowser) -> None:
    form = make_link(patient, purpose=Link.Purpose.INTAKE, expires_at=MONDAY + OWN_PAGE_LASTS, now=MONDAY)
    patient_browser.open(f"/my/{secret_of(form)}/")

    assert patient_browser.send(BORN).status == 422


def _without_its_token(page: Page, address: str) -> str:
    token = page.form.fields["csrfmiddlewaretoken"][0]
    return page.html.replace(token, "").replace(address, "")


def test_unknown_wrong_and_locked_look_the_same(address: str, patient_browser: PlainBrowser) -> None:
    unknown = "/my/no-such-secret-no-such-secret-no/"
    answers = []
    for path, tries in ((address, 7), (unknown, 1)):
        for _ in range(tries):
            patient_browser.open(path)
            patient_browser.send(WRONG)
            answers.append((patient_browser.page.status, _without_its_token(patient_browser.page, path)))
    patient_browser.open(address)
    patient_browser.send(BORN)  # locked by now
    answers.append((patient_browser.page.status, _without_its_token(patient_browser.page, address)))

    assert len({status for status, _ in answers}) == 1
    assert len({page for _, page in answers[:-1]}) == 1
    assert Link.objects.get().locked_until is not None


@pytest.fixture
def treated_case(patient: Patient, therapist: User) -> Case:
    """A case with a plan in force, made for overuse."""
    return scheduled(therapist, patient=patient, site=patient.site)


def opened(browser: PlainBrowser, address: str) -> Page:
    browser.open(address)
    return browser.send(BORN)


def test_the_home_programme_is_the_first_section(
    address: str, treated_case: Case, patient_browser: PlainBrowser
) -> None:
    page = opened(patient_browser, address)

    for words in ("Your exercises at home", "Side leg lift", "3 sets of 12", "3 days a week"):
        assert words in page.text
    for words in ("Green", "Pain 0 to 2 of 10", "Amber", "Red", "stay at 3 of 10 or less", "Contact us the same day"):
        assert words in page.text


def test_no_cause_and_no_diagnosis_stands_on_the_page(
    address: str, treated_case: Case, patient_browser: PlainBrowser
) -> None:
    text = opened(patient_browser, address).html.lower()

    found = [
        word
        for word in ("overuse", "dysfunction", "imbalance", "patellofemoral", "pfp", "diagnos", "suspect", "syndrome")
        if word in text
    ]
    assert found == []


def test_while_a_red_flag_stands_there_is_no_exercise(
    address: str, treated_case: Case, patient_browser: PlainBrowser
) -> None:
    flagged(treated_case)

    page = opened(patient_browser, address)

    assert "Please do no knee exercises until we have talked with you." in page.text
    assert "Side leg lift" not in page.text
    assert "vein" not in page.html
    Flag.objects.update(cleared_at=MONDAY, cleared_by=treated_case.therapist, clear_reason="Examined.")
    assert "Side leg lift" in patient_browser.open("/my/").text


def test_a_draft_is_not_shown(address: str, treated_case: Case, patient_browser: PlainBrowser) -> None:
    treated_case.plans.update(status="superseded")

    assert "Your exercises at home" not in opened(patient_browser, address).text
