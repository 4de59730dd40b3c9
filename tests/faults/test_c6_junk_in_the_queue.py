"""C6: a thousand messages that mean nothing: unknown names, wrong arguments, bytes. The worker lives and sends."""

from __future__ import annotations

import json
import statistics

import pytest
import redis
from celery import Celery

from cases.models import Reminder
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig, broker_of
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
JUNK = size(250, 1000)
REMINDERS = size(60, 500)
LONGEST_SECONDS = 120
QUEUE = "sends"


def publish_junk(rig: Rig, count: int) -> None:
    """A fifth each: a name nobody knows, wrong arguments, a body that cannot be read, no header, no message at all."""
    app = Celery("stranger", broker=broker_of(rig.ground.redis_url))
    app.conf.update(task_ignore_result=True, broker_transport_options={"global_keyprefix": "patella:"})
    with app.connection_for_write() as connection:
        producer = connection.Producer()
        where = {"routing_key": QUEUE, "exchange": ""}
        for number in range(count // 5):
            app.send_task(f"no.such.task{number}", queue=QUEUE)
            app.send_task("cases.tasks.dispatch_due", args=[1, 2], kwargs={"limit": "many"}, queue=QUEUE)
            producer.publish(
                b"\x80\x05\xff\xfe" * 4, content_type="application/json", content_encoding="utf-8", **where,
                headers={"task": "cases.tasks.dispatch_due", "id": str(number)},
            )  # fmt: skip
            producer.publish({"neither": "task", "nor": "id"}, serializer="json", **where)
    app.close()
    client = redis.Redis.from_url(rig.ground.redis_url)
    for number in range(count // 5):
        client.lpush(f"patella:{QUEUE}", [b"\xff\xfe no json", b"[]", b"null", json.dumps({"body": 1})][number % 4])
    client.close()


def left_in_the_queue(rig: Rig) -> int:
    return int(str(rig.ask_redis("LLEN", f"patella:{QUEUE}")))


def run(rig: Rig) -> list[float]:
    """Seconds from planned to settled."""
    publish_junk(rig, JUNK)
    plan_due(REMINDERS)
    rig.keep_workers()
    rig.keep_beat()
    rig.wait_until(lambda: all_settled() and left_in_the_queue(rig) == 0, seconds=LONGEST_SECONDS)
    rows = Reminder.objects.exclude(settled_at=None)
    return [(row.settled_at - row.planned_at).total_seconds() for row in rows]


def test_junk_kills_no_worker_and_holds_nothing_up(rig, tell):
    with rig(lease=60) as ours:
        delays = run(ours)

        slowest = statistics.quantiles(delays, n=100)[-1] if len(delays) > 1 else LONGEST_SECONDS
        landed = JUNK - left_in_the_queue(ours)
        tell(
            "C6",
            landed=landed,
            at_least=JUNK,
            figure=f"{len(delays)} of {REMINDERS} sent, p99 {slowest:.1f} s, {ours.restarts} restarts",
        )
        assert breaches(ours.sinks) == []
        assert len(delays) == REMINDERS
        assert slowest < LONGEST_SECONDS
        assert ours.restarts == 0


def test_a_worker_that_reads_whatever_comes_is_caught(rig, tell):
    with rig("read_whatever_comes", lease=60) as sabotaged:
        publish_junk(sabotaged, 20)
        sabotaged.keep_workers(1)
        sabotaged.wait_until(lambda: sabotaged.restarts > 1)

        tell("C6 saboteur", landed=20, at_least=1, figure=f"ended {sabotaged.restarts} times: caught")
        assert sabotaged.restarts > 0
