"""The clinic as it runs for real: web, worker and beat as processes on this test's database, and sinks for its mail."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.db import connection

from clinic.local.service import Service
from clinic.local.sinks import Sinks

WEB = "-m gunicorn --config=python:clinic.web_server --log-level=error"
WORKER = "-m celery -A clinic --quiet worker --pool=threads --concurrency=2 --loglevel=ERROR --without-gossip"
BEAT = "-m celery -A clinic --quiet beat --loglevel=ERROR --pidfile="


def test_database_url() -> str:
    """Where this test's database is, for another process."""
    at = connection.settings_dict
    parts = urlsplit(os.environ["DATABASE_URL"])
    return parts._replace(path=f"/{quote(at['NAME'])}").geturl()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Building:
    """Processes of one clinic; `address` is where its pages are. Keep it inside `with`."""

    def __init__(self, folder: Path, *, parts: tuple[str, ...] = ("web",)) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.sinks = Sinks(folder / "outbox.jsonl")
        commands = {
            "web": [*WEB.split(), f"--bind=127.0.0.1:{port}"],
            "worker": [*WORKER.split(), "--without-mingle"],
            "beat": [*BEAT.split(), f"--schedule={folder / 'beat-schedule'}"],
        }
        self.services = {name: Service(name, *commands[name]) for name in parts}
        self.environment = os.environ | {
            "DATABASE_URL": test_database_url(),
            "PORT": str(port),
            "SITE_URL": self.address,
            "INTAKE_RATE": "100000/hour",
            "PYTHONWARNINGS": "ignore",
        }

    def __enter__(self) -> Building:
        self.sinks.start()
        self.environment |= {"EMAIL_URL": self.sinks.email_url, "SMS_GATEWAY_URL": self.sinks.sms_gateway_url}
        for service in self.services.values():
            service.start(self.environment)
        if "web" in self.services:
            self.wait_for_the_page()
        return self

    def __exit__(self, *error: object) -> None:
        for service in reversed(self.services.values()):
            service.stop()
        self.sinks.stop()

    def kill(self, name: str) -> None:
        """kill -9 the whole process group, as a failing machine would."""
        process = self.services[name].process
        assert process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def restart(self, name: str) -> None:
        self.services[name].start(self.environment)

    def wait_for_the_page(self, *, seconds: float = 30) -> None:
        for _ in waiting(seconds):
            with contextlib.suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(f"{self.address}/health/live/", timeout=2).close()
                return


def waiting(seconds: float, *, every: float = 0.1, what: Callable[[], object] = lambda: "") -> Iterator[None]:
    """Turns of a wait that is bounded: fails the test when they run out, and says `what` there is instead."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        yield
        time.sleep(every)
    raise AssertionError(f"it did not happen within {seconds} s: {what()}")
