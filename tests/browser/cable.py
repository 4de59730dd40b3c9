"""The network between a browser and the clinic, to be cut and mended: a real one, so that nothing can look away."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

_FAILURE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Cable:
    """Passes bytes on from `address` to the server. cut: nobody answers. failing: every POST is answered with a 500.
    losing: every POST is carried out, and its answer is lost on the way back.

    sent: bytes that came from the server. posts: how many requests to send something were passed on.
    asked: the first line of each request. held: how many of `hold` wait now.
    refused: how often somebody tried while it was cut.
    """

    def __init__(self, server: str) -> None:
        found = urlsplit(server)
        self._target = (found.hostname or "127.0.0.1", found.port or 80)
        self._is_cut = False
        self._open: set[socket.socket] = set()
        self._gates: dict[str, threading.Event] = {}
        self.asked: list[str] = []
        self.held: list[str] = []
        self.failing = False
        self.losing = False
        self.posts = 0
        self.sent = 0
        self.refused = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        self._is_cut = True
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut = False

    def hold(self, start: str) -> None:
        """Keep back the next request that begins so ("POST /intake/save/"), until `release`; others go on."""
        self._gates[start] = threading.Event()

    def release(self, start: str) -> None:
        self.held.remove(start)
        self._gates.pop(start).set()

    def close(self) -> None:
        self.cut()
        for gate in self._gates.values():
            gate.set()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                self.refused += 1
                client.close()
                continue
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target)
        except OSError:
            client.close()
            return
        self._open |= {client, server}
        is_lost = threading.Event()

        def there(piece: bytes) -> bool:
            if self.losing and piece.startswith(b"POST "):
                is_lost.set()
            return self._look(piece)

        def and_back(piece: bytes) -> bool:
            if is_lost.is_set():
                raise ConnectionResetError
            return self._count(piece)

        back = threading.Thread(target=self._pass_on, args=(server, client, and_back), daemon=True)
        back.start()
        self._pass_on(client, server, there)
        back.join()
        self._open -= {client, server}
        client.close()
        server.close()

    def _pass_on(self, source: socket.socket, sink: socket.socket, look: Any) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                if look(piece):
                    source.sendall(_FAILURE)
                    break
                sink.sendall(piece)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _look(self, piece: bytes) -> bool:
        line = piece.split(b"\r\n", 1)[0].decode("latin1")
        if line.endswith("HTTP/1.1"):
            self.asked.append(line)
            for start in [each for each in self._gates if line.startswith(each) and each not in self.held]:
                self.held.append(start)
                self._gates[start].wait()
        if not piece.startswith(b"POST "):
            return False
        if self.failing:
            return True
        self.posts += 1
        return False

    def _count(self, piece: bytes) -> bool:
        self.sent += len(piece)
        return False
