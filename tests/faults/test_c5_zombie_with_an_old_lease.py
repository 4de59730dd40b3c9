"""C5: a worker stands still in the middle of a send, its lease runs out, another finishes; then it wakes up."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from cases.models import Reminder
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = 12
# All must have begun, and the sender stand still, before the first answer comes and before the lease ends.
LEASE_SECONDS = ANSWER_SECONDS = 6
# It sleeps until all is settled, and for this long at least.
SLEEPS_SECONDS = LEASE_SECONDS + size(0.5, 30)


def run(rig: Rig, *, until: Callable[[], bool]) -> int:
    """How many sends the sleeper had begun. until: what shows that it is awake again, and heard its answers."""
    # What the sleeper sends is refused for good, and the answer reaches it when the row is no longer its own.
    rig.sinks.knobs("sms", delay=ANSWER_SECONDS, answer=422)
    rig.sinks.knobs("email", delay=ANSWER_SECONDS, answer=550)
    plan_due(REMINDERS)
    [sleeper] = rig.keep_workers(1)
    rig.keep_beat()
    begun = Reminder.objects.waiting().filter(begun_at__isnull=False)
    arrived = [channel.arrivals for channel in rig.sinks.channels.values()]
    assert rig.wait_until(lambda: sum(map(len, arrived)) >= REMINDERS)
    os.killpg(rig.running[sleeper], signal.SIGSTOP)
    asleep = begun.count()
    rig.sinks.knobs("sms", delay=0, answer=0)
    rig.sinks.knobs("email", delay=0, answer=0)
    rig.keep_workers(1)
    rig.wait_until(lambda: False, seconds=SLEEPS_SECONDS)
    assert rig.wait_until(all_settled)
    os.killpg(rig.running[sleeper], signal.SIGCONT)
    assert rig.wait_until(until), "the sleeper never heard its answers"
    return asleep


def told_that_it_lost(rig: Rig) -> bool:
    return rig.said("was lost, its refused is not recorded") >= REMINDERS


def overwritten(rig: Rig) -> list[str]:
    return [breach for breach in breaches(rig.sinks) if "counts as failed" in breach]


def test_the_sleeper_s_mark_changes_nothing(rig, tell):
    with rig(lease=LEASE_SECONDS) as ours:
        asleep = run(ours, until=lambda: told_that_it_lost(ours))

        tell(
            "C5",
            landed=asleep,
            at_least=REMINDERS,
            figure=f"{asleep} turns slept {SLEEPS_SECONDS:g} s, {len(ours.sinks.lines())} messages for {REMINDERS}",
        )
        assert breaches(ours.sinks) == []
        assert set(Reminder.objects.values_list("status", flat=True)) == {"accepted"}


def test_without_keys_a_sleeper_costs_no_second_text(rig, tell):
    with rig(lease=LEASE_SECONDS, keeps_keys=False) as ours:
        asleep = run(ours, until=lambda: told_that_it_lost(ours))

        copies = len(ours.sinks.lines())
        tell("C5 without keys", landed=asleep, at_least=REMINDERS, figure=f"{copies} messages for {REMINDERS}")
        assert breaches(ours.sinks) == []


def test_marking_without_the_fencing_token_is_caught(rig, tell):
    with rig("mark_without_token", lease=LEASE_SECONDS) as sabotaged:
        asleep = run(sabotaged, until=lambda: overwritten(sabotaged) != [])

        found = overwritten(sabotaged)
        tell("C5 saboteur", landed=asleep, at_least=1, figure=f"{len(found)} overwritten: caught")
        assert found != []
