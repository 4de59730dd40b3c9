"""S1: the gateway answers 503, or 429 with a Retry-After; we wait longer each time, and come back without a herd.

Times are a hundredth of the real ones: ten minutes of outage are six seconds.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from cases.models import Reminder, ReminderAttempt
from cases.rules.sending import MOST_TRIES
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
REMINDERS = size(200, 1000)
OUTAGE_SECONDS = 6
RETRY_AFTER = 6
# What was under way when the first was told to wait may arrive as late as this, on a slow machine.
UNDER_WAY_SECONDS = 2
# Well again before the pause is over, so that nobody who comes at its end is told to wait once more.
WELL_AGAIN = RETRY_AFTER - 1
PLANNED_RATE = size(100, 200)
# What a sender has in hand when it hears that it should wait, times the senders there are.
IN_HAND = 16 * 4


def outage(rig: Rig, *, reminders: int) -> None:
    refuse_all(rig, reminders=reminders)
    assert rig.wait_until(lambda: all(channel.arrivals for channel in rig.sinks.channels.values()))
    rig.wait_until(lambda: False, seconds=OUTAGE_SECONDS)
    for channel in ("sms", "email"):
        rig.sinks.knobs(channel, answer=0)
    rig.wait_until(all_settled)


def refuse_all(rig: Rig, *, reminders: int) -> None:
    rig.sinks.knobs("sms", answer=503)
    rig.sinks.knobs("email", answer=421)
    plan_due(reminders)
    rig.keep_workers()
    rig.keep_beat()


def most_tries() -> int:
    return max(Reminder.objects.values_list("attempts_made", flat=True))


def refused() -> int:
    return ReminderAttempt.objects.filter(result=ReminderAttempt.Result.RETRY).count()


def herd_of(arrivals: list[float], *, of_seconds: float = 1) -> float:
    """The busiest second, as a multiple of the average one."""
    counts = Counter(int((each - arrivals[0]) // of_seconds) for each in arrivals)
    seconds = int((arrivals[-1] - arrivals[0]) // of_seconds) + 1
    return max(counts.values()) * seconds / len(arrivals)


def back_after(rig: Rig, since: float) -> list[float]:
    return sorted(each for channel in rig.sinks.channels.values() for each in channel.arrivals if each > since)


def test_an_outage_is_waited_for_with_growing_pauses(rig, tell):
    with rig(lease=60, rate=f"{PLANNED_RATE}/second") as ours:
        outage(ours, reminders=REMINDERS)

        sent = Reminder.objects.filter(status="accepted").count()
        # The last pause any message can have been in: the herd would come at its end.
        herd = herd_of(back_after(ours, since=ours.sinks.channels["sms"].arrivals[0] + OUTAGE_SECONDS))
        busiest = max(
            max(Counter(int(each) for each in channel.arrivals).values()) for channel in ours.sinks.channels.values()
        )
        tell(
            "S1 outage",
            landed=refused(),
            at_least=REMINDERS,
            figure=f"{sent} of {REMINDERS} sent, at most {most_tries()} tries, peak {herd:.1f} x mean, {busiest}/s",
        )
        assert breaches(ours.sinks) == []
        assert sent == REMINDERS
        assert most_tries() <= MOST_TRIES
        assert busiest <= 2 * PLANNED_RATE
        assert herd <= size(5, 2), "a busy machine bunches what a quiet one spreads"


def asked_to_wait(rig: Rig, *, reminders: int) -> int:
    """How many texts came while the gateway had asked for silence, without those that were under way."""
    rig.sinks.knobs("sms", answer=429, retry_after=RETRY_AFTER)
    plan_due(reminders)
    rig.keep_workers()
    rig.keep_beat()
    came = rig.sinks.channels["sms"].arrivals
    assert rig.wait_until(lambda: bool(came))
    first = came[0]
    rig.wait_until(lambda: time.monotonic() > first + WELL_AGAIN)
    early = sum(first + UNDER_WAY_SECONDS < each < first + RETRY_AFTER for each in list(came))
    rig.sinks.knobs("sms", answer=0)
    rig.wait_until(all_settled)
    return early


def test_who_asks_for_a_pause_gets_it(rig, tell):
    with rig(lease=60) as ours:
        early = asked_to_wait(ours, reminders=REMINDERS)

        landed = refused()
        tell("S1 Retry-After", landed=landed, at_least=1, figure=f"{landed} told to wait, {early} came before its end")
        assert landed <= IN_HAND
        assert early == 0
        assert breaches(ours.sinks) == []
        assert set(Reminder.objects.values_list("status", flat=True)) == {"accepted"}


def test_trying_again_at_once_is_caught(rig, tell):
    with rig("no_backoff", lease=60) as sabotaged:
        refuse_all(sabotaged, reminders=20)
        given_up = Reminder.objects.filter(status="failed")
        sabotaged.wait_until(given_up.exists)

        lost = given_up.count()
        tell("S1 saboteur 1", landed=refused(), at_least=20, figure=f"{lost} given up: caught")
        assert lost > 0


def test_not_reading_retry_after_is_caught(rig, tell):
    with rig("no_retry_after", lease=60) as sabotaged:
        early = asked_to_wait(sabotaged, reminders=100)

        tell("S1 saboteur 2", landed=refused(), at_least=1, figure=f"{early} came too early: caught")
        assert early > 0
