"""S7: a provider is away until past the end of its messages: they are reported as too late, and never sent stale."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.models import Heartbeat, Reminder
from cases.rules.sending import Why
from cases.services.turns import database_now
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
REMINDERS = size(100, 200)
# Time for a first try on a slow machine.
USEFUL_SECONDS = size(8, 12)


def run(rig: Rig, *, reminders: int) -> int:
    """How many were tried before their end."""
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, refuse=True)
    rig.keep_workers()
    rig.keep_beat()
    assert rig.wait_until(Heartbeat.objects.exists)
    plan_due(reminders, expires_in=timedelta(seconds=USEFUL_SECONDS))
    rig.wait_until(lambda: not Reminder.objects.filter(expires_at__gt=_soon()).exists())
    tried = Reminder.objects.filter(attempts_made__gt=0).count()
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, refuse=False)
    rig.wait_until(all_settled)
    return tried


def _soon() -> datetime:
    return database_now() - timedelta(seconds=0.2)


def test_what_is_too_late_is_never_sent(rig, tell):
    with rig(lease=60) as ours:
        tried = run(ours, reminders=REMINDERS)

        expired = Reminder.objects.filter(status="expired", reason=Why.EXPIRED.value).count()
        tell("S7", landed=tried, at_least=1, figure=f"{expired} of {REMINDERS} expired, {len(ours.sinks.lines())} sent")
        assert expired == REMINDERS
        assert ours.sinks.lines() == []
        assert breaches(ours.sinks) == []


def test_sending_what_is_stale_is_caught(rig, tell):
    with rig("late_is_better_than_never", lease=60) as sabotaged:
        tried = run(sabotaged, reminders=20)

        found = [breach for breach in breaches(sabotaged.sinks) if "after its end" in breach]
        tell("S7 saboteur", landed=tried, at_least=1, figure=f"{len(found)} sent stale: caught")
        assert found != []
