"""What the sinks speak: enough SMTP (RFC 5321) for any sender, one HTTP POST for texts, and the admin port."""

from __future__ import annotations

import json
import socketserver
from dataclasses import asdict
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from clinic.local.sinks import Channel, Sinks

LONGEST_LINE = 2_000
LARGEST_MESSAGE = 10 * 1024 * 1024
SECONDS_OF_SILENCE = 120


class _Dripping:
    """Writes as the knob says: at once, or a byte at a time."""

    def __init__(self, file: Any, channel: Channel) -> None:
        self._file = file
        self._channel = channel

    def write(self, content: bytes) -> int:
        pause = self._channel.knobs.slow_drip
        for start in range(len(content)) if pause else ():
            self._file.write(content[start : start + 1])
            self._channel.sinks.closing.wait(pause)
        if not pause:
            self._file.write(content)
        return len(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class MailHandler(socketserver.StreamRequestHandler):
    """One SMTP session."""

    channel: Channel
    timeout = SECONDS_OF_SILENCE

    sender: str | None
    recipients: list[str]

    def setup(self) -> None:
        super().setup()
        self.wfile = _Dripping(self.wfile, self.channel)  # type: ignore[assignment]

    def handle(self) -> None:
        self.channel.greet()
        self._forget()
        self._say("220 sink.local ESMTP: nothing leaves this machine")
        while line := self.rfile.readline(LONGEST_LINE):
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb: str, rest: str) -> None:
        if verb == "EHLO":
            offered = "250-STARTTLS\r\n" if self.channel.knobs.starttls else ""
            self._say(f"250-sink.local\r\n{offered}250-SIZE {LARGEST_MESSAGE}\r\n250-8BITMIME\r\n250 SMTPUTF8")
        elif verb == "STARTTLS" and self.channel.knobs.starttls:
            self._say("454 no TLS just now")
        elif verb in {"HELO", "NOOP"}:
            self._say("250 sink.local")
        elif verb == "RSET":
            self._forget()
            self._say("250 forgotten")
        elif verb == "MAIL":
            self._forget()
            self.sender = _address(rest)
            self._say("250 go on")
        elif verb == "RCPT":
            if self.sender is None:
                self._say("503 MAIL first")
            else:
                self.channel.hear_recipient()
                self.recipients.append(_address(rest))
                self._say("250 go on")
        elif verb == "DATA":
            self._take_message()
        else:
            self._say("502 not known here")

    def _take_message(self) -> None:
        if not self.recipients:
            self._say("503 RCPT first")
            return
        self._say("354 end with a dot")
        parts: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(LARGEST_MESSAGE)) != b".\r\n":
            if not line:
                raise ConnectionAbortedError
            size += len(line)
            if size <= LARGEST_MESSAGE:
                parts.append(line[1:] if line.startswith(b".") else line)
        if size > LARGEST_MESSAGE:
            self._say("552 too large")
            return
        message = message_from_bytes(b"".join(parts), policy=policy.default)
        assert isinstance(message, EmailMessage)
        text = message.get_body(("plain", "html"))
        code = self.channel.receive(
            key=str(message["Message-ID"] or ""),
            to=self.recipients,
            subject=str(message["Subject"] or ""),
            body=text.get_content().replace("\r\n", "\n") if text else "",
        )
        self._forget()
        self._say(f"{code} refused on request" if code else "250 kept")

    def _forget(self) -> None:
        self.sender = None
        self.recipients = []

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


def _address(rest: str) -> str:
    """`FROM:<a@example.org> SIZE=3` → `a@example.org`."""
    return rest.partition(":")[2].strip().partition(" ")[0].strip("<>")


class _Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SECONDS_OF_SILENCE

    def body(self) -> bytes:
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST_MESSAGE))

    def reply(self, status: int, content: object, **headers: str) -> None:
        written = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(written)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silence: the outbox is the record."""


class TextHandler(_Web):
    """`POST /messages` with `to` and `text` (or `body`), as JSON or as a form."""

    channel: Channel

    def setup(self) -> None:
        super().setup()
        self.wfile = _Dripping(self.wfile, self.channel)  # type: ignore[assignment]

    def handle(self) -> None:
        self.channel.greet()
        super().handle()

    def do_POST(self) -> None:
        fields = self._fields()
        if self.path != "/messages" or not fields.get("to"):
            self.reply(404 if self.path != "/messages" else 422, {"error": "POST /messages with `to` and `text`"})
            return
        key = self.headers.get("Idempotency-Key", "")
        code = self.channel.receive(
            key=key, to=[fields["to"]], subject="", body=fields.get("text") or fields.get("body") or ""
        )
        if code:
            retry = {"Retry_After": str(self.channel.knobs.retry_after)} if self.channel.knobs.retry_after else {}
            self.reply(code, {"error": "refused on request"}, **retry)
        else:
            self.reply(202, {"id": key, "status": "accepted"})

    def _fields(self) -> dict[str, str]:
        body = self.body()
        if "json" in self.headers.get("Content-Type", ""):
            try:
                found = json.loads(body)
            except ValueError:
                return {}
            return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}
        return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


class AdminHandler(_Web):
    """`GET /knobs`, `POST /knobs {"channel": "sms", "answer": 503}`, `GET /outbox`, `GET /told`.

    `POST /reporter {"address": "http://...", "secret": "..."}` says where reports go, `POST /report {"channel",
    "message", "types"}` sends some, `POST /answer {"channel", "sender", "text"}` lets a patient answer; both take
    `delay`, `copies`, `backwards`, `forged` and `apart`.
    """

    sinks: Sinks

    def do_GET(self) -> None:
        if self.path == "/knobs":
            self.reply(200, self.sinks.as_data())
        elif self.path == "/outbox":
            self.reply(200, self.sinks.lines())
        elif self.path == "/told":
            self.reply(200, [asdict(each) for each in self.sinks.reporter.told])
        else:
            self.reply(404, {"error": "GET /knobs, /outbox or /told"})

    def do_POST(self) -> None:
        try:
            self.reply(200, self._do(json.loads(self.body())))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.reply(422, {"error": str(error)})

    def _do(self, given: dict[str, Any]) -> object:
        reporter = self.sinks.reporter
        if self.path == "/reporter":
            reporter.address, reporter.secret = str(given["address"]), str(given["secret"])
            return {}
        if self.path == "/report":
            return reporter.report(given.pop("channel"), **given)
        if self.path == "/answer":
            return reporter.answer(given.pop("channel"), **given)
        self.sinks.knobs(given.pop("channel"), **given)
        return self.sinks.as_data()
