"""O1: STOP and unsubscribe while messages are on their way out: whoever said no in time gets nothing more."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection

from cases.models import Patient, Reminder, ReminderAttempt
from cases.rules.terms import Channel
from cases.services.inbound import take_message
from cases.services.patients import opt_out
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
RACES = size(80, 500)


def say_no(people: list[Patient], channel: str, said: dict[int, datetime]) -> None:
    """One after the other, by what they would do: a text that says STOP, or the link in an e-mail."""
    for patient in people:
        if channel == "sms":
            message = {"message_id": f"stop-{patient.pk}", "sender": patient.phone, "text": "STOP", "sent_at": None}
            take_message(Channel.SMS, **message, now=datetime.now(UTC))
        else:
            opt_out(patient, channel=Channel.EMAIL, by=None, now=datetime.now(UTC), source="link")
        said[patient.pk] = datetime.now(UTC)
    connection.close()


def run(rig: Rig, *, races: int) -> dict[int, datetime]:
    """Claims and noes at once; when each no was committed. Half of them come before the first claim."""
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, delay=4)
    rows = plan_due(races)
    random.Random(1).shuffle(rows)
    said: dict[int, datetime] = {}
    early, late = rows[: races // 5], rows[races // 5 :]
    for channel in ("email", "sms"):
        say_no([row.patient for row in early if row.channel == channel], channel, said)
    rig.keep_workers(1)
    rig.keep_beat()
    claimed = Reminder.objects.filter(leased_until__isnull=False)
    assert rig.wait_until(claimed.exists)
    threads = [
        threading.Thread(target=say_no, args=([row.patient for row in late if row.channel == channel], channel, said))
        for channel in ("email", "sms")
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        rig.look_after()
        time.sleep(0.05)
    rig.wait_until(all_settled)
    return said


def begun_after(said: dict[int, datetime]) -> int:
    """Messages whose sending began when the no was already committed."""
    turns = ReminderAttempt.objects.filter(started_at__isnull=False).values_list("reminder__patient", "started_at")
    begun = {patient: max(at for of, at in turns if of == patient) for patient, _ in turns}
    return sum(begun[patient] > at for patient, at in said.items() if patient in begun)


def test_a_no_stops_what_is_claimed_and_not_begun(rig, tell):
    with rig(lease=60) as ours:
        said = run(ours, races=RACES)

        stopped = Reminder.objects.filter(status="suppressed").count()
        sent = len(ours.sinks.lines())
        claimed = Reminder.objects.filter(status="suppressed", claimed_at__isnull=False).count()
        tell(
            "O1",
            landed=claimed,
            at_least=RACES // 10,
            figure=f"{RACES} races: {stopped} stopped, {claimed} of them already claimed, {sent} were under way",
        )
        assert begun_after(said) == 0
        assert breaches(ours.sinks) == []
        assert sent + stopped == RACES
        assert 0 < sent < RACES


def test_sending_whatever_was_claimed_is_caught(rig, tell):
    with rig("no_second_look", lease=60) as sabotaged:
        said = run(sabotaged, races=80)

        # All is settled as soon as everybody said no, and what was claimed before is still on its way.
        sabotaged.wait_until(lambda: wrong(sabotaged) != [])
        found = wrong(sabotaged)
        tell("O1 saboteur", landed=len(said), at_least=80, figure=f"{len(found)} written to after their no: caught")
        assert found != []


def wrong(rig: Rig) -> list[str]:
    return [breach for breach in breaches(rig.sinks) if "arrived and counts as suppressed" in breach]
