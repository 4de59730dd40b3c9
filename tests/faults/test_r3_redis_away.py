"""R3: Redis silent, then refusing: forms, pages and the API answer as before, and sending resumes by itself."""

from __future__ import annotations

import threading
import time
import urllib.request

import pytest

from cases.models import Heartbeat, Reminder
from tests.faults.house import House
from tests.faults.invariants import breaches as reminder_breaches
from tests.faults.load import breaches, new_line, patients, send
from tests.faults.planned import all_settled, plan_due
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SECONDS = size(4, 120)
WORST_SLOWDOWN = 2
# Below this a ratio measures the machine's other work.
NOTICEABLE_SECONDS = size(0.5, 0.15)
RESUMED_SECONDS = 120


def load(house: House, seconds: float):
    done = threading.Event()
    thread, ledger = patients(house, rate=8, until=done.is_set, repeat_share=0)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for path in ("/", "/admin/login/", "/api/v1/questionnaire/"):
            urllib.request.urlopen(f"{house.address}{path}", timeout=10).close()
        time.sleep(0.5)
    done.set()
    thread.join()
    return ledger


def test_patients_do_not_notice(tell):
    with House() as house:
        load(house, 2)
        before = load(house, SECONDS / 2)
        house.wires["redis"].silence()
        silent = load(house, SECONDS)
        house.wires["redis"].speak()
        house.wires["redis"].pull_out()
        refused = load(house, SECONDS)
        usual, worst = before.usual(), max(silent.usual(), refused.usual())
        lines = before.lines + silent.lines + refused.lines
        silent.lines = lines

        tell(
            "R3",
            landed=len(lines),
            at_least=SECONDS * 8,
            figure=f"{sum(line.status != 201 for line in lines)} errors, {usual * 1000:.0f} ms an answer, "
            f"without Redis {worst * 1000:.0f} ms",
        )
        assert {line.status for line in lines} == {201}
        assert [each for each in breaches(house, silent) if "nobody sent" not in each and "cases for" not in each] == []
        assert worst < max(WORST_SLOWDOWN * usual, NOTICEABLE_SECONDS)


def test_sending_resumes_by_itself(rig, tell):
    count = size(60, 500)
    with rig(lease=60) as ours:
        ours.keep_workers()
        ours.keep_beat()
        assert ours.wait_until(Heartbeat.objects.exists)
        ours.ground.wire.silence()
        plan_due(count)
        ours.wait_until(lambda: False, seconds=size(5, 60))
        ours.ground.wire.pull_out()
        ours.wait_until(lambda: False, seconds=size(3, 30))
        before = Reminder.objects.waiting().count()
        ours.ground.wire.speak()
        ours.ground.wire.plug_in()
        begun = time.monotonic()
        ours.wait_until(all_settled, seconds=RESUMED_SECONDS)
        resumed = time.monotonic() - begun

        tell("R3 sending", landed=before, at_least=1, figure=f"{count} due, resumed within {resumed:.0f} s")
        assert reminder_breaches(ours.sinks) == []
        assert resumed < RESUMED_SECONDS


def test_waking_workers_in_the_request_is_caught(tell):
    with House(harm="wake_in_the_request") as house:
        usual = [send(house.address, new_line(number)).seconds for number in range(4)][-1]
        house.wires["redis"].silence()
        slow = send(house.address, new_line(4), timeout=5).seconds
        house.wires["redis"].speak()

        tell("R3 saboteur", landed=1, at_least=1, figure=f"{usual * 1000:.0f} ms, then {slow * 1000:.0f} ms: caught")
        assert slow > max(WORST_SLOWDOWN * usual, NOTICEABLE_SECONDS)
