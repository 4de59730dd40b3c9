"""P2: PostgreSQL falls silent, and its connections break: every request ends, and the clinic heals by itself."""

from __future__ import annotations

import threading
import time

import pytest

from tests.faults.house import House
from tests.faults.load import Ledger, breaches, new_line, patients, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SILENT_SECONDS = size(10, 30)
RESETS = size(8, 20)
LONGEST_REQUEST_SECONDS = 10
HEALED_SECONDS = 10


def heals(house: House, ledger: Ledger) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < 4 * HEALED_SECONDS:
        line = send(house.address, new_line(len(ledger.lines)))
        ledger.lines.append(line)
        if line.status == 201:
            break
        time.sleep(0.1)
    return time.monotonic() - begun


def test_a_silent_database_keeps_nobody_waiting(tell):
    with House() as house:
        send(house.address, new_line(0))
        done = threading.Event()
        house.wires["postgres"].silence()
        thread, ledger = patients(house, rate=1, until=done.is_set, repeat_share=0)
        time.sleep(SILENT_SECONDS)
        done.set()
        thread.join()
        house.wires["postgres"].speak()
        healed = heals(house, ledger)
        longest = max(line.seconds for line in ledger.lines)

        tell(
            "P2 silent",
            landed=sum(line.status == 503 for line in ledger.lines),
            at_least=SILENT_SECONDS // 3,
            figure=f"longest request {longest:.1f} s, healed after {healed:.1f} s",
        )
        assert longest < LONGEST_REQUEST_SECONDS
        assert healed < HEALED_SECONDS
        assert {line.status for line in ledger.lines} <= {201, 503}
        assert [each for each in breaches(house, ledger) if "nobody sent" not in each] == []


def test_broken_connections_are_replaced(tell):
    with House() as house:
        done = threading.Event()
        thread, ledger = patients(house, rate=10, until=done.is_set)
        broken = 0
        for _ in range(RESETS):
            time.sleep(0.5)
            broken += house.wires["postgres"].reset()
        done.set()
        thread.join()
        healed = heals(house, ledger)

        tell("P2 resets", landed=broken, at_least=RESETS, figure=f"{broken} broken, healed after {healed:.1f} s")
        assert healed < HEALED_SECONDS
        assert breaches(house, ledger) == []
        assert {line.status for line in ledger.lines} <= {201, 503}


def test_waiting_without_an_end_is_caught(tell):
    with House(harm="endless_patience") as house:
        send(house.address, new_line(0))
        house.wires["postgres"].silence()
        line = send(house.address, new_line(1), timeout=LONGEST_REQUEST_SECONDS + 1)
        house.wires["postgres"].speak()

        tell("P2 saboteur", landed=1, at_least=1, figure=f"a request took {line.seconds:.0f} s: caught")
        assert line.seconds > LONGEST_REQUEST_SECONDS
