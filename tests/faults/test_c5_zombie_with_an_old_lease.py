"""C5: a worker stands still in the middle of a send, its lease runs out, another finishes; then it wakes up."""

from __future__ import annotations

import os
import signal

import pytest

from cases.models import Reminder
from tests.faults.rig import Rig, all_settled, breaches, plan_due

pytestmark = pytest.mark.faults
REMINDERS = 12


def run(rig: Rig) -> int:
    """How many sends the sleeper had begun."""
    # What the sleeper sends is refused for good, and the answer reaches it when the row is no longer its own.
    rig.sinks.knobs("sms", delay=2.0, answer=422)
    rig.sinks.knobs("email", delay=2.0, answer=550)
    plan_due(REMINDERS)
    [sleeper] = rig.keep_workers(1)
    rig.keep_beat()
    begun = Reminder.objects.waiting().filter(begun_at__isnull=False)
    assert rig.wait_until(lambda: begun.count() >= REMINDERS, seconds=20)
    rig.wait_until(lambda: False, seconds=0.5)
    asleep = begun.count()
    os.killpg(rig.running[sleeper], signal.SIGSTOP)
    rig.sinks.knobs("sms", delay=0, answer=0)
    rig.sinks.knobs("email", delay=0, answer=0)
    rig.keep_workers(1)
    assert rig.wait_until(all_settled, seconds=20)
    os.killpg(rig.running[sleeper], signal.SIGCONT)
    rig.wait_until(lambda: False, seconds=2.5)
    return asleep


def test_the_sleeper_s_mark_changes_nothing(rig):
    with rig() as ours:
        asleep = run(ours)

        print(f"C5: {asleep} turns slept through their lease")
        assert asleep >= REMINDERS
        assert breaches(ours.sinks) == []
        assert set(Reminder.objects.values_list("status", flat=True)) == {"accepted"}


def test_marking_without_the_fencing_token_is_caught(rig):
    with rig("mark_without_token") as sabotaged:
        run(sabotaged)

        assert [breach for breach in breaches(sabotaged.sinks) if "counts as failed" in breach] != []
