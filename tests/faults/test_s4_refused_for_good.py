"""S4: no such mailbox, no such number, a hard bounce, a complaint: one try, the address marked, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.models import CaseEvent, Patient, Reminder
from cases.rules.sending import Why
from cases.services.events import EventKind
from clinic.accounts.models import Role
from tests.factories import staff
from tests.faults.planned import plan_another, plan_due
from tests.faults.reports import listen, turn
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
PEOPLE = size(40, 200)


def settle(rig: Rig, rows: list[Reminder], *statuses: str) -> None:
    """Until each of them stands so, and nothing is on its way."""
    asked = Reminder.objects.filter(pk__in=[row.pk for row in rows])
    assert rig.wait_until(lambda: set(asked.values_list("status", flat=True)) <= {*statuses}), list(
        asked.values_list("status", "reason").distinct()
    )
    assert rig.sinks.reporter.wait(120)


def refused(rig: Rig) -> list[Reminder]:
    """No such mailbox, and no such number."""
    rig.sinks.knobs("email", answer=550)
    rig.sinks.knobs("sms", answer=422)
    rows = plan_due(PEOPLE)
    settle(rig, rows, "failed")
    turn(rig, answer=0)
    return rows


def bounced(rig: Rig) -> list[Reminder]:
    turn(rig, reports=["accepted", "bounced"])
    rows = plan_due(PEOPLE)
    settle(rig, rows, "failed")
    turn(rig, reports=[])
    return rows


def complained(rig: Rig) -> list[Reminder]:
    turn(rig, reports=["delivered", "complained"])
    rows = plan_due(PEOPLE)
    settle(rig, rows, "accepted")
    withdrawn = Patient.objects.filter(reminders__in=rows).exclude(consents__withdrawn_at=None)
    assert rig.wait_until(lambda: withdrawn.count() == PEOPLE)
    turn(rig, reports=[])
    return rows


def arrivals(rig: Rig) -> int:
    return sum(len(channel.arrivals) for channel in rig.sinks.channels.values())


def marked(rows: list[Reminder]) -> int:
    """People whose address on that channel is marked as wrong."""
    people = Patient.objects.filter(reminders__in=rows).in_bulk()
    return sum(
        (people[row.patient_id].email_failed_at if row.channel == "email" else people[row.patient_id].phone_failed_at)
        is not None
        for row in rows
    )


def test_what_is_refused_for_good_is_never_tried_again(
    rig: Any, tell: Any, live_server: Any, settings: Any, client: Client
) -> None:
    with rig(lease=60) as ours:
        listen(ours, live_server, settings)
        ours.keep_workers()
        ours.keep_beat()
        wrong = [*refused(ours), *bounced(ours)]
        unwanted = complained(ours)
        before = arrivals(ours)
        again, not_again = plan_another(wrong), plan_another(unwanted)
        settle(ours, [*again, *not_again], "suppressed")

        more = arrivals(ours) - before
        tell(
            "S4",
            landed=before,
            at_least=3 * PEOPLE,
            figure=f"{marked(wrong)} addresses marked, {PEOPLE} complaints, {more} more sends",
        )
        assert (before, more) == (3 * PEOPLE, 0)
        assert marked(wrong) == 2 * PEOPLE
        assert CaseEvent.objects.filter(kind=EventKind.CONTACT_FAILED.value).count() == 2 * PEOPLE
        reasons = Reminder.objects.filter(pk__in=[row.pk for row in again]).values_list("reason", flat=True)
        assert set(reasons) == {Why.CONTACT_FAILED.value}
        reasons = Reminder.objects.filter(pk__in=[row.pk for row in not_again]).values_list("reason", flat=True)
        assert set(reasons) == {Why.NO_CONSENT.value}
        assert seen_by_staff(client, wrong[0])


def seen_by_staff(client: Client, row: Reminder) -> bool:
    """On the first page of whoever works at that site."""
    client.force_login(staff(Role.FRONT_DESK, row.patient.site))
    return row.case.reference in client.get("/admin/").content.decode()


def test_trying_again_whatever_was_said_is_caught(rig: Any, tell: Any) -> None:
    with rig("every_refusal_passes", lease=60) as sabotaged:
        sabotaged.sinks.knobs("email", answer=550)
        sabotaged.sinks.knobs("sms", answer=422)
        rows = plan_due(10)
        sabotaged.keep_workers(1)
        sabotaged.keep_beat()
        sabotaged.wait_until(lambda: arrivals(sabotaged) > 2 * len(rows))

        tries = arrivals(sabotaged)
        tell("S4 saboteur", landed=tries, at_least=10, figure=f"{tries} tries for {len(rows)} refusals: caught")
        assert tries > len(rows)
        assert marked(rows) == 0
