"""A patient as the front desk needs them: the name to say and the number to dial."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from django.conf import settings

from cases.models import Case, Patient
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, may


@dataclass(frozen=True)
class Person:
    """dial: E.164, "" when there is no number. spoken: the same number as people read it out."""

    patient: Patient

    @property
    def name(self) -> str:
        return self.patient.full_name

    @property
    def dial(self) -> str:
        return self.patient.phone

    @property
    def spoken(self) -> str:
        return spoken(self.patient.phone)


def spoken(phone: str) -> str:
    """A number the way the clinic's country writes it; of other countries with the country in front."""
    try:
        number = phonenumbers.parse(phone, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return phone
    home = number.country_code == phonenumbers.country_code_for_region(settings.PHONE_REGION)
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def person_of(user: User, case: Case) -> Person | None:
    """The patient of a case, for those who may read names there."""
    reads = may(user, Action.READ_CONTACT, site_id=case.site_id, therapist_id=case.therapist_id)
    return Person(case.patient) if reads else None
