"""C2: `kill -9` one sender at each stage of a reminder's way, and the exact state each leaves behind."""

from __future__ import annotations

from collections import Counter

import pytest

from cases.models import Reminder, ReminderAttempt
from tests.faults.harm import STAGES
from tests.faults.rig import Rig, all_settled, breaches, plan_due

pytestmark = pytest.mark.faults
KILLS_PER_STAGE = 5
REMINDERS_PER_STAGE = 130


def run(rig: Rig, stage: str, *, reminders: int, kills: int) -> list[Reminder]:
    planned = plan_due(reminders)
    rig.give_tickets(stage, kills)
    rig.wait_until(all_settled, seconds=30)
    rig.kills += kills - rig.tickets_left()
    return planned


def results_of(reminders: list[Reminder]) -> Counter[tuple[str, ...]]:
    """How often each history of turns occurred."""
    histories: dict[object, list[str]] = {reminder.pk: [] for reminder in reminders}
    attempts = ReminderAttempt.objects.filter(reminder__in=reminders).order_by("pk")
    for reminder, result in attempts.values_list("reminder", "result"):
        histories[reminder].append(result)
    return Counter(tuple(history) for history in histories.values())


def copies_of(rig: Rig, reminders: list[Reminder]) -> Counter[int]:
    """How often each number of copies arrived."""
    copies = Counter(line["to"][0] for line in rig.sinks.lines())
    return Counter(copies[reminder.patient.reachable_by(reminder.channel)] for reminder in reminders)


def test_every_stage_ends_as_it_must(rig):
    with rig() as ours:
        ours.keep_workers()
        ours.keep_beat()
        seen = {stage: run(ours, stage, reminders=REMINDERS_PER_STAGE, kills=KILLS_PER_STAGE) for stage in STAGES}

        histories = {stage: results_of(reminders) for stage, reminders in seen.items()}
        copies = {stage: copies_of(ours, reminders) for stage, reminders in seen.items()}
        for stage in STAGES:
            print(f"C2 {stage}: {dict(histories[stage])}, copies {dict(copies[stage])}")
        assert breaches(ours.sinks) == []
        assert (ours.kills, ours.tickets_left()) == (len(STAGES) * KILLS_PER_STAGE, 0), "too few kills landed"

        # Claimed and not begun: certainly not sent, simply repeated, and no try is counted.
        cut_off = {history: n for history, n in histories["after_claim"].items() if len(history) > 1}
        assert cut_off
        assert {set(history[:-1]) == {"never_started"} for history in cut_off} == {True}
        assert copies["after_claim"] == {1: REMINDERS_PER_STAGE}
        # Begun and not sent: nobody can know, so it goes again under its key, and arrives once.
        assert any("ambiguous" in history for history in histories["before_send"])
        # Accepted and not marked: the copy an e-mail may have.
        assert any("ambiguous" in history for history in histories["after_accept"])
        assert set(Reminder.objects.values_list("status", flat=True)) <= {"accepted", "unknown"}


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
