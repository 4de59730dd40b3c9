"""R1: `kill -9` Redis while workers are busy, again and again: they come back to it, and every message goes out."""

from __future__ import annotations

import random
import time

import pytest

from cases.models import Reminder
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
REMINDERS = size(300, 2000)
KILLS = size(4, 20)
RESUMED_SECONDS = 120


def run(rig: Rig, *, reminders: int, kills: int, seed: int = 1) -> float:
    """Each kill comes while messages are due; how long the last ones took after the last kill."""
    chance = random.Random(seed)
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, delay=0.1)
    rig.keep_workers()
    rig.keep_beat()
    for _ in range(kills):
        plan_due(reminders // kills)
        rig.wait_until(lambda: False, seconds=chance.uniform(0.1, 0.6))
        rig.kill_redis()
        rig.wait_until(lambda: False, seconds=chance.uniform(0, 0.5))
        rig.start_redis()
    begun = time.monotonic()
    rig.wait_until(all_settled, seconds=RESUMED_SECONDS)
    return time.monotonic() - begun


def test_a_killed_redis_loses_nothing(rig, tell):
    with rig(lease=20) as ours:
        resumed = run(ours, reminders=REMINDERS, kills=KILLS)

        sent = Reminder.objects.filter(status="accepted").count()
        tell(
            "R1",
            landed=ours.kills,
            at_least=KILLS,
            figure=f"{sent} of {REMINDERS} sent, {ours.restarts} restarts, resumed within {resumed:.0f} s",
        )
        assert breaches(ours.sinks) == []
        assert sent == REMINDERS


def test_publishing_in_the_request_is_caught(rig, tell):
    with rig("publish_in_the_request") as sabotaged:
        sabotaged.publish(plan_due(60))
        sabotaged.kill_redis()
        sabotaged.start_redis()
        sabotaged.keep_workers(1)
        assert sabotaged.wait_until(lambda: sabotaged.said("ready.") > 0)
        sabotaged.wait_until(all_settled, seconds=4)

        lost = [breach for breach in breaches(sabotaged.sinks) if "still open" in breach]
        tell("R1 saboteur", landed=1, at_least=1, figure=f"{len(lost)} lost: caught")
        assert lost != []
