import json
import smtplib
import socket
import threading
import urllib.error
import urllib.request
from email.message import EmailMessage
from urllib.parse import urlencode, urlsplit

import pytest

from clinic.local.sinks import Sinks


@pytest.fixture
def sinks(tmp_path):
    with Sinks(tmp_path / "outbox.jsonl") as running:
        yield running


def send_mail(sinks, body="Your check-in is due.\n.\nA line with one dot above.", timeout=5):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "clinic@localhost", "ana@example.org", "Check-in – Knie"
    message["Message-ID"] = "<one@clinic>"
    message.set_content(body)
    port = urlsplit(sinks.email_url).port
    with smtplib.SMTP("127.0.0.1", port, timeout=timeout) as server:
        server.send_message(message)


def send_text(sinks, key="one", timeout=5, **fields):
    body = json.dumps({"to": "+15550100", "text": "Your check-in is due."} | fields).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = urllib.request.Request(sinks.sms_gateway_url, body, headers)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return response.status, json.load(response)


def turn(sinks, **changes):
    request = urllib.request.Request(f"{sinks.admin_url}/knobs", json.dumps(changes).encode())
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


def test_a_mail_is_kept_as_it_was_sent(sinks):
    send_mail(sinks)

    (line,) = sinks.lines()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "channel": "email",
        "key": "<one@clinic>",
        "to": ["ana@example.org"],
        "subject": "Check-in – Knie",
        "body": "Your check-in is due.\n.\nA line with one dot above.\n",
    }


def test_a_text_is_kept_once_for_each_key(sinks):
    answers = [send_text(sinks, key) for key in ("one", "one", "two")]

    assert answers == [(202, {"id": key, "status": "accepted"}) for key in ("one", "one", "two")]
    assert [(line["channel"], line["key"], line["to"]) for line in sinks.lines()] == [
        ("sms", "one", ["+15550100"]),
        ("sms", "two", ["+15550100"]),
    ]


def test_a_form_encoded_text_is_understood(sinks):
    urllib.request.urlopen(sinks.sms_gateway_url, urlencode({"to": "+15550100", "body": "¡Hola!"}).encode()).close()

    assert sinks.lines()[0]["body"] == "¡Hola!"


def test_without_dedupe_every_copy_is_kept(sinks):
    turn(sinks, channel="sms", dedupe=False)

    send_text(sinks)
    send_text(sinks)

    assert len(sinks.lines("sms")) == 2


def test_keys_are_remembered_over_a_restart(tmp_path):
    for _ in range(2):
        with Sinks(tmp_path / "outbox.jsonl") as sinks:
            send_text(sinks)

    assert len(sinks.lines()) == 1


@pytest.mark.parametrize("code", [451, 550])
def test_a_mail_is_refused_with_the_code_asked_for(sinks, code):
    sinks.knobs("email", answer=code)

    with pytest.raises(smtplib.SMTPDataError) as refused:
        send_mail(sinks)
    assert (refused.value.smtp_code, sinks.lines()) == (code, [])


def test_a_text_is_refused_with_the_status_asked_for(sinks):
    sinks.knobs("sms", answer=429, retry_after=7)

    with pytest.raises(urllib.error.HTTPError) as refused:
        send_text(sinks)
    assert (refused.value.code, refused.value.headers["Retry-After"], sinks.lines()) == (429, "7", [])
    refused.value.close()


def test_only_the_asked_for_share_of_messages_is_struck(sinks):
    sinks.knobs("sms", answer=503, share=0.25)

    struck = 0
    for number in range(8):
        try:
            send_text(sinks, key=str(number))
        except urllib.error.HTTPError as refused:
            struck += 1
            refused.close()
    assert (struck, len(sinks.lines())) == (2, 6)


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_refusing_port_is_closed_and_opens_again(sinks, channel):
    send = {"email": send_mail, "sms": send_text}[channel]
    sinks.knobs(channel, refuse=True)
    with pytest.raises(OSError, match="refused"):
        send(sinks)

    sinks.knobs(channel, refuse=False)
    send(sinks)

    assert len(sinks.lines(channel)) == 1


@pytest.mark.parametrize(("knob", "kept"), [("hang_before_accept", 0), ("hang_after_accept", 1)])
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_hanging_sink_gives_no_answer(sinks, channel, knob, kept):
    send = {"email": send_mail, "sms": send_text}[channel]
    sinks.knobs(channel, **{knob: True})

    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(sinks, timeout=0.3)
    assert len(sinks.lines(channel)) == kept


def test_turning_the_knob_back_ends_the_hang(sinks):
    sinks.knobs("sms", hang_before_accept=True)
    ends = []

    def send():
        try:
            send_text(sinks, timeout=10)
        except (OSError, urllib.error.URLError) as error:
            ends.append(type(error))

    sender = threading.Thread(target=send)
    sender.start()
    while not ends and sender.is_alive():
        sinks.knobs("sms", hang_before_accept=False)
        sender.join(0.05)

    assert not sender.is_alive()


@pytest.mark.parametrize("changes", [{"channel": "fax"}, {"channel": "sms", "nonsense": 1}, {}])
def test_a_knob_that_does_not_exist_is_refused(sinks, changes):
    with pytest.raises(urllib.error.HTTPError) as refused:
        turn(sinks, **changes)
    assert refused.value.code == 422
    refused.value.close()


def test_a_sender_that_leaves_in_the_middle_leaves_nothing(sinks):
    with socket.create_connection(("127.0.0.1", urlsplit(sinks.email_url).port)) as sender:
        sender.sendall(b"EHLO knee\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: half")

    assert sinks.lines() == []
