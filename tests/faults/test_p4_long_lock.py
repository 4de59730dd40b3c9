"""P4: somebody holds the whole reminder table for long: forms are refused quickly, nothing piles up, all recovers."""

from __future__ import annotations

import threading
import time

import pytest

from tests.faults.house import House
from tests.faults.load import breaches, new_line, patients, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
LOCKED_SECONDS = size(5, 20)
LONGEST_REQUEST_SECONDS = 10
# Two web processes of eight threads, and who measures.
MOST_CONNECTIONS = 2 * 8 + 2


def test_a_long_lock_piles_nothing_up(tell):
    with House() as house:
        send(house.address, new_line(0))
        done, most = threading.Event(), 0
        with house.record() as locker:
            locker.autocommit = False
            locker.execute("LOCK TABLE cases_reminder IN ACCESS EXCLUSIVE MODE")
            thread, ledger = patients(house, rate=5, until=done.is_set, repeat_share=0)
            ends = time.monotonic() + LOCKED_SECONDS
            while time.monotonic() < ends:
                [[now]] = house.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                most = max(most, now)
                time.sleep(0.2)
            locker.rollback()
        done.set()
        thread.join()
        refused = sum(line.status == 503 for line in ledger.lines)
        longest = max(line.seconds for line in ledger.lines)
        after = send(house.address, new_line(len(ledger.lines)))

        tell(
            "P4",
            landed=refused,
            at_least=LOCKED_SECONDS,
            figure=f"longest request {longest:.1f} s, most connections {most}",
        )
        assert longest < LONGEST_REQUEST_SECONDS
        assert most <= MOST_CONNECTIONS
        assert after.status == 201
        assert {line.status for line in ledger.lines} <= {201, 503}
        assert [each for each in breaches(house, ledger) if "nobody sent" not in each] == []


def test_waiting_for_the_lock_for_ever_is_caught(tell):
    with House(harm="endless_patience") as house:
        send(house.address, new_line(0))
        with house.record() as locker:
            locker.autocommit = False
            locker.execute("LOCK TABLE cases_reminder IN ACCESS EXCLUSIVE MODE")
            line = send(house.address, new_line(1), timeout=LONGEST_REQUEST_SECONDS + 1)
            locker.rollback()

        tell("P4 saboteur", landed=1, at_least=1, figure=f"a request took {line.seconds:.0f} s: caught")
        assert line.seconds > LONGEST_REQUEST_SECONDS
