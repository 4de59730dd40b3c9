"""C1: `kill -9` whole worker groups at random while hundreds of reminders go out."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from cases.models import Reminder, ReminderAttempt
from cases.services.turns import database_now
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]
REMINDERS = size(500, 10_000)
# Each kills both groups.
ROUNDS = size(6, 50)
SECONDS_TO_SETTLE = size(180, 900)


def run(rig: Rig, *, reminders: int, rounds: int, seed: int) -> None:
    """Each round kills both groups while sends are under way: between two batches a kill would prove nothing."""
    chance = random.Random(seed)
    # Half at once; the rest as the rounds go on, so that each of them meets something to send.
    plan_due(reminders - rounds * (reminders // 2 // rounds))
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, delay=0.2)
    workers = rig.keep_workers()
    rig.keep_beat()
    for _ in range(rounds):
        since = database_now()
        plan_due(reminders // 2 // rounds)
        assert rig.wait_until(lambda since=since: _is_sending(since)), "nothing was sent: a kill would prove nothing"
        rig.wait_until(lambda: False, seconds=chance.uniform(0, 0.2))
        for worker in workers:
            rig.kill_group(worker)
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, delay=0.02)
    rig.wait_until(all_settled, seconds=SECONDS_TO_SETTLE)


def _is_sending(since: datetime) -> bool:
    return Reminder.objects.waiting().filter(begun_at__gt=since).exists()


def test_nothing_is_lost_and_nothing_is_sent_twice(rig, tell):
    with rig() as ours:
        run(ours, reminders=REMINDERS, rounds=ROUNDS, seed=1)

        interrupted = ReminderAttempt.objects.filter(result=ReminderAttempt.Result.AMBIGUOUS).count()
        tell(
            "C1",
            landed=ours.kills,
            at_least=2 * ROUNDS,
            figure=f"{len(ours.sinks.lines())} messages for {REMINDERS} reminders, {interrupted} turns cut off",
        )
        assert breaches(ours.sinks) == []
        assert interrupted >= ROUNDS, "too few faults landed to prove anything"


def test_without_keys_no_text_goes_twice(rig, tell):
    with rig(keeps_keys=False) as ours:
        run(ours, reminders=REMINDERS // 4, rounds=ROUNDS // 3, seed=2)

        held = Reminder.objects.filter(status="unknown").count()
        copies = len(ours.sinks.lines())
        tell(
            "C1 without keys",
            landed=ours.kills,
            at_least=2 * (ROUNDS // 3),
            figure=f"{copies} messages for {REMINDERS // 4} reminders, {held} held for a person",
        )
        assert breaches(ours.sinks) == []


def test_a_claim_by_plain_select_is_caught(rig, tell):
    with rig("plain_select") as sabotaged:
        plan_due(120)
        for channel in ("email", "sms"):
            sabotaged.sinks.knobs(channel, delay=0.25)
        sabotaged.keep_workers()
        sabotaged.keep_beat()
        sabotaged.wait_until(lambda: doubled(sabotaged) != [])

        found = doubled(sabotaged)
        tell("C1 saboteur", landed=1, at_least=1, figure=f"{len(found)} sent more than once: caught")
        assert found != []


def doubled(rig: Rig) -> list[str]:
    return [breach for breach in breaches(rig.sinks) if "times by" in breach]
