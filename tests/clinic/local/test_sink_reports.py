"""What the sinks tell back, and that our own door believes it."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cases.api import webhooks
from clinic.local.sink_reports import signature
from clinic.local.sinks import Sinks
from tests.clinic.local.test_sinks import send_mail, send_text

SECRET = "what the sinks sign with"


@pytest.fixture
def heard():
    """A door that takes everything; what it was told, as (path, headers, body), and its address."""
    told = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.append((self.path, headers, json.loads(body)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    told_at = told, f"http://127.0.0.1:{server.server_address[1]}"
    yield told_at
    server.shutdown()
    server.server_close()


@pytest.fixture
def sinks(tmp_path, heard):
    with Sinks(tmp_path / "outbox.jsonl") as running:
        running.reporter.address, running.reporter.secret = heard[1], SECRET
        yield running


def types(heard):
    return [body["type"] for _, _, body in heard[0]]


def ask(sinks, path, **given):
    request = urllib.request.Request(f"{sinks.admin_url}{path}", json.dumps(given).encode())
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, ["accepted", "delivered"]),
        ({"report_copies": 2}, ["accepted", "accepted", "delivered", "delivered"]),
        ({"reports_backwards": True}, ["delivered", "accepted"]),
    ],
)
def test_a_kept_message_is_reported_as_the_knobs_say(sinks, heard, how, expected):
    sinks.knobs("sms", reports=["accepted", "delivered"], **how)

    send_text(sinks, key="one")

    assert sinks.reporter.wait()
    assert types(heard) == expected
    assert {body["message_id"] for _, _, body in heard[0]} == {"one"}
    assert {path for path, _, _ in heard[0]} == {"/webhooks/messages/sms/"}


def test_copies_of_a_report_have_one_id_and_others_their_own(sinks, heard):
    sinks.knobs("email", reports=["accepted", "bounced"], report_copies=2)

    send_mail(sinks)

    assert sinks.reporter.wait()
    ids = [headers["webhook-id"] for _, headers, _ in heard[0]]
    assert (len(ids), len(set(ids))) == (4, 2)


def test_a_refused_message_is_not_reported(sinks, heard):
    sinks.knobs("sms", reports=["delivered"], answer=503)

    with pytest.raises(urllib.error.HTTPError) as refused:
        send_text(sinks)
    refused.value.close()

    assert sinks.reporter.wait()
    assert heard[0] == []


def test_a_late_report_waits(sinks, heard):
    sinks.knobs("sms", reports=["delivered"], report_delay=0.3)

    send_text(sinks)

    assert heard[0] == []
    assert sinks.reporter.wait()
    assert types(heard) == ["delivered"]


def test_a_patient_answers_over_the_admin_port(sinks, heard):
    ask(sinks, "/answer", channel="sms", sender="+13125550123", text="STOP", copies=2)

    assert sinks.reporter.wait()
    assert [(path, body["from"], body["text"]) for path, _, body in heard[0]] == [
        ("/webhooks/inbound/sms/", "+13125550123", "STOP")
    ] * 2
    assert len({body["message_id"] for _, _, body in heard[0]}) == 1


def test_a_report_is_asked_for_over_the_admin_port_and_what_was_told_can_be_read(sinks, heard):
    ask(sinks, "/report", channel="email", message="<one@clinic>", types=["complained"])

    assert sinks.reporter.wait()
    with urllib.request.urlopen(f"{sinks.admin_url}/told", timeout=5) as answer:
        [told] = json.load(answer)
    assert (told["path"], told["status"]) == ("/webhooks/messages/email/", 202)


@pytest.mark.parametrize("given", [{}, {"channel": "sms"}, {"channel": "sms", "message": "1", "types": [], "x": 1}])
def test_what_the_admin_port_does_not_know_is_refused(sinks, given):
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(sinks, "/report", **given)
    assert refused.value.code == 422
    refused.value.close()


def test_nobody_is_told_where_no_address_is_known(tmp_path):
    with Sinks(tmp_path / "outbox.jsonl") as sinks:
        sinks.knobs("sms", reports=["delivered"])
        send_text(sinks)

        assert sinks.reporter.wait()
        assert sinks.reporter.told == []


def test_a_door_that_does_not_answer_is_noted(tmp_path):
    with Sinks(tmp_path / "outbox.jsonl") as sinks:
        sinks.reporter.address = "http://127.0.0.1:9"
        sinks.reporter.report("sms", message="1", types=["delivered"])

        assert sinks.reporter.wait()
        assert [each.status for each in sinks.reporter.told] == [0]


def test_the_sinks_sign_as_our_door_reads(sinks, heard):
    sinks.reporter.report("sms", message="1", types=["delivered"])
    assert sinks.reporter.wait()

    [(_, headers, _)] = heard[0]
    assert headers["webhook-signature"].startswith("v1,")
    assert signature(SECRET, "a", "1", b"{}") == webhooks.signature(SECRET, event_id="a", timestamp="1", body=b"{}")


def test_a_forged_report_is_signed_by_somebody_else(sinks, heard):
    for forged in (False, True):
        sinks.reporter.report("sms", message="1", types=["delivered"], forged=forged)
        assert sinks.reporter.wait()

    signed = [
        signature(SECRET, headers["webhook-id"], headers["webhook-timestamp"], json.dumps(body).encode())
        == headers["webhook-signature"].removeprefix("v1,")
        for _, headers, body in heard[0]
    ]
    assert signed == [True, False]
