"""One message explained: what wanted it, when and why then, what was asked, what was tried and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django.utils import dateformat

from cases.models import ContactConsent, Reminder
from cases.rules.follow_up import STEP
from cases.rules.message_reasons import reason_for
from cases.rules.quiet_hours import Window
from cases.rules.reminder_settings import ASKED_FOR, DEFAULT, IMPORTANT
from cases.rules.terms import Channel, MessageKind, Purpose
from cases.rules.time_zones import opening_in_all, zones_to_respect
from cases.rules.wall_clock import zone_of
from cases.services.circumstances import purpose_of
from cases.services.forecast import MOST_WEEKS, forecast_patient
from cases.services.foreseen import Foreseen, Outcome
from cases.services.planned_messages import subject_of

MOST_TURNS = 50


@dataclass(frozen=True)
class Part:
    """One question that somebody asks about a message, and its answers, a sentence each."""

    title: str
    lines: tuple[str, ...]


def explain(reminder: Reminder, *, now: datetime) -> tuple[Part, ...]:
    """Everything known of one message, sent or not, in plain words and on the patient's wall clock. Stores nothing."""
    zone = zone_of(reminder.patient.time_zone, reminder.patient.site.time_zone)
    return (
        Part("Why there is this message", _wanted(reminder, zone)),
        Part("May we write there?", _consent(reminder, zone)),
        Part("The clock", _clock(reminder, zone)),
        Part("What was tried", _tried(reminder, zone)),
        Part("What the provider reported", _reported(reminder, zone)),
        Part("What happens next", _next(reminder, zone, now=now)),
    )


def when_it_goes(reminder: Reminder, *, now: datetime) -> str:
    """Of a message that waits: when it goes if nothing changes, and what it waits for."""
    return _foreseen(reminder, zone_of(reminder.patient.time_zone, reminder.patient.site.time_zone), now=now)


def _wanted(row: Reminder, zone: ZoneInfo) -> tuple[str, ...]:
    step = row.check_in.step if row.check_in else None
    reason = reason_for(MessageKind(row.kind), step)
    about = f" It is about the check-in “{STEP[step].label}”." if step is not None and step in STEP else ""
    visit = f" The visit begins {said(row.visit.starts_at, zone)}." if row.visit else ""
    return (
        f"{reason.because}{about}{visit}",
        f"Where that comes from: {reason.source}.",
        f"It was planned {said(row.planned_at, zone)}.",
    )


def _consent(row: Reminder, zone: ZoneInfo) -> tuple[str, ...]:
    purpose = purpose_of(row.kind)
    at = row.started_at or row.settled_at
    when = "when it went" if row.started_at else "when it was settled" if row.settled_at else "now"
    found = ContactConsent.objects.filter(
        patient=row.patient_id, channel=row.channel, purpose__in=[Purpose.ALL.value, purpose.value]
    ).order_by("granted_at", "pk")
    way = Channel(row.channel).label.lower()
    lines = []
    for each in found:
        if at is not None and each.granted_at > at:
            continue
        text = f"The patient agreed to {way} {said(each.granted_at, zone)} ({each.source})"
        if each.withdrawn_at is not None and (at is None or each.withdrawn_at <= at):
            text += f", and withdrew it {said(each.withdrawn_at, zone)}"
        lines.append(f"{text}.")
    if not lines:
        lines.append(f"There was no consent for {way} {when}.")
    if MessageKind(row.kind) in ASKED_FOR:
        lines.append("Staff sent it because the patient asked for it, so that no consent is no refusal.")
    return tuple(lines)


def _clock(row: Reminder, zone: ZoneInfo) -> tuple[str, ...]:
    settings = getattr(row.patient.site, "reminder_settings", None)
    window: Window = settings.as_rule().window if settings else DEFAULT.window
    if row.patient.time_zone:
        lines = [f"All times are those where the patient is ({zone.key})."]
    else:
        lines = [
            f"All times are the clinic's ({zone.key}).",
            "Nobody told us where the patient is: it goes only when it is day in the whole country.",
        ]
    lines.append(f"It is due {said(row.due_at, zone)}.")
    if row.channel != Channel.PHONE:
        first = opening_in_all(row.due_at, zones_to_respect(row.patient.time_zone, row.patient.site.time_zone), window)
        lines.append(
            f"Messages go between {window.opens:%H:%M} and {window.closes:%H:%M}: first allowed {said(first, zone)}."
        )
    if MessageKind(row.kind) in IMPORTANT:
        lines.append("It is of no use later, so that it goes on closed days too, and over the most of a week.")
    if row.status == Reminder.Status.WAITING and row.held_for:
        lines.append(f"It waits until {said(row.try_at, zone)}: {row.held_for}.")
    lines.append(f"It is never sent after {said(row.expires_at, zone)}.")
    return tuple(lines)


