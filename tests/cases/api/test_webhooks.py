"""Reports of providers and answers of patients: signed, fresh, once, in any order; a stranger learns nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from urllib.error import HTTPError

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases.api.webhooks import signature
from cases.models import CaseEvent, ContactConsent, DeliveryEvent, InboundMessage, Reminder, ReminderAttempt
from cases.rules.delivery import Delivered
from cases.services.delivery import delivery_of
from clinic.local.paths import PROJECT
from tests.factories import MONDAY, CaseFactory, ConsentFactory, PatientFactory, ReminderFactory, VisitFactory

pytestmark = pytest.mark.django_db

SECRET, OLD_SECRET = "a-new-secret-of-the-provider", "an-old-secret-of-the-provider"
Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def on_monday():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def post(client: Client, settings) -> Post:
    """Post one event as the provider would; anything about it can be made wrong."""
    settings.WEBHOOK_SECRETS = {"sms": [SECRET, OLD_SECRET], "email": [SECRET]}
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/messages"
    numbers = iter(range(1, 10_000))

    def send(
        body: Any,
        *,
        to: str = "messages/sms",
        event_id: str = "",
        secret: str = SECRET,
        at: datetime = MONDAY,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        event_id = event_id or f"evt_{next(numbers)}"
        timestamp = str(int(at.timestamp()))
        signed = signature(secret, event_id=event_id, timestamp=timestamp, body=raw)
        given = {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signed}"} | headers
        return client.post(f"/webhooks/{to}/", raw, content_type=content_type, headers=given)

    return send


@pytest.fixture
def reminder(site) -> Reminder:
    """A text that the provider took five minutes ago; the patient can also be reached by e-mail."""
    visit = VisitFactory(case=CaseFactory(status="scheduled", urgency="clinician_review"))
    reminder = ReminderFactory(
        case=visit.case,
        visit=visit,
        kind="visit",
        channel="sms",
        status="accepted",
        settled_at=MONDAY - timedelta(minutes=5),
        started_at=MONDAY - timedelta(minutes=5),
        attempts_made=1,
        fencing_token=1,
        due_at=MONDAY - timedelta(hours=1),
        expires_at=visit.starts_at,
        dedupe_key=f"visit:{visit.pk}:{int(visit.starts_at.timestamp())}:sms",
    )
    ReminderAttempt.objects.create(
        reminder=reminder, fencing_token=1, claimed_at=MONDAY, result="accepted", provider_id="SM123"
    )
    ConsentFactory(patient=reminder.patient, channel="sms")
    ConsentFactory(patient=reminder.patient, channel="email")
    return reminder


def effects() -> list[str]:
    return list(DeliveryEvent.objects.order_by("pk").values_list("effect", flat=True))


# --- who is heard ---


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_the_new_and_the_old_secret_are_both_heard_while_they_change_over(post: Post, reminder: Reminder, secret: str):
    assert post({"type": "delivered", "reference": str(reminder.pk)}, secret=secret).status_code == 202
    assert effects() == ["noted"]


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_moment_within_five_minutes_is_fresh(post: Post, minutes: int):
    assert post({"type": "delivered"}, at=MONDAY + timedelta(minutes=minutes)).status_code == 202


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another secret altogether"},
        {"secret": ""},
        {"at": MONDAY - timedelta(minutes=5, seconds=1)},
        {"at": MONDAY + timedelta(minutes=5, seconds=1)},
        {"to": "messages/fax"},
        {"to": "messages/email", "secret": OLD_SECRET},
        {"webhook-signature": "v1,"},
        {"webhook-signature": ""},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": "v1," + "é" * 40},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": ""},
        {"webhook-id": ""},
        {"webhook-id": "x" * 121},
        {"webhook-id": "with space"},
    ],
)
def test_a_forger_is_refused_and_learns_nothing(post: Post, reminder: Reminder, wrong: dict[str, Any]):
    headers = {name: value for name, value in wrong.items() if "-" in name}
    rest = {name: value for name, value in wrong.items() if "-" not in name}

    answer = post({"type": "bounced", "reference": str(reminder.pk)}, **rest, **headers)

    assert (answer.status_code, answer.json()) == (403, {"status": "refused"})
    assert effects() == []
    assert Reminder.objects.get().status == "accepted"


def test_a_body_that_was_changed_on_the_way_is_refused(client: Client, settings, reminder: Reminder):
    settings.WEBHOOK_SECRETS = {"sms": [SECRET]}
    timestamp = str(int(MONDAY.timestamp()))
    signed = signature(SECRET, event_id="e", timestamp=timestamp, body=b'{"type": "delivered"}')
    headers = {"webhook-id": "e", "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signed}"}

    answer = client.post("/webhooks/messages/sms/", b'{"type": "bounced"}', "application/json", headers=headers)

    assert answer.status_code == 403


def test_a_provider_without_a_secret_is_not_heard_even_with_an_empty_one(post: Post, settings):
    settings.WEBHOOK_SECRETS = {"sms": [], "email": []}

    assert post({"type": "delivered"}, secret="").status_code == 403


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_only_a_post_is_taken(client: Client, method: str):
    assert getattr(client, method)("/webhooks/messages/sms/").status_code == 405


def test_one_of_several_signatures_is_enough(post: Post, reminder: Reminder):
    timestamp = str(int(MONDAY.timestamp()))
    body = {"type": "delivered", "reference": str(reminder.pk)}
    right = signature(SECRET, event_id="many", timestamp=timestamp, body=json.dumps(body).encode())

    answer = post(body, event_id="many", **{"webhook-signature": f"v1,AAAA v2,x v1,{right}"})

    assert answer.status_code == 202


@pytest.mark.django_db(transaction=True)
def test_the_relay_that_the_manual_shows_is_heard(live_server, settings, reminder: Reminder):
    settings.WEBHOOK_SECRETS = {"sms": [SECRET]}
    manual = (PROJECT / "docs" / "deployment.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", manual, re.DOTALL)
    shown: dict[str, Any] = {}
    exec(code, shown)
    address = f"{live_server.url}/webhooks/messages/sms/"

    for _ in range(2):
        shown["report"](
            address, SECRET, "evt-7", type="undelivered", message_id=str(reminder.pk), at=MONDAY.isoformat()
        )
    with pytest.raises(HTTPError, match="403"):
        shown["report"](address, "a wrong secret", "evt-8", type="delivered", message_id=str(reminder.pk))

    event = DeliveryEvent.objects.get()
    assert (event.event_id, event.reminder, event.state) == ("evt-7", reminder, "undelivered")
    assert event.happened_at == MONDAY


def test_a_secret_in_base64_is_the_standard_s_own_way(post: Post, settings):
    settings.WEBHOOK_SECRETS = {"sms": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}
    # The example of the standard's own reference libraries.
    body = b'{"test": 2432232314}'
    signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp="1614265330",
        body=body,
    )

    assert signed == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# --- what is said ---


def test_a_report_is_taken_once_however_often_it_comes(post: Post, reminder: Reminder):
    for _ in range(3):
        assert post({"type": "bounced", "reference": str(reminder.pk)}, event_id="evt_same").status_code == 202

    assert DeliveryEvent.objects.count() == 1
    assert Reminder.objects.filter(channel="email").count() == 1


@pytest.mark.parametrize("order", list(permutations(["accepted", "delivered", "bounced"])))
def test_in_whatever_order_reports_come_the_end_is_the_same(post: Post, reminder: Reminder, order: tuple[str, ...]):
    for word in order:
        post({"type": word, "reference": str(reminder.pk)})

    reminder.refresh_from_db()
    assert delivery_of(reminder) is Delivered.BOUNCED
    assert reminder.status == "failed"
    assert Reminder.objects.filter(channel="email", status="waiting").count() == 1


def test_a_bounce_marks_the_address_and_the_next_channel_carries_the_message(post: Post, reminder: Reminder):
    post({"type": "invalid_number", "reference": str(reminder.pk)})

    reminder.patient.refresh_from_db()
    assert reminder.patient.phone_failed_at == MONDAY
    [again] = Reminder.objects.filter(status="waiting")
    assert (again.channel, again.kind, again.patient) == ("email", "visit", reminder.patient)
    assert effects() == ["channel_changed"]


def test_a_person_is_the_channel_of_last_resort(post: Post, reminder: Reminder):
    ContactConsent.objects.filter(channel="email").update(withdrawn_at=MONDAY)

    post({"type": "bounced", "reference": str(reminder.pk)})

    reminder.refresh_from_db()
    assert (reminder.status, reminder.reason) == ("failed", "came back: refused for good")
    assert list(Reminder.objects.filter(status="waiting").values_list("channel", flat=True)) == ["phone"]


def test_who_refused_calls_too_stands_on_the_list_as_failed(post: Post, reminder: Reminder):
    ContactConsent.objects.filter(channel="email").update(withdrawn_at=MONDAY)
    ConsentFactory(patient=reminder.patient, channel="phone", withdrawn_at=MONDAY)

    post({"type": "bounced", "reference": str(reminder.pk)})

    assert effects() == ["address_failed"]
    assert not Reminder.objects.filter(status="waiting").exists()


def test_what_did_not_arrive_this_time_blames_no_address(post: Post, reminder: Reminder):
    post({"type": "undelivered", "reference": str(reminder.pk)})

    reminder.refresh_from_db()
    reminder.patient.refresh_from_db()
    assert (reminder.status, reminder.patient.phone_failed_at) == ("failed", None)


def test_a_late_bounce_of_the_old_number_does_not_mark_the_new_one(post: Post, reminder: Reminder):
    CaseEvent.objects.create(
        patient=reminder.patient, kind="contact_changed", at=MONDAY, details={"fields": ["phone", "email"]}
    )

    post({"type": "bounced", "reference": str(reminder.pk)})

    reminder.patient.refresh_from_db()
    assert reminder.patient.phone_failed_at is None
    assert Reminder.objects.filter(status="waiting").count() == 1


def test_a_report_that_overtakes_the_sender_holds(post: Post, reminder: Reminder):
    Reminder.objects.update(status="waiting", settled_at=None, leased_until=MONDAY + timedelta(minutes=2))

    post({"type": "bounced", "reference": str(reminder.pk)})

    reminder.refresh_from_db()
    assert (reminder.status, reminder.fencing_token) == ("failed", 2)
    assert Reminder.objects.filter(channel="email", status="waiting").count() == 1


def test_a_text_in_doubt_is_settled_by_its_report(post: Post, reminder: Reminder):
    Reminder.objects.update(status="unknown", reason="perhaps sent; no answer")

    post({"type": "delivered", "reference": str(reminder.pk)})

    reminder.refresh_from_db()
    assert (reminder.status, reminder.reason) == ("accepted", "the provider says: delivered")


@pytest.mark.parametrize("word", ["complained", "spam_complaint", "unsubscribed"])
def test_a_complaint_stops_messages_there_and_only_there(post: Post, reminder: Reminder, word: str):
    post({"type": word, "reference": str(reminder.pk)})

    in_force = ContactConsent.objects.filter(withdrawn_at=None).values_list("channel", flat=True)
    assert list(in_force) == ["email"]
    assert effects() == ["opted_out"]
    assert CaseEvent.objects.get(kind="opted_out").details["source"].endswith("told by the provider")


def test_a_complaint_after_a_complaint_is_nothing_new(post: Post, reminder: Reminder):
    for _ in range(2):
        post({"type": "complained", "reference": str(reminder.pk)})

    assert effects() == ["opted_out", "none"]
    assert CaseEvent.objects.filter(kind="opted_out").count() == 1


@pytest.mark.parametrize(
    "named",
    [
        {"reference": "{pk}"},
        {"message_id": "<{pk}@clinic.example>"},
        {"data": {"message_id": "SM123"}},
        {"sid": "SM123"},
    ],
)
def test_a_message_is_found_by_our_key_or_by_the_provider_s(post: Post, reminder: Reminder, named: dict[str, Any]):
    body = json.loads(json.dumps({"type": "delivered", **named}).replace("{pk}", str(reminder.pk)))

    post(body)

    assert DeliveryEvent.objects.get().reminder == reminder


def test_a_report_about_an_unknown_message_is_kept_and_changes_nothing(post: Post, reminder: Reminder):
    answer = post({"type": "bounced", "reference": "6f9619ff-8b86-d011-b42d-00cf4fc964ff"})

    assert (answer.status_code, effects()) == (202, ["unknown_message"])
    assert Reminder.objects.get().status == "accepted"


def test_a_report_of_the_other_channel_s_provider_is_about_an_unknown_message(post: Post, reminder: Reminder):
    post({"type": "bounced", "reference": str(reminder.pk)}, to="messages/email")

    assert effects() == ["unknown_message"]


def test_a_word_nobody_knows_is_kept_by_its_name(post: Post, reminder: Reminder):
    post({"type": "Teleported!", "reference": str(reminder.pk)})

    event = DeliveryEvent.objects.get()
    assert (event.state, event.named, event.effect) == ("note", "teleported", "noted")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"not json", b"{", b"[]", b"null", b"3", b'"stop"', b"\xff\xfe\x00", b"[" * 5_000, b'{"a":' * 3_000),
        *(b'{"type": NaN}', b'{"type": null}', b'{"type": {}}', b'{"type": ["bounced"]}', b'{"reference": "x"}'),
        b'{"reference": ' + b"9" * 9_000 + b"}",
    ],
)
def test_a_signed_body_that_cannot_be_read_is_kept_as_such_and_not_asked_for_again(post: Post, body: bytes):
    assert post(body).status_code == 202
    assert effects() == ["unreadable"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "delivered", "reference": "\x00\ud800", "at": "yesterday"},
        {"type": "\x00bounced", "reference": ["x"], "at": 1e400},
        {"type": "delivered", "reference": "x" * 5_000, "at": -1},
        {"type": True, "reference": 3, "at": 10**14},
        {"type": "bounced", "at": "9999-12-31T23:59:59+14:00", "data": []},
        {"type": "bounced", "at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_no_signed_report_breaks_the_door(post: Post, body: dict[str, Any]):
    assert post(body).status_code == 202


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(post: Post):
    assert post(b"x" * 10_000_000).status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_the_kind_of_body_a_provider_names_does_not_matter(post: Post, reminder: Reminder, content_type: str):
    body = {"type": "delivered", "reference": str(reminder.pk)}

    assert post(body, content_type=content_type).status_code == 202
    assert effects() == ["noted"]


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(["type", "reference", "message_id", "at", "data", "from", "text", "id", "status"])


@given(body=st.dictionaries(_FIELDS, _ANY_JSON), to=st.sampled_from(["messages/sms", "inbound/sms", "inbound/email"]))
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_provider_says_is_taken_and_kept(post: Post, site, body: dict[str, Any], to: str):
    before = DeliveryEvent.objects.count() + InboundMessage.objects.count()
    raw = json.dumps(body).encode()

    answer = post(raw, to=to, event_id=f"h{abs(hash((raw, to)))}{before}")

    assert answer.status_code == 202
    assert DeliveryEvent.objects.count() + InboundMessage.objects.count() >= before


def test_no_personal_word_of_a_message_stands_in_the_log(post: Post, site, caplog):
    PatientFactory(phone="+13125550123")
    with caplog.at_level("DEBUG"):
        post({"from": "+13125550123", "text": "my secret word is zanzibar", "id": "1"}, to="inbound/sms")
        post(b"zanzibar", to="inbound/sms")
        post(b"zanzibar", to="messages/sms")

    assert not [text for text in caplog.messages if "zanzibar" in text or "5550123" in text]
