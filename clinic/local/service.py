"""One supervised process of `up`: started, watched, started again after a while, and its words printed."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from clinic.local import processes
from clinic.local.paths import PROJECT
from clinic.local.restarts import Restarts

_printing = threading.Lock()


def say(text: str) -> None:
    """Print one line. A terminal that went away must not stop the clinic."""
    with _printing, contextlib.suppress(OSError):
        print(text, flush=True)


class Service:
    """A command of this project, run by the same Python as we are."""

    def __init__(self, name: str, *arguments: str | Path, seconds_to_stop: float = 12) -> None:
        self.name = name
        self.stop_signal = signal.SIGTERM
        self.arguments = arguments
        self.seconds_to_stop = seconds_to_stop
        self.restarts = Restarts()
        self.process: subprocess.Popen[bytes] | None = None
        self._printer: threading.Thread | None = None
        self._lines: deque[str] = deque(maxlen=50)

    def start(self, environment: Mapping[str, str]) -> None:
        self.process = processes.start(
            [sys.executable, *self.arguments],
            stop_signal=self.stop_signal,
            env=environment,
            cwd=PROJECT,
            output=subprocess.PIPE,
        )
        self._printer = threading.Thread(target=self._repeat_output, args=[self.process], daemon=True)
        self._printer.start()

    def _repeat_output(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        with process.stdout as output:
            for line in output:
                self._lines.append(line.decode(errors="replace").rstrip())
                say(f"{self.name:<9}| {self._lines[-1]}")

    def last_lines(self) -> list[str]:
        """The end of what a finished process printed."""
        if self._printer:
            self._printer.join(5)
        return list(self._lines)

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, stop_signal=self.stop_signal, seconds=self.seconds_to_stop)
