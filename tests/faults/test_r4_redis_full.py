"""R4: Redis has no room left: every message still goes out. One that would forget keys at will is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cases.models import Reminder
from tests.faults.house import House
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import PROJECT, WORKER
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(150, 1000)


def test_a_full_redis_loses_nothing(rig, tell):
    with rig(lease=10) as ours:
        ours.keep_workers()
        ours.keep_beat()
        ours.wait_until(lambda: False, seconds=1)
        ours.ask_redis("CONFIG", "SET", "maxmemory", "1mb")
        try:
            plan_due(REMINDERS)
            ours.wait_until(lambda: False, seconds=4)
            due = Reminder.objects.waiting().count()
            full = ours.ask_redis("INFO", "stats")
        finally:
            ours.ask_redis("CONFIG", "SET", "maxmemory", "0")
        ours.wait_until(all_settled, seconds=60)

        rejected = int(full["total_error_replies"])
        tell("R4", landed=rejected, at_least=1, figure=f"{rejected} commands rejected, {due} waited, all sent after")
        assert breaches(ours.sinks) == []
        assert Reminder.objects.filter(status="accepted").count() == REMINDERS


@pytest.mark.parametrize(("policy", "starts"), [("allkeys-lru", False), ("noeviction", True)])
def test_a_worker_refuses_a_redis_that_forgets_at_will(policy, starts, tell):
    with House(parts=()) as house:
        import redis

        client = redis.Redis.from_url(house.stack.paths.redis_url)
        client.config_set("maxmemory-policy", policy)
        client.close()
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "clinic", *WORKER],
            cwd=PROJECT,
            env=house.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            said, _ = worker.communicate(timeout=8)
        except subprocess.TimeoutExpired:
            worker.terminate()
            said, _ = worker.communicate(timeout=20)
            assert starts
        else:
            assert not starts
            assert worker.returncode == 78
            assert "maxmemory-policy noeviction" in said

        tell(f"R4 {policy}", landed=1, at_least=1, figure="starts" if starts else "refused by name")
