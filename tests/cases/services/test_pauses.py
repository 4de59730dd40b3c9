"""Sending held back by people, and by a restore; nothing is lost and nothing is sent twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cases.models import Heartbeat, Installation, Pause, Reminder
from cases.rules.terms import MessageKind
from cases.services import gate, pauses, sent_log
from cases.services.claims import claim_due
from cases.services.dispatch import dispatch_due
from cases.services.errors import WrongInput
from cases.services.turns import start
from cases.services.watching import watch
from clinic.accounts.models import Site, User
from clinic.local.sinks import Sinks
from tests.cases.services.test_dispatch import at, due, state
from tests.factories import CaseFactory, ConsentFactory, PatientFactory, ReminderFactory, VisitFactory

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("whole", "kind"), [(False, None), (False, MessageKind.CHECK_IN), (True, MessageKind.CHECK_IN)]
)
def test_what_is_paused_waits_and_says_why(
    site: Site, outbox: Sinks, manager: User, monday: datetime, whole: bool, kind: MessageKind | None
):
    reminder = due()
    pause = pauses.pause_sending(site=None if whole else site, kind=kind, reason="Moving", by=manager, now=monday)

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("waiting", "")
    assert reminder.held_for == "sending is paused"
    assert reminder.try_at == monday + timedelta(minutes=10)
    pauses.release_pause(pause, by=manager, now=monday + MINUTE)
    dispatch_due(clock=at(monday + MINUTE))
    assert state(reminder) == ("accepted", "")


def test_others_go_on_meanwhile(site: Site, other_site: Site, outbox: Sinks, manager: User, monday: datetime):
    patient = PatientFactory(site=other_site, time_zone="America/Chicago")
    ConsentFactory(patient=patient)
    elsewhere = due(case=CaseFactory(patient=patient), patient=patient, check_in=None, link=None)
    visit = VisitFactory(case__patient=patient, case__affects_left=False, case__affects_right=True)
    other_kind = ReminderFactory(case=visit.case, visit=visit, kind="visit")
    pauses.pause_sending(site=site, reason="Moving", by=manager, now=monday)
    pauses.pause_sending(site=other_site, kind=MessageKind.OFF_PLAN, reason="Moving", by=manager, now=monday)

    dispatch_due(clock=at(monday))

    assert (state(elsewhere), state(other_kind)) == (("accepted", ""), ("accepted", ""))


def test_a_pause_of_everything_touches_no_row(db: None, outbox: Sinks, manager: User, monday: datetime):
    reminder = due()
    pause = pauses.pause_sending(site=None, reason="Fire drill", by=manager, now=monday)
    later = monday + timedelta(hours=1)

    dispatch_due(clock=at(later))

    assert state(reminder) == ("waiting", "")
    assert (reminder.try_at, reminder.attempts_made) == (monday, 0)
    assert watch(now=later).trouble == ""
    assert watch(now=later).notice == "Sending is paused everywhere: Fire drill"
    pauses.release_pause(pause, by=manager, now=later)
    assert watch(now=later + MINUTE).behind == MINUTE
    dispatch_due(clock=at(later + MINUTE))
    assert state(reminder) == ("accepted", "")


def test_a_pause_holds_what_is_claimed_and_has_not_begun(db: None, outbox: Sinks, manager: User, monday: datetime):
    due()
    turns, _ = claim_due(now=monday)
    pauses.pause_sending(site=None, reason="Fire drill", by=manager, now=monday)

    assert start(turns, now=monday) == []


@pytest.mark.parametrize(
    ("here", "kind", "held"),
    [
        (True, None, True),
        (True, MessageKind.CHECK_IN, True),
        (None, MessageKind.CHECK_IN, True),
        (False, None, False),
        (False, MessageKind.CHECK_IN, False),
        (True, MessageKind.VISIT, False),
        (None, MessageKind.VISIT, False),
    ],
)
def test_a_pause_of_its_site_or_kind_holds_it_too_and_no_other_does(
    site: Site,
    other_site: Site,
    manager: User,
    monday: datetime,
    here: bool | None,
    kind: MessageKind | None,
    held: bool,
):
    due()
    turns, _ = claim_due(now=monday)
    where = {True: site, False: other_site, None: None}[here]
    pauses.pause_sending(site=where, kind=kind, reason="Fire drill", by=manager, now=monday)

    assert (start(turns, now=monday) == []) is held


def test_a_paused_message_still_ends(site: Site, outbox: Sinks, manager: User, monday: datetime):
    reminder = due(expires_at=monday + MINUTE)
    pauses.pause_sending(site=site, reason="Moving", by=manager, now=monday)

    dispatch_due(clock=at(monday))
    dispatch_due(clock=at(monday + MINUTE))

    assert state(reminder) == ("expired", "too late to send")


def test_a_pause_says_why_and_who(site: Site, manager: User, monday: datetime):
    with pytest.raises(WrongInput):
        pauses.pause_sending(site=site, reason=" ", by=manager, now=monday)

    first = pauses.pause_sending(site=site, reason="Moving", by=manager, now=monday)
    again = pauses.pause_sending(site=site, reason="Another reason", by=manager, now=monday + MINUTE)

    assert again == first
    assert (first.reason, first.paused_by, first.paused_at) == ("Moving", manager, monday)
    released = pauses.release_pause(first, by=manager, now=monday + MINUTE)
    assert (released.released_by, released.released_at) == (manager, monday + MINUTE)
    with pytest.raises(pauses.NotPaused):
        pauses.release_pause(first, by=manager, now=monday + MINUTE)


# -- after a restore


def restored(monday: datetime) -> None:
    """The database as a copy of another one."""
    Installation.objects.create(identity="another cluster:00000001:5:16400", since=monday)


def test_the_first_sender_of_a_new_database_writes_down_whose_it_is(db: None, monday: datetime):
    claim_due(now=monday)

    assert Installation.objects.get().identity == gate.whose()
    assert not Pause.objects.exists()


def test_a_copy_sends_nothing_until_a_person_releases_it(db: None, outbox: Sinks, manager: User, monday: datetime):
    reminder = due()
    restored(monday)

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("waiting", "")
    [pause] = Pause.objects.in_force()
    assert (pause.site, pause.kind, pause.paused_by) == (None, "", None)
    assert "restored" in watch(now=monday).notice
    with pytest.raises(pauses.Restored):
        pauses.release_pause(pause, by=manager, now=monday)


def test_without_a_log_what_fell_due_since_is_left_to_a_person(
    db: None, outbox: Sinks, manager: User, monday: datetime
):
    since = monday - timedelta(hours=1)
    before, after = due(due_at=since - MINUTE), due(due_at=since)
    to_come = due(due_at=monday + MINUTE)
    restored(monday)

    counts = pauses.release_after_restore(since=since, sent=None, by=manager, now=monday)

    assert counts == {"sent": 0, "perhaps sent": 1, "still to be sent": 1}
    assert state(after) == ("unknown", "perhaps sent before the database was restored")
    assert Installation.objects.get().epoch == 2
    dispatch_due(clock=at(monday + MINUTE))
    assert (state(before)[0], state(to_come)[0]) == ("accepted", "accepted")
    assert len(outbox.lines()) == 2


def test_with_the_log_nothing_is_sent_again_and_nothing_is_lost(
    db: None, outbox: Sinks, manager: User, monday: datetime, tmp_path, settings
):
    settings.SENT_LOG = str(tmp_path / "sent.log")
    went, perhaps, not_yet = due(), due(), due()
    sent_log.append([went.pk], now=monday)
    sent_log.append([perhaps.pk], now=monday, perhaps=True)
    restored(monday)

    sent = sent_log.read_keys(tmp_path / "sent.log")
    counts = pauses.release_after_restore(since=None, sent=sent, by=manager, now=monday + MINUTE)

    assert counts == {"sent": 1, "perhaps sent": 1, "still to be sent": 1}
    dispatch_due(clock=at(monday + MINUTE))
    assert (state(went)[0], state(perhaps)[0], state(not_yet)[0]) == ("accepted", "unknown", "accepted")
    [line] = outbox.lines()
    assert str(not_yet.pk) in line["key"]


def test_a_disk_that_was_put_back_is_betrayed_by_the_log(db: None, outbox: Sinks, monday: datetime, tmp_path, settings):
    settings.SENT_LOG = str(tmp_path / "sent.log")
    sent, waiting = due(), due()
    dispatch_due(clock=at(monday), limit=10)
    assert len(outbox.lines()) == 2
    # As the row was before: the disk knows nothing of the sending.
    for row in (sent, waiting):
        Reminder.objects.filter(pk=row.pk).update(
            status="waiting", settled_at=None, started_at=None, attempts_made=0, leased_until=None
        )

    dispatch_due(clock=at(monday + MINUTE))

    assert len(outbox.lines()) == 2
    assert Pause.objects.in_force().count() == 1


def test_every_message_that_goes_out_stands_in_the_log(db: None, outbox: Sinks, monday: datetime, tmp_path, settings):
    settings.SENT_LOG = str(tmp_path / "sent.log")
    reminder = due()

    dispatch_due(clock=at(monday))

    assert sent_log.read_keys(tmp_path / "sent.log") == {reminder.pk: True}


@pytest.mark.parametrize("paused_before", [False, True])
def test_a_copy_is_as_old_as_the_last_sign_of_life_that_came_with_it(
    db: None, outbox: Sinks, manager: User, monday: datetime, paused_before: bool
):
    copied = monday - timedelta(hours=1)
    Heartbeat.objects.create(name="dispatch", beat_at=copied)
    if paused_before:
        pauses.pause_sending(site=None, reason="Fire drill", by=manager, now=copied)
    before, after = due(due_at=copied - MINUTE), due(due_at=copied)
    restored(monday)
    for minutes in range(3):
        dispatch_due(clock=at(monday + minutes * MINUTE))

    counts = pauses.release_after_restore(since=None, sent=None, by=manager, now=monday + 3 * MINUTE)

    assert counts == {"sent": 0, "perhaps sent": 1, "still to be sent": 1}
    assert (state(before)[0], state(after)[0]) == ("waiting", "unknown")
    assert gate.last_beat() == monday + 2 * MINUTE


def test_the_commands_pause_and_resume(site: Site, monday: datetime):
    call_command("pause_sending", site="riverside", kind="visit", reason="Moving", stdout=StringIO())
    assert str(Pause.objects.in_force().get()) == f"visit at {site.pk}"

    call_command("resume_sending", site="riverside", kind="visit", stdout=StringIO())

    assert not Pause.objects.in_force().exists()
    with pytest.raises(CommandError, match="Nothing is paused there"):
        call_command("resume_sending", stdout=StringIO())
    with pytest.raises(CommandError, match="no site 'nowhere'"):
        call_command("pause_sending", site="nowhere", reason="x", stdout=StringIO())


def test_after_restore_pauses_everything_and_says_what_comes_next(db: None, monday: datetime):
    Heartbeat.objects.create(name="dispatch", beat_at=monday)
    out = StringIO()

    call_command("after_restore", stdout=out)

    assert Pause.objects.in_force().filter(site=None, kind="").exists()
    assert "2026-11-02 15:00:00" in out.getvalue()
    assert "release_sending --sent-log" in out.getvalue()


def test_the_command_releases_by_the_log_of_the_provider(db: None, monday: datetime, tmp_path):
    went, waits = due(), due()
    (tmp_path / "provider.csv").write_text(f"key\n<{went.pk}@clinic.example>\nno key here\n")
    restored(monday)
    out = StringIO()

    call_command("release_sending", since="2026-11-02T14:00Z", sent_log=tmp_path / "provider.csv", stdout=out)

    assert "sent: 1, perhaps sent: 0, still to be sent: 1" in out.getvalue()
    assert state(went)[0] == "accepted"
    assert state(waits)[0] == "waiting"
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("release_sending", sent_log=tmp_path / "nothing.log", stdout=StringIO())


def test_a_wrong_moment_is_named(db: None):
    with pytest.raises(CommandError, match="is no moment"):
        call_command("release_sending", since="yesterday", stdout=StringIO())


def test_another_timeline_of_the_same_cluster_is_another_database(db: None):
    with connection.cursor() as cursor:
        cursor.execute("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
        [timeline] = cursor.fetchone()

    assert gate.whose().split(":")[1] == timeline
