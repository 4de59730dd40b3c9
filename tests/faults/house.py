"""A clinic of its own, on servers of its own that really write to the disk: any part may be killed, cut or starved."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import psycopg

from clinic.local.service import Service
from clinic.local.sinks import Sinks
from clinic.local.stack import Stack
from clinic.local.up import BEAT, WEB, WORKER
from tests.faults.wire import Wire
from tests.journeys.building import free_port, waiting

PROJECT = Path(__file__).resolve().parents[2]
SITE = "Riverside"
_SEED = (
    "from clinic.accounts.models import Site;"
    "Site.objects.create(slug='riverside', name='Riverside', time_zone='America/Chicago', phone='+13125550100',"
    " urgent_care='Riverside Urgent Care, 1 Main Street')"
)


@functools.cache
def _furnished() -> Path:
    model = House(parts=())
    atexit.register(shutil.rmtree, model.folder, ignore_errors=True)
    model._make()
    return model.stack.paths.postgres


class House:
    """PostgreSQL (durable), Redis (with its log), sinks and the named parts, each reached over a wire of its own.

    parts: of "web", "worker", "beat". more: environment of the parts. harm: a saboteur of `tests.faults.web_harm`.
    Keep it inside `with`.
    """

    def __init__(self, *, parts: Sequence[str] = ("web",), harm: str = "", **more: str) -> None:
        # Short, because a unix socket's path may hold 108 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="patella-house-")).resolve()
        self.folder.chmod(0o755)
        self.stack = Stack(self.folder / "data")
        self.sinks = Sinks(self.folder / "outbox.jsonl")
        self.tickets = self.folder / "tickets"
        self.tickets.mkdir()
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.wires: dict[str, Wire] = {}
        self.kills = 0
        commands = {
            "web": [*WEB.split(), f"--bind=127.0.0.1:{self.port}", "--config=python:tests.faults.web_harm"],
            "worker": WORKER.split(),
            "beat": [*BEAT.split(), f"--schedule={self.folder / 'beat-schedule'}"],
        }
        self.services = {name: Service(name, *commands[name]) for name in parts}
        self.environment = os.environ | {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "LINK_SECRET": secrets.token_urlsafe(50),
            "PORT": str(self.port),
            "SITE_URL": self.address,
            "INTAKE_RATE": "1000000/hour",
            "PYTHONWARNINGS": "ignore",
            "FAULT_HARM": harm,
            "FAULT_TICKETS": str(self.tickets),
            **more,
        }

    def __enter__(self) -> House:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for wire in self.wires.values():
            wire.speak()
        for service in reversed(self.services.values()):
            service.stop()
        for wire in self.wires.values():
            wire.pull_out()
        self.sinks.stop()
        self.stack.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.stack.paths.run, ignore_errors=True)

    def _start(self) -> None:
        self._furnish()
        self.stack.start()
        self.sinks.start()
        paths, run = self.stack.paths, self.folder / "w"
        self.wires = {
            "postgres": Wire(run / paths.postgres_socket.name, paths.postgres_socket).plug_in(),
            "redis": Wire(run / paths.redis_socket.name, paths.redis_socket).plug_in(),
        }
        self.environment |= {
            "DATABASE_URL": f"postgresql://clinic@/clinic?host={run}",
            "REDIS_URL": f"unix://{run / paths.redis_socket.name}",
            "EMAIL_URL": self.sinks.email_url,
            "SMS_GATEWAY_URL": self.sinks.sms_gateway_url,
        }
        for name in self.services:
            self.restart(name)
        if "web" in self.services:
            self.wait_for_the_page()

    def _furnish(self) -> None:
        """A copy of a cluster that is migrated and seeded once for all houses of this run."""
        self.stack.paths.data.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", str(_furnished()), str(self.stack.paths.postgres)], check=True)

    def _make(self) -> None:
        """Migrate and seed an empty cluster, then leave it at rest."""
        self.stack.start()
        try:
            self.environment |= self.stack.environment()
            self.manage("migrate", "--noinput", "-v0")
            self.manage("shell", "-v0", "-c", _SEED)
        finally:
            self.stack.stop()

    def manage(self, *command: str) -> str:
        """Run one command of the project against this house's servers; what it printed."""
        direct = self.environment | self.stack.environment()
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=PROJECT, env=direct, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # -- parts

    def restart(self, name: str) -> None:
        self.services[name].start(self.environment)

    def kill(self, name: str) -> None:
        """`kill -9` a part with all its processes."""
        process = self.services[name].process
        assert process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        self.kills += 1

    def kill_a_web_process(self, which: int) -> None:
        """`kill -9` one of the processes that answer; their parent starts another."""
        process = self.services["web"].process
        assert process
        children = psutil.Process(process.pid).children()
        children[which % len(children)].kill()
        self.kills += 1

    def kill_postgres(self) -> None:
        """`kill -9` the server and every session at once, as a power cut does."""
        server = self.stack.postgres
        assert server is not None
        assert server.process is not None
        found = psutil.Process(server.process.pid)
        for process in [found, *found.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        server.process.wait(10)
        self.kills += 1

    def start_postgres(self, **environment: str) -> None:
        """environment: what the server lives under beside ours, such as another clock."""
        assert self.stack.postgres is not None
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            self.stack.start_server(self.stack.postgres)
        finally:
            for name in environment:
                os.environ.pop(name)
            os.environ.update(before)

    def kill_redis(self) -> None:
        server = self.stack.redis
        assert server is not None
        assert server.process is not None
        server.process.kill()
        server.process.wait(10)
        self.kills += 1

    def start_redis(self) -> None:
        assert self.stack.redis is not None
        self.stack.start_server(self.stack.redis)

    def wait_for_the_page(self, *, seconds: float = 30, path: str = "/health/live/") -> float:
        """Until it answers well; how long that took."""
        begun = time.monotonic()
        for _ in waiting(seconds, every=0.05):
            with contextlib.suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(f"{self.address}{path}", timeout=5).close()
                break
        return time.monotonic() - begun

    # -- the record, asked past the wire

    @contextlib.contextmanager
    def record(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.stack.paths.database_url, autocommit=True) as connection:
            yield connection

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with self.record() as connection:
            return connection.execute(question, values).fetchall()

    def ask_nothing(self, statement: str) -> None:
        with self.record() as connection:
            connection.execute(statement)

    # -- kills at a stage of a request

    def give_tickets(self, stage: str, count: int = 1) -> None:
        """Whoever reaches the stage takes a ticket away and dies there."""
        for _ in range(count):
            (self.tickets / f"{stage}.{secrets.token_hex(4)}").touch()

    def tickets_left(self) -> int:
        return len(list(self.tickets.iterdir()))
