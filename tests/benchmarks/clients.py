"""Eight closed-loop clients: each asks again as soon as it is answered, on one connection it keeps."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

from tests.benchmarks.work import Ask, Asked, Share

CLIENTS = 8


class WrongAnswer(Exception):
    """The server did not do the work: its figures would mean nothing."""


class Line:
    """One kept connection. By hand: http.client costs more processor than the floor it would measure."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def ask(self, asked: Asked) -> tuple[int, bytes]:
        lines = [f"{asked.method} {asked.path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in asked.headers.items()]
        if asked.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(asked.body)}"]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + asked.body)
        status = int(self.file.readline().split()[1])
        length, is_kept = 0, True
        while (line := self.file.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line[15:])
            elif line == b"connection: close":
                is_kept = False
        body = self.file.read(length)
        if not is_kept:
            self.close()
            self._open()
        return status, body

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def ask_for(seconds: float, *, port: int, shares: Sequence[Share], ask: Ask, status: int) -> tuple[list[float], float]:
    """Every share's client asks for so long: the seconds each answer took, and how long it all lasted.

    Raises WrongAnswer when one is answered with another status.
    """
    latencies: list[list[float]] = [[] for _ in shares]
    wrong: list[str] = []
    begin = threading.Barrier(len(shares) + 1)

    def run(share: Share, taken: list[float]) -> None:
        line = Line(port)
        begin.wait()
        end = time.perf_counter() + seconds
        try:
            while (at := time.perf_counter()) < end and not wrong:
                asked = ask(share)
                found, body = line.ask(asked)
                if found != status:
                    wrong.append(f"{asked.method} {asked.path}: {found} {body[:300]!r}")
                taken.append(time.perf_counter() - at)
        except (OSError, LookupError) as error:
            wrong.append(f"the connection broke: {error!r}")
        finally:
            line.close()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(shares, latencies, strict=True)]
    for thread in threads:
        thread.start()
    begin.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    if wrong:
        raise WrongAnswer(wrong[0])
    return [each for taken in latencies for each in taken], time.perf_counter() - begun
