"""T4: a new address, a new zone, or no address any more, between plan and send: the newest counts, never the old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.models import Heartbeat, Patient, Reminder
from cases.rules.sending import Hold, Why
from cases.services.turns import database_now
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due, zone_where_it_is
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
PEOPLE = size(40, 400)
# More than are under way at once on each channel, so that some are claimed and wait for their turn.
CLAIMED = 100
ANSWER_SECONDS = 4
LEASE_SECONDS = 10


def move(row: Reminder) -> None:
    """New phone, new mailbox; past the services, which would plan anew: here only the sender can know."""
    number = row.patient.reference.removeprefix("P-")
    change(row, email=f"new{number}@example.org", phone=f"+1415{number[-7:]}")


def leave(row: Reminder) -> None:
    """No mailbox any more, or no phone."""
    change(row, **{"email" if row.channel == "email" else "phone": ""})


def travel(row: Reminder) -> None:
    """To where it is one o'clock at night."""
    change(row, time_zone=zone_where_it_is(1, datetime.now(UTC)))


def change(row: Reminder, **columns: str) -> None:
    Patient.objects.filter(pk=row.patient_id).update(**columns)


def halves(rows: list[Reminder], parts: int) -> list[list[Reminder]]:
    """As many of each channel in every part."""
    return [[row for place, row in enumerate(rows) if place // 2 % parts == part] for part in range(parts)]


def used(rig: Rig) -> set[str]:
    return {line["to"][0] for line in rig.sinks.lines()}


def old(rows: list[Reminder]) -> set[str]:
    """As they were when the messages were planned."""
    return {row.patient.reachable_by(row.channel) for row in rows}


def new(rows: list[Reminder]) -> set[str]:
    stored = Patient.objects.in_bulk([row.patient_id for row in rows])
    return {stored[row.patient_id].reachable_by(row.channel) for row in rows}


def make_due(rows: list[Reminder]) -> None:
    now = database_now()
    Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now, try_at=now)


def ready(rig: Rig) -> list[Reminder]:
    """Planned for later; the senders are there."""
    rows = plan_due(PEOPLE, due_in=timedelta(hours=1))
    rig.keep_workers()
    rig.keep_beat()
    assert rig.wait_until(Heartbeat.objects.exists)
    return rows


def test_the_newest_value_is_used(rig, tell):
    with rig(lease=LEASE_SECONDS) as ours:
        rows = ready(ours)
        moved, left, travelled, stayed = halves(rows, 4)
        for happens, people in ((move, moved), (leave, left), (travel, travelled)):
            for row in people:
                happens(row)
        make_due(rows)
        waiting = Reminder.objects.waiting().exclude(pk__in=[row.pk for row in travelled])
        assert ours.wait_until(lambda: not waiting.exists())
        held = Reminder.objects.waiting().filter(held_for=Hold.QUIET_HOURS)
        assert ours.wait_until(lambda: held.count() == len(travelled))

        wrong = used(ours) - new(moved) - old(stayed)
        changed = len(moved) + len(left) + len(travelled)
        tell("T4", landed=changed, at_least=PEOPLE * 3 // 4, figure=f"{len(used(ours))} written to, {len(wrong)} wrong")
        assert used(ours) == new(moved) | old(stayed)
        gone = Reminder.objects.filter(pk__in=[row.pk for row in left]).values_list("status", "reason")
        assert set(gone) == {("suppressed", Why.NO_ADDRESS.value)}
        assert [each for each in breaches(ours.sinks) if "still open" not in each] == []


def test_a_change_between_claim_and_send_counts_as_well(rig, tell):
    with rig(lease=LEASE_SECONDS) as ours:
        for channel in ours.sinks.channels:
            ours.sinks.knobs(channel, delay=ANSWER_SECONDS)
        rows = plan_due(CLAIMED)
        ours.keep_workers(1)
        ours.keep_beat()
        unbegun = Reminder.objects.waiting().filter(leased_until__isnull=False, begun_at=None)
        assert ours.wait_until(unbegun.exists)
        claimed = set(unbegun.values_list("pk", flat=True))
        moved, left = halves([row for row in rows if row.pk in claimed], 2)
        for row in moved:
            move(row)
        for row in left:
            leave(row)
        changed_at = database_now()
        for channel in ours.sinks.channels:
            ours.sinks.knobs(channel, delay=0)
        assert ours.wait_until(all_settled)

        # Whoever began before its change was written to as it stood then.
        late = set(Reminder.objects.filter(begun_at__gt=changed_at).values_list("pk", flat=True))
        wrong = used(ours) & old([row for row in (*moved, *left) if row.pk in late])
        figure = f"{len(moved)} moved and {len(left)} left while claimed, {len(wrong)} written to at the old address"
        tell("T4 claimed", landed=len(late & claimed), at_least=CLAIMED // 10, figure=figure)
        assert wrong == set()
        assert new([row for row in moved if row.pk in late]) <= used(ours)
        assert not Reminder.objects.filter(pk__in=[row.pk for row in left], status="accepted", begun_at__gt=changed_at)


def test_the_address_of_the_plan_is_caught(rig, tell):
    with rig("address_as_planned", lease=60) as sabotaged:
        rows = ready(sabotaged)
        for row in rows:
            move(row)
        make_due(rows)
        sabotaged.wait_until(lambda: bool(sabotaged.sinks.lines()))

        wrong = used(sabotaged) & old(rows)
        tell("T4 saboteur", landed=len(rows), at_least=PEOPLE, figure=f"{len(wrong)} at the old address: caught")
        assert wrong != set()
