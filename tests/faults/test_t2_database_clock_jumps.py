"""T2: the database's clock goes back an hour, comes back, goes an hour ahead: leases end, nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from cases.models import Reminder, ReminderAttempt
from cases.services.turns import database_now
from tests.faults.clocks import needs_faketime, off_by
from tests.faults.house import House
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Ground, Rig, elsewhere, started
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(size(900, 2400)), needs_faketime]
REMINDERS = size(200, 2000)
BACK_SECONDS = size(5, 600)
LEASE_SECONDS = 4
ANSWER_SECONDS = 1
SECONDS_TO_TAKE_OVER = 2 * LEASE_SECONDS


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """What the database's clock is off by; its server runs under an account of its own, which must be able to read."""
    for directory in (tmp_path, *list(tmp_path.parents)[:2]):
        directory.chmod(0o755)
    file = tmp_path / "clock"
    file.write_text("+0\n")
    return file


@pytest.fixture
def apart(ground: Ground, clock: Path, transactional_db: None) -> Iterator[Ground]:
    """Workers and this test itself on a PostgreSQL of their own, whose clock is in that file."""
    with House(parts=()) as house:
        house.kill_postgres()
        house.start_postgres(**off_by(clock))
        url = house.stack.paths.database_url
        before = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict.update(_where(url))
        try:
            with elsewhere(ground, DATABASE_URL=url) as other:
                yield other
        finally:
            connection.close()
            connection.settings_dict.update(before)


def _where(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {"HOST": parse_qs(parts.query)["host"][0], "NAME": parts.path.strip("/"), "USER": parts.username or ""}


def under_way(rig: Rig, count: int) -> None:
    """As many messages planned; some are with the providers when this returns."""
    since = sum(len(channel.arrivals) for channel in rig.sinks.channels.values())
    plan_due(count)
    assert rig.wait_until(lambda: sum(len(channel.arrivals) for channel in rig.sinks.channels.values()) > since)


def jump(rig: Rig, clock: Path, by: str) -> None:
    before = database_now()
    clock.write_text(f"{by}\n")
    # A new moment is seen by whoever asks next; that it really is another one is what makes the fault land.
    assert rig.wait_until(lambda: abs((database_now() - before).total_seconds()) > 3000), "the clock did not jump"
    rig.kills += 1


def run(rig: Rig, clock: Path) -> None:
    for channel in rig.sinks.channels:
        rig.sinks.knobs(channel, delay=ANSWER_SECONDS)
    workers = rig.keep_workers()
    rig.keep_beat()
    under_way(rig, REMINDERS // 2)
    # What these had in hand is leased until an hour later than it seems.
    jump(rig, clock, "-1h")
    for worker in workers:
        rig.kill_group(worker)
    rig.wait_until(lambda: False, seconds=BACK_SECONDS)
    jump(rig, clock, "+0")
    assert rig.wait_until(all_settled), "a lease from before the jump never ended"
    under_way(rig, REMINDERS // 2)
    # All leases seem over at once, and their senders are at work.
    jump(rig, clock, "+1h")
    for worker in workers:
        rig.kill_group(worker)
    rig.wait_until(all_settled)


def test_nothing_is_lost_or_doubled(apart, clock, tell, tmp_path):
    with started(apart, tmp_path / "ours", lease=LEASE_SECONDS) as ours:
        run(ours, clock)

        in_doubt = ReminderAttempt.objects.filter(result=ReminderAttempt.Result.AMBIGUOUS).count()
        sent = Reminder.objects.filter(status="accepted").count()
        tell(
            "T2",
            landed=ours.kills,
            at_least=3 + 4,
            figure=f"{sent} of {REMINDERS} sent, {len(ours.sinks.lines())} messages, {in_doubt} turns in doubt",
        )
        assert breaches(ours.sinks) == []
        assert in_doubt > 0, "nothing was under way: the jumps prove nothing"


def test_a_lease_that_never_ends_is_caught(apart, clock, tell, tmp_path):
    with started(apart, tmp_path / "lease_for_ever", saboteur="lease_for_ever", lease=LEASE_SECONDS) as sabotaged:
        for channel in sabotaged.sinks.channels:
            sabotaged.sinks.knobs(channel, delay=ANSWER_SECONDS)
        [worker] = sabotaged.keep_workers(1)
        sabotaged.keep_beat()
        under_way(sabotaged, 20)
        jump(sabotaged, clock, "+1h")
        sabotaged.kill_group(worker)
        assert sabotaged.wait_until(lambda: sabotaged.said("ready.") > 1)
        sabotaged.wait_until(all_settled, seconds=SECONDS_TO_TAKE_OVER)

        lost = [breach for breach in breaches(sabotaged.sinks) if "still open" in breach]
        tell("T2 saboteur", landed=sabotaged.kills, at_least=2, figure=f"{len(lost)} never taken over: caught")
        assert lost != []
