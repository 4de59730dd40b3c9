"""R5: Redis comes back as it was before: messages of the past appear again and find nothing left to do."""

from __future__ import annotations

import shutil

import pytest

from cases.models import Reminder, ReminderAttempt
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(150, 1000)
WAKE_UPS = 300


def restore(rig: Rig, snapshot) -> None:
    rig.kill_redis()
    shutil.copy(snapshot, rig.ground.servers.paths.redis / "dump.rdb")
    rig.start_redis()


def test_old_messages_send_nothing_again(rig, tell, tmp_path):
    with rig(lease=60) as ours:
        ours.wake(WAKE_UPS)
        ours.ask_redis("SAVE")
        snapshot = tmp_path / "dump.rdb"
        shutil.copy(ours.ground.servers.paths.redis / "dump.rdb", snapshot)
        plan_due(REMINDERS)
        ours.keep_workers()
        ours.wait_until(all_settled)
        attempts = ReminderAttempt.objects.count()
        sent = len(ours.sinks.lines())
        restore(ours, snapshot)
        back = ours.ask_redis("LLEN", "patella:sends")
        ours.wait_until(lambda: not ours.ask_redis("LLEN", "patella:sends"))

        extra = len(ours.sinks.lines()) - sent
        tell("R5", landed=int(back), at_least=1, figure=f"{back} old wake-ups came back, {extra} extra messages")
        assert breaches(ours.sinks) == []
        assert extra == 0
        assert ReminderAttempt.objects.count() == attempts
        assert Reminder.objects.filter(status="accepted").count() == REMINDERS


def test_sending_what_the_message_names_is_caught(rig, tell, tmp_path):
    """The saboteur: the message in Redis is the order to send, and the record is not asked."""
    with rig("send_what_the_message_names", keeps_keys=False) as sabotaged:
        sabotaged.publish(plan_due(20))
        sabotaged.ask_redis("SAVE")
        snapshot = tmp_path / "dump.rdb"
        shutil.copy(sabotaged.ground.servers.paths.redis / "dump.rdb", snapshot)
        sabotaged.keep_workers(1)
        sabotaged.wait_until(all_settled)
        restore(sabotaged, snapshot)
        sabotaged.wait_until(lambda: len(sabotaged.sinks.lines()) > 20)

        found = [breach for breach in breaches(sabotaged.sinks) if "times" in breach]
        tell("R5 saboteur", landed=1, at_least=1, figure=f"{len(found)} sent twice: caught")
        assert found != []
