"""What a provider does, and what we make of it: accepted, refused, again, or in doubt."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from cases.messages import email, sms
from cases.messages.render import Message
from cases.messages.results import Outcome
from cases.messages.send import send
from cases.rules.sending import LONGEST_SEND
from cases.rules.terms import Channel
from clinic.local.sinks import Sinks

KEY = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


def message(channel: str, *, to: str = "") -> Message:
    return Message(
        key=KEY,
        channel=Channel(channel),
        to=to or {"email": "rosa@example.org", "sms": "+13125550123"}[channel],
        subject="A message from your clinic",
        text="Hello,\n.\nA short check-in is ready.",
        html="<p>A short check-in is ready.</p>" if channel == "email" else "",
        stop_address="https://clinic.example/stop/x/",
        domain="clinic.example",
    )


def test_the_steps_of_a_send_fit_into_the_longest_send():
    assert timedelta(seconds=max(email.MOST_SECONDS, sms.MOST_SECONDS)) < LONGEST_SEND


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_an_accepted_message_arrives_whole(outbox: Sinks, channel: str):
    sent = send(message(channel))

    assert sent.outcome is Outcome.ACCEPTED
    [line] = outbox.lines(channel)
    assert line["to"] == [message(channel).to]
    assert "A short check-in is ready." in line["body"]


def test_the_message_id_and_the_idempotency_key_are_the_reminder_s(outbox: Sinks):
    send(message("email"))
    send(message("sms"))

    assert [line["key"] for line in outbox.lines("email")] == [f"<{KEY}@clinic.example>"]
    assert [line["key"] for line in outbox.lines("sms")] == [KEY]


@pytest.mark.parametrize(
    ("channel", "code", "outcome"),
    [
        ("email", 421, Outcome.RETRY),
        ("email", 451, Outcome.RETRY),
        ("email", 550, Outcome.REFUSED),
        ("email", 552, Outcome.REFUSED),
        ("email", 535, Outcome.RETRY),
        ("sms", 400, Outcome.REFUSED),
        ("sms", 404, Outcome.REFUSED),
        ("sms", 422, Outcome.REFUSED),
        ("sms", 401, Outcome.RETRY),
        ("sms", 429, Outcome.RETRY),
        ("sms", 500, Outcome.RETRY),
        ("sms", 503, Outcome.RETRY),
        ("sms", 502, Outcome.AMBIGUOUS),
        ("sms", 504, Outcome.AMBIGUOUS),
        ("sms", 408, Outcome.AMBIGUOUS),
        ("sms", 301, Outcome.REFUSED),
    ],
)
def test_what_an_answer_means(outbox: Sinks, channel: str, code: int, outcome: Outcome):
    outbox.knobs(channel, answer=code)

    sent = send(message(channel))

    assert sent.outcome is outcome
    assert str(code) in sent.detail


@pytest.mark.parametrize(
    ("channel", "code", "wrong"),
    [
        ("email", 550, True),
        ("email", 552, False),
        ("email", 554, False),
        ("email", 451, False),
        ("sms", 422, True),
        ("sms", 404, True),
        ("sms", 400, False),
        ("sms", 451, False),
        ("sms", 503, False),
    ],
)
def test_only_a_refusal_about_the_address_blames_it(outbox: Sinks, channel: str, code: int, wrong: bool):
    outbox.knobs(channel, answer=code)

    assert send(message(channel)).wrong_address is wrong


def test_the_mail_program_s_own_button_is_offered_and_the_copy_has_the_same_id(server, settings):
    written: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hi\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                verb = line[:4].upper()
                if not written and verb in {b"EHLO", b"MAIL", b"RCPT"}:
                    connection.sendall(b"250 ok\r\n")
                elif not written and verb == b"DATA":
                    connection.sendall(b"354 go\r\n")
                elif line == b".\r\n":
                    connection.sendall(b"250 kept\r\n")
                else:
                    written.append(line)

    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server(talk)
    send(message("email"))

    mail = b"".join(written).decode()
    assert "List-Unsubscribe: <https://clinic.example/stop/x/>" in mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail
    assert f"Message-ID: <{KEY}@clinic.example>" in mail
    assert "multipart/alternative" in mail
    assert "Auto-Submitted: auto-generated" in mail


def test_retry_after_is_passed_on(outbox: Sinks):
    outbox.knobs("sms", answer=429, retry_after=120)

    assert send(message("sms")).wait == timedelta(seconds=120)


NOON = "Date: Mon, 02 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["Retry-After: 120"], 120),
        (["Retry-After: 0"], 0),
        (["Retry-After:  7 "], 7),
        (["Retry-After: 21600"], 21_600),
        (["Retry-After: 21601"], 21_600),
        (["Retry-After: " + "9" * 500], 21_600),
        ([NOON, "Retry-After: Mon, 02 Nov 2026 12:02:00 GMT"], 120),
        ([NOON, "Retry-After: Monday, 02-Nov-26 12:02:00 GMT"], 120),
        ([NOON, "Retry-After: Mon Nov  2 12:02:00 2026"], 120),
        ([NOON, "Retry-After: Mon, 02 Nov 2026 14:02:00 +0200"], 120),
        ([NOON, "Retry-After: Mon, 02 Nov 2026 12:00:00 GMT"], 0),
        ([NOON, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], 21_600),
        ([NOON, "Retry-After: Mon, 02 Nov 2026 11:59:59 GMT"], None),
        (["Retry-After: Mon, 02 Nov 2026 12:02:00 GMT"], None),  # by whose clock nobody says
        (["Date: yesterday", "Retry-After: Mon, 02 Nov 2026 12:02:00 GMT"], None),
        ([NOON], None),
        ([NOON, "Retry-After:"], None),
        ([NOON, "Retry-After: soon"], None),
        ([NOON, "Retry-After: -5"], None),
        ([NOON, "Retry-After: 1.5"], None),
        ([NOON, "Retry-After: \u0663".encode().decode("latin-1")], None),
        ([NOON, "Retry-After: Mon, 99 Nov 2026 12:02:00 GMT"], None),
        ([NOON, "Retry-After: Mon, 02 Nov 99999999999 12:02:00 GMT"], None),
    ],
)
def test_how_long_a_gateway_asks_to_be_left_alone(server, settings, headers: list[str], seconds: int | None):
    _, sent = spoken_by_a_gateway(server, settings, b"", status="\r\n".join(["429 Too Many Requests", *headers]))

    assert (sent.outcome, sent.wait) == (Outcome.RETRY, None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_closed_port_is_no_doubt(outbox: Sinks, channel: str):
    outbox.knobs(channel, refuse=True)

    sent = send(message(channel))

    assert (sent.outcome, sent.detail) == (Outcome.RETRY, "no connection: ConnectionRefusedError")


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("knob", ["hang_before_accept", "hang_after_accept"])
def test_silence_after_the_message_is_a_doubt(outbox: Sinks, settings, monkeypatch, channel: str, knob: str):
    settings.EMAIL_TIMEOUT = 0.3
    monkeypatch.setattr(sms, "SECONDS_PER_STEP", 0.3)
    outbox.knobs(channel, **{knob: True})

    assert send(message(channel)).outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize(
    "to", ["rosa", "rosa@exa mple.org", "rosa@example.org\nBcc: eve@example.org", "røsa@example.org"]
)
def test_an_address_that_cannot_be_used_is_refused_and_not_repeated_in_the_detail(outbox: Sinks, to: str):
    sent = send(message("email", to=to))

    assert outbox.lines("email") == [] or sent.outcome is Outcome.ACCEPTED
    assert to not in sent.detail


# -- servers nobody would write on purpose

Talk = Callable[[socket.socket], None]


@pytest.fixture
def server() -> Iterator[Callable[[Talk], int]]:
    """Starts a server that talks as told; its port."""
    listeners: list[socket.socket] = []

    def serve(talk: Talk) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            try:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        talk(connection)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1]

    yield serve
    for listener in listeners:
        listener.close()


def drip(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(b"2")
        time.sleep(0.05)


def test_a_mail_server_that_drips_is_cut_off(server, settings, monkeypatch):
    monkeypatch.setattr(email, "MOST_SECONDS", 0.4)
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server(drip)

    begun = time.monotonic()
    sent = send(message("email"))

    assert sent.outcome is Outcome.RETRY
    assert time.monotonic() - begun < 3


def test_a_gateway_that_drips_is_cut_off_and_leaves_a_doubt(server, settings, monkeypatch):
    monkeypatch.setattr(sms, "MOST_SECONDS", 0.4)
    settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server(drip)}/messages"

    begun = time.monotonic()
    sent = send(message("sms"))

    assert sent.outcome is Outcome.AMBIGUOUS
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "words", [b"", b"\x00\xff\xfe", b"220 hello\r\n", b"HTTP/1.1 banana\r\n\r\n", b"554 go away\r\n"]
)
def test_a_mail_server_that_hangs_up_or_talks_nonsense_is_no_doubt(server, settings, words: bytes):
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server(lambda connection: connection.sendall(words))

    assert send(message("email")).outcome is Outcome.RETRY


@pytest.mark.parametrize("words", [b"", b"\x00\xff\xfe", b"HTTP/1.1 banana\r\n\r\n", b"220 mail.example ESMTP\r\n"])
def test_a_gateway_that_talks_nonsense_leaves_a_doubt(server, settings, words: bytes):
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(words)

    settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server(talk)}/messages"

    assert send(message("sms")).outcome is Outcome.AMBIGUOUS


def spoken_by_a_gateway(server, settings, body: bytes, *, status: str = "200 OK") -> tuple[list[bytes], object]:
    """One text through a gateway that answers `body`; what it was asked, and what we made of it."""
    asked: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            lines = list(iter(stream.readline, b"\r\n"))
            length = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length"))
            asked.append(b"".join(lines) + b"\r\n" + stream.read(length))
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1")
        connection.sendall(head + body)

    user = "user:p%40ss@"
    settings.SMS_GATEWAY_URL = f"http://{user}127.0.0.1:{server(talk)}/messages"
    return asked, send(message("sms"))


@pytest.mark.parametrize(
    ("body", "provider_id"),
    [
        (b'{"id": "abc"}', "abc"),
        (b'{"sid": "SM1", "status": "queued"}', "SM1"),
        (b'{"id": {"x": 1}, "uuid": "u-1"}', "u-1"),
        (b'{"id": "\\u0000"}', ""),
        (b"[]", ""),
        (b"OK", ""),
        (b"", ""),
        (b'{"id": ' + b"[" * 9_000, ""),
        (b'{"status": "flux"}', ""),
    ],
)
def test_a_yes_is_a_yes_whatever_is_said_with_it(server, settings, body: bytes, provider_id: str):
    _, sent = spoken_by_a_gateway(server, settings, body)

    assert (sent.outcome, sent.provider_id) == (Outcome.ACCEPTED, provider_id)


@pytest.mark.parametrize(
    ("status", "body", "wrong"),
    [
        ("200 OK", b'{"status": "rejected"}', False),
        ("200 OK", b'{"status": "invalid_number"}', True),
        ("400 Bad Request", b'{"code": 21211, "message": "no"}', True),
        ("400 Bad Request", b'{"code": 1}', False),
        ("400 Bad Request", b"<html>", False),
        ("418 Teapot", b"", False),
    ],
)
def test_a_no_in_any_words_is_a_no(server, settings, status: str, body: bytes, wrong: bool):
    _, sent = spoken_by_a_gateway(server, settings, body, status=status)

    assert (sent.outcome, sent.wrong_address) == (Outcome.REFUSED, wrong)
    assert sent.detail.startswith("the gateway answered")


def test_a_form_encoded_gateway_is_spoken_to_in_its_own_fields(server, settings):
    settings.SMS_GATEWAY_FORM = "To={to}&Body={text}&From=%2B13125550100&Ref=x-{reference}"

    [asked], sent = spoken_by_a_gateway(server, settings, b'{"sid": "SM1"}')

    head, _, body = asked.decode().partition("\r\n\r\n")
    assert sent.provider_id == "SM1"
    assert "application/x-www-form-urlencoded" in head
    assert "Authorization: Basic dXNlcjpwQHNz" in head
    assert dict(parse_qsl(body)) == {
        "To": "+13125550123",
        "Body": "Hello,\n.\nA short check-in is ready.",
        "From": "+13125550100",
        "Ref": f"x-{KEY}",
    }


def test_a_mail_server_without_tls_gets_nothing_when_tls_is_asked_for(outbox: Sinks, settings):
    settings.EMAIL_USE_TLS = True

    sent = send(message("email"))

    assert sent.outcome is Outcome.RETRY
    assert outbox.lines("email") == []
