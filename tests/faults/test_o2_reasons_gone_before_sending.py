"""O2: answered, closed, or consent withdrawn between plan and send: suppressed with its reason, nothing goes out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from cases.models import Case, CheckIn, ContactConsent, Reminder
from cases.rules.sending import Why
from cases.rules.terms import Channel, CloseReason
from cases.services.patients import opt_out
from tests.factories import ReportFactory
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
REMINDERS = size(120, 500)
OPTED_OUT = "opted out"


def run(rig: Rig, *, reminders: int) -> dict[str, int]:
    """A quarter each: how many must end for which reason.

    Three are written past the services, which would take the messages back themselves: here only the sender can.
    """
    rows = plan_due(reminders)
    now = datetime.now(UTC)
    quarters = [[row.pk for row in rows[start::4]] for start in range(4)]
    for check_in in CheckIn.objects.filter(reminders__in=quarters[0]).select_related("case"):
        check_in.answered_at, check_in.report = now, ReportFactory(case=check_in.case)
        check_in.save(update_fields=["answered_at", "report"])
    ended = {"status": "closed", "close_reason": next(iter(CloseReason)).value, "status_since": now, "ended_at": now}
    Case.objects.filter(reminders__in=quarters[1]).update(**ended)
    ContactConsent.objects.filter(patient__reminders__in=quarters[2]).update(withdrawn_at=now)
    for row in Reminder.objects.filter(pk__in=quarters[3]).select_related("patient"):
        opt_out(row.patient, channel=Channel(row.channel), by=None, now=now, source="test")
    rig.keep_workers()
    rig.keep_beat()
    assert rig.wait_until(all_settled), "the senders never came"
    reasons = (Why.ANSWERED.value, Why.CASE_ENDED.value, Why.NO_CONSENT.value, OPTED_OUT)
    return {reason: len(quarter) for reason, quarter in zip(reasons, quarters, strict=True)}


def test_what_lost_its_reason_is_suppressed_with_one(rig, tell):
    with rig(lease=60) as ours:
        expected = run(ours, reminders=REMINDERS)

        found = Counter(Reminder.objects.filter(status="suppressed").values_list("reason", flat=True))
        tell(
            "O2",
            landed=sum(found.values()),
            at_least=REMINDERS,
            figure=f"{len(found)} reasons, {len(ours.sinks.lines())} sent",
        )
        assert found == expected
        assert ours.sinks.lines() == []
        assert breaches(ours.sinks) == []


def test_not_asking_again_is_caught(rig, tell):
    with rig("never_ask_again", lease=60) as sabotaged:
        run(sabotaged, reminders=24)

        sent = len(sabotaged.sinks.lines())
        tell("O2 saboteur", landed=24, at_least=24, figure=f"{sent} sent for no reason: caught")
        assert sent > 0
