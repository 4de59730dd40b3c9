"""A mail server and an SMS gateway that keep everything on this machine, and misbehave on request.

Each accepted message is one JSON line in the outbox file, written before the sender gets an answer:
`{"channel", "key", "to", "at", "subject", "body"}`, where key is the Message-ID or the Idempotency-Key.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import socketserver
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from clinic.local.sink_protocols import AdminHandler, MailHandler, TextHandler
from clinic.local.sink_reports import Reporter

LONGEST_HANG_SECONDS = 300
MOST_ARRIVALS = 100_000


@dataclass(frozen=True)
class Knobs:
    """How one channel behaves.

    delay: seconds before anything else happens to a message.
    refuse: the port is closed: connection refused.
    answer: refuse messages with this HTTP status or SMTP code; 0 accepts them. retry_after: its header, in seconds.
    hang_before_accept, hang_after_accept: no answer, the message lost or kept, until the knob is turned back.
    share: the part of all messages that `answer` and the hangs befall, 0 to 1, evenly spread.
    dedupe: a key seen before is answered like the first time and not kept again.
    mute: whoever connects waits for the first word (a handshake of TLS as well) until the knob is turned back.
    slow_drip: seconds between the bytes of each answer. lose_answer: the message is kept, then the line goes dead.
    Of e-mail alone: greylist refuses each message once with 451; drop_at_recipient hangs up when told whom it is for;
    starttls "refused" offers it and then says no, "" does not offer it.
    reports: what is reported back of each message that was kept, such as ["accepted", "delivered"]. report_delay:
    seconds until then; report_copies: how often each; reports_backwards: the last one first; reports_forged: signed
    by somebody else.
    """

    delay: float = 0
    refuse: bool = False
    answer: int = 0
    retry_after: int = 0
    hang_before_accept: bool = False
    hang_after_accept: bool = False
    share: float = 1
    dedupe: bool = False
    mute: bool = False
    slow_drip: float = 0
    lose_answer: bool = False
    greylist: bool = False
    drop_at_recipient: bool = False
    starttls: str = ""
    reports: Sequence[str] = ()
    report_delay: float = 0
    report_copies: int = 1
    reports_backwards: bool = False
    reports_forged: bool = False


class Channel:
    """What a protocol handler asks: what becomes of this message?"""

    def __init__(self, name: str, sinks: Sinks, knobs: Knobs) -> None:
        self.name = name
        self.sinks = sinks
        self.knobs = knobs
        self.keys = {line["key"] for line in sinks.lines(name)}
        # When each message came, on the monotonic clock, whatever became of it.
        self.arrivals: deque[float] = deque(maxlen=MOST_ARRIVALS)
        self._greylisted: set[str] = set()
        self._arrived = 0
        self._lock = threading.Lock()
        self._turned = threading.Event()

    def turn(self, **changes: Any) -> None:
        self.knobs = replace(self.knobs, **changes)
        self._turned.set()
        self._turned = threading.Event()

    def receive(self, *, key: str, to: list[str], subject: str, body: str) -> int:
        """Keep the message or not; the code to refuse it with, or 0."""
        knobs = self.knobs
        self.arrivals.append(time.monotonic())
        if knobs.delay:
            self.sinks.closing.wait(knobs.delay)
        struck = self._is_struck(knobs.share)
        if struck and knobs.hang_before_accept:
            self._turned.wait(LONGEST_HANG_SECONDS)
            raise ConnectionAbortedError
        if struck and knobs.answer:
            return knobs.answer
        if knobs.greylist and key not in self._greylisted:
            self._greylisted.add(key)
            return 451
        with self._lock:
            if not (knobs.dedupe and key and key in self.keys):
                self.keys.add(key)
                self.sinks.keep({"channel": self.name, "key": key, "to": to, "subject": subject, "body": body})
                self._report(key, knobs)
        if struck and knobs.hang_after_accept:
            self._turned.wait(LONGEST_HANG_SECONDS)
            raise ConnectionAbortedError
        if struck and knobs.lose_answer:
            raise ConnectionAbortedError
        return 0

    def greet(self) -> None:
        """Before the first word of a connection."""
        if self.knobs.mute:
            self._turned.wait(LONGEST_HANG_SECONDS)
            raise ConnectionAbortedError

    def hear_recipient(self) -> None:
        if self.knobs.drop_at_recipient and self._is_struck(self.knobs.share):
            raise ConnectionAbortedError

    def _report(self, key: str, knobs: Knobs) -> None:
        if knobs.reports:
            self.sinks.reporter.report(
                self.name,
                message=key,
                types=knobs.reports,
                delay=knobs.report_delay,
                copies=knobs.report_copies,
                backwards=knobs.reports_backwards,
                forged=knobs.reports_forged,
            )

    def release(self) -> None:
        self._turned.set()

    def _is_struck(self, share: float) -> bool:
        with self._lock:
            self._arrived += 1
            return int(self._arrived * share) > int((self._arrived - 1) * share)


class Listener:
    """One port that can be closed and opened again."""

    def __init__(self, handler: type[socketserver.BaseRequestHandler], port: int) -> None:
        self.handler = handler
        self.port = port
        self._server: socketserver.ThreadingTCPServer | None = None

    def open(self) -> None:
        if self._server:
            return
        self._server = _Server(("127.0.0.1", self.port), self.handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a sender that went away is what these sinks are for
            super().handle_error(request, client_address)


class Sinks:
    """Both sinks and their admin port, in threads of this process."""

    def __init__(self, outbox: Path, *, mail_port: int = 0, text_port: int = 0, admin_port: int = 0) -> None:
        self.outbox = outbox
        self.closing = threading.Event()
        self._file_lock = threading.Lock()
        # Where reports and answers go is told later: the web process starts after its mail server.
        self.reporter = Reporter()
        self.channels = {
            "email": Channel("email", self, Knobs()),
            "sms": Channel("sms", self, Knobs(dedupe=True)),
        }
        mail = type("Mail", (MailHandler,), {"channel": self.channels["email"]})
        text = type("Text", (TextHandler,), {"channel": self.channels["sms"]})
        admin = type("Admin", (AdminHandler,), {"sinks": self})
        self._listeners = {"email": Listener(mail, mail_port), "sms": Listener(text, text_port)}
        self._admin = Listener(admin, admin_port)

    def start(self) -> None:
        for listener in (*self._listeners.values(), self._admin):
            listener.open()

    def stop(self) -> None:
        self.closing.set()
        self.reporter.stop()
        for channel in self.channels.values():
            channel.release()
        for listener in (*self._listeners.values(), self._admin):
            listener.close()

    @property
    def email_url(self) -> str:
        return f"smtp://127.0.0.1:{self._listeners['email'].port}"

    @property
    def sms_gateway_url(self) -> str:
        return f"http://127.0.0.1:{self._listeners['sms'].port}/messages"

    @property
    def admin_url(self) -> str:
        return f"http://127.0.0.1:{self._admin.port}"

    def knobs(self, channel: str, **changes: Any) -> Knobs:
        """Turn some knobs of `email` or `sms`; how they all stand now. Raises TypeError for one that does not exist."""
        self.channels[channel].turn(**changes)
        listener = self._listeners[channel]
        listener.close() if self.channels[channel].knobs.refuse else listener.open()
        return self.channels[channel].knobs

    def lines(self, channel: str = "") -> list[dict[str, Any]]:
        """Every message kept so far, oldest first."""
        try:
            text = self.outbox.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        whole = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in whole if not channel or line["channel"] == channel]

    def keep(self, line: dict[str, Any]) -> None:
        written = json.dumps(line | {"at": datetime.now(UTC).isoformat()}, ensure_ascii=False) + "\n"
        with self._file_lock:
            descriptor = os.open(self.outbox, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, written.encode())
            finally:
                os.close(descriptor)

    def as_data(self) -> dict[str, Any]:
        return {name: asdict(channel.knobs) for name, channel in self.channels.items()}

    def __enter__(self) -> Sinks:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def main() -> None:
    """`python -m clinic.local.sinks OUTBOX`: print the addresses as one JSON line, then serve until told to stop."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("outbox", type=Path)
    for port in ("--mail-port", "--text-port", "--admin-port"):
        options.add_argument(port, type=int, default=0)
    chosen = vars(options.parse_args())
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with Sinks(chosen.pop("outbox"), **chosen) as sinks:
        addresses = {"EMAIL_URL": sinks.email_url, "SMS_GATEWAY_URL": sinks.sms_gateway_url, "admin": sinks.admin_url}
        print(json.dumps(addresses), flush=True)
        stopping.wait()


if __name__ == "__main__":
    main()
