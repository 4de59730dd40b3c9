"""A limit for a whole conversation: time-outs of a socket count each answer alone, and a slow one has many."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from types import TracebackType


class Deadline:
    """Cuts the connections it watches when the time is over.

    The thread that waits on one then gets an OSError or the end of the stream, as if the other side had hung up.
    """

    def __init__(self, seconds: float) -> None:
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        # A copy of the descriptor: TLS takes the socket object away and gives another.
        with self._lock:
            self._watched.append(socket.socket(fileno=os.dup(connection.fileno())))

    def _cut(self) -> None:
        with self._lock:
            for connection in self._watched:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._watched:
                connection.close()
            self._watched.clear()
