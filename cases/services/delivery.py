"""What providers report of messages they took: kept once, in whatever order it comes, and acted on upwards only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from cases.models import CaseEvent, DeliveryEvent, Patient, Reminder, ReminderAttempt
from cases.rules.delivery import LADDER, NOT_ARRIVED, SAID_NO, WRONG_ADDRESS, Delivered, climbs, named, state_of
from cases.rules.terms import Channel
from cases.services import contact, reminders
from cases.services.events import EventKind
from cases.services.patients import opt_out
from cases.services.transactions import one_transaction

Effect = DeliveryEvent.Effect
_ADDRESS_COLUMN = {Channel.EMAIL: "email", Channel.SMS: "phone"}


@dataclass(frozen=True)
class Report:
    """One report. word: the provider's own for what happened; message_id: ours or the provider's name for the message.

    is_readable False: it was signed, and nobody can say what it means.
    """

    event_id: str
    word: str = ""
    message_id: str = ""
    happened_at: datetime | None = None
    is_readable: bool = True


@one_transaction
def take_report(channel: Channel, report: Report, *, now: datetime) -> DeliveryEvent:
    """Keep one report and do what follows from it; a repeat gives the first row back and does nothing."""
    reminder = _reminder_of(channel, report.message_id)
    if reminder is not None:
        # The person first, as every other service locks them: two reports of one message then come one by one.
        Patient.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=reminder.patient_id)
    known = DeliveryEvent.objects.filter(provider=channel.value, event_id=report.event_id).first()
    if known is not None:
        return known
    state = state_of(report.word) if report.is_readable else Delivered.NOTE
    row = DeliveryEvent(
        provider=channel.value,
        event_id=report.event_id,
        reminder=reminder,
        message_id=report.message_id[:120],
        state=state.value,
        named=named(report.word),
        happened_at=report.happened_at,
        received_at=now,
        effect=Effect.UNREADABLE.value if not report.is_readable else Effect.UNKNOWN_MESSAGE.value,
    )
    if reminder is not None and report.is_readable:
        row.effect = _follow(reminder, channel, state, now=now).value
    # Two copies about a message we do not know meet here, with nothing to lock: the second one finds the first.
    DeliveryEvent.objects.bulk_create([row], ignore_conflicts=True)
    return DeliveryEvent.objects.get(provider=channel.value, event_id=report.event_id)


def delivery_of(reminder: Reminder) -> Delivered | None:
    """How far the message got, by all that was reported; None when nothing was."""
    said = {Delivered(state) for state in reminder.delivery_events.values_list("state", flat=True)}
    return max(said, key=LADDER.index, default=None)


def _reminder_of(channel: Channel, message_id: str) -> Reminder | None:
    """By our own key, alone or inside a Message-ID, or by what the provider called it when it took it."""
    if not message_id:
        return None
    ours = message_id.strip("<> ").partition("@")[0]
    try:
        key = uuid.UUID(ours)
    except ValueError:
        attempt = ReminderAttempt.objects.filter(provider_id=message_id, reminder__channel=channel.value)
        found = attempt.select_related("reminder__patient__site").order_by("-pk").first()
        return found.reminder if found else None
    return Reminder.objects.filter(pk=key, channel=channel.value).select_related("patient__site").first()


def _follow(reminder: Reminder, channel: Channel, state: Delivered, *, now: datetime) -> DeliveryEvent.Effect:
    before = delivery_of(reminder)
    if not climbs(before, state):
        return Effect.NONE
    if state in SAID_NO:
        opt_out(reminder.patient, channel=channel, by=None, now=now, source=f"{state.value}, told by the provider")
        return Effect.OPTED_OUT
    if state in NOT_ARRIVED:
        return _came_back(reminder, channel, state, now=now)
    if state in {Delivered.ACCEPTED, Delivered.DELIVERED}:
        # A message in doubt waits for a person; the one who knows has spoken.
        in_doubt = Reminder.objects.filter(pk=reminder.pk, status=Reminder.Status.UNKNOWN)
        in_doubt.update(status=Reminder.Status.ACCEPTED, reason=f"the provider says: {state.label.lower()}")
    return Effect.NOTED


def _came_back(reminder: Reminder, channel: Channel, state: Delivered, *, now: datetime) -> DeliveryEvent.Effect:
    detail = state.label.lower()
    _settle_unmarked(reminder, detail=detail, now=now)
    if state in WRONG_ADDRESS and not _was_corrected(reminder, channel):
        again = contact.note_bounce(reminder.pk, detail=detail, now=now)
        return Effect.CHANNEL_CHANGED if again is not None else Effect.ADDRESS_FAILED
    reminders.settle_bounced(reminder.pk, detail=detail, now=now)
    if state in WRONG_ADDRESS and reminders.fall_back(reminder, now=now) is not None:
        return Effect.CHANNEL_CHANGED
    # Not this time: the address may be right, and a person telephones.
    return Effect.NOTED


def _settle_unmarked(reminder: Reminder, *, detail: str, now: datetime) -> None:
    """A report may overtake the sender that has not yet written down that the provider took the message, or the
    person who was to find out: what the provider says holds, and the sender's turn is over."""
    begun = Q(status=Reminder.Status.WAITING, started_at__isnull=False) | Q(status=Reminder.Status.UNKNOWN)
    settled = Reminder.objects.filter(begun, pk=reminder.pk).update(
        status=Reminder.Status.FAILED,
        reason=f"came back: {detail}"[:120],
        settled_at=now,
        leased_until=None,
        fencing_token=F("fencing_token") + 1,
    )
    if settled:
        ReminderAttempt.objects.filter(reminder=reminder, result=ReminderAttempt.Result.OPEN).update(
            result=ReminderAttempt.Result.ACCEPTED, detail="known from the provider's report", ended_at=now
        )


def _was_corrected(reminder: Reminder, channel: Channel) -> bool:
    """Did somebody change the address since the message went? A late report is about the old one."""
    changed = CaseEvent.objects.filter(
        patient=reminder.patient_id,
        kind=EventKind.CONTACT_CHANGED.value,
        at__gte=reminder.started_at or reminder.planned_at,
        details__fields__contains=[_ADDRESS_COLUMN[channel]],
    )
    return changed.exists()
