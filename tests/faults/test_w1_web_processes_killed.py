"""W1: `kill -9` one web process after the other while patients send their forms."""

from __future__ import annotations

import random
import threading
import time

import pytest

from tests.faults.house import House
from tests.faults.load import breaches, patients
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
KILLS = size(5, 30)
# A quiet machine forks another in half a second.
LONGEST_ABSENCE_SECONDS = size(20, 3)


def run(house: House, *, kills: int, seed: int = 1) -> tuple[list[str], float, int, str]:
    """What was breached, the longest absence after a kill, how many were cut off, and the figure."""
    chance, done = random.Random(seed), threading.Event()
    thread, ledger = patients(house, rate=20, until=done.is_set)
    longest = 0.0
    for number in range(kills):
        time.sleep(chance.uniform(0.3, 0.9))
        house.kill_a_web_process(number)
        longest = max(longest, house.wait_for_the_page())
    done.set()
    thread.join()
    figure = (
        f"{len(ledger.kept)} of {len(ledger.lines)} forms kept, {len(ledger.unanswered)} cut off, "
        f"longest absence {longest:.1f} s"
    )
    return breaches(house, ledger), longest, len(ledger.unanswered), figure


def test_no_form_is_lost_or_doubled_and_the_page_comes_back(tell):
    with House() as house:
        found, longest, _, figure = run(house, kills=KILLS)

        tell("W1", landed=house.kills, at_least=KILLS, figure=figure)
        assert found == []
        assert longest < LONGEST_ABSENCE_SECONDS


def test_answering_before_the_commit_is_caught(tell):
    with House(harm="answer_before_commit") as house:
        found, _, _, _ = run(house, kills=max(4, KILLS // 3))

        tell("W1 saboteur", landed=house.kills, at_least=4, figure="caught" if found else "not seen")
        assert any("is not there" in breach for breach in found), found
