"""What staff may do to a message: send it again, take it back, or say what came of a call."""

from __future__ import annotations

from datetime import datetime

from cases.admin.small_forms import Deed
from cases.models import Reminder
from cases.rules.terms import Channel
from cases.services import reminders
from clinic.accounts.models import User
from clinic.accounts.permissions import Action


def _resend(reminder: Reminder, *, by: User, now: datetime) -> str:
    again = reminders.resend_reminder(reminder, by=by, now=now)
    if again.channel == Channel.PHONE.value:
        return "It is on the call list again."
    return f"It goes out once more: {again.get_channel_display().lower()}, at the next sane hour."


def _reached(reminder: Reminder, *, by: User, now: datetime) -> str:
    reminders.settle_call(reminder, reached=True, by=by, now=now)
    return "Noted: the patient was reached."


def _not_reached(reminder: Reminder, *, by: User, now: datetime) -> str:
    reminders.settle_call(reminder, reached=False, by=by, now=now)
    return "Noted: nobody answered. It can be put on the call list again."


def _stop(reminder: Reminder, *, by: User, now: datetime) -> str:
    reminders.stop_reminder(reminder, by=by, now=now)
    return "It will not be sent."


OF_REMINDER = {
    deed.name: deed
    for deed in (
        Deed(
            "resend",
            "Send it again",
            Action.MANAGE_REMINDERS,
            _resend,
            explain="On the channel the patient has now, if they agreed to it.",
        ),
        Deed("called", "Patient was called", Action.MANAGE_REMINDERS, _reached, explain="You spoke with the patient."),
        Deed(
            "not-reached",
            "Nobody answered",
            Action.MANAGE_REMINDERS,
            _not_reached,
            explain="You telephoned and reached nobody.",
        ),
        Deed(
            "stop",
            "Do not send",
            Action.MANAGE_REMINDERS,
            _stop,
            serious=True,
            explain="Takes back this one message. It does not come back by itself.",
        ),
    )
}
_DONE = frozenset({Reminder.Status.FAILED, Reminder.Status.UNKNOWN, Reminder.Status.ACCEPTED, Reminder.Status.EXPIRED})


def open_deeds(reminder: Reminder) -> list[Deed]:
    """What makes sense for a message as it stands; the service has the last word."""
    if reminder.status == Reminder.Status.WAITING:
        calls = ["called", "not-reached"] if reminder.channel == Channel.PHONE.value else []
        return [OF_REMINDER[name] for name in [*calls, *(["stop"] if reminder.started_at is None else [])]]
    return [OF_REMINDER["resend"]] if reminder.status in _DONE else []
