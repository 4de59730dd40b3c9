"""P1: `kill -9` PostgreSQL with every session, again and again, while patients send forms and staff correct a case."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable

import pytest
from psycopg import DatabaseError, OperationalError

from tests.faults.house import House
from tests.faults.load import breaches, new_line, patients, send
from tests.faults.staff import Staff, staffed
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
KILLS = size(3, 10)
KILLS_AMONG_STAFF = size(2, 10)
EDITED = 4
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


def corrections(staff: Staff, reference: str, *, until: Callable[[], bool]) -> tuple[threading.Thread, list[str]]:
    """One correction after the other, each from the version that the last answer left; what was told."""
    told: list[str] = []

    def run() -> None:
        while not until():
            with contextlib.suppress(OperationalError):
                [[version, is_left, is_right]] = staff.house.ask(
                    "SELECT version, affects_left, affects_right FROM cases_case WHERE reference = %s", reference
                )
                side = "left" if is_left and is_right else "both"
                told.append(staff.correct(reference, version=version, knee_side=side).told)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, told


def history_is_whole(house: House, reference: str, told: list[str]) -> bool:
    """Versions without a gap, one event for each; what was told as done is there, and what is there may have been."""
    [[version, first, events, changed]] = house.ask(
        "SELECT c.version, count(*) FILTER (WHERE e.kind = 'case_opened'),"
        " count(*) FILTER (WHERE e.kind = 'knees_corrected'),"
        " (SELECT count(*) FROM cases_note n WHERE n.case_id = c.id)"
        " FROM cases_case c JOIN cases_caseevent e ON e.case_id = c.id WHERE c.reference = %s GROUP BY c.id",
        reference,
    )
    done = told.count("200")
    return first == 1 and version - 1 == events == changed and done <= events <= len(told)


def test_staff_s_corrections_are_whole_or_not_at_all(tell):
    with staffed() as (house, staff):
        references = [send(house.address, new_line(number)).reference for number in range(EDITED)]
        done = threading.Event()
        work = [corrections(staff, reference, until=done.is_set) for reference in references]
        cut_off, rounds = 0, 0
        while rounds < KILLS_AMONG_STAFF or (not cut_off and rounds < 10 * KILLS_AMONG_STAFF):
            time.sleep(1)
            house.kill_postgres()
            house.start_postgres()
            rounds, cut_off = rounds + 1, sum(answer != "200" for _, told in work for answer in told)
        done.set()
        for thread, _ in work:
            thread.join()
        told = [answer for _, answers in work for answer in answers]

        figure = f"{told.count('200')} of {len(told)} corrections done, the others refused whole"
        tell("P1 staff", landed=house.kills, at_least=KILLS_AMONG_STAFF, figure=figure)
        assert cut_off > 0, "no kill met a correction"
        assert told.count("200") > 0
        assert set(told) <= {"200", "503 busy"}
        assert all(
            history_is_whole(house, reference, answers)
            for reference, (_, answers) in zip(references, work, strict=True)
        )
        for deed in (
            "UPDATE cases_caseevent SET kind = kind",
            "DELETE FROM cases_caseevent",
            "TRUNCATE cases_caseevent",
        ):
            with pytest.raises(DatabaseError, match=r"Cannot (update|truncate)"):
                house.ask_nothing(deed)


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
