"""P5: others use every connection PostgreSQL has: the clinic says "try again", and is back when they let go."""

from __future__ import annotations

import contextlib
import threading
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from tests.faults.house import House
from tests.faults.load import Ledger, breaches, new_line, patients, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
STARVED_SECONDS = size(4, 30)
LONGEST_REQUEST_SECONDS = 10
BACK_SECONDS = size(20, 5)


def take_all(house: House) -> list[psycopg.Connection]:
    """Every connection there is, and those of the web processes as soon as they let go of them."""
    taken = []
    house.wires["postgres"].reset()
    with contextlib.suppress(psycopg.OperationalError):
        while len(taken) < 1000:
            taken.append(psycopg.connect(house.stack.paths.database_url))
    return taken


def retry_after(house: House) -> str | None:
    try:
        urllib.request.urlopen(f"{house.address}/", timeout=LONGEST_REQUEST_SECONDS).close()
    except urllib.error.HTTPError as error:
        with error:
            return error.headers["Retry-After"] if error.code == 503 else None
    return None


def test_a_starved_clinic_asks_to_try_again(tell):
    with House() as house:
        first = send(house.address, new_line(0))
        taken = take_all(house)
        done = threading.Event()
        thread, ledger = patients(house, rate=5, until=done.is_set, repeat_share=0)
        told = retry_after(house)
        time.sleep(STARVED_SECONDS)
        done.set()
        thread.join()
        for connection in taken:
            connection.close()
        begun = time.monotonic()
        while send(house.address, new_line(1)).status != 201 and time.monotonic() - begun < 30:
            time.sleep(0.1)
        back = time.monotonic() - begun
        refused = sum(line.status == 503 for line in ledger.lines)
        longest = max(line.seconds for line in ledger.lines)

        tell(
            "P5",
            landed=refused,
            at_least=STARVED_SECONDS * 3,
            figure=f"{len(taken)} taken, longest request {longest:.1f} s, back after {back:.1f} s",
        )
        assert told is not None, "a page tells when to try again"
        assert first.status == 201
        assert {line.status for line in ledger.lines} <= {201, 503}
        assert longest < LONGEST_REQUEST_SECONDS
        assert back < BACK_SECONDS
        assert [each for each in breaches(house, Ledger(ledger.lines)) if "nobody sent" not in each] == []


def test_errors_as_they_come_are_caught(tell):
    """The saboteur: who finds no connection is told of a mistake, and not when to try again."""
    with House(harm="errors_as_they_come") as house:
        taken = take_all(house)
        told, line = retry_after(house), send(house.address, new_line(0))
        for connection in taken:
            connection.close()

        tell("P5 saboteur", landed=len(taken), at_least=1, figure=f"told {line.status}: caught")
        assert told is None
        assert line.status == 500
