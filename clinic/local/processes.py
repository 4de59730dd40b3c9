"""Child processes that end with their parent, and the survivors of a parent that was killed."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import psutil

Process = psutil.Process
ProcessError = psutil.Error
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    """The unprivileged account a server runs under when we are root."""

    user: int
    group: int


def start(
    command: Sequence[str | Path],
    *,
    stop_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = "/",
    output: IO[bytes] | int = subprocess.DEVNULL,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that gets `stop_signal` when we die.

    Call it from the main thread only: Linux sends the signal when the *thread* that forked ends.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_parent(stop_signal),
        **as_account(account),
    )


def as_account(account: Account | None) -> dict[str, Any]:
    """What `subprocess` needs to run a command under `account`."""
    return {} if account is None else {"user": account.user, "group": account.group, "extra_groups": []}


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None  # the next start sweeps up instead
    library = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def in_child() -> None:
        library.prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # the parent died between fork and here
            os._exit(1)

    return in_child


def alive(pid: int) -> psutil.Process | None:
    """The process, unless it is gone or a zombie (which a careless PID 1 leaves behind for good)."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.Error:
        return None


def has_ended(process: subprocess.Popen[bytes] | None) -> bool:
    """True for a child that was started and is gone."""
    return process is not None and process.poll() is not None


def named(name: str) -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["name"]) if name in (process.info["name"] or "")]


def end(found: list[psutil.Process], stop_signal: signal.Signals, *, seconds: float) -> None:
    """Ask, wait, then kill: for processes that are not our children."""
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.send_signal(stop_signal)
    for process in psutil.wait_procs(found, timeout=seconds)[1]:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(found, timeout=5)


def stop(process: subprocess.Popen[bytes], *, stop_signal: signal.Signals, seconds: float) -> None:
    """Ask, wait, then kill the whole session."""
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


class Child(Protocol):
    """Whatever holds a process and knows how to ask it to stop."""

    process: subprocess.Popen[bytes] | None
    stop_signal: signal.Signals


class Register:
    """The children of one supervisor, on disk, so that its successor can end those that outlived it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, child: Child) -> None:
        assert child.process
        pid = child.process.pid
        entries = [entry for entry in self._read() if entry[0] != pid]
        with contextlib.suppress(psutil.Error):  # it ended already: nothing to remember
            entries.append([pid, psutil.Process(pid).create_time(), int(child.stop_signal)])
        unfinished = self.path.with_suffix(".new")
        unfinished.write_text(json.dumps(entries))
        unfinished.replace(self.path)

    def sweep(self, seconds: float = 15) -> int:
        """End what is left of a killed supervisor's children; how many there were.

        A pid alone proves nothing, it may have been given to a stranger: the moment of birth must agree too.
        """
        left = []
        for pid, born, stop_signal in self._read():
            process = alive(int(pid))
            with contextlib.suppress(psutil.Error):
                if process and abs(process.create_time() - born) < 1:
                    process.send_signal(int(stop_signal))
                    left.append(process)
        for process in psutil.wait_procs(left, timeout=seconds)[1]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        psutil.wait_procs(left, timeout=5)
        self.path.unlink(missing_ok=True)
        return len(left)

    def _read(self) -> list[list[float]]:
        try:
            return json.loads(self.path.read_text())
        except (OSError, ValueError):
            return []
