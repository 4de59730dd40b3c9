"""W3: the web process dies before each statement of a submit's transaction: nothing is half stored."""

from __future__ import annotations

import pytest

from tests.faults.house import House
from tests.faults.load import Ledger, breaches, new_line, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(size(1800, 5400))]
STEPS = 40  # more than a submit takes: the last ones are never reached, and then the form is simply kept
PER_STEP = size(1, 50)


def run(house: House) -> tuple[Ledger, int]:
    """Every form once, each killed at the next step; the ledger and how many died."""
    ledger = Ledger()
    died = number = 0
    for step in range(1, STEPS):
        for _ in range(PER_STEP):
            number += 1
            house.give_tickets(f"step_{step}")
            line = send(house.address, new_line(number))
            ledger.lines.append(line)
            if line.status == 201:
                # A submit has no such step: the ticket would wait for the next one.
                return ledger, died
            died += 1
            house.wait_for_the_page()
    raise AssertionError(f"a submit takes {STEPS} statements or more")


def test_nothing_is_half_stored(tell):
    with House() as house:
        ledger, died = run(house)

        kept = len(house.ask("SELECT 1 FROM intake_submission"))
        tell("W3", landed=died, at_least=15 * PER_STEP, figure=f"{died} deaths in as many steps, {kept} form stored")
        assert kept == 1, "only the last form, which nothing killed, is stored"
        assert breaches(house, ledger) == []


def test_steps_in_transactions_of_their_own_are_caught(tell):
    with House(harm="steps_of_their_own") as house:
        for step in (8, 10, 12):
            house.give_tickets(f"step_{step}")
            send(house.address, new_line(step))
            house.wait_for_the_page()

        found = breaches(house, Ledger())
        tell("W3 saboteur", landed=3, at_least=3, figure="caught" if found else "not seen")
        assert found != []
