"""R4: Redis has no room left: every message still goes out. One that would forget keys at will is refused."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from kombu.exceptions import OperationalError

from cases.models import Heartbeat, Reminder
from tests.faults.house import House
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import PROJECT, WORKER, Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(150, 1000)
SECONDS_TO_SAY_SO = 120


@contextlib.contextmanager
def full(rig: Rig) -> Iterator[None]:
    # Less than any Redis holds by itself: not one key more finds room.
    rig.ask_redis("CONFIG", "SET", "maxmemory", "1")
    try:
        yield
    finally:
        rig.ask_redis("CONFIG", "SET", "maxmemory", "0")


def rejections(rig: Rig) -> int:
    return int(rig.ask_redis("INFO", "stats")["total_error_replies"])


def test_a_full_redis_loses_nothing(rig, tell):
    with rig(lease=60) as ours:
        ours.keep_workers()
        ours.keep_beat()
        assert ours.wait_until(Heartbeat.objects.exists)
        before = rejections(ours)
        with full(ours):
            plan_due(REMINDERS)
            ours.wait_until(lambda: rejections(ours) > before)
            ours.wait_until(lambda: False, seconds=4)
            due = Reminder.objects.waiting().count()
            rejected = rejections(ours) - before
        ours.wait_until(all_settled)

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
        said, is_ready = "", False
        with subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "clinic", *WORKER],
            cwd=PROJECT,
            env=house.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as worker:
            limit = threading.Timer(SECONDS_TO_SAY_SO, worker.kill)
            limit.start()
            # It says that it is ready, or why it is not, and ends.
            for line in worker.stdout:
                said += line
                if "ready." in line:
                    is_ready = True
                    worker.terminate()
        limit.cancel()
        assert is_ready is starts, said
        if not starts:
            assert worker.returncode == 78
            assert "maxmemory-policy noeviction" in said

        tell(f"R4 {policy}", landed=1, at_least=1, figure="starts" if starts else "refused by name")


def test_publishing_in_the_request_is_caught(rig, tell):
    """The saboteur: what a full Redis did not take is nowhere else."""
    with rig("publish_in_the_request") as sabotaged:
        due, before = plan_due(20), rejections(sabotaged)
        with full(sabotaged):
            for reminder in due:
                with contextlib.suppress(OperationalError):
                    sabotaged.publish([reminder])
            landed = rejections(sabotaged) - before
        sabotaged.keep_workers(1)
        assert sabotaged.wait_until(lambda: sabotaged.said("ready.") > 0)
        sabotaged.wait_until(all_settled, seconds=4)

        lost = [breach for breach in breaches(sabotaged.sinks) if "still open" in breach]
        tell("R4 saboteur 1", landed=landed, at_least=1, figure=f"{len(lost)} lost: caught")
        assert lost != []


def test_a_worker_that_never_asks_redis_is_caught(rig, tell):
    """The saboteur: it starts on one that throws away what it likes."""
    with rig("take_any_redis") as sabotaged:
        sabotaged.ask_redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        try:
            sabotaged.keep_workers(1)
            started = sabotaged.wait_until(lambda: sabotaged.said("ready.") > 0)
        finally:
            sabotaged.ask_redis("CONFIG", "SET", "maxmemory-policy", "noeviction")

        tell("R4 saboteur 2", landed=1, at_least=1, figure="starts on allkeys-lru: caught")
        assert started
        assert sabotaged.restarts == 0
