"""What a provider does, and what we make of it: accepted, refused, again, or in doubt."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

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


def test_retry_after_is_passed_on(outbox: Sinks):
    outbox.knobs("sms", answer=429, retry_after=120)

    assert send(message("sms")).wait == timedelta(seconds=120)


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


def test_a_mail_server_without_tls_gets_nothing_when_tls_is_asked_for(outbox: Sinks, settings):
    settings.EMAIL_USE_TLS = True

    sent = send(message("email"))

    assert sent.outcome is Outcome.RETRY
    assert outbox.lines("email") == []
