"""Messages: why each stands as it does, and what the desk may do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from cases.models import Reminder
from tests.cases.admin.conftest import case_of
from tests.factories import MONDAY, CheckInFactory, ConsentFactory, LinkFactory, ReminderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


def row(site, **fields) -> Reminder:
    case = case_of(site)
    ConsentFactory(patient=case.patient)
    check_in = CheckInFactory(case=case, link=LinkFactory(patient=case.patient))
    return ReminderFactory(case=case, check_in=check_in, link=check_in.link, **fields)


def address(reminder: Reminder, deed: str = "") -> str:
    return f"/admin/cases/reminder/{reminder.pk}/" + (f"do/{deed}/" if deed else "change/")


def test_the_call_list_is_settled_with_one_press(desk, site):
    reached, missed = row(site, channel="phone"), row(site, channel="phone")

    desk.post(address(reached, "called"))
    desk.post(address(missed, "not-reached"))

    reached.refresh_from_db()
    missed.refresh_from_db()
    assert reached.status == "accepted"
    assert (missed.status, missed.reason) == ("failed", "not reached by telephone")


def test_a_failed_message_is_sent_again_as_a_new_row(desk, site):
    failed = row(
        site, status="failed", reason="mailbox is full", settled_at=MONDAY, dedupe_key="check-in:1:week_2:1:email"
    )

    desk.post(address(failed, "resend"))

    assert Reminder.objects.exclude(pk=failed.pk).get().status == "waiting"


def test_what_still_waits_is_not_sent_twice_and_may_be_stopped(desk, site):
    waiting = row(site)

    refused = desk.post(address(waiting, "resend"), follow=True)
    desk.post(address(waiting, "stop"))

    waiting.refresh_from_db()
    assert "still to be sent" in refused.content.decode()
    assert (waiting.status, waiting.reason) == ("suppressed", "stopped by staff")
    assert Reminder.objects.count() == 1


@pytest.mark.parametrize("language", ["en", "es", "xx"])
def test_the_page_shows_the_words_of_every_message_and_no_secret(desk, site, language):
    for channel in ("email", "sms", "phone"):
        for kind in ("check_in", "check_in_repeat", "visit", "form"):
            reminder = row(site, channel=channel, kind=kind)
            reminder.patient.language = language
            reminder.patient.save()

            words = desk.get(address(reminder)).context["preview"]["text"]

            assert len(words) > 20
            assert "://" not in words


def test_filters_narrow_the_outbox(desk, site):
    call = row(site, channel="phone", due_at=MONDAY - timedelta(hours=1))
    failed = row(site, status="failed", reason="mailbox is full", settled_at=MONDAY)

    def shown(**query: str) -> list[Reminder]:
        return list(desk.get("/admin/cases/reminder/", query).context["cl"].result_list)

    assert shown(state="call") == [call]
    assert shown(state="failed") == [failed]
    assert shown(channel="email") == [failed]
    assert shown(kind="visit") == []
    assert shown(q=call.case.reference) == [call]


def test_the_attempts_are_told(desk, site):
    reminder = row(site, attempts_made=1)
    reminder.attempts.create(fencing_token=1, claimed_at=MONDAY, result="retry", detail="451 try later")

    page = desk.get(address(reminder)).content.decode()

    assert "451 try later" in page
    assert "To be tried again" in page
