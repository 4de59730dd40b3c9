"""`manage.py up`: the whole clinic on this machine, from an empty directory to a page, and down again on Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psycopg

from clinic.local.paths import LocalError, value_of
from clinic.local.postgres import Postgres
from clinic.local.processes import has_ended
from clinic.local.redis import Redis
from clinic.local.service import Service, say
from clinic.local.sinks import Sinks
from clinic.local.stack import AlreadyRunning, Stack

DEMO_ACCOUNTS = ["desk@demo.clinic", "therapist@demo.clinic", "manager@demo.clinic"]
DEMO_PASSWORD = "kneecap-demo"  # noqa: S105 - published on purpose; refused when PRODUCTION=1
WEB = "-m gunicorn --config=python:clinic.web_server --log-level=warning"
WORKER = (
    "-m celery -A clinic --quiet worker --pool=threads --concurrency=2 --loglevel=WARNING "
    "--without-gossip --without-mingle"
)
BEAT = "-m celery -A clinic --quiet beat --loglevel=WARNING --pidfile="
SECONDS_TO_ANSWER = 90
SECONDS_BETWEEN_LOOKS = 0.2
LARGEST_LOG = 10 * 1024 * 1024


class Up:
    """One run of `up`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.begun = time.monotonic()
        self.token = ""
        self.empty = False
        self.stopping = threading.Event()
        self.port = int(environment.get("PORT") or 8000)
        self.address = f"http://127.0.0.1:{self.port}"
        self.stack = Stack(with_postgres=not value_of("DATABASE_URL"), with_redis=not value_of("REDIS_URL"))
        self.sinks = Sinks(self.stack.paths.data / "outbox.jsonl")
        self.services = [
            Service("web", *WEB.split(), f"--bind=127.0.0.1:{self.port}"),
            # Threads cannot be ended, so a job that hangs keeps its own: never one that messages wait for.
            Service("sender", *WORKER.split(), "--queues=sends", "--hostname=sender@%h"),
            Service("worker", *WORKER.split(), "--queues=jobs", "--hostname=worker@%h"),
            Service("beat", *BEAT.split(), f"--schedule={self.stack.paths.data / 'beat-schedule'}"),
        ]

    def run(self) -> int:
        """The exit status: 0 after Ctrl-C, 1 when something would not stay up."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self.stack.take_lock()
        _refuse_busy_port(self.port)
        try:
            self._start_servers()
            self._prepare_database()
            for service in self.services:
                self._start(service)
            if not self._wait_for_the_page():
                return 0 if self.stopping.is_set() else 1
            self.stack.announce(self.address)
            self._print_welcome()
            return self._watch()
        finally:
            self._stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    # -- start

    def _start_servers(self) -> None:
        for name in ("postgres", "redis"):
            _cut_log(self.stack.paths.log(name))
        self._tell(f"starting PostgreSQL and Redis in {self.stack.paths.data}", self.stack.start)
        self.sinks.start()
        self.environment |= self.stack.environment()
        data = self.stack.paths.data
        (data / "static").mkdir(exist_ok=True)
        local = {
            "STATIC_ROOT": str(data / "static"),
            # Celery's warning to root fills half a screen, and a container's only account may well be root.
            "PYTHONWARNINGS": "ignore:You're running the worker",
            "PYTHONUNBUFFERED": "1",  # a seeding that counts in silence looks like one that hangs
            "PORT": str(self.port),
            "EMAIL_URL": self.sinks.email_url,
            "SMS_GATEWAY_URL": self.sinks.sms_gateway_url,
            **{name: _kept_secret(file) for name, file in self.stack.paths.secrets.items()},
        }
        self.environment |= {name: value for name, value in local.items() if not value_of(name)}

    def _prepare_database(self) -> None:
        self._manage("bringing the database up to date", "migrate", "--noinput", "-v0")
        people = _people(value_of("DATABASE_URL") or self.environment["DATABASE_URL"])
        if not value_of("DEMO") and self.stack.postgres and (not people or people & set(DEMO_ACCOUNTS)):
            self.environment["DEMO"] = "1"
        if self.environment.get("DEMO") == "1" and not people:
            seeding = self._manage("filling the empty database with the demo clinic", "seed_demo")
            self.token = next((line for line in seeding if line.startswith("API token")), "")
        self.empty = not people and self.environment.get("DEMO") != "1"

    def _manage(self, doing: str, *command: str) -> list[str]:
        """Run one of Django's commands to its end; the last lines it printed."""
        service = Service(command[0], "manage.py", *command)

        def run() -> None:
            self._start(service)
            while not has_ended(service.process):
                if self.stopping.wait(0.05):
                    service.stop()
                    raise KeyboardInterrupt
            if service.process and service.process.returncode:
                raise LocalError(f"`manage.py {' '.join(command)}` ended with {service.process.returncode}, see above.")

        self._tell(doing, run)
        return service.last_lines()

    def _tell(self, doing: str, work: Callable[[], None]) -> None:
        """Say what is being done, and again every few seconds while it lasts. `work` stays in the main thread: a child
        is told of its parent's death by the thread that started it."""
        done = threading.Event()
        begun = time.monotonic()
        say(f"{self._elapsed()} {doing}")

        def tick() -> None:
            while not done.wait(4):
                say(f"{self._elapsed()} ... {time.monotonic() - begun:.0f} s")

        threading.Thread(target=tick, daemon=True).start()
        try:
            work()
        finally:
            done.set()

    def _start(self, service: Service) -> None:
        service.start(self.environment)
        self.stack.register.note(service)

    def _wait_for_the_page(self) -> bool:
        say(f"{self._elapsed()} starting web, sender, worker and beat")
        end = time.monotonic() + SECONDS_TO_ANSWER
        while time.monotonic() < end and not self.stopping.is_set():
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/health/live/", timeout=2).close()  # noqa: S310 - our own address
                return True
            if not self._keep_up():
                return False
            self.stopping.wait(0.3)
        if not self.stopping.is_set():
            say(f"No answer from {self.address} after {SECONDS_TO_ANSWER} s.")
        return False

    # -- run

    def _watch(self) -> int:
        while not self.stopping.wait(SECONDS_BETWEEN_LOOKS):
            if not self._keep_up():
                return 1
        return 0

    def _keep_up(self) -> bool:
        """Start again what has ended; False when something ended too often."""
        for server in self.stack.servers:
            if has_ended(server.process):
                if not self._may_start_again(server):
                    return False
                self.stack.start_server(server)
        for service in self.services:
            if has_ended(service.process):
                if not self._may_start_again(service):
                    return False
                service.process = None
            if service.process is None and service.restarts.is_due():
                self._start(service)
        return True

    def _may_start_again(self, ended: Postgres | Redis | Service) -> bool:
        assert ended.process
        if ended.restarts.ended():
            say(f"{ended.name} ended with {ended.process.returncode}: starting it again")
            return True
        say(f"{ended.name} ended too often: stopping everything. Its last words: above, or in {self.stack.paths.data}")
        return False

    # -- stop

    def _stop(self) -> None:
        say("stopping ...")
        for service in reversed(self.services):
            service.ask_to_stop()
        for service in reversed(self.services):
            service.stop()
        self.sinks.stop()
        self.stack.stop()
        say("stopped")

    # -- words

    def _elapsed(self) -> str:
        return f"[{time.monotonic() - self.begun:4.1f} s]"

    def _print_welcome(self) -> None:
        lines = [
            f"{self._elapsed()} Patella is running. Ctrl-C stops it; your data stays in {self.stack.paths.data}",
            "",
            f"  the clinic's page   {self.address}/",
            f"  the intake form     {self.address}/intake/",
            f"  front desk          {self.address}/admin/",
            f"  API documentation   {self.address}/api/v1/docs/",
        ]
        if not value_of("EMAIL_URL"):
            lines.append(f"  sent messages       {self.sinks.outbox} (nothing leaves this machine)")
        if self.environment.get("DEMO") == "1":
            lines += ["", f"  demo accounts, all with the password {DEMO_PASSWORD}:", f"    {'  '.join(DEMO_ACCOUNTS)}"]
            lines.append(f"  {self.token}" if self.token else f"  a new API token:  {self._ask_for_a_token()}")
        if self.empty:
            lines += ["", "  the first account:  python3 manage.py createsuperuser   (in a second terminal)"]
        say("\n".join([*lines, ""]))

    def _ask_for_a_token(self) -> str:
        body = json.dumps({"email": DEMO_ACCOUNTS[1], "password": DEMO_PASSWORD})
        return f"curl -H 'Content-Type: application/json' -d '{body}' {self.address}/api/v1/tokens/"


