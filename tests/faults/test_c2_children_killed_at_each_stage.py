"""C2: `kill -9` one sender at each stage of a reminder's way, and the exact state each leaves behind."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from cases.models import Reminder, ReminderAttempt
from tests.faults.harm import STAGES
from tests.faults.rig import Rig, all_settled, breaches, plan_due

pytestmark = pytest.mark.faults
KILLS_PER_STAGE = 5
REMINDERS_PER_STAGE = 130
SIMPLY_REPEATED = ("never_started", "accepted")


def run(rig: Rig, stage: str, *, reminders: int, kills: int) -> list[Reminder]:
    planned = plan_due(reminders)
    rig.give_tickets(stage, kills)
    rig.wait_until(all_settled, seconds=30)
    rig.kills += kills - rig.tickets_left()
    return planned


def histories_of(reminders: list[Reminder]) -> dict[uuid.UUID, tuple[str, ...]]:
    """What came of each turn of each reminder, in order."""
    attempts = ReminderAttempt.objects.filter(reminder__in=reminders).order_by("pk").values_list("reminder", "result")
    return {reminder.pk: tuple(result for of, result in attempts if of == reminder.pk) for reminder in reminders}


def test_every_stage_ends_as_it_must(rig):
    with rig() as ours:
        ours.keep_workers()
        ours.keep_beat()
        seen = {stage: run(ours, stage, reminders=REMINDERS_PER_STAGE, kills=KILLS_PER_STAGE) for stage in STAGES}

        copies = Counter(line["to"][0] for line in ours.sinks.lines())
        histories = {stage: histories_of(reminders) for stage, reminders in seen.items()}
        for stage in STAGES:
            print(f"C2 {stage}: {dict(Counter(histories[stage].values()))}")
        assert breaches(ours.sinks) == []
        assert (ours.kills, ours.tickets_left()) == (len(STAGES) * KILLS_PER_STAGE, 0), "too few kills landed"

        # Claimed and not begun: certainly not sent. Simply repeated, no try is counted, and nobody gets a copy.
        unbegun = [row for row, history in histories["after_claim"].items() if set(history) == {*SIMPLY_REPEATED}]
        assert len(unbegun) > KILLS_PER_STAGE
        for row in Reminder.objects.filter(pk__in=unbegun).select_related("patient"):
            assert (row.status, row.attempts_made, copies[row.patient.reachable_by(row.channel)]) == ("accepted", 1, 1)
        # Begun: nobody can know whether it arrived, and the history says so.
        for stage in ("before_send", "during_send", "after_accept"):
            assert any("ambiguous" in history for history in histories[stage].values())
        # A gateway that keeps keys leaves no doubt; an e-mail cut off twice is left to a person.
        assert set(Reminder.objects.filter(channel="sms").values_list("status", flat=True)) == {"accepted"}
        assert set(Reminder.objects.filter(channel="email").values_list("status", flat=True)) <= {"accepted", "unknown"}


def test_a_gateway_that_forgets_keys_gets_no_text_twice_and_staff_are_told(rig):
    with rig(keeps_keys=False) as ours:
        ours.keep_workers(1)
        ours.keep_beat()
        run(ours, "after_accept", reminders=60, kills=3)

        held = Reminder.objects.filter(channel="sms", status="unknown")
        print(f"C2 without keys: {held.count()} texts held for a person")
        assert breaches(ours.sinks) == []
        assert (ours.kills, held.exists()) == (3, True)


def test_marking_before_sending_is_caught(rig):
    with rig("mark_before_send") as sabotaged:
        sabotaged.keep_workers(1)
        sabotaged.keep_beat()
        run(sabotaged, "before_send", reminders=60, kills=2)

        assert [breach for breach in breaches(sabotaged.sinks) if "never arrived" in breach] != []


def test_a_new_key_for_each_attempt_is_caught(rig):
    with rig("new_key_per_attempt") as sabotaged:
        sabotaged.keep_workers(1)
        sabotaged.keep_beat()
        run(sabotaged, "after_accept", reminders=60, kills=3)

        assert [breach for breach in breaches(sabotaged.sinks) if "keys" in breach] != []
