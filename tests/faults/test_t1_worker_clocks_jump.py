"""T1: the clocks of workers jump by hours and by a year while they run; nothing goes early, nothing goes late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cases.models import Heartbeat, Reminder
from tests.faults.clocks import needs_faketime, off_by
from tests.faults.invariants import breaches
from tests.faults.planned import plan_due
from tests.faults.rig import Ground, Rig, elsewhere, started
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600), needs_faketime]
DUE = size(60, 600)
NOT_YET = size(20, 200)
# Forward only: back, the faked monotonic clock jumps as well, which no machine's does, and the worker's own loop then
# sleeps until it has caught up.
JUMPS = ("+2h", "+365d")
LATEST_SECONDS = 120


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """What clocks of workers are off by; each writes its own moment."""
    file = tmp_path / "clock"
    file.write_text("+0\n")
    return file


@pytest.fixture
def shifted(ground: Ground, clock: Path, transactional_db: None) -> Iterator[Ground]:
    with elsewhere(ground, **off_by(clock)) as other:
        yield other


def run(rig: Rig, clock: Path, *, each: int) -> float:
    """Workers whose clock jumps before each wave; the longest that a wave took. The beat's clock is right."""
    straight = replace(rig, ground=rig.ground, running={}, wanted=[])
    rig.keep_workers(1)
    straight.keep_beat()
    assert rig.wait_until(Heartbeat.objects.exists)
    longest = 0.0
    for jump in JUMPS:
        clock.write_text(f"{jump}\n")
        rig.kills += 1
        begun = time.monotonic()
        wave = [row.pk for row in plan_due(each)]
        rig.wait_until(lambda wave=wave: not Reminder.objects.waiting().filter(pk__in=wave).exists())
        longest = max(longest, time.monotonic() - begun)
    straight.stop()
    return longest


def test_nothing_goes_early_and_nothing_late(shifted, clock, tell, tmp_path):
    with started(shifted, tmp_path / "ours", lease=60) as ours:
        later = [row.pk for row in plan_due(NOT_YET, due_in=timedelta(hours=1))]
        longest = run(ours, clock, each=DUE // len(JUMPS))

        sent = Reminder.objects.filter(status="accepted").count()
        tell(
            "T1",
            landed=ours.kills,
            at_least=len(JUMPS),
            figure=f"{sent} of {DUE} sent, slowest wave {longest:.1f} s, none of {NOT_YET} early",
        )
        assert Reminder.objects.waiting().filter(pk__in=later).count() == NOT_YET
        assert sent == DUE
        assert longest < LATEST_SECONDS
        assert [each for each in breaches(ours.sinks) if "still open" not in each] == []


def test_the_worker_s_own_clock_is_caught(shifted, clock, tell, tmp_path):
    with started(shifted, tmp_path / "clock_of_the_worker", saboteur="clock_of_the_worker", lease=60) as sabotaged:
        clock.write_text("+2h\n")
        plan_due(10, due_in=timedelta(hours=1))
        sabotaged.keep_workers(1)
        sabotaged.keep_beat()
        sabotaged.wait_until(lambda: bool(sabotaged.sinks.lines()))

        found = [breach for breach in breaches(sabotaged.sinks) if "early" in breach]
        tell("T1 saboteur", landed=1, at_least=1, figure=f"{len(found)} sent early: caught")
        assert found != []
