"""S8: everything falls due in one moment, and each provider takes a twentieth of a second for every message."""

from __future__ import annotations

import time

import pytest

from cases.models import Reminder
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]
REMINDERS = size(400, 10_000)
ANSWERS_AFTER_SECONDS = 0.05
# The promise for ten thousand. The few hundred of the short form must do with it too: it shows that nothing is lost,
# the full one how fast it goes.
MOST_SECONDS = 15 * 60


def test_all_that_is_due_at_once_goes_out_in_time(rig, tell):
    with rig(lease=120) as ours:
        for channel in ("email", "sms"):
            ours.sinks.knobs(channel, delay=ANSWERS_AFTER_SECONDS)
        plan_due(REMINDERS)
        begun = time.monotonic()
        ours.keep_workers()
        ours.keep_beat()
        ours.wait_until(all_settled, seconds=MOST_SECONDS)
        seconds = time.monotonic() - begun

        arrived = len(ours.sinks.lines())
        tell(
            "S8",
            landed=arrived,
            at_least=REMINDERS,
            figure=f"{arrived} of {REMINDERS} due at once in {seconds:.0f} s, {arrived / seconds:.0f} a second",
        )
        assert breaches(ours.sinks) == []
        assert set(Reminder.objects.values_list("status", flat=True)) == {"accepted"}
        assert seconds < MOST_SECONDS
