"""B2: beat starts beside a schedule file that is broken, empty, cut short, or from the future; and it ticks."""

from __future__ import annotations

import random
import shelve
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
MOST_SECONDS_TO_TICK = 60
ROUNDS = size(1, 5)
# Of a beat that is up and has a tick to send every quarter of a second.
SECONDS_WITHOUT_A_TICK = 8


def files_of(schedule: Path) -> list[Path]:
    return sorted(schedule.parent.glob(f"{schedule.name}*"))


def overwrite(schedule: Path) -> None:
    for file in files_of(schedule):
        file.write_bytes(random.Random(1).randbytes(2048))


def empty(schedule: Path) -> None:
    for file in files_of(schedule):
        file.write_bytes(b"")


def cut_short(schedule: Path) -> None:
    """As a full disk leaves it."""
    largest = max(files_of(schedule), key=lambda file: file.stat().st_size)
    with largest.open("r+b") as file:
        file.truncate(largest.stat().st_size // 2)


def hollow_out(schedule: Path) -> None:
    """What should be pickles are no pickles."""
    with shelve.open(str(schedule)) as store:
        for key in store.dict:
            store.dict[key] = b"\x80\x05nothing"


def date_ahead(schedule: Path) -> None:
    """As left by a machine whose clock was ten years ahead."""
    with shelve.open(str(schedule), writeback=True) as store:
        for entry in store["entries"].values():
            entry.last_run_at += timedelta(days=3650)


def remove(schedule: Path) -> None:
    for file in files_of(schedule):
        file.unlink()


DAMAGES: list[Callable[[Path], None]] = [overwrite, empty, cut_short, hollow_out, date_ahead]


def take_away_and(damage: Callable[[Path], None], rig: Rig, beat: int) -> None:
    rig.take_away(beat)
    rig.wait_until(lambda: False, seconds=0.3)
    schedule = rig.schedule_of(beat)
    assert files_of(schedule), "beat keeps nothing here"
    damage(schedule)
    rig.flush_redis()


def seconds_to_tick(rig: Rig, beat: int, damage: Callable[[Path], None]) -> float:
    """After the damage; the limit when it never came."""
    take_away_and(damage, rig, beat)
    plan_due(4)
    begun = time.monotonic()
    rig.bring_back(beat)
    rig.wait_until(all_settled, seconds=MOST_SECONDS_TO_TICK)
    return time.monotonic() - begun


def start(rig: Rig) -> int:
    """The place of a beat that has ticked, and written its file."""
    rig.keep_workers(1)
    beat = rig.keep_beat()
    plan_due(2)
    assert rig.wait_until(all_settled)
    return beat


def test_beat_gets_over_whatever_its_file_holds(rig, tell):
    with rig(lease=60) as ours:
        beat = start(ours)
        took = [seconds_to_tick(ours, beat, damage) for _ in range(ROUNDS) for damage in DAMAGES]

        tell(
            "B2",
            landed=len(took),
            at_least=len(DAMAGES),
            figure=f"{', '.join(each.__name__ for each in DAMAGES)}: ticked within {max(took):.1f} s",
        )
        assert all_settled()
        assert max(took) < MOST_SECONDS_TO_TICK
        assert breaches(ours.sinks) == []


def test_a_beat_that_believes_its_file_is_caught(rig, tell):
    with rig("believe_the_file", lease=60) as sabotaged:
        beat = start(sabotaged)
        take_away_and(date_ahead, sabotaged, beat)
        ticks = sabotaged.said("Sending due task tick")
        starts = sabotaged.said("beat: Starting")
        sabotaged.bring_back(beat)
        assert sabotaged.wait_until(lambda: sabotaged.said("beat: Starting") > starts)
        sabotaged.wait_until(lambda: sabotaged.said("Sending due task tick") > ticks, seconds=SECONDS_WITHOUT_A_TICK)
        idle = sabotaged.said("Sending due task tick") == ticks
        # It was the file: without it the same beat ticks.
        take_away_and(remove, sabotaged, beat)
        sabotaged.bring_back(beat)
        well = sabotaged.wait_until(lambda: sabotaged.said("Sending due task tick") > ticks)

        tell("B2 saboteur", landed=1, at_least=1, figure="no tick after a date ahead: caught")
        assert (idle, well) == (True, True)
