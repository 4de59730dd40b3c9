"""Addresses that refuse us: remembered on the patient, and the message sent another way if there is one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.models import Patient, Reminder
from cases.rules.terms import Channel
from cases.services import reminders
from cases.services.events import EventKind, record_of_patient
from cases.services.transactions import one_transaction

_COLUMN = {Channel.EMAIL: "email_failed_at", Channel.SMS: "phone_failed_at"}


@one_transaction
def note_failed_contact(patient: Patient, *, channel: Channel, now: datetime, detail: str = "") -> bool:
    """The address on that channel will never take a message: nothing more goes there until it is corrected.

    False when it was known. detail: for staff, never an address.
    """
    stored = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("site").get(pk=patient.pk)
    column = _COLUMN.get(channel)
    if column is None or getattr(stored, column) is not None:
        return False
    setattr(stored, column, now)
    stored.version += 1
    stored.save(update_fields=[column, "version"])
    record_of_patient(stored, EventKind.CONTACT_FAILED, by=None, now=now, channel=channel.value, detail=detail[:120])
    reminders.plan_for_patient(stored, now=now)
    return True


@one_transaction
def note_refusal(reminder_id: UUID, *, detail: str, now: datetime) -> Reminder | None:
    """The provider refused this message for good: remember the address, and go by the next channel.

    The new row; None when no channel is left or the message makes no sense any more, and when the row did not fail:
    somebody else had taken the turn over.
    """
    reminder = Reminder.objects.select_related("patient").get(pk=reminder_id)
    if reminder.status != Reminder.Status.FAILED:
        return None
    note_failed_contact(reminder.patient, channel=Channel(reminder.channel), now=now, detail=detail)
    return reminders.fall_back(reminder, now=now)


@one_transaction
def note_bounce(reminder_id: UUID, *, detail: str, now: datetime) -> Reminder | None:
    """A message that was accepted came back: as `note_refusal`, and the row says that it did not arrive."""
    reminders.settle_bounced(reminder_id, detail=detail, now=now)
    return note_refusal(reminder_id, detail=detail, now=now)
