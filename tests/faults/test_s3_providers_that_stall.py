"""S3: a mail server that hangs, drips or never shakes hands costs bounded time, and texts go on as if nothing were."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.conf import settings

from cases.messages import email, sms
from cases.models import Heartbeat, Reminder
from cases.rules import sending
from cases.services.dispatch import SENDERS
from tests.faults.invariants import untimely
from tests.faults.planned import plan_due
from tests.faults.rig import PATIENCE_SECONDS, Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(120, 500)
WORST_SLOWDOWN = 2
# A channel that is done waits up to a second for the other; the rest is for a busy machine.
SLACK_SECONDS = size(3.0, 2.0)
# Of one worker.
CHILDREN = 2
# Until each child has its hands full of what stands still; one that is free yet would send the others as before.
SECONDS_TO_STALL = 5
STALLS = {
    "hangs": {"hang_before_accept": True},
    "drips": {"slow_drip": 0.3},
    "never shakes hands": {"mute": True},
}
OTHER = {"email": "sms", "sms": "email"}


def wave(rig: Rig, channel: str) -> float:
    """The 99th percentile of how long messages of that channel wait until they arrive."""
    rows = {str(row.pk): row.planned_at for row in plan_due(REMINDERS // 2) if row.channel == channel}
    rig.wait_until(lambda: not Reminder.objects.waiting().filter(pk__in=rows).exists(), seconds=PATIENCE_SECONDS)
    waits = sorted(
        (datetime.fromisoformat(line["at"]) - rows[key]).total_seconds()
        for line in rig.sinks.lines(channel)
        if (key := line["key"].strip("<>").partition("@")[0]) in rows
    )
    assert len(waits) == len(rows), f"{len(rows) - len(waits)} of {len(rows)} never arrived"
    return waits[int(len(waits) * 0.99) - 1]


def run(rig: Rig, stalled: str, **stall: object) -> tuple[float, int, float]:
    """How long messages of the other channel wait when all is well; how many stand still when every sender has its
    hands full of them, and how long the others wait then."""
    rig.keep_workers(1)
    rig.keep_beat()
    assert rig.wait_until(Heartbeat.objects.exists)
    usual = wave(rig, OTHER[stalled])
    rig.sinks.knobs(stalled, **stall)
    plan_due(2 * REMINDERS)
    begun = Reminder.objects.waiting().filter(channel=stalled, begun_at__isnull=False)
    rig.wait_until(lambda: begun.count() >= CHILDREN * SENDERS, seconds=SECONDS_TO_STALL)
    return usual, begun.count(), wave(rig, OTHER[stalled])


def test_all_times_together_are_less_than_a_third_of_the_lease():
    assert email.MOST_SECONDS <= sending.LONGEST_SEND.total_seconds() < sending.LEASE.total_seconds() / 3
    assert sending.LONGEST_SEND.total_seconds() >= sms.MOST_SECONDS
    assert settings.EMAIL_TIMEOUT < email.MOST_SECONDS


@pytest.mark.parametrize("how", STALLS)
@pytest.mark.parametrize("stalled", OTHER)
def test_the_other_channel_goes_on(rig, tell, stalled, how):
    secure = SECURE if (stalled, how) == ("email", "never shakes hands") else {}
    with rig(lease=60, **secure) as ours:
        usual, landed, slowest = run(ours, stalled, **STALLS[how])

        tell(
            f"S3 {stalled} {how}",
            landed=landed,
            at_least=SENDERS,
            figure=f"{OTHER[stalled]} p99 {slowest:.1f} s while {landed} stood still, {usual:.1f} s before",
        )
        assert slowest <= WORST_SLOWDOWN * usual + SLACK_SECONDS
        assert untimely(ours.sinks) == []


def test_a_batch_that_waits_for_its_slowest_is_caught(rig, tell):
    with rig("one_queue_for_all", lease=60, patience=0.5) as sabotaged:
        usual, landed, slowest = run(sabotaged, "email", **STALLS["hangs"])

        tell("S3 saboteur", landed=landed, at_least=1, figure=f"texts waited {slowest:.1f} s: caught")
        assert slowest > WORST_SLOWDOWN * usual + SLACK_SECONDS


# A handshake of TLS, which the server never takes up.
SECURE = {"installed": {"EMAIL_USE_SSL": True}}
