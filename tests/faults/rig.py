"""A private Redis, sinks that keep what arrives, real workers and a beat, all started and killed by the test."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from celery import Celery
from django.db import connection

from cases.models import Case, CheckIn, ContactConsent, Link, Patient, Reminder, ReminderAttempt
from cases.rules.quiet_hours import EARLIEST, LATEST, Window, is_quiet
from cases.rules.wall_clock import zone_of
from cases.services import links
from clinic.local import processes, throwaway
from clinic.local.sinks import Knobs, Sinks
from clinic.local.stack import Stack
from tests.factories import SiteFactory
from tests.faults.wire import Wire

PROJECT = Path(__file__).resolve().parents[2]
# Between the moment a service writes down and its commit, during which a sender may still begin.
ON_ITS_WAY = timedelta(seconds=2)
WORKER = [
    "worker",
    "--pool=prefork",
    "--concurrency=2",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
    "--loglevel=WARNING",
]


@dataclass
class Ground:
    """What every test of a session shares: a private Redis, the sinks, and a nursery that forks workers."""

    sinks: Sinks
    servers: Stack
    wire: Wire
    nursery: subprocess.Popen[str]
    addresses: dict[str, str]

    @property
    def redis_url(self) -> str:
        """Past the wire."""
        return self.servers.paths.redis_url

    def fork(self, **order: object) -> int:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(json.dumps(order) + "\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

    def clear(self) -> None:
        self.wire.speak()
        self.wire.plug_in()
        self.sinks.outbox.unlink(missing_ok=True)
        for name, channel in self.sinks.channels.items():
            self.sinks.knobs(name, **asdict(Knobs()))
            channel.forget()
        _flush(self.redis_url)

    def leave(self) -> None:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.close()
        self.nursery.wait(10)
        self.nursery.stdout.close()


@dataclass
class Rig:
    """Worker groups and a beat, restarted when they end, as a supervisor does."""

    directory: Path
    ground: Ground
    saboteur: str = ""
    keeps_keys: bool = True
    lease: float = 2
    rate: str = ""
    conditions: dict[str, object] = field(default_factory=dict)
    wanted: list[list[str]] = field(default_factory=list)
    running: dict[int, int] = field(default_factory=dict)
    restarts: int = 0
    kills: int = 0

    @property
    def sinks(self) -> Sinks:
        return self.ground.sinks

    def keep(self, *arguments: str) -> int:
        """Start it, and start it again whenever it ends; its place in the list."""
        self.wanted.append(list(arguments))
        self._start(len(self.wanted) - 1)
        return len(self.wanted) - 1

    def keep_workers(self, count: int = 2, *, queues: str = "sends,jobs") -> list[int]:
        return [
            self.keep(*WORKER, f"--hostname=worker{len(self.wanted)}@rig", f"--queues={queues}") for _ in range(count)
        ]

    def keep_beat(self) -> int:
        return self.keep("beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={self.schedule_of(len(self.wanted))}")

    def schedule_of(self, place: int) -> Path:
        """Where the beat in this place keeps what it remembers."""
        return self.directory / f"beat{place}"

    def look_after(self) -> None:
        for place, pid in list(self.running.items()):
            if processes.alive(pid) is None:
                self.restarts += 1
                self._start(place)

    def take_away(self, place: int) -> None:
        """`kill -9` it, and leave it so until `bring_back`."""
        self.kill_group(place)
        pid = self.running.pop(place)
        while processes.alive(pid) is not None:
            time.sleep(0.01)

    def bring_back(self, place: int) -> None:
        self._start(place)

    def ask_to_end(self, place: int) -> int:
        """SIGTERM to a worker alone, as a deployment does: its children are its own affair. Its pid."""
        pid = self.running[place]
        os.kill(pid, signal.SIGTERM)
        return pid

    def kill_group(self, place: int) -> None:
        """`kill -9` a worker and all its children."""
        os.killpg(self.running[place], signal.SIGKILL)
        self.kills += 1

    def wait_until(self, done: Callable[[], bool], *, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look_after()
            if done():
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        for pid in self.running.values():
            if processes.alive(pid) is not None:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    def _start(self, place: int) -> None:
        self.running[place] = self.ground.fork(
            arguments=self.wanted[place],
            directory=str(self.directory),
            saboteur=self.saboteur,
            keeps_keys=self.keeps_keys,
            lease=self.lease,
            rate=self.rate,
            conditions=self.conditions,
        )

    # -- kills at a stage

    def give_tickets(self, stage: str, count: int) -> None:
        for number in range(count):
            (self.directory / "stages" / f"{stage}.{number}").touch()

    def tickets_left(self) -> int:
        return len(list((self.directory / "stages").iterdir()))

    # -- Redis

    def kill_redis(self) -> None:
        server = self.ground.servers.redis
        assert server is not None
        assert server.process is not None
        server.process.kill()
        server.process.wait(10)
        self.kills += 1

    def start_redis(self) -> None:
        assert self.ground.servers.redis is not None
        self.ground.servers.start_server(self.ground.servers.redis)

    def ask_redis(self, *command: str) -> object:
        client = redis.Redis.from_url(self.ground.redis_url)
        try:
            return client.execute_command(*command)
        finally:
            client.close()

    def flush_redis(self) -> None:
        _flush(self.ground.redis_url)

    def publish(self, reminders: list[Reminder]) -> None:
        """As a program would that enqueues in the request: everything due now goes to Redis at once."""
        app = Celery("request", broker=broker_of(self.ground.redis_url))
        app.conf.update(task_ignore_result=True, broker_transport_options={"global_keyprefix": "patella:"})
        for reminder in reminders:
            app.send_task("tests.faults.send_one", kwargs={"reminder_id": str(reminder.pk)}, queue="sends")
        app.close()

    def wake(
        self, count: int = 1, *, task: str = "cases.tasks.dispatch_due", queue: str = "sends", **more: Any
    ) -> None:
        """As many messages in Redis, published from outside."""
        app = Celery("outside", broker=broker_of(self.ground.redis_url))
        app.conf.update(task_ignore_result=True, broker_transport_options={"global_keyprefix": "patella:"})
        for _ in range(count):
            app.send_task(task, queue=queue, **more)
        app.close()


def _flush(url: str) -> None:
    client = redis.Redis.from_url(url)
    client.flushall()
    client.close()


def broker_of(url: str) -> str:
    parts = urlsplit(url)
    return f"redis+socket://{parts.path}?virtual_host=0" if parts.scheme == "unix" else url


@contextmanager
def prepared(directory: Path) -> Iterator[Ground]:
    servers = throwaway.stack(with_postgres=False)
    try:
        with Sinks(directory / "outbox.jsonl") as sinks:
            here = servers.paths.run / "wire.sock"
            wire = Wire(here, servers.paths.redis_socket).plug_in()
            addresses = {
                "REDIS_URL": f"unix://{here}",
                "EMAIL_URL": sinks.email_url,
                "SMS_GATEWAY_URL": sinks.sms_gateway_url,
            }
            ground = Ground(sinks, servers, wire, _nursery(addresses), addresses)
            try:
                yield ground
            finally:
                ground.leave()
                wire.pull_out()
    finally:
        throwaway.discard(servers)


@contextmanager
def started(
    ground: Ground,
    directory: Path,
    *,
    saboteur: str = "",
    keeps_keys: bool = True,
    lease: float = 2,
    rate: str = "",
    **conditions: object,
) -> Iterator[Rig]:
    """A rig on the test's own database.

    keeps_keys: the gateway answers a repeated key without sending again. lease: in seconds; short where senders are
    killed, so that others soon take over, and long where none should be lost. rate: what each provider takes, such as
    10/second; "" for as many as there are senders. conditions: see `tests.faults.send_harm.set_conditions`.
    """
    (directory / "stages").mkdir(parents=True)
    ground.clear()
    ground.sinks.knobs("sms", dedupe=keeps_keys)
    rig = Rig(directory, ground, saboteur, keeps_keys, lease, rate, conditions)
    try:
        yield rig
    finally:
        rig.stop()


@contextmanager
def elsewhere(ground: Ground, **environment: str) -> Iterator[Ground]:
    """The same servers and sinks, with workers that live under another environment."""
    other = replace(ground, nursery=_nursery(ground.addresses | environment))
    try:
        yield other
    finally:
        other.leave()


def _nursery(addresses: dict[str, str]) -> subprocess.Popen[str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = addresses | {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
    }
    nursery = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery"],
        cwd=PROJECT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert nursery.stdout is not None
    assert nursery.stdout.readline() == "ready\n", "the nursery did not start"
    return nursery


# -- what is due


def plan_due(
    count: int, *, due_in: timedelta = timedelta(minutes=-1), expires_in: timedelta = timedelta(days=3)
) -> list[Reminder]:
    """As many reminders, due now, half by e-mail and half by text, each to a person of its own where it is midday."""
    now = datetime.now(UTC)
    site = SiteFactory(slug=f"rig-{now.timestamp()}", time_zone=_zone_at_midday(now))
    before = Patient.objects.count()
    channels = ["email", "sms"]
    patients = Patient.objects.bulk_create(
        Patient(
            reference=f"P-{before + number:08}",
            site=site,
            given_name="Ada",
            family_name="Quill",
            date_of_birth=date(1990, 1, 1),
            phone=f"+1312{before + number:07}",
            email=f"p{before + number}@example.org",
            preferred_channel=channels[number % 2],
            is_provisional=False,
            registered_at=now,
        )
        for number in range(count)
    )
    ContactConsent.objects.bulk_create(
        ContactConsent(patient=each, channel=each.preferred_channel, granted_at=now, source="test") for each in patients
    )
    due_at, expires_at = now + due_in, now + expires_in
    cases = Case.objects.bulk_create(
        Case(
            reference=f"K-{before + number:08}",
            site=site,
            patient=each,
            affects_left=True,
            affects_right=False,
            opened_at=now,
            status_since=now,
            updated_at=now,
        )
        for number, each in enumerate(patients)
    )
    made = Link.objects.bulk_create(
        links.new_link(each.pk, purpose=Link.Purpose.CHECK_IN, expires_at=now + timedelta(days=3), now=now)
        for each in patients
    )
    check_ins = CheckIn.objects.bulk_create(
        CheckIn(case=case, step="rest_check", due_at=due_at, expires_at=expires_at, link=link)
        for case, link in zip(cases, made, strict=True)
    )
    return Reminder.objects.bulk_create(
        Reminder(
            case=check_in.case,
            patient=check_in.case.patient,
            check_in=check_in,
            link=check_in.link,
            kind=Reminder.Kind.CHECK_IN,
            channel=check_in.case.patient.preferred_channel,
            dedupe_key=f"rig:{check_in.pk}",
            due_at=due_at,
            try_at=due_at,
            expires_at=expires_at,
            planned_at=now,
        )
        for check_in in check_ins
    )


def _zone_at_midday(now: datetime) -> str:
    east = 13 - now.hour
    # POSIX signs: west is positive in these names.
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


def all_settled() -> bool:
    return not Reminder.objects.waiting().exists()


# -- the invariants of the plan (I4 to I6), one sentence for each breach


def breaches(sinks: Sinks) -> list[str]:
    found = []
    lines = sinks.lines()
    copies = Counter(line["to"][0] for line in lines)
    keys: dict[str, set[str]] = {}
    for line in lines:
        keys.setdefault(line["to"][0], set()).add(line["key"])
    ambiguous = Counter(
        ReminderAttempt.objects.filter(result=ReminderAttempt.Result.AMBIGUOUS).values_list("reminder", flat=True)
    )
    for row in Reminder.objects.select_related("patient"):
        to = row.patient.reachable_by(row.channel)
        most = 1 if row.channel == "sms" else min(2, 1 + ambiguous[row.pk])
        if row.status == Reminder.Status.WAITING:
            found.append(f"{row.pk} is still open")
        elif row.status == Reminder.Status.ACCEPTED and not copies[to]:
            found.append(f"{row.pk} counts as sent and never arrived")
        elif row.status not in {Reminder.Status.ACCEPTED, Reminder.Status.UNKNOWN} and copies[to]:
            found.append(f"{row.pk} arrived and counts as {row.status}")
        if row.status == Reminder.Status.UNKNOWN and not ambiguous[row.pk]:
            found.append(f"{row.pk} is uncertain though it never began")
        if copies[to] > most:
            found.append(f"{row.pk} arrived {copies[to]} times by {row.channel}, {ambiguous[row.pk]} turns in doubt")
        if len(keys.get(to, ())) > 1:
            found.append(f"{row.pk} went out under {len(keys[to])} keys")
    if strangers := copies.keys() - set(_addresses()):
        found.append(f"{len(strangers)} messages to people without a reminder")
    return found + untimely(sinks)


def untimely(sinks: Sinks) -> list[str]:
    """I6: nothing before it is due, after its end, at night, or after somebody said no, answered or ended the case.

    Whoever says no while a message is on its way has a minute's patience in the plan; here nobody needs it.
    """
    found = []
    rows = {
        str(row.pk): row
        for row in Reminder.objects.select_related("patient__site", "case", "check_in").prefetch_related(
            "patient__consents", "attempts"
        )
    }
    for line in sinks.lines():
        row = rows.get(line["key"].strip("<>").partition("@")[0])
        if row is None:
            continue
        at = datetime.fromisoformat(line["at"])
        begun = max((each.started_at for each in row.attempts.all() if each.started_at), default=row.begun_at or at)
        if at < row.due_at:
            found.append(f"{row.pk} went {row.due_at - at} early")
        if begun >= row.expires_at:
            found.append(f"{row.pk} went after its end")
        zone = zone_of(row.patient.time_zone, row.patient.site.time_zone)
        if is_quiet(at, zone, Window(EARLIEST, LATEST)):
            found.append(f"{row.pk} went at {at.astimezone(zone):%H:%M} where the patient is")
        consents = [each for each in row.patient.consents.all() if each.channel == row.channel]
        said_no = [each.withdrawn_at for each in consents if each.withdrawn_at is not None]
        if len(said_no) == len(consents) and said_no and begun > max(said_no) + ON_ITS_WAY:
            found.append(f"{row.pk} went after an opt-out")
        if row.check_in and row.check_in.answered_at and begun > row.check_in.answered_at + ON_ITS_WAY:
            found.append(f"{row.pk} went after the answer")
        if row.case and not row.case.is_open and begun > row.case.status_since + ON_ITS_WAY:
            found.append(f"{row.pk} went though the case had ended")
    return found


def _addresses() -> Iterator[str]:
    for row in Reminder.objects.select_related("patient"):
        yield row.patient.reachable_by(row.channel)


def dice(seed: int) -> random.Random:
    return random.Random(seed)
