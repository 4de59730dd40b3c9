"""P1: `kill -9` PostgreSQL with every session, again and again, while patients send their forms."""

from __future__ import annotations

import random
import threading
import time

import pytest

from tests.faults.house import House
from tests.faults.load import breaches, new_line, patients, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
KILLS = size(4, 10)
LONGEST_ABSENCE_SECONDS = 15


def run(house: House, *, kills: int, seed: int = 1) -> tuple[list[str], float, str]:
    chance, done = random.Random(seed), threading.Event()
    thread, ledger = patients(house, rate=15, until=done.is_set)
    longest = 0.0
    for _ in range(kills):
        time.sleep(chance.uniform(1, 2))
        house.kill_postgres()
        house.start_postgres()
        back = time.monotonic()
        for number in range(1000):
            ledger.lines.append(send(house.address, new_line(number)))
            if ledger.lines[-1].status == 201:
                break
            time.sleep(0.1)
        longest = max(longest, time.monotonic() - back)
    done.set()
    thread.join()
    refused = len(ledger.lines) - len(ledger.kept)
    figure = f"{len(ledger.kept)} forms kept, {refused} refused or cut off, served again after {longest:.1f} s"
    return breaches(house, ledger), longest, figure


def test_what_was_acknowledged_is_there_after_every_crash(tell):
    with House() as house:
        found, longest, figure = run(house, kills=KILLS)

        tell("P1", landed=house.kills, at_least=KILLS, figure=figure)
        assert found == []
        assert longest < LONGEST_ABSENCE_SECONDS


def test_answering_before_the_commit_is_caught(tell):
    with House(harm="answer_before_commit") as house:
        found, _, _ = run(house, kills=3)

        tell("P1 saboteur", landed=house.kills, at_least=3, figure="caught" if found else "not seen")
        assert any("is not there" in breach for breach in found), found
