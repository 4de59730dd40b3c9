"""What staff may do to a person's record: correct it, accept it, send the form, stop messages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms

from cases.admin.fields import BirthDateField, PhoneField
from cases.admin.small_forms import Deed, SmallForm
from cases.models import Patient, choices_of
from cases.rules.terms import Channel, Language, MessageKind
from cases.services import patients, reminders
from cases.services.explain import when_it_goes
from cases.services.patients import Contact
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action


class ContactForm(SmallForm):
    """Who somebody is and how to reach them; gives `contact`."""

    given_name = forms.CharField(label="Given name", max_length=80)
    family_name = forms.CharField(label="Family name", max_length=80)
    date_of_birth = BirthDateField(label="Date of birth", help_text="Such as 1990-02-28 or 2/28/1990.")
    phone = PhoneField(label="Telephone", required=False)
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    preferred_channel = forms.ChoiceField(label="Prefers", choices=choices_of(Channel))
    language = forms.ChoiceField(label="Language", choices=choices_of(Language))
    time_zone = forms.CharField(
        label="Time zone",
        required=False,
        max_length=64,
        help_text="Where the patient lives, such as America/Chicago. Empty: messages wait for day in all the country.",
    )

    def prepare(self) -> None:
        if self.row is None:
            return
        for name in ContactForm.base_fields:
            self.initial.setdefault(name, getattr(self.row, name))

    def clean_time_zone(self) -> str:
        name = self.cleaned_data["time_zone"]
        if name and name not in available_timezones():
            raise forms.ValidationError("Write an IANA name, such as America/Denver, or leave it empty.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and not cleaned.get("phone") and not cleaned.get("email"):
            self.add_error("phone", "Give a telephone number or an e-mail address.")
        if self.errors:
            return cleaned
        parts = {name: cleaned.pop(name) for name in ContactForm.base_fields}
        born: date = parts.pop("date_of_birth")
        return {**cleaned, "contact": Contact(date_of_birth=born, **parts)}


class NewPatientForm(ContactForm):
    """Somebody who telephones or stands at the desk."""

    site = forms.ModelChoiceField(label="Site", queryset=Site.objects.none(), empty_label=None)

    field_order = ("site",)


class ChannelForm(SmallForm):
    channel = forms.ChoiceField(
        label="Which messages", choices=[("", "All messages"), *choices_of(Channel)], required=False
    )

    def clean_channel(self) -> Channel | None:
        return Channel(self.cleaned_data["channel"]) if self.cleaned_data["channel"] else None


class AgainForm(SmallForm):
    channel = forms.TypedChoiceField(label="Which messages", choices=choices_of(Channel), coerce=Channel)


def _edit(patient: Patient, *, contact: Contact, expected_version: int, by: User, now: datetime) -> str:
    patients.edit_contact(patient, contact=contact, expected_version=expected_version, by=by, now=now)
    return f"{patient} is corrected. Messages still to come follow."


def _accept(patient: Patient, *, by: User, now: datetime) -> str:
    patients.accept_patient(patient, by=by, now=now)
    return f"{patient} is accepted as a patient. Messages may go out."


def _send_form(patient: Patient, *, by: User, now: datetime) -> str:
    link = reminders.send_form(patient, by=by, now=now)
    message = patient.reminders.get(link=link, kind=MessageKind.FORM.value)
    return f"The form is on its way to {patient}. {when_it_goes(message, now=now)}"


def _stop(patient: Patient, *, channel: Channel | None, by: User, now: datetime) -> str:
    patients.opt_out(patient, channel=channel, by=by, now=now, source="told to staff")
    return f"{patient} gets no more {'messages' if channel is None else channel.label.lower() + ' messages'}."


def _allow(patient: Patient, *, channel: Channel, by: User, now: datetime) -> str:
    patients.opt_in(patient, channel=channel, by=by, now=now)
    return f"{patient} may be reached again: {channel.label.lower()}."


OF_PATIENT = {
    deed.name: deed
    for deed in (
        Deed(
            "edit",
            "Correct contact details",
            Action.EDIT_CONTACT,
            _edit,
            ContactForm,
            versioned=True,
            button="Save",
            explain="Messages still to come follow the new address.",
        ),
        Deed(
            "accept",
            "Accept this patient",
            Action.EDIT_CONTACT,
            _accept,
            explain="You know this person, or called back: a real patient of ours. Until then no message goes out.",
        ),
        Deed(
            "send-form",
            "Send the form",
            Action.SEND_FORM,
            _send_form,
            explain="A personal link to the form, by e-mail or text. What they answer belongs to this patient.",
        ),
        Deed(
            "opt-out",
            "Stop messages",
            Action.EDIT_CONTACT,
            _stop,
            ChannelForm,
            serious=True,
            explain="Because the patient asked. Holds at once, also for messages already on their way out.",
        ),
        Deed(
            "opt-in",
            "Allow messages again",
            Action.EDIT_CONTACT,
            _allow,
            AgainForm,
            explain="Because the patient said so.",
        ),
    )
}
