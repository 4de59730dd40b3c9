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
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(120, 500)
# Less than the shortest time-out: texts that wait for an e-mail wait longer.
TEXT_SECONDS = 8
STALLS = {
    "hangs": {"hang_before_accept": True},
    "drips": {"slow_drip": 0.3},
    "never shakes hands": {"mute": True},
}


def run(rig: Rig, **stall: object) -> float:
    """The 99th percentile of how long texts wait, once every sender has e-mails in hand that stand still."""
    rig.sinks.knobs("email", **stall)
    rig.keep_workers(1)
    rig.keep_beat()
    assert rig.wait_until(Heartbeat.objects.exists, seconds=30)
    for _ in range(2):
        plan_due(REMINDERS)
        rig.wait_until(lambda: False, seconds=0.5)
    last = {str(row.pk): row.planned_at for row in plan_due(REMINDERS // 2) if row.channel == "sms"}
    rig.wait_until(lambda: not Reminder.objects.waiting().filter(pk__in=last).exists(), seconds=TEXT_SECONDS)
    waits = sorted(
        (datetime.fromisoformat(line["at"]) - last[line["key"]]).total_seconds()
        for line in rig.sinks.lines("sms")
        if line["key"] in last
    )
    return waits[int(len(waits) * 0.99) - 1] if len(waits) == len(last) else TEXT_SECONDS


def test_all_times_together_are_less_than_a_third_of_the_lease():
    assert email.MOST_SECONDS <= sending.LONGEST_SEND.total_seconds() < sending.LEASE.total_seconds() / 3
    assert sending.LONGEST_SEND.total_seconds() >= sms.MOST_SECONDS
    assert settings.EMAIL_TIMEOUT < email.MOST_SECONDS


@pytest.mark.parametrize("how", STALLS)
def test_texts_go_on_while_mail_stands_still(rig, tell, how):
    with rig(lease=60, **SECURE.get(how, {})) as ours:
        slowest = run(ours, **STALLS[how])
        landed = Reminder.objects.waiting().filter(channel="email", begun_at__isnull=False).count()

        figure = f"texts p99 {slowest:.1f} s while {landed} e-mails stood still"
        tell(f"S3 mail {how}", landed=landed, at_least=SENDERS, figure=figure)
        assert slowest < TEXT_SECONDS
        assert untimely(ours.sinks) == []


def test_a_batch_that_waits_for_its_slowest_is_caught(rig, tell):
    with rig("one_queue_for_all", lease=60) as sabotaged:
        slowest = run(sabotaged, **STALLS["hangs"])

        tell("S3 saboteur", landed=REMINDERS, at_least=1, figure=f"texts waited {slowest:.1f} s or more: caught")
        assert slowest >= TEXT_SECONDS


SECURE = {"never shakes hands": {"installed": {"EMAIL_USE_SSL": True}}}
