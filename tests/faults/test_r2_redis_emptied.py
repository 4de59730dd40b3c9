"""R2: FLUSHALL again and again while reminders go out. Redis carries wake-ups and nothing else."""

from __future__ import annotations

import pytest

from cases.models import Reminder
from tests.faults.rig import Rig, all_settled, breaches, plan_due

pytestmark = pytest.mark.faults
REMINDERS = 500
FLUSHES = 20


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
            rig.wait_until(lambda: False, seconds=0.2)
    rig.wait_until(all_settled, seconds=30)
    return landed


def test_an_emptied_redis_loses_nothing(rig):
    with rig(lease=10) as ours:
        landed = run(ours, waves=5, per_wave=REMINDERS // 5)

        print(
            f"R2: Redis emptied {FLUSHES} times, {landed} times while reminders were due; "
            f"{len(ours.sinks.lines())} messages for {REMINDERS} reminders"
        )
        assert breaches(ours.sinks) == []
        assert Reminder.objects.filter(status="accepted").count() == REMINDERS
        assert landed >= FLUSHES // 2, "too few flushes hit anything"


def test_publishing_in_the_request_is_caught(rig):
    with rig("publish_in_the_request") as sabotaged:
        sabotaged.publish(plan_due(60))
        sabotaged.flush_redis()
        sabotaged.keep_workers(1)
        sabotaged.wait_until(all_settled, seconds=4)

        assert [breach for breach in breaches(sabotaged.sinks) if "still open" in breach] != []


def test_publishing_in_the_request_works_as_long_as_redis_does(rig):
    """Else the saboteur above would prove nothing."""
    with rig("publish_in_the_request") as sabotaged:
        sabotaged.publish(plan_due(20))
        sabotaged.keep_workers(1)
        sabotaged.wait_until(all_settled, seconds=10)

        assert breaches(sabotaged.sinks) == []
