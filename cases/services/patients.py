"""People and how to reach them: registered, accepted, corrected, and left in peace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError

from cases.models import ContactConsent, Patient
from cases.rules.terms import Channel, Purpose
from cases.services import reminders
from cases.services.errors import Stale, WrongInput
from cases.services.events import EventKind, record_of_patient
from cases.services.references import new_patient_reference
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User, known_time_zone


@dataclass(frozen=True)
class Contact:
    """Who somebody is and how to reach them. phone: E.164; time_zone: IANA, "" where nobody told us."""

    given_name: str
    family_name: str
    date_of_birth: date
    phone: str = ""
    email: str = ""
    preferred_channel: str = Channel.EMAIL.value
    language: str = "en"
    time_zone: str = ""

    def channels(self) -> list[str]:
        """The channels that have an address, the preferred one first."""
        have = {Channel.EMAIL.value: self.email, Channel.SMS.value: self.phone, Channel.PHONE.value: self.phone}
        order = sorted(have, key=lambda channel: channel != self.preferred_channel)
        return [channel for channel in order if have[channel]]


_COLUMNS = (
    "given_name",
    "family_name",
    "date_of_birth",
    "phone",
    "email",
    "preferred_channel",
    "language",
    "time_zone",
)


@one_transaction
def register_patient(site: Site, *, contact: Contact, provisional: bool, by: User | None, now: datetime) -> Patient:
    """A new patient, with consent to messages on the preferred channel.

    provisional: True for a form from the open web, until staff accept the person. Raises WrongInput.
    """
    _check(contact)
    patient = Patient.objects.create(
        reference=new_patient_reference(),
        site=site,
        is_provisional=provisional,
        registered_at=now,
        **{column: getattr(contact, column) for column in _COLUMNS},
    )
    ContactConsent.objects.create(
        patient=patient,
        channel=_first_channel(contact),
        granted_at=now,
        source="intake form" if by is None else "told to staff",
    )
    record_of_patient(patient, EventKind.PATIENT_REGISTERED, by=by, now=now, provisional=provisional)
    return patient


@one_transaction
def accept_patient(patient: Patient, *, by: User, now: datetime) -> Patient:
    """A person looked and says: this is a real patient of ours. Harmless to repeat."""
    stored = _locked(patient)
    if stored.is_provisional:
        stored.is_provisional = False
        _save(stored, ["is_provisional"])
        record_of_patient(stored, EventKind.PATIENT_ACCEPTED, by=by, now=now)
        # What was held back until a person had looked may go.
        reminders.plan_for_patient(stored, now=now)
    return stored


@one_transaction
def edit_contact(
    patient: Patient, *, contact: Contact, expected_version: int | None = None, by: User, now: datetime
) -> Patient:
    """Correct name and contact. Messages still to come follow the new address. Raises WrongInput, Stale."""
    _check(contact)
    stored = _locked(patient, expected_version=expected_version)
    changed = [column for column in _COLUMNS if getattr(stored, column) != getattr(contact, column)]
    if not changed:
        return stored
    for column in changed:
        setattr(stored, column, getattr(contact, column))
    _save(stored, changed)
    record_of_patient(stored, EventKind.CONTACT_CHANGED, by=by, now=now, fields=changed)
    reminders.plan_for_patient(stored, now=now)
    if "time_zone" in changed:
        reminders.look_again(stored.reminders.all(), now=now)
    return stored


@one_transaction
def opt_out(patient: Patient, *, channel: Channel | None, by: User | None, now: datetime, source: str) -> Patient:
    """Stop messages on a channel, or on all when None: at once, also for those already on their way out."""
    stored = _locked(patient)
    stopped = [each.value for each in (Channel if channel is None else [channel])]
    stored.consents.filter(withdrawn_at__isnull=True, channel__in=stopped).update(withdrawn_at=now)
    # A no is kept where there never was a yes, too: a form that staff send needs no yes and would go there.
    known = set(stored.consents.values_list("channel", flat=True))
    ContactConsent.objects.bulk_create(
        ContactConsent(patient=stored, channel=each, granted_at=now, withdrawn_at=now, source=source)
        for each in stopped
        if each not in known
    )
    reminders.suppress_waiting(stored, reason="opted out", channel=channel, now=now)
    named = channel.value if channel else "all"
    record_of_patient(stored, EventKind.OPTED_OUT, by=by, now=now, channel=named, source=source)
    return stored


@one_transaction
def opt_in(
    patient: Patient, *, channel: Channel, by: User | None, now: datetime, source: str = "told to staff"
) -> Patient:
    """Allow messages on a channel again, because the patient said so. Raises WrongInput without an address there."""
    stored = _locked(patient)
    if not stored.reachable_by(channel.value):
        raise WrongInput({"channel": [f"There is no address for: {channel.label}. Add one first."]})
    _, created = ContactConsent.objects.get_or_create(
        patient=stored,
        channel=channel.value,
        purpose=Purpose.ALL.value,
        withdrawn_at=None,
        defaults={"granted_at": now, "source": source},
    )
    if created:
        record_of_patient(stored, EventKind.OPTED_IN, by=by, now=now, channel=channel.value, source=source)
        reminders.plan_for_patient(stored, now=now)
    return stored


def _first_channel(contact: Contact) -> str:
    return contact.channels()[0]


def _check(contact: Contact) -> None:
    wrong: dict[str, list[str]] = {}
    for column in ("given_name", "family_name"):
        if not getattr(contact, column).strip():
            wrong[column] = ["Write the name."]
    if not contact.phone and not contact.email:
        wrong["phone"] = ["Give a telephone number or an e-mail address."]
    if contact.time_zone:
        try:
            known_time_zone(contact.time_zone)
        except ValidationError as error:
            wrong["time_zone"] = error.messages
    if wrong:
        raise WrongInput(wrong)


def _locked(patient: Patient, *, expected_version: int | None = None) -> Patient:
    stored = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("site").get(pk=patient.pk)
    if expected_version is not None and stored.version != expected_version:
        raise Stale(f"{stored} was changed by somebody else. Read it again, then repeat your change.")
    return stored


def _save(patient: Patient, fields: list[str]) -> None:
    patient.version += 1
    patient.save(update_fields=[*fields, "version"])
