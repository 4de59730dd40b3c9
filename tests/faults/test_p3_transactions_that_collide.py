"""P3: deadlocks, conflicts and locks held for long, on purpose: a request is tried again whole, or refused whole."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from psycopg import Connection

from tests.faults.house import House
from tests.faults.invariants import breaches
from tests.faults.load import new_line, send
from tests.faults.planned import all_settled, plan_due
from tests.faults.staff import Answer, Staff, staffed
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
DEADLOCKS = size(2, 25)
REMINDERS = size(100, 2000)
COLLISIONS = size(2, 20)
MOST_ROUNDS = 20
LONGEST_REQUEST_SECONDS = 10


def new_case(house: House, number: int) -> str:
    line = send(house.address, new_line(number))
    assert line.status == 201
    return line.reference


def said_in_the_log(house: House, words: str) -> int:
    return Path(house.stack.paths.log("postgres")).read_text(errors="replace").count(words)


def met(house: House, staff: Staff, reference: str, *, then: Callable[[Connection], object]) -> Answer:
    """Another transaction has the case; while the request waits for it, it does what `then` says and ends."""
    [[version, patient]] = house.ask("SELECT version, patient_id FROM cases_case WHERE reference = %s", reference)
    answers: list[Answer] = []
    with house.record() as other:
        other.autocommit = False
        # So that PostgreSQL finds the request at fault, and not us.
        other.execute("SET deadlock_timeout = '30s'")
        other.execute("SELECT set_config('test.patient', %s, true)", [str(patient)])
        other.execute("SELECT FROM cases_case WHERE reference = %s FOR UPDATE", [reference])
        thread = threading.Thread(target=lambda: answers.append(staff.correct(reference, version=version)))
        thread.start()
        ends = time.monotonic() + 60
        while not house.ask("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            assert time.monotonic() < ends, "the request never waited for the case"
            time.sleep(0.01)
        then(other)
    thread.join()
    return answers[0]


def deadlocked(house: House, staff: Staff, reference: str) -> Answer:
    """The other takes the case before the patient; whoever corrects the case is the one who must give way."""

    def take_the_patient(other: Connection) -> None:
        other.execute("SELECT FROM cases_patient WHERE id = current_setting('test.patient')::bigint FOR UPDATE")
        other.rollback()

    return met(house, staff, reference, then=take_the_patient)


def overtaken(house: House, staff: Staff, reference: str) -> Answer:
    """The other changes the case that the request has already seen."""

    def change_the_case(other: Connection) -> None:
        other.execute("UPDATE cases_case SET updated_at = updated_at WHERE reference = %s", [reference])
        other.commit()

    return met(house, staff, reference, then=change_the_case)


def changes(house: House) -> list[tuple[int, int, int]]:
    """Of each case: its version, and how many corrections and notes stand in its history."""
    return house.ask(
        "SELECT c.version, count(DISTINCT e.id), count(DISTINCT n.id) FROM cases_case c"
        " LEFT JOIN cases_caseevent e ON e.case_id = c.id AND e.kind = 'knees_corrected'"
        " LEFT JOIN cases_note n ON n.case_id = c.id GROUP BY c.id"
    )


def test_a_deadlock_is_tried_again_and_nobody_hears_of_it(tell):
    with staffed() as (house, staff):
        references = [new_case(house, number) for number in range(DEADLOCKS)]
        answers = [deadlocked(house, staff, reference) for reference in references]

        found = said_in_the_log(house, "deadlock detected")
        told = Counter(answer.told for answer in answers)
        tell("P3 deadlocks", landed=found, at_least=DEADLOCKS, figure=f"{found} deadlocks: {dict(told)}")
        assert told == {"200": DEADLOCKS}
        assert changes(house) == [(2, 1, 1)] * DEADLOCKS


def test_a_conflict_of_serializable_transactions_is_tried_again(tell):
    with staffed() as (house, staff):
        references = [new_case(house, number) for number in range(DEADLOCKS)]
        house.ask_nothing("ALTER DATABASE clinic SET default_transaction_isolation = 'serializable'")
        house.wires["postgres"].reset()
        answers = [overtaken(house, staff, reference) for reference in references]

        found = said_in_the_log(house, "could not serialize access")
        told = Counter(answer.told for answer in answers)
        tell("P3 conflicts", landed=found, at_least=DEADLOCKS, figure=f"{found} conflicts: {dict(told)}")
        assert told == {"200": DEADLOCKS}
        assert changes(house) == [(2, 1, 1)] * DEADLOCKS


def test_who_waits_too_long_for_a_lock_is_asked_to_try_again(tell):
    with staffed() as (house, staff):
        reference = new_case(house, 0)
        answers = []
        for _ in range(DEADLOCKS):
            with house.record() as other:
                other.autocommit = False
                other.execute("SELECT FROM cases_case WHERE reference = %s FOR UPDATE", [reference])
                answers.append(staff.correct(reference, version=1))
                other.rollback()
        half = changes(house)
        after = staff.correct(reference, version=1)

        found = said_in_the_log(house, "due to lock timeout")
        told, longest = Counter(answer.told for answer in answers), max(answer.seconds for answer in answers)
        tell("P3 locks", landed=found, at_least=DEADLOCKS, figure=f"{dict(told)}, longest request {longest:.1f} s")
        assert told == {"503 busy": DEADLOCKS}
        assert all("Retry-After" in answer.headers for answer in answers)
        assert longest < LONGEST_REQUEST_SECONDS
        assert (half, after.told, changes(house)) == ([(1, 0, 0)], "200", [(2, 1, 1)])


def test_claims_that_collide_are_tried_again_and_send_once(rig, tell):
    with rig(lease=20, serializable_claims=True) as ours:
        before = rolled_back()
        for channel in ours.sinks.channels:
            ours.sinks.knobs(channel, delay=0.1)
        ours.keep_workers(3)
        ours.keep_beat()
        landed = planned = 0
        # Who meets whom is chance: until enough have met.
        while landed < COLLISIONS and planned < MOST_ROUNDS * REMINDERS:
            planned += len(plan_due(REMINDERS))
            ours.wake(6)
            ours.wait_until(all_settled)
            landed = rolled_back() - before

        copies = len(ours.sinks.lines())
        figure = f"{landed} rolled back, {copies} messages for {planned}"
        tell("P3 claims", landed=landed, at_least=COLLISIONS, figure=figure)
        assert breaches(ours.sinks) == []
        assert copies == planned


def rolled_back() -> int:
    """Transactions of this database that came to nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_a_request_that_gives_up_at_its_first_deadlock_is_caught(tell):
    with staffed("one_try") as (house, staff):
        answer = deadlocked(house, staff, new_case(house, 0))

        tell("P3 saboteur", landed=1, at_least=1, figure=f"told {answer.told}: caught")
        assert answer.told != "200"
