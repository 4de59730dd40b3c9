"""C1: `kill -9` whole worker groups at random while hundreds of reminders go out."""

from __future__ import annotations

from datetime import datetime

import pytest

from cases.models import ReminderAttempt
from cases.services.turns import database_now
from tests.faults.rig import Rig, all_settled, breaches, dice, plan_due

pytestmark = pytest.mark.faults
REMINDERS = 500
ROUNDS = 10


def run(rig: Rig, *, reminders: int, rounds: int, seed: int) -> None:
    """Each round kills both groups while sends are under way: between two batches a kill would prove nothing."""
    chance = dice(seed)
    plan_due(reminders)
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, delay=0.2)
    workers = rig.keep_workers()
    rig.keep_beat()
    for _ in range(rounds):
        since = database_now()
        if not rig.wait_until(lambda since=since: _is_sending(since), seconds=20):
            break
        rig.wait_until(lambda: False, seconds=chance.uniform(0, 0.2))
        for worker in workers:
            rig.kill_group(worker)
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, delay=0.02)
    rig.wait_until(all_settled, seconds=40)


def _is_sending(since: datetime) -> bool:
    begun = ReminderAttempt.objects.filter(result=ReminderAttempt.Result.OPEN, started_at__gt=since)
    return begun.exists()


def test_nothing_is_lost_and_nothing_is_sent_twice(rig):
    with rig() as ours:
        run(ours, reminders=REMINDERS, rounds=ROUNDS, seed=1)

        interrupted = ReminderAttempt.objects.filter(result=ReminderAttempt.Result.AMBIGUOUS).count()
        print(
            f"C1: {ours.kills} kills, {ours.restarts} restarts, {interrupted} turns cut off, "
            f"{len(ours.sinks.lines())} messages for {REMINDERS} reminders"
        )
        assert breaches(ours.sinks) == []
        assert ours.kills == 2 * ROUNDS
        assert interrupted >= ROUNDS, "too few faults landed to prove anything"


def test_a_claim_by_plain_select_is_caught(rig):
    with rig("plain_select") as sabotaged:
        plan_due(120)
        for channel in ("email", "sms"):
            sabotaged.sinks.knobs(channel, delay=0.25)
        sabotaged.keep_workers()
        sabotaged.keep_beat()
        sabotaged.wait_until(all_settled, seconds=20)

        assert breaches(sabotaged.sinks) != []
