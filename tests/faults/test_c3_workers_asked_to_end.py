"""C3: a deployment: workers get SIGTERM in the middle of a send, finish what they have in hand, and end in time."""

from __future__ import annotations

import time

import pytest

from cases.models import Reminder, ReminderAttempt
from cases.services.turns import database_now
from clinic.local import processes
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]
ROUNDS = size(2, 50)
PER_ROUND = 24
# `stop_grace_period` of the compose file.
GRACE_SECONDS = 130


def run(rig: Rig, *, rounds: int) -> float:
    """Each round asks every worker to end while it sends; how long the slowest took to be gone."""
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, delay=1)
    workers = rig.keep_workers()
    rig.keep_beat()
    slowest = 0.0
    for _ in range(rounds):
        since = database_now()
        plan_due(PER_ROUND)
        begun_since = Reminder.objects.waiting().filter(begun_at__gt=since)
        assert rig.wait_until(begun_since.exists)
        begun = time.monotonic()
        leaving = [rig.ask_to_end(worker) for worker in workers]
        rig.kills += len(leaving)
        while any(processes.alive(pid) is not None for pid in leaving) and time.monotonic() < begun + GRACE_SECONDS:
            time.sleep(0.02)
        slowest = max(slowest, time.monotonic() - begun)
    rig.wait_until(all_settled)
    return slowest


def cut_off() -> int:
    """Turns of which nobody knows what became."""
    return ReminderAttempt.objects.filter(result=ReminderAttempt.Result.AMBIGUOUS).count()


def test_a_deployment_cuts_no_message_in_half(rig, tell):
    with rig(lease=60) as ours:
        slowest = run(ours, rounds=ROUNDS)

        tell(
            "C3",
            landed=ours.kills,
            at_least=2 * ROUNDS,
            figure=f"{len(ours.sinks.lines())} messages for {ROUNDS * PER_ROUND} reminders, "
            f"{cut_off()} turns cut off, the slowest gone after {slowest:.1f} s",
        )
        assert breaches(ours.sinks) == []
        assert (cut_off(), len(ours.sinks.lines())) == (0, ROUNDS * PER_ROUND)
        assert slowest < GRACE_SECONDS


def test_a_worker_that_leaves_at_once_is_caught(rig, tell):
    with rig("leave_at_once", lease=2) as sabotaged:
        run(sabotaged, rounds=2)

        tell("C3 saboteur", landed=sabotaged.kills, at_least=2, figure=f"{cut_off()} turns cut off: caught")
        assert cut_off() > 0
