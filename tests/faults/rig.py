"""A private Redis, sinks of its own for each test, real workers and a beat, all started and killed by the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from celery import Celery
from django.db import connection

from cases.models import Reminder
from clinic.local import processes, throwaway
from clinic.local.sinks import Sinks
from clinic.local.stack import Stack
from tests.faults.wire import Wire

SENDERS = "senders under test"
SECONDS_TO_BE_GONE = 60
# How long a test waits for what must come, on a machine that has other things to do; usually it comes in two.
PATIENCE_SECONDS = 180
PROJECT = Path(__file__).resolve().parents[2]
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
    """What every test of a session shares: a private Redis, and a nursery that forks workers."""

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
        """What a test that failed in the middle of a fault left behind."""
        self.wire.speak()
        self.wire.plug_in()
        assert self.servers.redis is not None
        if processes.has_ended(self.servers.redis.process):
            self.servers.start_server(self.servers.redis)
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
    sinks: Sinks
    saboteur: str = ""
    keeps_keys: bool = True
    lease: float = 2
    rate: str = ""
    conditions: dict[str, object] = field(default_factory=dict)
    wanted: list[list[str]] = field(default_factory=list)
    running: dict[int, int] = field(default_factory=dict)
    restarts: int = 0
    kills: int = 0

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

    def wait_until(self, done: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> bool:
        """Poll, and start again what ended meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look_after()
            if done():
                return True
            time.sleep(0.05)
        return False

    def wait_for_quiet(self, *, seconds: float = 3) -> None:
        """Until nothing has reached the providers for so long: what was under way has arrived."""
        before = -1
        while before != (before := sum(len(channel.arrivals) for channel in self.sinks.channels.values())):
            self.wait_until(lambda: False, seconds=seconds)

    def stop(self) -> None:
        """Only when nobody is left, in the database either, does the next test begin."""
        for pid in self.running.values():
            if processes.alive(pid) is not None:
                os.killpg(pid, signal.SIGKILL)
        end = time.monotonic() + SECONDS_TO_BE_GONE
        while any(processes.alive(pid) for pid in self.running.values()) or _sessions():
            assert time.monotonic() < end, f"senders outlive their test: {_sessions()} in the database"
            time.sleep(0.02)

    def _start(self, place: int) -> None:
        self.running[place] = self.ground.fork(
            arguments=self.wanted[place],
            directory=str(self.directory),
            saboteur=self.saboteur,
            keeps_keys=self.keeps_keys,
            lease=self.lease,
            rate=self.rate,
            conditions=self.conditions,
            email_url=self.sinks.email_url,
            sms_gateway_url=self.sinks.sms_gateway_url,
        )

    def said(self, words: str) -> int:
        """How often workers and beats wrote these words."""
        log = self.directory / "workers.log"
        return log.read_text(errors="replace").count(words) if log.exists() else 0

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


def _sessions() -> int:
    """What senders have open in the database: one that was killed in a statement ends after it."""
    # Not the test's own connection, in which a time-out may have fallen.
    with closing(connection.copy()) as asked, asked.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            [SENDERS],
        )
        return int(cursor.fetchone()[0])


@contextmanager
def prepared() -> Iterator[Ground]:
    servers = throwaway.stack(with_postgres=False)
    try:
        here = servers.paths.run / "wire.sock"
        wire = Wire(here, servers.paths.redis_socket).plug_in()
        addresses = {"REDIS_URL": f"unix://{here}"}
        ground = Ground(servers, wire, _nursery(addresses), addresses)
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
    # Of its own: what a killed sender of the test before left on its way arrives nowhere.
    with Sinks(directory / "outbox.jsonl") as sinks:
        sinks.knobs("sms", dedupe=keeps_keys)
        rig = Rig(directory, ground, sinks, saboteur, keeps_keys, lease, rate, conditions)
        try:
            yield rig
        finally:
            rig.stop()


@contextmanager
def elsewhere(ground: Ground, **environment: str) -> Iterator[Ground]:
    """The same Redis, with workers that live under another environment."""
    other = replace(ground, nursery=_nursery(ground.addresses | environment))
    try:
        yield other
    finally:
        other.leave()


def _nursery(addresses: dict[str, str]) -> subprocess.Popen[str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "PGAPPNAME": SENDERS,
    } | addresses
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
