"""The inbox and the words of messages, as the front desk and the manager see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from cases.messages.render import Words, render
from cases.models import DeliveryEvent, InboundMessage, MessageTemplate, ReminderAttempt
from cases.rules.terms import Channel, Language, MessageKind
from cases.services.claims import claim_due
from cases.services.dispatch import dispatch_due
from cases.services.errors import Stale, WrongInput
from cases.services.message_templates import WRITABLE, check_words, own_words, words_in_force, write_words
from clinic.local.sinks import Sinks
from tests.factories import MONDAY, CaseFactory, ConsentFactory, ReminderFactory

pytestmark = pytest.mark.django_db

SMS = "{clinic}: see you soon. Call {phone}. Stop: {stop}"
KEY = {"kind": MessageKind.VISIT, "channel": Channel.SMS, "language": Language.EN}


def write(site, manager, *, body: str | None = SMS, subject: str = "", expected: int = 0, **key) -> MessageTemplate:
    return write_words(
        site, **{**KEY, **key}, subject=subject, body=body, expected_version=expected, by=manager, now=MONDAY
    )


# --- words ---


def test_nothing_a_message_needs_is_called_optional(client, site, manager):
    client.force_login(manager)

    page = client.get(reverse("admin:cases_messagetemplate_words", args=[site.pk, "visit", "email", "en"]))

    assert "Subject" in page.content.decode()
    assert "(optional)" not in page.content.decode()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
@pytest.mark.parametrize("kind", WRITABLE)
def test_the_shipped_words_pass_the_lint_that_sites_must_pass(site, kind, channel, language):
    words = words_in_force(site, kind=kind, channel=channel, language=language)

    wrong = check_words(site, kind=kind, channel=channel, language=language, subject=words.subject, body=words.body)

    assert (words.version, wrong) == (0, [])


def test_each_change_is_a_new_version_and_the_last_one_is_in_force(site, manager):
    write(site, manager)
    write(site, manager, body=SMS + " Bye", expected=1)

    assert own_words([site.pk]) == {(site.pk, "visit", "en", "sms"): Words(2, "", SMS + " Bye")}
    assert list(MessageTemplate.objects.order_by("version").values_list("version", "body")) == [
        (1, SMS),
        (2, SMS + " Bye"),
    ]


def test_no_body_goes_back_to_the_shipped_words(site, manager):
    write(site, manager)
    write(site, manager, body=None, expected=1)

    assert own_words([site.pk]) == {}


def test_the_second_of_two_writers_is_told(site, manager):
    write(site, manager)

    with pytest.raises(Stale):
        write(site, manager, body=SMS + " Bye")


@pytest.mark.parametrize(
    "body", ["{clinic} knee {stop}", "{clinic}", SMS + "{name}", "{link} " + SMS, SMS + "x" * 300, SMS + " Mara"]
)
def test_words_that_may_not_go_out_are_not_kept(site, manager, body: str):
    with pytest.raises(WrongInput):
        write(site, manager, body=body)
    assert not MessageTemplate.objects.exists()


def test_a_version_can_never_be_changed(site, manager):
    from django.db import DatabaseError, transaction

    write(site, manager)
    for change in (lambda rows: rows.update(body="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(MessageTemplate.objects.all())


def filled(own: Words | None, *, channel: Channel = Channel.SMS, address: str = "https://c.example/x/"):
    return render(
        key="k",
        kind="check_in",
        channel=channel,
        to="",
        language="en",
        clinic="Riverside & Co",
        phone="+13125550100",
        address=address,
        stop_address="https://c.example/stop/",
        own=own,
    )


@pytest.mark.parametrize("body", ["{clinic} {name} {stop}", "{clinic} {", "{}", "{link.x}", "{link[0]}", "{0}"])
def test_words_that_cannot_be_filled_are_replaced_by_the_shipped_ones_and_that_is_said(body: str):
    message = filled(Words(3, "", body))

    assert message.text == filled(None).text
    assert message.words == "shipped: version 3 could not be filled"


def test_words_that_promise_a_link_where_there_is_none_are_replaced():
    assert filled(Words(3, "", "{clinic} {link} {stop}"), address="").words.startswith("shipped:")


def test_a_site_s_own_e_mail_is_text_and_html():
    message = filled(Words(2, "News from {clinic}", "Hello,\n\n{link}\n\n<b>{stop}</b>"), channel=Channel.EMAIL)

    assert message.subject == "News from Riverside & Co"
    assert '<a href="https://c.example/x/"' in message.html
    assert "<b>" not in message.html
    assert message.words == "version 2, en"


def test_the_words_in_force_go_out_and_the_attempt_says_which(site, manager, outbox: Sinks):
    write(site, manager, kind=MessageKind.NUDGE, body="{clinic} says hi. {phone} {stop}")
    case = CaseFactory(urgency="clinician_review")
    for channel in ("sms", "email"):
        ConsentFactory(patient=case.patient, channel=channel)
        ReminderFactory(case=case, kind="nudge", channel=channel)

    dispatch_due(clock=lambda: MONDAY)

    [text] = outbox.lines("sms")
    assert text["body"].startswith("Riverside says hi.")
    assert dict(ReminderAttempt.objects.values_list("reminder__channel", "words")) == {
        "sms": "version 1, en",
        "email": "shipped",
    }
    assert ReminderAttempt.objects.get(reminder__channel="sms").provider_id != ""


def test_words_of_another_site_stay_there(site, other_site, manager, outbox: Sinks):
    write(other_site, manager, kind=MessageKind.NUDGE, body="{clinic} says hi. {phone} {stop}")
    case = CaseFactory(urgency="clinician_review")
    ConsentFactory(patient=case.patient, channel="sms")
    ReminderFactory(case=case, kind="nudge", channel="sms")

    [turn], _ = claim_due(now=MONDAY)

    assert turn.own is None


# --- pages ---


def words_page(site, **key) -> str:
    key = {**KEY, **key}
    return reverse("admin:cases_messagetemplate_words", args=[site.pk, key["kind"], key["channel"], key["language"]])


def test_a_manager_previews_and_saves(client, site, manager):
    client.force_login(manager)
    page = words_page(site)

    shown = client.get(page).content.decode()
    preview = client.post(page, {"body": SMS, "version": 1, "do": "preview"}).content.decode()
    saved = client.post(page, {"body": SMS, "version": 1, "do": "save"}, follow=True).content.decode()

    assert "A reminder of your coming appointment" in shown
    assert "Riverside: see you soon." in preview
    assert "Version 1 goes out from now on." in saved
    assert MessageTemplate.objects.get().written_by == manager


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(client, site, manager):
    client.force_login(manager)

    for deed in ("preview", "save"):
        answer = client.post(words_page(site), {"body": "Your knee {stop}", "version": 1, "do": deed})
        assert answer.status_code == 422
        assert "tells something about the patient" in answer.content.decode()
        assert "Your knee {stop}" in answer.content.decode()
    assert not MessageTemplate.objects.exists()


def test_an_empty_box_is_no_way_back_to_the_shipped_words(client, site, manager):
    client.force_login(manager)
    assert client.post(words_page(site), {"body": "", "version": 1, "do": "save"}).status_code == 422

    write(site, manager)
    client.post(words_page(site), {"body": "anything", "version": 2, "do": "shipped"})

    assert own_words([site.pk]) == {}


def test_a_page_from_before_is_told_so(client, site, manager):
    client.force_login(manager)
    write(site, manager)

    assert client.post(words_page(site), {"body": SMS, "version": 1, "do": "save"}).status_code == 409


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "9" * 30])
def test_a_version_that_is_none_is_refused(client, site, manager, version: str):
    client.force_login(manager)

    assert client.post(words_page(site), {"body": SMS, "version": version, "do": "save"}).status_code == 422


@pytest.mark.parametrize(
    "key", [{"kind": "nothing"}, {"kind": "check_in_call"}, {"channel": "phone"}, {"language": "xx"}]
)
def test_words_that_do_not_exist_have_no_page(client, site, manager, key):
    client.force_login(manager)

    assert client.get(words_page(site, **key)).status_code == 404


def test_the_list_of_words_costs_the_same_whatever_was_written(client, site, manager, django_assert_max_num_queries):
    client.force_login(manager)
    for version in range(3):
        write(site, manager, expected=version)

    with django_assert_max_num_queries(7):
        page = client.get(reverse("admin:cases_messagetemplate_changelist")).content.decode()

    assert "Text message: version 3" in page


def answer(site, *, number: int = 1, **more) -> InboundMessage:
    return InboundMessage.objects.create(
        **{
            "provider": "sms",
            "message_id": str(number),
            "channel": "sms",
            "sender": "+13125550999",
            "text": "Is there <parking>?",
            "sent_at": MONDAY,
            "received_at": MONDAY + timedelta(minutes=number),
            "intent": "free_text",
            "site": site,
            "status": "unread",
            **more,
        }
    )


def test_the_front_desk_reads_an_answer_and_sees_to_it(client, site, front_desk):
    client.force_login(front_desk)
    row = answer(site)
    page = reverse("admin:cases_inboundmessage_change", args=[row.pk])

    shown = client.get(page).content.decode()
    client.post(reverse("admin:cases_inboundmessage_do", args=[row.pk, "take"]))
    client.post(reverse("admin:cases_inboundmessage_do", args=[row.pk, "answered"]))

    assert "Is there &lt;parking&gt;?" in shown
    assert "+13125550999" in shown
    row.refresh_from_db()
    assert (row.status, row.assigned_to, row.answered_by) == ("answered", front_desk, front_desk)
    assert "Put it back" in client.get(page).content.decode()


def test_looking_at_an_answer_changes_nothing(client, site, front_desk):
    client.force_login(front_desk)
    row = answer(site)

    client.get(reverse("admin:cases_inboundmessage_change", args=[row.pk]))
    client.get(reverse("admin:cases_inboundmessage_do", args=[row.pk, "answered"]))

    row.refresh_from_db()
    assert (row.status, row.version) == ("unread", 1)


def test_the_message_of_a_number_nobody_knows_is_seen_by_every_front_desk(client, site, front_desk, therapist):
    row = answer(None)
    page = reverse("admin:cases_inboundmessage_change", args=[row.pk])

    client.force_login(front_desk)
    assert client.get(page).status_code == 200
    assert client.post(reverse("admin:cases_inboundmessage_do", args=[row.pk, "answered"])).status_code == 302
    client.force_login(therapist)
    assert client.get(page).status_code == 404


def test_what_must_be_read_stands_first(client, site, front_desk):
    client.force_login(front_desk)
    for number, status in enumerate(["unread", "done", "unread"], start=1):
        answer(site, number=number, status=status, note=f"note {number}")

    page = client.get(reverse("admin:cases_inboundmessage_changelist")).content.decode()

    assert page.index("note 3") < page.index("note 1") < page.index("note 2")
    assert "parking" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_inbox_costs_the_same_for_one_and_for_three(client, site, front_desk, count, django_assert_max_num_queries):
    client.force_login(front_desk)
    for number in range(count):
        answer(site, number=number)

    with django_assert_max_num_queries(9):
        client.get(reverse("admin:cases_inboundmessage_changelist"))


def test_the_page_of_a_message_shows_what_was_reported_and_answered(client, site, front_desk):
    client.force_login(front_desk)
    reminder = ReminderFactory(channel="sms", status="accepted", settled_at=MONDAY)
    DeliveryEvent.objects.create(
        provider="sms", event_id="1", reminder=reminder, state="delivered", received_at=MONDAY, effect="noted"
    )
    answer(site, in_reply_to=reminder, patient=reminder.patient, note="will come", intent="confirm", status="done")

    page = client.get(reverse("admin:cases_reminder_change", args=[reminder.pk])).content.decode()

    assert "What the provider reported" in page
    assert "Delivered" in page
    assert "will come" in page
