"""A wire between a client and a server that a test can cut, silence, slow down or pull out."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from pathlib import Path

PIECE = 64 * 1024
Address = Path | tuple[str, int]


class Wire:
    """Listens at `here` and passes everything to `there` and back; unix sockets and TCP, mixed as they come.

    silent: what arrives is held back, both ways, and nobody is told (a black hole; the kernel still accepts).
    delay: seconds before each piece goes on. cut_after: bytes of answers after which the wire breaks; None for never.
    """

    def __init__(self, here: Address, there: Address) -> None:
        self.here = here
        self.there = there
        self.delay = 0.0
        self.cut_after: int | None = None
        self.met = 0
        self._open = threading.Event()
        self._open.set()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None

    def plug_in(self) -> Wire:
        if self._listener is None:
            self._listener = _listener(self.here)
            if not isinstance(self.here, Path):
                self.here = self._listener.getsockname()[:2]
            threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()
        return self

    def pull_out(self) -> None:
        """Whoever connects is refused, and who is connected is cut off."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        if isinstance(self.here, Path):
            self.here.unlink(missing_ok=True)
        self.reset()

    def silence(self) -> None:
        self._open.clear()

    def speak(self) -> None:
        self._open.set()

    def reset(self) -> int:
        """Break every connection now; how many there were."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with contextlib.suppress(OSError):
                # No goodbye: a reset, as from a machine that lost its power.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        return len(ends) // 2

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.met += 1
            threading.Thread(target=self._connect, args=[client], daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._open.wait()
        try:
            server = _connected(self.there)
        except OSError:
            client.close()
            return
        with self._lock:
            self._ends |= {client, server}
        threading.Thread(target=self._pump, args=[client, server, False], daemon=True).start()
        self._pump(server, client, True)

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError, ValueError):
            while piece := source.recv(PIECE):
                if self.delay:
                    threading.Event().wait(self.delay)
                self._open.wait()
                passed += len(piece)
                if answers and self.cut_after is not None and passed > self.cut_after:
                    break
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        with self._lock:
            self._ends -= {source, sink}


def _listener(at: Address) -> socket.socket:
    if isinstance(at, Path):
        at.parent.mkdir(parents=True, exist_ok=True)
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(at))
    else:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(at)
    made.listen(256)
    return made


def _connected(at: Address) -> socket.socket:
    if isinstance(at, Path):
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(at))
        except OSError:
            made.close()
            raise
        return made
    return socket.create_connection(at, timeout=None)
