"""What planning and sending must know of a patient beside the case: settings, closed days, consent, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings as installed
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from cases.models import ClosedDay, ContactConsent, Patient, ReminderSettings
from cases.rules import reminder_settings
from cases.rules.channels import channel_to_use, why_no_channel
from cases.rules.reminder_settings import PURPOSE, Settings
from cases.rules.schedule_facts import PatientFacts
from cases.rules.terms import Channel, MessageKind, Purpose
from cases.rules.wall_clock import zone_of

PURPOSES = (Purpose.VISITS, Purpose.FOLLOW_UP)
# How far back a closed day still matters: a message that waited through it.
CLOSED_SINCE = timedelta(days=60)


@dataclass(frozen=True)
class Consents:
    """What a patient agreed to and what they refused, each as pairs of channel and purpose."""

    agreed: frozenset[tuple[str, str]] = frozenset()
    withdrawn: frozenset[tuple[str, str]] = frozenset()

    def agrees(self, channel: str, purpose: Purpose) -> bool:
        return (channel, purpose.value) in self.agreed or (channel, Purpose.ALL.value) in self.agreed

    def refuses(self, channel: str, purpose: Purpose) -> bool:
        """Consent was withdrawn there and not given again; silence is no refusal."""
        if self.agrees(channel, purpose):
            return False
        return (channel, purpose.value) in self.withdrawn or (channel, Purpose.ALL.value) in self.withdrawn


@dataclass(frozen=True)
class Circumstances:
    settings: Settings
    closed_days: frozenset[date]
    consents: Consents


def circumstances_of(patient: Patient, *, now: datetime) -> Circumstances:
    """All of it in one statement: planning stands in the path of every form."""
    consents = (
        ContactConsent.objects.filter(patient=OuterRef("pk"))
        .order_by()
        .values(row=JSONObject(channel=F("channel"), purpose=F("purpose"), withdrawn_at=F("withdrawn_at")))
    )
    closed = ClosedDay.objects.filter(site=OuterRef("site"), day__gte=(now - CLOSED_SINCE).date()).order_by()
    row = (
        Patient.objects.filter(pk=patient.pk)
        .order_by()
        .values_list(
            ArraySubquery(consents),
            ArraySubquery(closed.values("day")),
            *(f"site__reminder_settings__{column}" for column in ReminderSettings.FIGURES),
        )
        .get()
    )
    return Circumstances(
        settings=_settings(dict(zip(ReminderSettings.FIGURES, row[2:], strict=True))),
        closed_days=frozenset(row[1]),
        consents=_consents((each["channel"], each["purpose"], each["withdrawn_at"]) for each in row[0]),
    )


def settings_from_json(row: Mapping[str, Any]) -> Settings:
    """A row of the settings as the database writes it in JSON."""
    columns = {column: row[column] for column in ReminderSettings.FIGURES}
    return _settings(columns | {column: time.fromisoformat(row[column]) for column in ("hour", "opens", "closes")})


def consents_of(patient_ids: Sequence[int]) -> dict[int, Consents]:
    """For each patient what they agreed to and what they refused."""
    found: dict[int, list[tuple[str, str, Any]]] = {patient_id: [] for patient_id in patient_ids}
    rows = ContactConsent.objects.filter(patient__in=patient_ids)
    for patient_id, channel, purpose, withdrawn_at in rows.values_list(
        "patient_id", "channel", "purpose", "withdrawn_at"
    ):
        found[patient_id].append((channel, purpose, withdrawn_at))
    return {patient_id: _consents(rows) for patient_id, rows in found.items()}


def patient_facts(patient: Patient, around: Circumstances) -> PatientFacts:
    """The patient as the schedule sees them: a wall clock, and for each purpose the channel to use now."""
    channels = {purpose: channel_now(patient, around, purpose=purpose) for purpose in PURPOSES}
    return PatientFacts(
        zone=zone_of(patient.time_zone, patient.site.time_zone),
        channels={purpose: channel for purpose, channel in channels.items() if channel is not None},
        has_phone=bool(patient.phone),
        unreachable={
            purpose: why_no_channel(
                agreed=_agreed(around, purpose),
                refused=_refused(around, purpose),
                has_address=lambda channel: bool(patient.reachable_by(channel.value)),
                has_failed=lambda channel: patient.failed_on(channel.value),
            )
            for purpose, channel in channels.items()
            if channel is None
        },
    )


def channel_now(
    patient: Patient, around: Circumstances, *, purpose: Purpose, asked_for: bool = False
) -> Channel | None:
    """`channel_to_use` for one purpose of one patient."""
    return channel_to_use(
        sorted(Channel, key=lambda channel: channel.value != patient.preferred_channel),
        agreed=_agreed(around, purpose),
        refused=_refused(around, purpose),
        reachable=lambda channel: bool(patient.reachable_by(channel.value)) and not patient.failed_on(channel.value),
        texts_can_go=bool(installed.SMS_GATEWAY_URL) and around.settings.sms_allowed,
        has_phone=bool(patient.phone),
        asked_for=asked_for,
    )


def _agreed(around: Circumstances, purpose: Purpose) -> set[Channel]:
    return {channel for channel in Channel if around.consents.agrees(channel.value, purpose)}


def _refused(around: Circumstances, purpose: Purpose) -> set[Channel]:
    return {channel for channel in Channel if around.consents.refuses(channel.value, purpose)}


def purpose_of(kind: str) -> Purpose:
    return PURPOSE[MessageKind(kind)] if kind in set(MessageKind) else Purpose.FOLLOW_UP


def _consents(rows: Iterable[tuple[str, str, Any]]) -> Consents:
    agreed: set[tuple[str, str]] = set()
    withdrawn: set[tuple[str, str]] = set()
    for channel, purpose, withdrawn_at in rows:
        (agreed if withdrawn_at is None else withdrawn).add((channel, purpose))
    return Consents(frozenset(agreed), frozenset(withdrawn))


def _settings(columns: dict[str, Any]) -> Settings:
    if columns["hour"] is None:
        return reminder_settings.DEFAULT
    return ReminderSettings(**columns).as_rule()
