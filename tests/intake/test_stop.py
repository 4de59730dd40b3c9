"""Stopping messages by link: one press, at once; opening the link stops nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cases.models import ContactConsent, Link, Patient
from cases.services.links import make_link, secret_of
from tests.factories import MONDAY, ConsentFactory, PatientFactory
from tests.intake.plain_browser import PlainBrowser

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(site: object) -> Patient:
    patient = PatientFactory()
    ConsentFactory(patient=patient, channel="email")
    ConsentFactory(patient=patient, channel="sms")
    return patient


@pytest.fixture
def address(patient: Patient) -> str:
    link = make_link(patient, purpose=Link.Purpose.CONTACT, expires_at=MONDAY + timedelta(days=60), now=MONDAY)
    return f"/stop/{secret_of(link)}/"


def in_force(patient: Patient) -> list[str]:
    return sorted(ContactConsent.objects.filter(patient=patient, withdrawn_at=None).values_list("channel", flat=True))


def test_opening_the_link_stops_nothing_and_names_nobody(
    address: str, patient: Patient, patient_browser: PlainBrowser
) -> None:
    page = patient_browser.open(address)
    patient_browser.client.head(address)

    assert page.status == 200
    assert "Ada" not in page.html
    assert in_force(patient) == ["email", "sms"]


@pytest.mark.parametrize(
    ("button", "left", "said"),
    [
        ("email", ["sms"], "We will send you no more e-mails."),
        ("sms", ["email"], "We will send you no more text messages."),
        ("all", [], "We will send you no more messages."),
    ],
)
def test_one_press_stops_what_it_says(
    address: str, patient: Patient, patient_browser: PlainBrowser, button: str, left: list[str], said: str
) -> None:
    patient_browser.open(address)

    page = patient_browser.send(button=("stop", button))

    assert said in page.text
    assert in_force(patient) == left


def test_a_mail_program_stops_e_mails_with_its_own_button(address: str, patient: Patient, on_monday) -> None:
    stranger = Client(enforce_csrf_checks=True)

    response = stranger.post(address, {"List-Unsubscribe": "One-Click"})

    assert (response.status_code, response["Content-Type"]) == (200, "text/plain")
    assert in_force(patient) == ["sms"]


@pytest.mark.parametrize("sent", [{}, {"stop": "everything"}, {"stop": ""}])
def test_a_post_that_says_nothing_stops_nothing(address: str, patient: Patient, on_monday, sent: dict) -> None:
    assert Client().post(address, sent).status_code == 200
    assert in_force(patient) == ["email", "sms"]


def test_pressing_twice_is_harmless(address: str, patient: Patient, patient_browser: PlainBrowser) -> None:
    for _ in range(2):
        patient_browser.open(address)
        page = patient_browser.send(button=("stop", "all"))

    assert "We will send you no more messages." in page.text


@pytest.mark.parametrize("days", [0, 61])
def test_an_unknown_or_old_link_says_whom_to_call(
    address: str, patient_browser: PlainBrowser, on_monday, days: int
) -> None:
    on_monday.shift(timedelta(days=days))

    page = patient_browser.open(address if days else "/stop/no-such-secret/")

    assert page.status == 404
    assert 'href="tel:+13125550100"' in page.html
