"""People: registered, accepted, corrected, left in peace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from cases.models import ContactConsent, Patient
from cases.rules.terms import Channel
from cases.services import patients, reminders
from cases.services.errors import Stale, WrongInput
from cases.services.patients import Contact
from cases.services.reminders import CannotBeReached
from clinic.accounts.models import Site, User
from tests.factories import ConsentFactory, PatientFactory

ROSA = Contact("Rosa", "Runner", date(1999, 3, 4), phone="+13125550123", preferred_channel="sms")


def test_a_patient_typed_by_staff_is_not_provisional(site: Site, front_desk: User, monday: datetime):
    patient = patients.register_patient(site, contact=ROSA, provisional=False, by=front_desk, now=monday)

    assert not patient.is_provisional
    assert patient.consents.get().channel == "sms"


def test_somebody_who_cannot_be_reached_is_not_registered(site: Site, front_desk: User, monday: datetime):
    with pytest.raises(WrongInput) as refused:
        patients.register_patient(
            site, contact=replace(ROSA, phone="", given_name=" "), provisional=False, by=front_desk, now=monday
        )

    assert set(refused.value.errors) == {"given_name", "phone"}
    assert Patient.objects.count() == 0


def test_a_channel_without_an_address_falls_to_one_that_has(site: Site, front_desk: User, monday: datetime):
    contact = replace(ROSA, phone="", email="rosa@example.org")

    patient = patients.register_patient(site, contact=contact, provisional=False, by=front_desk, now=monday)

    assert patient.consents.get().channel == "email"


def test_editing_counts_the_change_and_names_the_fields_only(db: None, front_desk: User, monday: datetime):
    patient = PatientFactory()

    changed = patients.edit_contact(patient, contact=ROSA, expected_version=1, by=front_desk, now=monday)

    assert (changed.given_name, changed.version) == ("Rosa", 2)
    details = changed.events.get(kind="contact_changed").details
    assert "given_name" in details["fields"]
    assert "Rosa" not in str(details)


def test_a_lost_update_of_a_contact_is_refused(db: None, front_desk: User, monday: datetime):
    patient = PatientFactory(version=3)

    with pytest.raises(Stale):
        patients.edit_contact(patient, contact=ROSA, expected_version=2, by=front_desk, now=monday)


def test_opting_out_withdraws_consent_and_keeps_the_proof(db: None, monday: datetime):
    consent = ConsentFactory()

    patients.opt_out(consent.patient, channel=None, by=None, now=monday, source="link")

    consent.refresh_from_db()
    assert consent.withdrawn_at == monday


@pytest.mark.parametrize("stopped", [None, Channel.SMS])
def test_stopping_holds_where_nothing_was_agreed_to(
    db: None, front_desk: User, settings: Any, monday: datetime, stopped: Channel | None
):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/messages"
    patient = PatientFactory(email="", phone="+13125550123", preferred_channel="sms")

    patients.opt_out(patient, channel=stopped, by=None, now=monday, source="stop link")

    with pytest.raises(CannotBeReached):
        reminders.send_form(patient, by=front_desk, now=monday)


def test_opting_in_again_is_a_new_consent(db: None, front_desk: User, monday: datetime):
    consent = ConsentFactory()
    patients.opt_out(consent.patient, channel=Channel.EMAIL, by=None, now=monday, source="link")

    patients.opt_in(consent.patient, channel=Channel.EMAIL, by=front_desk, now=monday)
    patients.opt_in(consent.patient, channel=Channel.EMAIL, by=front_desk, now=monday)

    assert ContactConsent.objects.filter(withdrawn_at=None).count() == 1
    assert ContactConsent.objects.count() == 2


def test_accepting_twice_is_harmless(db: None, front_desk: User, monday: datetime):
    patient = PatientFactory(is_provisional=True)

    patients.accept_patient(patient, by=front_desk, now=monday)
    accepted = patients.accept_patient(patient, by=front_desk, now=monday)

    assert not accepted.is_provisional
    assert accepted.events.filter(kind="patient_accepted").count() == 1
