"""W2: the web process dies exactly between COMMIT and the answer; who presses again gets the same answer."""

from __future__ import annotations

import pytest

from tests.faults.house import House
from tests.faults.load import Ledger, Line, breaches, new_line, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
FORMS = size(8, 200)


def test_the_repeat_is_told_what_the_first_press_made(tell):
    with House() as house:
        ledger = Ledger([new_line(number) for number in range(FORMS)])
        same = cut_off = 0
        for line in ledger.lines:
            house.give_tickets("after_commit")
            first = send(house.address, Line(line.key, line.name))
            cut_off += first.status == 0
            house.wait_for_the_page()
            stored = house.ask(
                "SELECT c.reference FROM intake_submission s JOIN cases_case c ON c.id = s.case_id WHERE s.key = %s",
                f"open:{line.key}",
            )
            send(house.address, line)
            same += stored == [(line.reference,)]

        tell("W2", landed=cut_off, at_least=FORMS, figure=f"{same} of {FORMS} repeats told the first answer")
        assert same == FORMS
        assert breaches(house, ledger) == []


def test_a_new_key_for_each_press_is_caught(tell):
    """The saboteur: a sender that makes up a key for each press, as without one it would have to."""
    with House() as house:
        lines = [new_line(0), new_line(0)]
        house.give_tickets("after_commit")
        for line in lines:
            send(house.address, line)
            house.wait_for_the_page()

        [[cases]] = house.ask("SELECT count(*) FROM cases_case")
        tell("W2 saboteur", landed=1, at_least=1, figure=f"{cases} cases of one form: caught")
        assert cases == 2
