"""C4: jobs that take all memory until the kernel ends them, and jobs that never end: messages have their own queue."""

from __future__ import annotations

import contextlib
import statistics
import threading

import psutil
import pytest

from cases.models import Reminder
from tests.faults import heavy
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
WAVES = size(4, 30)
PER_WAVE = size(20, 50)
MOST_TIMES_SLOWER = 2
# Of one worker.
CHILDREN = 2
# Of a busy machine.
SLACK_SECONDS = size(5, 1.5)


class Kernel:
    """Kills whoever takes more memory than there is."""

    def __init__(self, pid: int, *, megabytes: int) -> None:
        self.pid, self.megabytes, self.kills = pid, megabytes, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Kernel:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(self.pid).children():
                    if child.memory_info().rss > self.megabytes * 1024 * 1024:
                        child.kill()
                        self.kills += 1


def delays(rig: Rig, *, harm: bool, waves: int = WAVES) -> list[float]:
    """Seconds from due to sent, of each reminder of all waves."""
    before = set(Reminder.objects.values_list("pk", flat=True))
    for _ in range(waves):
        if harm:
            # One that was killed is taken up again, until it expires: all the time both children have such a job.
            rig.wake(task=heavy.take_memory.name, queue="jobs", expires=10)
            rig.wake(task=heavy.hang.name, queue="jobs")
        rig.wait_until(lambda: False, seconds=1)
        plan_due(PER_WAVE)
        assert rig.wait_until(all_settled), "messages stand still"
    rows = Reminder.objects.exclude(pk__in=before).exclude(settled_at=None)
    return [(row.settled_at - row.planned_at).total_seconds() for row in rows]


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[-1]


def test_messages_go_on_beside_jobs_out_of_hand(rig, tell):
    with rig(lease=60) as ours:
        ours.keep_workers(1, queues="sends")
        [jobs] = ours.keep_workers(1, queues="jobs")
        ours.keep_beat()
        plan_due(2)
        ours.wait_until(all_settled)
        quiet = delays(ours, harm=False)
        with Kernel(ours.running[jobs], megabytes=heavy.MEMORY_MEGABYTES) as kernel:
            harmed = delays(ours, harm=True)

        tell(
            "C4",
            landed=kernel.kills,
            at_least=WAVES // 2,
            figure=f"{kernel.kills} killed for memory, {WAVES} over the limit; "
            f"sent within {p99(harmed):.1f} s (p99), {p99(quiet):.1f} s without",
        )
        assert breaches(ours.sinks) == []
        assert len(harmed) == len(quiet) == WAVES * PER_WAVE
        assert p99(harmed) <= MOST_TIMES_SLOWER * p99(quiet) + SLACK_SECONDS


def test_one_queue_for_everything_is_caught(rig, tell):
    """The saboteur: one worker takes messages and jobs as they come."""
    with rig(lease=60) as sabotaged:
        sabotaged.keep_workers(1, queues="sends,jobs")
        sabotaged.keep_beat()
        plan_due(2)
        sabotaged.wait_until(all_settled)
        most = MOST_TIMES_SLOWER * p99(delays(sabotaged, harm=False, waves=1)) + SLACK_SECONDS
        sabotaged.wake(12, task=heavy.hang.name, queue="jobs", time_limit=300, soft_time_limit=299)
        assert sabotaged.wait_until(lambda: sabotaged.said(heavy.HANGS) == CHILDREN)
        plan_due(PER_WAVE)
        in_time = sabotaged.wait_until(all_settled, seconds=most)

        tell("C4 saboteur", landed=12, at_least=1, figure=f"not sent within {most:.1f} s: caught")
        assert not in_time
