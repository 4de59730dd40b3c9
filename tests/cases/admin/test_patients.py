"""Patients at the desk: registered, corrected, accepted, sent the form, left in peace."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from cases.models import CaseEvent, Link, Patient, Reminder
from tests.factories import MONDAY, CaseFactory, ConsentFactory, PatientFactory

pytestmark = pytest.mark.django_db
PATIENTS = "/admin/cases/patient/"


@pytest.fixture(autouse=True)
def _on_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


def contact(**other: str) -> dict[str, str]:
    return {
        "given_name": "Greta",
        "family_name": "Garber",
        "date_of_birth": "7/1/1958",
        "phone": "(312) 555-0142",
        "email": "",
        "preferred_channel": "phone",
        "language": "en",
        "time_zone": "",
    } | other


def test_registering_reads_dates_and_numbers_as_people_write_them(desk, front_desk, site):
    answer = desk.post(f"{PATIENTS}add/", {**contact(), "site": site.pk})

    patient = Patient.objects.get()
    assert answer.url == f"{PATIENTS}{patient.pk}/change/"
    assert (patient.phone, patient.date_of_birth, patient.is_provisional) == ("+13125550142", date(1958, 7, 1), False)
    assert CaseEvent.objects.get().by == front_desk


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"phone": "", "email": ""}, "Give a telephone number or an e-mail address."),
        ({"phone": "12"}, "not a whole telephone number"),
        ({"date_of_birth": "31 Feb 1990"}, "Write the date of birth"),
        ({"date_of_birth": "2040-01-01"}, "Write the date of birth"),
        ({"given_name": "   "}, "This field is required"),
        ({"given_name": "a" * 81}, "at most 80 characters"),
        ({"email": "nobody"}, "Enter a valid email address"),
        ({"time_zone": "Mars/Olympus"}, "Write an IANA name"),
        ({"preferred_channel": "pigeon"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(desk, site, wrong, words):
    answer = desk.post(f"{PATIENTS}add/", {**contact(**wrong), "site": site.pk})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Patient.objects.count() == 0


def test_nobody_is_registered_at_a_site_of_others(desk, site, other_site):
    answer = desk.post(f"{PATIENTS}add/", {**contact(), "site": other_site.pk})

    assert (answer.status_code, Patient.objects.count()) == (422, 0)


def test_contact_is_corrected_from_the_page_it_was_read_on(desk, site):
    patient = PatientFactory(site=site)
    page = f"{PATIENTS}{patient.pk}/do/edit/"

    first = desk.post(page, contact(version="1"))
    second = desk.post(page, contact(version="1", family_name="Gerber"))

    patient.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 409)
    assert (patient.family_name, patient.version) == ("Garber", 2)
    assert "Stored now: Garber" in second.content.decode()
    assert 'value="Gerber"' in second.content.decode()


def test_the_form_shows_what_is_stored(desk, site):
    patient = PatientFactory(site=site)

    page = desk.get(f"{PATIENTS}{patient.pk}/do/edit/").content.decode()

    assert 'value="1999-03-04"' in page
    assert 'name="version" value="1"' in page


def test_accepting_a_person_from_the_open_form(desk, site):
    patient = PatientFactory(site=site, is_provisional=True)

    desk.post(f"{PATIENTS}{patient.pk}/do/accept/")

    patient.refresh_from_db()
    assert patient.is_provisional is False


def test_the_form_is_sent_to_whom_asks_for_it(desk, site):
    patient = ConsentFactory(patient__site=site).patient

    answer = desk.post(f"{PATIENTS}{patient.pk}/do/send-form/", follow=True)

    assert "The form is on its way" in answer.content.decode()
    assert Link.objects.get().patient == patient
    assert set(Reminder.objects.values_list("kind", flat=True)) == {"form", "form_repeat"}


def test_whoever_sends_the_form_reads_when_it_goes_and_what_it_waits_for(desk, site):
    patient = PatientFactory(site=site, time_zone="")

    answer = desk.post(f"{PATIENTS}{patient.pk}/do/send-form/", follow=True).content.decode()

    assert "If nothing changes, it goes Mon 2 Nov 2026, 13:00." in answer
    assert "it is night where the patient is, or may be" in answer


def test_without_an_address_the_form_is_not_sent_and_staff_are_told(desk, site):
    patient = PatientFactory(site=site, email="", preferred_channel="phone")

    answer = desk.post(f"{PATIENTS}{patient.pk}/do/send-form/", follow=True)

    assert "Telephone instead" in answer.content.decode()
    assert Link.objects.count() == 0


def test_messages_stop_when_the_patient_says_so_and_start_again(desk, site):
    consent = ConsentFactory(patient__site=site)
    at = f"{PATIENTS}{consent.patient_id}/do"

    desk.post(f"{at}/opt-out/", {"channel": ""})
    consent.refresh_from_db()
    stopped = consent.withdrawn_at
    desk.post(f"{at}/opt-in/", {"channel": "email"})

    assert stopped == MONDAY
    assert consent.patient.consents.filter(withdrawn_at=None).count() == 1


def test_a_therapist_reads_the_own_patients_and_corrects_nothing(clinician, site):
    client, person = clinician
    own = CaseFactory(patient__site=site, therapist=person).patient
    PatientFactory(site=site)

    listed = client.get(PATIENTS).context["cl"].result_list
    page = client.get(f"{PATIENTS}{own.pk}/change/")

    assert list(listed) == [own]
    assert page.status_code == 200
    assert "/do/" not in page.content.decode()
    assert client.get(f"{PATIENTS}add/").status_code == 403


def test_staff_fill_in_the_form_for_a_caller_from_the_patients_page(desk, site):
    patient = PatientFactory(site=site)

    page = desk.get(f"{PATIENTS}{patient.pk}/change/").content.decode()

    assert f'href="/intake/phone/?patient={patient.reference}"' in page


def test_correcting_a_telephone_leaves_the_language_of_the_messages(desk, site):
    patient = PatientFactory(site=site, language="es")
    page = desk.get(f"{PATIENTS}{patient.pk}/do/edit/").context["form"]

    desk.post(
        f"{PATIENTS}{patient.pk}/do/edit/", {**contact(language=page["language"].value()), "version": patient.version}
    )

    patient.refresh_from_db()
    assert page["language"].field.choices == [("en", "English"), ("es", "Español")]
    assert (patient.phone, patient.language) == ("+13125550142", "es")
