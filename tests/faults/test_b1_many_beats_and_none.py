"""B1: two beats, five beats, none for a while, and one that is killed again and again."""

from __future__ import annotations

import time

import pytest

from cases.models import Heartbeat, Reminder, ReminderAttempt
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1500)]
PER_PHASE = size(60, 600)
AWAY_SECONDS = size(2, 600)
KILLS = size(4, 12)
SECONDS_BETWEEN_KILLS = size(0.5, 10.0)
MOST_SECONDS_TO_CATCH_UP = 120
# What each provider takes in a second; as much again may have gathered while nothing was sent.
RATE = size(40, 100)
GATHERED = 2


def settle(rig: Rig) -> float:
    begun = time.monotonic()
    assert rig.wait_until(all_settled, seconds=MOST_SECONDS_TO_CATCH_UP)
    return time.monotonic() - begun


def fall_silent(rig: Rig) -> None:
    """Until the last wake-ups that workers had taken are over."""
    rig.flush_redis()
    looked = Heartbeat.objects.values_list("beat_at", flat=True)
    last = None
    while last != (last := list(looked)):
        rig.wait_until(lambda: False, seconds=2)


def run(rig: Rig) -> float:
    """Four phases; how long the longest took to catch up."""
    rig.keep_workers()
    beats = [rig.keep_beat(), rig.keep_beat()]
    longest = 0.0
    plan_due(PER_PHASE)
    longest = max(longest, settle(rig))
    beats += [rig.keep_beat() for _ in range(3)]
    plan_due(PER_PHASE)
    longest = max(longest, settle(rig))
    for beat in beats:
        rig.take_away(beat)
    fall_silent(rig)
    plan_due(PER_PHASE)
    rig.wait_until(lambda: False, seconds=AWAY_SECONDS)
    assert not all_settled(), "somebody sent without a beat: the phase proves nothing"
    rig.bring_back(beats[0])
    longest = max(longest, settle(rig))
    for _ in range(KILLS):
        plan_due(PER_PHASE // KILLS)
        rig.kill_group(beats[0])
        rig.wait_until(lambda: False, seconds=SECONDS_BETWEEN_KILLS)
    return max(longest, settle(rig))


def peak(channel: str) -> int:
    """The most messages that were released to this provider within one second.

    By the moment of their claim: a machine that stands still for a moment bunches what arrives.
    """
    claims = ReminderAttempt.objects.filter(reminder__channel=channel).values_list("claimed_at", flat=True)
    moments = sorted(moment.timestamp() for moment in claims)
    first = most = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] > 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_any_number_of_beats_sends_each_message_once(rig, tell):
    with rig(lease=60, rate=f"{RATE}/second") as ours:
        longest = run(ours)

        burst = max(peak(channel) for channel in ("email", "sms"))
        sent = Reminder.objects.filter(status="accepted").count()
        tell(
            "B1",
            landed=ours.kills,
            at_least=KILLS + 5,
            figure=f"{len(ours.sinks.lines())} messages for {3 * PER_PHASE + PER_PHASE // KILLS * KILLS} reminders, "
            f"caught up within {longest:.0f} s, at most {burst} a second where {RATE} are agreed",
        )
        assert breaches(ours.sinks) == []
        assert sent == len(ours.sinks.lines()) == 3 * PER_PHASE + PER_PHASE // KILLS * KILLS
        assert burst <= GATHERED * RATE


def test_senders_that_count_for_themselves_are_caught(rig, tell):
    with rig("count_for_itself", lease=60, rate="10/second") as sabotaged:
        sabotaged.keep_workers()
        for _ in range(5):
            sabotaged.keep_beat()
        plan_due(120)
        sabotaged.wait_until(all_settled)

        burst = max(peak(channel) for channel in ("email", "sms"))
        tell("B1 saboteur", landed=1, at_least=1, figure=f"{burst} a second where 10 are agreed: caught")
        assert burst > GATHERED * 10
