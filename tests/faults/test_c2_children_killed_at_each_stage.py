"""C2: `kill -9` one sender at each stage of a reminder's way, and the exact state each leaves behind."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from cases.models import Reminder, ReminderAttempt
from tests.faults.harm import STAGES
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]
# So few kills at a time that no reminder is met by more of them than it has tries.
WAVES = size(1, 20)
KILLS_PER_WAVE = size(3, 5)
REMINDERS_PER_WAVE = 130
KILLS_PER_STAGE = WAVES * KILLS_PER_WAVE
SIMPLY_REPEATED = ("never_started", "accepted")


def run(rig: Rig, stage: str, *, reminders: int, kills: int) -> list[Reminder]:
    planned = plan_due(reminders)
    rig.give_tickets(stage, kills)
    rig.wait_until(all_settled)
    rig.kills += kills - rig.tickets_left()
    return planned


def histories_of(reminders: list[Reminder]) -> dict[uuid.UUID, tuple[str, ...]]:
    """What came of each turn of each reminder, in order."""
    found: dict[uuid.UUID, tuple[str, ...]] = {reminder.pk: () for reminder in reminders}
    attempts = ReminderAttempt.objects.filter(reminder__in=reminders).order_by("pk").values_list("reminder", "result")
    for reminder, result in attempts:
        found[reminder] += (result,)
    return found


def test_every_stage_ends_as_it_must(rig, tell):
    with rig() as ours:
        ours.keep_workers()
        ours.keep_beat()
        seen = {
            stage: [
                planned
                for _ in range(WAVES)
                for planned in run(ours, stage, reminders=REMINDERS_PER_WAVE, kills=KILLS_PER_WAVE)
            ]
            for stage in STAGES
        }

        copies = Counter(line["to"][0] for line in ours.sinks.lines())
        histories = {stage: histories_of(reminders) for stage, reminders in seen.items()}
        for stage in STAGES:
            print(f"C2 {stage}: {dict(Counter(histories[stage].values()))}")
        cut_off = sum("ambiguous" in history for each in histories.values() for history in each.values())
        tell(
            "C2",
            landed=ours.kills,
            at_least=len(STAGES) * KILLS_PER_STAGE,
            figure=f"{len(STAGES)} stages, {cut_off} reminders in doubt on the way, each as it must",
        )
        assert breaches(ours.sinks) == []

        # Claimed and not begun: certainly not sent. Simply repeated, no try is counted, and nobody gets a copy.
        unbegun = [row for row, history in histories["after_claim"].items() if set(history) == {*SIMPLY_REPEATED}]
        assert len(unbegun) > KILLS_PER_STAGE
        for row in Reminder.objects.filter(pk__in=unbegun).select_related("patient"):
            assert (row.status, row.attempts_made, copies[row.patient.reachable_by(row.channel)]) == ("accepted", 1, 1)
        # Begun: nobody can know whether it arrived, and the history says so.
        for stage in STAGES[1:]:
            assert any("ambiguous" in history for history in histories[stage].values())
        # A gateway that keeps keys leaves no doubt; an e-mail cut off twice is left to a person.
        assert set(Reminder.objects.filter(channel="sms").values_list("status", flat=True)) == {"accepted"}
        assert set(Reminder.objects.filter(channel="email").values_list("status", flat=True)) <= {"accepted", "unknown"}


def test_a_gateway_that_forgets_keys_gets_no_text_twice_and_staff_are_told(rig, tell):
    with rig(keeps_keys=False) as ours:
        ours.keep_workers(1)
        ours.keep_beat()
        run(ours, "after_accept", reminders=60, kills=3)

        held = Reminder.objects.filter(channel="sms", status="unknown")
        tell("C2 without keys", landed=ours.kills, at_least=3, figure=f"{held.count()} texts held for a person")
        assert breaches(ours.sinks) == []
        assert held.exists()


def test_marking_before_sending_is_caught(rig, tell):
    with rig("mark_before_send") as sabotaged:
        sabotaged.keep_workers(1)
        sabotaged.keep_beat()
        run(sabotaged, "before_send", reminders=60, kills=2)
        # All is marked before anything is sent.
        sabotaged.wait_for_quiet()

        found = [breach for breach in breaches(sabotaged.sinks) if "never arrived" in breach]
        tell("C2 saboteur, mark first", landed=sabotaged.kills, at_least=2, figure=f"{len(found)} lost: caught")
        assert found != []


def test_a_new_key_for_each_attempt_is_caught(rig, tell):
    with rig("new_key_per_attempt") as sabotaged:
        sabotaged.keep_workers(1)
        sabotaged.keep_beat()
        run(sabotaged, "after_accept", reminders=60, kills=3)

        found = [breach for breach in breaches(sabotaged.sinks) if "keys" in breach]
        tell("C2 saboteur, new keys", landed=sabotaged.kills, at_least=3, figure=f"{len(found)} breaches: caught")
        assert found != []
