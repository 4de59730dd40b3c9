"""What the benchmarks run on: their own PostgreSQL and Redis, the real server, the floor beside it, the real worker."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from clinic.local import processes
from clinic.local.paths import PROJECT
from clinic.local.stack import Stack
from clinic.local.up import WEB, WORKER

FLOOR = f"{WEB} tests.benchmarks.floor:application"
SECONDS_TO_ANSWER = 60
LAST_WORDS = 4_000
MEGABYTE = 1024 * 1024


@contextlib.contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The environment of a PostgreSQL and a Redis: those that BENCH_DATABASE_URL and BENCH_REDIS_URL name, else new
    ones with the settings of `up`, so that a commit costs here what it costs there."""
    named = {name: os.environ.get(f"BENCH_{name}", "") for name in ("DATABASE_URL", "REDIS_URL")}
    data = Path(tempfile.mkdtemp(prefix="patella-bench-")).resolve()
    stack = Stack(data, with_postgres=not named["DATABASE_URL"], with_redis=not named["REDIS_URL"])
    try:
        stack.start()
        yield {**os.environ, **named, **stack.environment(), **_settings()}
    finally:
        stack.stop()
        shutil.rmtree(stack.paths.data, ignore_errors=True)
        shutil.rmtree(stack.paths.run, ignore_errors=True)


def _settings() -> dict[str, str]:
    return {
        # The limit itself is measured: it counts, and never refuses.
        "INTAKE_RATE": "9999999/hour",
        "DEMO": "0",
        "PRODUCTION": "0",
        # Nothing is due, and nothing could be sent.
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "SMS_GATEWAY_URL": "",
        "PYTHONWARNINGS": "ignore",
    }


@contextlib.contextmanager
def database(environment: dict[str, str], name: str) -> Iterator[dict[str, str]]:
    """An empty database of that name on the server, dropped afterwards."""
    server = environment["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        try:
            # By hand: an address of a socket directory has no host, and urlunsplit would drop its slashes.
            place, mark, options = server.partition("?")
            yield {**environment, "DATABASE_URL": f"{place.rpartition('/')[0]}/{name}{mark}{options}"}
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def prepare(environment: dict[str, str], cases: int) -> dict[str, Any]:
    """Fill the database; what `tests.benchmarks.prepare` tells of it."""
    command = [sys.executable, "-m", "tests.benchmarks.prepare", str(cases)]
    done = subprocess.run(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def judge_and_replay(environment: dict[str, str]) -> dict[str, Any]:
    """What `tests.benchmarks.rules` measures in that database."""
    command = [sys.executable, "-m", "tests.benchmarks.rules"]
    done = subprocess.run(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def sweep(environment: dict[str, str], stored: Sequence[int]) -> list[dict[str, Any]]:
    """What `tests.benchmarks.sweeping` measures in that database, with so many messages stored."""
    command = [sys.executable, "-m", "tests.benchmarks.sweeping", *map(str, stored)]
    # Filling with millions takes longer than any statement of ours may.
    patient = {**environment, "STATEMENT_SECONDS": "900"}
    done = subprocess.run(command, env=patient, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Server:
    """A running server with its children."""

    port: int
    process: psutil.Process

    @property
    def family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def resident(self) -> float:
        """Resident megabytes of its largest process."""
        return max(each.memory_info().rss for each in self.family) / MEGABYTE

    def processor_seconds(self) -> float:
        """What it has used so far: unlike a rate, little changed by neighbours on the machine."""
        times = [each.cpu_times() for each in self.family]
        return sum(each.user + each.system for each in times)


@contextlib.contextmanager
def web(command: str, environment: dict[str, str], *, answers: str) -> Iterator[Server]:
    """gunicorn as `up` runs it, on a free port. answers: a path that it knows."""
    port = _free_port()
    arguments = [sys.executable, *command.split(), f"--bind=127.0.0.1:{port}"]
    with _running(arguments, {**environment, "PORT": str(port)}) as process:
        _wait_for(f"http://127.0.0.1:{port}{answers}", process)
        yield Server(port, psutil.Process(process.pid))


def memory_of_worker(environment: dict[str, str], *, seconds: float) -> float:
    """Resident megabytes of the worker after it has looked for what is due a number of times."""
    with _running([sys.executable, *WORKER.split()], environment) as process:
        sweep = "from clinic.celery import app; [app.send_task('cases.tasks.dispatch_due') for _ in range(10)]"
        subprocess.run([sys.executable, "-c", sweep], env=environment, cwd=PROJECT, check=True)
        time.sleep(seconds)
        return Server(0, psutil.Process(process.pid)).resident()


@contextlib.contextmanager
def _running(arguments: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as words:
        process = processes.start(
            arguments, stop_signal=signal.SIGTERM, env=environment, cwd=PROJECT, output=words.fileno()
        )
        try:
            yield process
        except BaseException:
            words.seek(0)
            sys.stderr.write(words.read()[-LAST_WORDS:].decode(errors="replace"))
            raise
        finally:
            processes.stop(process, stop_signal=signal.SIGTERM, seconds=15)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"no answer from {address}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
