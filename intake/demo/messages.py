"""The demo's post: what fell due in its three months is claimed and marked as the clock does it, and nothing leaves."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.messages.results import Outcome, Sent
from cases.models import Reminder
from cases.rules.terms import Channel
from cases.services import claims, reminders, turns
from intake.demo.clinic import Clinic, Life

# In UTC: nine in Hawaii. Whoever gave no zone is written to only when it is day in the whole country.
SWEEP_AT = time(19, 5)
DEMO_LASTS = timedelta(days=90)
CALLS_AT = time(16)
# Stands in the record of every attempt: nobody may take the demo's history for a proof of delivery.
ACCEPTED = Sent(Outcome.ACCEPTED, "demo clinic: invented, nothing was sent")
BOUNCED = Sent(Outcome.REFUSED, "demo clinic: mailbox full")


def sweeps(clinic: Clinic) -> Life:
    """Once a day, and once more at the end: a worker that starts afterwards finds nothing old to send."""
    now = datetime.combine(clinic.now.astimezone(UTC) - DEMO_LASTS, SWEEP_AT, UTC)
    while now < clinic.now:
        yield now
        _settle_due(clinic, now=now)
        now += timedelta(days=1)
    yield clinic.now
    _settle_due(clinic, now=clinic.now)


def _settle_due(clinic: Clinic, *, now: datetime) -> None:
    met = claims.BATCH
    while met == claims.BATCH:
        claimed, met = claims.claim_due(now=now)
        if claimed:
            begun = turns.start(claimed, now=now)
            turns.mark([(turn, BOUNCED if turn.to in clinic.bouncing else ACCEPTED) for turn in begun], now=now)


def calls(clinic: Clinic) -> Life:
    """The desk works through its call list every afternoon; today's is still to do."""
    zone = ZoneInfo(clinic.riverside.time_zone)
    day = (clinic.now - DEMO_LASTS).astimezone(zone).date()
    while day < clinic.now.astimezone(zone).date():
        now = yield datetime.combine(day, CALLS_AT, zone)
        waiting = (
            Reminder.objects.waiting().filter(channel=Channel.PHONE, due_at__lte=now).order_by("due_at", "dedupe_key")
        )
        for reminder in waiting.select_related("patient"):
            reached = reminder.patient.phone not in clinic.unanswered
            reminders.settle_call(reminder, reached=reached, by=clinic.desk, now=now)
        day += timedelta(days=1)
