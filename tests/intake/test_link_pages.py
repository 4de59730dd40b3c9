"""A form by link for a patient we know: the birth date opens it, and nothing tells a wrong one from an unknown link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cases.models import Case, Link, Patient
from cases.services.links import make_link, secret_of
from intake.models import Draft
from tests.factories import MONDAY, PatientFactory
from tests.intake.plain_browser import Page, PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS

pytestmark = pytest.mark.django_db

BORN = {"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "1999"}
WRONG = BORN | {"date_of_birth-year": "1998"}


@pytest.fixture
def patient(site: object) -> Patient:
    return PatientFactory()


@pytest.fixture
def address(patient: Patient) -> str:
    link = make_link(patient, purpose=Link.Purpose.INTAKE, expires_at=MONDAY + timedelta(days=14), now=MONDAY)
    return f"/intake/link/{secret_of(link)}/"


def test_opening_the_link_changes_nothing_and_shows_nobody(address: str, patient_browser: PlainBrowser) -> None:
    before = list(Link.objects.values())

    page = patient_browser.open(address)

    assert page.status == 200
    assert "Ada" not in page.html
    assert list(Link.objects.values()) == before
    assert Draft.objects.count() == 0
    assert Client().get(address)["Referrer-Policy"] == "no-referrer"
    assert Client().get(address)["Cache-Control"] == "no-store"


def test_the_right_date_opens_a_form_without_the_contact_questions(
    address: str, patient: Patient, patient_browser: PlainBrowser
) -> None:
    patient_browser.open(address)

    page = patient_browser.send(BORN)

    assert page.path.startswith("/intake/step/")
    assert "given_name" not in page.form.offered
    assert "phone" not in page.form.offered
    assert Draft.objects.get().link.patient == patient


def test_a_form_by_link_ends_in_a_case_of_that_very_patient(
    address: str, patient: Patient, patient_browser: PlainBrowser
) -> None:
    patient_browser.open(address)
    patient_browser.send(BORN)
    for _ in range(2 * len(SCREENS)):
        if patient_browser.page.path == "/intake/review/":
            break
        name = patient_browser.page.path.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
        offered = patient_browser.page.form.offered
        patient_browser.send({key: value for key, value in SCREENS[name].items() if key in offered})

    page = patient_browser.send(CONSENT)

    case = Case.objects.get()
    assert page.path == "/intake/done/"
    assert case.patient == patient
    assert Patient.objects.count() == 1


def test_the_link_goes_on_where_the_form_was_left_on_any_device(address: str, patient_browser: PlainBrowser) -> None:
    patient_browser.open(address)
    patient_browser.send(BORN)
    while "urgent_signs" not in patient_browser.page.path:
        patient_browser.send()
    patient_browser.send(SCREENS["urgent_signs"])

    second = PlainBrowser()
    second.open(address)
    page = second.send(BORN)

    assert page.path == "/intake/step/knee_signs/"
    assert Draft.objects.count() == 1
    # The first device is not locked out by the second.
    assert patient_browser.open("/intake/continue/").path == "/intake/step/knee_signs/"


def test_the_link_of_a_form_that_was_sent_shows_what_it_led_to(address: str, patient_browser: PlainBrowser) -> None:
    patient_browser.open(address)
    patient_browser.send(BORN)
    while "urgent_signs" not in patient_browser.page.path:
        patient_browser.send()
    patient_browser.send(SCREENS["urgent_signs"] | {"calf_swelling": "yes"})

    second = PlainBrowser()
    second.open(address)
    page = second.send(BORN)

    assert page.path == "/intake/stop/"
    assert (Draft.objects.count(), Case.objects.count()) == (1, 1)


def test_an_alarm_by_link_does_not_show_the_number_we_know(address: str, patient_browser: PlainBrowser) -> None:
    patient_browser.open(address)
    patient_browser.send(BORN)
    patient_browser.open("/intake/continue/")
    while "urgent_signs" not in patient_browser.page.path:
        patient_browser.send()

    page = patient_browser.send(SCREENS["urgent_signs"] | {"calf_swelling": "yes"})

    assert "555-0123" not in page.text
    assert "We will call you on the phone number we have for you." in page.text


def _without_its_token(page: Page, address: str) -> str:
    token = page.form.fields["csrfmiddlewaretoken"][0]
    return page.html.replace(token, "").replace(address, "")


def test_unknown_expired_wrong_and_locked_look_the_same(address: str, patient_browser: PlainBrowser, on_monday) -> None:
    unknown = "/intake/link/no-such-secret-no-such-secret-no/"
    seen = []
    for path in (address, unknown):
        patient_browser.open(path)
        seen.append((patient_browser.page.status, _without_its_token(patient_browser.page, path)))
    assert seen[0] == seen[1]

    answers = []
    for path, tries in ((address, 7), (unknown, 1)):
        for _ in range(tries):
            patient_browser.open(path)
            patient_browser.send(WRONG)
            answers.append((patient_browser.page.status, _without_its_token(patient_browser.page, path)))
    on_monday.shift(timedelta(days=20))
    patient_browser.open(address)
    patient_browser.send(WRONG)
    answers.append((patient_browser.page.status, _without_its_token(patient_browser.page, address)))

    assert len(set(answers)) == 1
    assert answers[0][0] == 422


def test_five_wrong_dates_close_the_link_for_15_minutes(address: str, patient_browser: PlainBrowser, on_monday) -> None:
    for _ in range(5):
        patient_browser.open(address)
        patient_browser.send(WRONG)

    patient_browser.open(address)
    assert patient_browser.send(BORN).status == 422

    on_monday.shift(timedelta(minutes=15))
    patient_browser.open(address)
    assert patient_browser.send(BORN).path.startswith("/intake/step/")


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"date_of_birth-day": "31", "date_of_birth-month": "2", "date_of_birth-year": "1999"},
        {"date_of_birth-year": "99999999"},
        {"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "2999"},
    ],
)
def test_what_is_no_date_is_explained_and_not_counted(
    address: str, patient_browser: PlainBrowser, typed: dict[str, str]
) -> None:
    patient_browser.open(address)

    page = patient_browser.send(typed)

    assert page.status == 422
    assert 'href="#id_date_of_birth-month"' in page.html
    assert Link.objects.get().wrong_tries == 0


def test_a_link_for_one_thing_opens_no_other(patient: Patient, patient_browser: PlainBrowser) -> None:
    link = make_link(patient, purpose=Link.Purpose.CONTACT, expires_at=MONDAY + timedelta(days=14), now=MONDAY)
    patient_browser.open(f"/intake/link/{secret_of(link)}/")

    assert patient_browser.send(BORN).status == 422