def main(arguments: list[str]) -> int:
    if arguments:
        print("usage: python3 manage.py up   (its settings are environment variables; see docs/deployment.md)")
        return 2
    try:
        _refuse_production()
        return Up(dict(os.environ)).run()
    except AlreadyRunning as error:
        print(f"Patella is {error}.", file=sys.stderr)
    except LocalError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 0
    return 1


def _refuse_production() -> None:
    if os.environ.get("PRODUCTION", "0").strip().lower() in {"1", "true", "yes", "on"}:
        raise LocalError("PRODUCTION is set, and `up` is for one machine without TLS; see docs/deployment.md.")
    port = os.environ.get("PORT", "").strip() or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise LocalError(f"PORT is {port!r}: write a whole number from 1 to 65535.")


def _refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalError(f"port {port} is taken: try PORT={port + 1} python3 manage.py up") from error


def _kept_secret(path: Path) -> str:
    """A random secret, made once and readable by us alone."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def _people(database_url: str) -> set[str]:
    """The e-mail addresses of the first few accounts: none in an empty database."""
    with psycopg.connect(database_url) as connection:
        return {row[0] for row in connection.execute("select email from accounts_user order by id limit 50")}


def _cut_log(log: Path) -> None:
    """Keep one older log beside a new one."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