def _tried(row: Reminder, zone: ZoneInfo) -> tuple[str, ...]:
    lines = []
    for turn in row.attempts.order_by("claimed_at", "pk")[:MOST_TURNS]:
        began = f"began {said(turn.started_at, zone)}" if turn.started_at else "never began"
        text = f"Taken {said(turn.claimed_at, zone)}, {began}: {turn.get_result_display().lower()}"
        text += f" ({turn.detail})" if turn.detail else ""
        text += f". The provider calls it {turn.provider_id}" if turn.provider_id else ""
        lines.append(f"{text}.")
    return tuple(lines) or ("Nobody has tried to send it yet.",)


def _reported(row: Reminder, zone: ZoneInfo) -> tuple[str, ...]:
    lines = [
        f"{said(each.received_at, zone)}: {each.get_state_display().lower()}. {each.get_effect_display()}."
        for each in row.delivery_events.order_by("received_at", "pk")[:MOST_TURNS]
    ]
    return tuple(lines) or ("Nothing was reported.",)


def _next(row: Reminder, zone: ZoneInfo, *, now: datetime) -> tuple[str, ...]:
    status = Reminder.Status(row.status)
    if status is Reminder.Status.WAITING:
        return (_foreseen(row, zone, now=now),)
    settled = said(cast(datetime, row.settled_at), zone)
    if status is Reminder.Status.ACCEPTED:
        done = "Somebody at the clinic telephoned" if row.channel == Channel.PHONE else "The provider took it"
        return (f"{done} {settled}. It is not sent again.",)
    if status is Reminder.Status.SUPPRESSED:
        return (
            f"It was not sent, on purpose, {settled}: {row.reason}.",
            "It comes back by itself when the reason is gone and there is still time."
            if row.reason != "stopped by staff"
            else "It does not come back by itself: somebody stopped it.",
        )
    if status is Reminder.Status.EXPIRED:
        return (f"Its time was over {settled}: {row.reason or 'too late to send'}. Telephone if it still matters.",)
    if status is Reminder.Status.UNKNOWN:
        return (f"Nobody can say whether it arrived ({row.reason}). Ask the patient before sending it again.",)
    return (f"It failed {settled}: {row.reason}. It stands on the list of people to telephone.",)


def _foreseen(row: Reminder, zone: ZoneInfo, *, now: datetime) -> str:
    if row.leased_until is not None and row.leased_until > now:
        return "It is being sent at this moment."
    if row.channel == Channel.PHONE:
        return f"It stands on the list of calls from {said(row.due_at, zone)} on, until somebody has called."
    weeks = min(MOST_WEEKS, max(1, -(-(row.expires_at - now) // timedelta(weeks=1)) + 1))
    found = forecast_patient(row.patient, weeks=weeks, now=now).messages
    same = [each for each in found if each.subject == subject_of(row) and each.case_id == row.case_id]
    mine = next((each for each in same if each.reminder == row.pk), same[0] if same else None)
    if mine is None:
        return "It is taken back at the next change: there is no reason for it any more."
    if mine.outcome is Outcome.GOES and mine.channel != row.channel:
        return "It is taken back at the next change: the patient is reached another way now."
    return _told(mine)


def _told(each: Foreseen) -> str:
    at = said(each.at, ZoneInfo(each.zone))
    held = f" It waits that long because: {'; '.join(each.held)}." if each.held else ""
    if each.outcome is Outcome.GOES:
        return f"If nothing changes, it goes {at}.{held}"
    if each.outcome is Outcome.WAITS:
        return f"It waits: {each.why or 'until it is due'}."
    return f"If nothing changes, it is not sent: {each.why}."


def said(at: datetime, zone: ZoneInfo) -> str:
    """Such as 'Mon 23 Nov 2026, 14:30'."""
    return dateformat.format(at.astimezone(zone), "D j M Y, H:i")
