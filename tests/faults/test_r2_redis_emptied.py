"""R2: FLUSHALL again and again while reminders go out. Redis carries wake-ups and nothing else."""

from __future__ import annotations

import pytest

from cases.models import Reminder
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(500, 2_400)
WAVES = size(5, 24)
FLUSHES = size(20, 24)
SECONDS_BETWEEN = size(0.2, 5.0)


def run(rig: Rig, *, waves: int, per_wave: int) -> int:
    """How often Redis was emptied while something was still due."""
    rig.sinks.knobs("email", delay=0.1)
    rig.sinks.knobs("sms", delay=0.1)
    rig.keep_workers()
    rig.keep_beat()
    landed = 0
    for _ in range(waves):
        plan_due(per_wave)
        for _ in range(FLUSHES // waves):
            landed += not all_settled()
            rig.flush_redis()
            rig.wait_until(lambda: False, seconds=SECONDS_BETWEEN)
    rig.wait_until(all_settled)
    return landed


def test_an_emptied_redis_loses_nothing(rig, tell):
    with rig(lease=60) as ours:
        landed = run(ours, waves=WAVES, per_wave=REMINDERS // WAVES)

        tell(
            "R2",
            landed=landed,
            at_least=FLUSHES // 2,
            figure=f"{len(ours.sinks.lines())} messages for {REMINDERS} reminders",
        )
        assert breaches(ours.sinks) == []
        assert Reminder.objects.filter(status="accepted").count() == REMINDERS


def test_publishing_in_the_request_is_caught(rig, tell):
    with rig("publish_in_the_request") as sabotaged:
        sabotaged.publish(plan_due(60))
        sabotaged.flush_redis()
        sabotaged.keep_workers(1)
        assert sabotaged.wait_until(lambda: sabotaged.said("ready.") > 0)
        sabotaged.wait_until(all_settled, seconds=4)

        lost = [breach for breach in breaches(sabotaged.sinks) if "still open" in breach]
        tell("R2 saboteur", landed=1, at_least=1, figure=f"{len(lost)} lost: caught")
        assert lost != []


def test_publishing_in_the_request_works_as_long_as_redis_does(rig):
    """Else the saboteur above would prove nothing."""
    with rig("publish_in_the_request") as sabotaged:
        sabotaged.publish(plan_due(20))
        sabotaged.keep_workers(1)
        sabotaged.wait_until(all_settled)

        assert breaches(sabotaged.sinks) == []
