"""S6: reports twice, late, the last one first, about messages nobody knows, and forged: each counts once or not."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest

from cases.api import webhooks
from cases.models import DeliveryEvent, Patient, Reminder
from cases.rules.delivery import Delivered
from cases.services.delivery import delivery_of
from tests.faults.planned import plan_due
from tests.faults.reports import listen, turn
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
REPORTED = size(12, 100)
# A report may overtake the sender, which has not yet written down that the provider took the message.
LATE_SECONDS = 2


def sent(rig: Rig, **knobs: object) -> list[Reminder]:
    """Messages that go out while both providers report so."""
    told = len(rig.sinks.reporter.told)
    turn(rig, **knobs)
    rows = plan_due(REPORTED)
    asked = Reminder.objects.waiting().filter(pk__in=[row.pk for row in rows])
    assert rig.wait_until(lambda: not asked.exists())
    assert rig.wait_until(lambda: len(rig.sinks.reporter.told) > told)
    assert rig.sinks.reporter.wait(120)
    turn(rig, reports=[], report_copies=1, report_delay=0, reports_backwards=False, reports_forged=False)
    return list(Reminder.objects.filter(pk__in=[row.pk for row in rows]))


def how_far(rows: list[Reminder]) -> Counter[tuple[str, Delivered | None]]:
    return Counter((row.status, delivery_of(row)) for row in rows)


def events(rows: list[Reminder]) -> int:
    return DeliveryEvent.objects.filter(reminder__in=rows).count()


def state_errors(rig: Rig) -> list[str]:
    """Every kind of report, and what is not as it must be; the answers are looked at as well."""
    found = []

    def expect(what: str, got: object, wanted: object) -> None:
        if got != wanted:
            found.append(f"{what}: {got} and not {wanted}")

    twice = sent(rig, reports=["accepted", "delivered"], report_copies=2)
    expect("told twice", how_far(twice), Counter({("accepted", Delivered.DELIVERED): REPORTED}))
    expect("told twice is kept once", events(twice), 2 * REPORTED)
    backwards = sent(rig, reports=["accepted", "delivered"], reports_backwards=True, report_delay=LATE_SECONDS)
    expect("late and backwards", how_far(backwards), Counter({("accepted", Delivered.DELIVERED): REPORTED}))
    came_back = sent(rig, reports=["accepted", "delivered", "bounced"], reports_backwards=True, report_copies=2)
    expect("bounced, then delivered", how_far(came_back), Counter({("failed", Delivered.BOUNCED): REPORTED}))
    known = DeliveryEvent.objects.count()
    for channel in rig.sinks.channels:
        for _ in range(REPORTED // 2):
            rig.sinks.reporter.report(channel, message=str(uuid.uuid4()), types=["bounced"])
    assert rig.sinks.reporter.wait(120)
    strangers = DeliveryEvent.objects.filter(effect=DeliveryEvent.Effect.UNKNOWN_MESSAGE).count()
    expect("about a message nobody knows", (strangers, DeliveryEvent.objects.count() - known), (REPORTED, REPORTED))
    expect("not taken", Counter(each.status for each in rig.sinks.reporter.told if each.status != 202), Counter())
    known, told = DeliveryEvent.objects.count(), len(rig.sinks.reporter.told)
    forged = sent(rig, reports=["bounced", "complained"], reports_forged=True)
    answers = Counter(each.status for each in rig.sinks.reporter.told[told:])
    expect("forged", answers, Counter({403: 2 * REPORTED}))
    expect("forged is not kept", DeliveryEvent.objects.count() - known, 0)
    expect("forged changes nothing", how_far(forged), Counter({("accepted", None): REPORTED}))
    marked = Patient.objects.exclude(email_failed_at=None, phone_failed_at=None).count()
    expect("addresses marked", marked, REPORTED)
    expect("opted out", Patient.objects.exclude(consents__withdrawn_at=None).count(), 0)
    return found


def run(rig: Rig, live_server: Any, settings: Any) -> list[str]:
    listen(rig, live_server, settings)
    rig.keep_workers()
    rig.keep_beat()
    return state_errors(rig)


def test_every_report_counts_once_and_only_upwards(rig: Any, tell: Any, live_server: Any, settings: Any) -> None:
    with rig(lease=60) as ours:
        found = run(ours, live_server, settings)

        told = Counter(each.status for each in ours.sinks.reporter.told)
        tell("S6", landed=told.total(), at_least=15 * REPORTED, figure=f"{dict(told)}, {len(found)} state errors")
        assert found == []


def test_believing_whoever_writes_is_caught(
    rig: Any, tell: Any, live_server: Any, settings: Any, monkeypatch: Any
) -> None:
    """The saboteur: nobody looks at the signature."""
    monkeypatch.setattr(webhooks, "_is_signed", lambda *_, **__: True)
    with rig(lease=60) as sabotaged:
        found = run(sabotaged, live_server, settings)

        told = len(sabotaged.sinks.reporter.told)
        tell("S6 saboteur", landed=told, at_least=15 * REPORTED, figure=f"{len(found)} state errors: caught")
        assert [each for each in found if each.startswith("forged")] != []
