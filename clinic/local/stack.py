"""The supervisor of this machine's PostgreSQL and Redis: one at a time, and back again after any kill."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType

from clinic.local.paths import LocalError, Paths, open_to_others
from clinic.local.postgres import Postgres
from clinic.local.processes import Register
from clinic.local.redis import Redis


class AlreadyRunning(LocalError):
    """Another supervisor holds this data directory."""


class Stack:
    """PostgreSQL, Redis or both, for one data directory.

    keep: False for a stack that is thrown away after use.
    with_postgres, with_redis: False where the environment names a server of its own.
    """

    def __init__(
        self, data: Path | None = None, *, keep: bool = True, with_postgres: bool = True, with_redis: bool = True
    ) -> None:
        self.paths = Paths(data)
        self.postgres = Postgres(self.paths, keep=keep) if with_postgres else None
        self.redis = Redis(self.paths, keep=keep) if with_redis else None
        self.register = Register(self.paths.children)
        self._lock: int | None = None

    def start(self) -> None:
        """Raises AlreadyRunning, or LocalError with one line that says what to do."""
        try:
            self._start()
        except PermissionError as error:
            self.stop()
            raise LocalError(
                f"{error.filename or self.paths.data} belongs to another account: be that one, or set CLINIC_DATA."
            ) from error
        except OSError as error:
            self.stop()
            raise LocalError(f"{error}") from error
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.take_lock()
        self.register.sweep()
        if self.postgres and self.postgres.account:
            self.paths.data.chmod(0o711)  # the server's account walks through, and reads nothing on the way
            if not open_to_others(self.paths.data):
                raise LocalError(f"PostgreSQL cannot run as root, and no other account can walk to {self.paths.data}.")
        for server in self.servers:
            self.start_server(server)

    def start_server(self, server: Postgres | Redis) -> None:
        server.start()
        self.register.note(server)

    def stop(self) -> None:
        if self._lock is None:
            return
        for server in reversed(self.servers):
            server.stop()
        os.close(self._lock)
        self._lock = None

    @property
    def servers(self) -> list[Postgres | Redis]:
        return [server for server in (self.postgres, self.redis) if server]

    def environment(self) -> dict[str, str]:
        """The addresses of what this stack runs."""
        urls = {}
        if self.postgres:
            urls["DATABASE_URL"] = self.paths.database_url
        if self.redis:
            urls["REDIS_URL"] = self.paths.redis_url
        return urls

    def take_lock(self) -> None:
        """Raises AlreadyRunning. The kernel frees the lock when we die, however we die."""
        if self._lock is not None:
            return
        self.paths.data.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.paths.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.closing(os.fdopen(lock)) as holder:
                at = holder.read().strip()
            raise AlreadyRunning(f"already running{f' at {at}' if at else ''}") from None
        os.truncate(lock, 0)
        self._lock = lock

    def announce(self, address: str) -> None:
        """Tell whoever tries to start a second time where the first one answers."""
        assert self._lock is not None
        os.truncate(self._lock, 0)
        os.pwrite(self._lock, address.encode(), 0)

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
