"""When messages go: the banner, the messages to come, and a manager's page of figures, closed days and pauses."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from cases.models import ClosedDay, Heartbeat, Pause, ReminderSettings, ReminderSettingsChange
from cases.services import pauses, reminders, site_messages
from clinic.accounts.models import Site
from tests.cases.admin.conftest import case_of
from tests.factories import MONDAY, ConsentFactory, ReminderFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
FIGURES = {
    "hour": "11:00",
    "opens": "10:00",
    "closes": "19:00",
    "cap_per_week": "3",
    "rest_check_days": "5",
    "repeat_after_days": "2",
    "call_after_days": "5",
    "form_repeat_days": "4",
    "nudge_every_days": "21",
    "kinds_off": ["nudge"],
    "languages": ["es"],
    "sms_allowed": "on",
}


@pytest.fixture(autouse=True)
def _on_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


def address(site: Site, deed: str = "") -> str:
    return f"/admin/cases/sitemessages/{site.pk}/" + (f"do/{deed}/" if deed else "change/")


def said(client: Client, page: str) -> str:
    return client.get(page).content.decode()


def wrong_in(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return answer.context["form"].errors


# --- the banner ---


def beat(ago: timedelta = timedelta()) -> None:
    Heartbeat.objects.update_or_create(name="dispatch", defaults={"beat_at": MONDAY - ago})


def banner(client: Client, page: str = "/admin/") -> str:
    return client.get(page).context["sending_notice"]


@pytest.mark.parametrize("page", ["/admin/", "/admin/cases/case/", "/admin/cases/reminder/"])
def test_every_page_says_that_no_sender_is_at_work(desk, site, page):
    assert banner(desk, page) == "Messages are not being sent: no sender has started yet."
    assert 'role="alert">Messages are not being sent: no sender has started yet.' in said(desk, page)


@pytest.mark.parametrize(
    ("silence", "notice"),
    [
        (2 * MINUTE, ""),
        (2 * MINUTE + timedelta(seconds=1), "Messages are not being sent: no sender was seen for 2 min."),
    ],
)
def test_a_sender_that_fell_silent_is_missed_after_two_minutes(desk, site, silence, notice):
    beat(silence)

    assert banner(desk) == notice
    assert ('class="banner"' in said(desk, "/admin/")) is bool(notice)


@pytest.mark.parametrize(("late", "notice"), [(5, ""), (6, "Messages are late by 6 min.")])
def test_messages_that_nobody_takes_are_told(desk, site, late, notice):
    beat()
    ReminderFactory(case=case_of(site), due_at=MONDAY - late * MINUTE)

    assert banner(desk) == notice


def test_a_pause_of_everything_is_told_and_one_of_a_site_is_not(desk, site, manager):
    beat()
    pauses.pause_sending(site=site, reason="Moving", by=manager, now=MONDAY)
    assert banner(desk) == ""

    pauses.pause_sending(site=None, reason="Fire <b>drill", by=manager, now=MONDAY)

    assert banner(desk) == "Sending is paused everywhere: Fire <b>drill"
    assert "Sending is paused everywhere: Fire &lt;b&gt;drill" in said(desk, "/admin/")


def test_who_is_not_signed_in_reads_no_banner(client):
    assert "Messages are not" not in said(client, "/admin/login/")


# --- the messages to come ---


def planned(site: Site):
    case = case_of(site)
    ConsentFactory(patient=case.patient)
    reminders.plan_for_case(case, now=MONDAY, is_new=True)
    return case


def test_the_messages_of_a_case_are_foreseen_in_order(desk, site):
    case = planned(site)

    answer = desk.get(f"/admin/cases/case/{case.pk}/messages/")

    lines = [(each["when"], each["message"], each["channel"], each["says"]) for each in answer.context["lines"]]
    assert lines == [
        ("Fri 6 Nov 2026, 10:00", "Check-in", "e-mail", "Goes"),
        ("Mon 9 Nov 2026, 10:00", "Check-in, second message", "e-mail", "Goes"),
        ("Thu 12 Nov 2026, 10:00", "Check-in not answered: telephone", "telephone call", "To call"),
    ]
    page = answer.content.decode()
    assert "2 messages in 6 weeks, 1 call, 0 not sent" in page
    assert "Nothing is stored." in page
    assert case.patient.family_name not in page


def test_the_messages_of_a_site_name_their_cases_and_no_other_site_s(boss, site, other_site):
    here, elsewhere = planned(site), planned(other_site)

    page = said(boss, f"/admin/cases/sitemessages/{site.pk}/messages/?weeks=2")

    assert f'<a href="/admin/cases/case/{here.pk}/change/">{here.reference}</a>' in page
    assert elsewhere.reference not in page
    assert "2 messages in 2 weeks" in page


def test_a_pause_stands_above_the_messages_to_come(boss, site, manager):
    planned(site)
    pauses.pause_sending(site=None, reason="Drill", by=manager, now=MONDAY)

    page = said(boss, f"/admin/cases/sitemessages/{site.pk}/messages/")

    assert "Paused: nothing goes before somebody releases it" in page
    assert "0 messages in 6 weeks" in page


@pytest.mark.parametrize("weeks", ["0", "53", "-1", "two", "", "1.5", "9" * 400, "٣٣٣", "<script>"])
@pytest.mark.parametrize("whole", [True, False])
def test_weeks_that_make_no_sense_are_told_and_the_usual_ones_shown(boss, site, weeks, whole):
    case = planned(site)
    page = f"/admin/cases/sitemessages/{site.pk}/messages/" if whole else f"/admin/cases/case/{case.pk}/messages/"

    answer = boss.get(page, {"weeks": weeks})

    assert (answer.status_code, answer.context["weeks"]) == (200, 6)
    assert "Between 1 and 52 weeks can be foreseen." in answer.content.decode()


def test_the_messages_to_come_are_for_those_who_may_see_the_case_or_keep_the_site(
    desk, boss, clinician, site, other_site
):
    case, elsewhere = planned(site), planned(other_site)
    therapist, _ = clinician

    assert desk.get(f"/admin/cases/case/{elsewhere.pk}/messages/").status_code == 404
    assert boss.get(f"/admin/cases/sitemessages/{other_site.pk}/messages/").status_code == 404
    for client in (desk, therapist):
        assert client.get(f"/admin/cases/sitemessages/{site.pk}/messages/").status_code in {302, 403, 404}
    assert desk.post(f"/admin/cases/case/{case.pk}/messages/").status_code == 405


# --- the page of a site ---


def test_only_its_manager_opens_the_page_and_acts_there(desk, boss, clinician, site, other_site):
    therapist, _ = clinician
    for client in (desk, therapist):
        for deed in ("", "settings", "close", "open", "pause", "resume"):
            assert client.get(address(site, deed)).status_code in {302, 403, 404}
        assert client.post(address(site, "pause"), {"kind": "", "reason": "x"}).status_code in {302, 403, 404}
    assert not Pause.objects.exists()

    assert boss.get(address(site)).status_code == 200
    assert boss.get(address(other_site)).status_code == 404
    assert boss.post(address(other_site, "pause"), {"kind": "", "reason": "x"}).status_code == 404
    assert boss.get(address(site, "nonsense")).status_code == 404
    assert not Pause.objects.exists()


def test_a_site_that_decided_nothing_shows_what_holds(boss, site):
    page = said(boss, address(site))

    for sentence in ("10:00 where the patient is", "Nobody has changed anything yet.", "No day is marked."):
        assert sentence in page
    assert "Messages go out" in page


def test_figures_are_kept_with_who_changed_them(boss, site, manager):
    answer = boss.post(address(site, "settings"), FIGURES, follow=True)

    stored = ReminderSettings.objects.get(site=site)
    assert (stored.hour, stored.opens, stored.closes, stored.cap_per_week) == (time(11), time(10), time(19), 3)
    assert (stored.rest_check_days, stored.repeat_after_days, stored.call_after_days) == (5, 2, 5)
    assert (stored.form_repeat_days, stored.nudge_every_days) == (4, 21)
    assert (stored.kinds_off, stored.languages, stored.sms_allowed) == (["nudge"], ["es"], True)
    assert ReminderSettingsChange.objects.get().by == manager
    page = answer.content.decode()
    assert "Saved. The messages of open cases follow within minutes." in page
    assert "11:00 where the patient is" in page
    assert "The messages of open cases are being brought into line." in page
    assert manager.name in page
    # What was saved stands in the form the next time.
    form = boss.get(address(site, "settings")).context["form"]
    assert (form["hour"].value(), form["kinds_off"].value(), form["sms_allowed"].value()) == (time(11), ["nudge"], True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hour": ""}, "hour"),
        ({"hour": "25:00"}, "hour"),
        ({"cap_per_week": "many"}, "cap_per_week"),
        ({"cap_per_week": "9" * 30}, "cap_per_week"),
        ({"cap_per_week": "-1"}, "cap_per_week"),
        ({"cap_per_week": "0"}, "__all__"),
        ({"opens": "07:59"}, "__all__"),
        ({"hour": "09:59"}, "__all__"),
        ({"rest_check_days": "6"}, "__all__"),
        ({"kinds_off": ["nothing"]}, "kinds_off"),
        ({"languages": ["tlh"]}, "languages"),
    ],
)
def test_figures_that_make_no_sense_stand_at_their_field_and_change_nothing(boss, site, change, field):
    answer = boss.post(address(site, "settings"), FIGURES | change)

    assert list(wrong_in(answer)) == [field]
    assert not ReminderSettings.objects.exists()


def test_a_closed_day_is_marked_and_taken_back(boss, site, manager):
    boss.post(address(site, "close"), {"day": "2026-11-26", "name": "Thanksgiving"})

    day = ClosedDay.objects.get()
    assert (day.site, day.day, day.name) == (site, date(2026, 11, 26), "Thanksgiving")
    assert "Thu 26 Nov 2026 Thanksgiving" in said(boss, address(site))
    answer = boss.post(address(site, "open"), {"day": "2026-11-26"}, follow=True)
    assert "Open on 26 November 2026 after all." in answer.content.decode()
    assert not ClosedDay.objects.exists()


@pytest.mark.parametrize("day", ["", "soon", "2026-02-30", "99999-01-01"])
def test_a_day_that_is_none_is_refused(boss, site, day):
    assert list(wrong_in(boss.post(address(site, "close"), {"day": day, "name": ""}))) == ["day"]
    assert not ClosedDay.objects.exists()


@pytest.mark.parametrize("day", ["", "soon", "2026-11-27"])
def test_a_day_that_is_not_marked_cannot_be_opened(boss, site, manager, day):
    site_messages.close_on(site, day=date(2026, 11, 26), by=manager, now=MONDAY)

    assert list(wrong_in(boss.post(address(site, "open"), {"day": day}))) == ["day"]
    assert ClosedDay.objects.count() == 1


@pytest.mark.parametrize(("kind", "shown"), [("", "All messages"), ("visit", "Visit tomorrow")])
def test_messages_are_paused_with_a_reason_and_resumed(boss, site, manager, kind, shown):
    boss.post(address(site, "pause"), {"kind": kind, "reason": "Moving <house>"})

    pause = Pause.objects.in_force().get()
    assert (pause.site, pause.kind, pause.reason, pause.paused_by) == (site, kind, "Moving <house>", manager)
    page = said(boss, address(site))
    assert f"<b>{shown}</b>: Moving &lt;house&gt;" in page
    assert manager.name in page
    assert "1 paused" in said(boss, "/admin/cases/sitemessages/")
    boss.post(address(site, "resume"), {"pause": pause.pk})
    assert not Pause.objects.in_force().exists()
    assert "Messages go out" in said(boss, address(site))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": "", "reason": ""}, "reason"),
        ({"kind": "", "reason": "   "}, "reason"),
        ({"kind": "", "reason": "x" * 201}, "reason"),
        ({"kind": "nothing", "reason": "x"}, "kind"),
    ],
)
def test_a_pause_without_a_reason_or_of_no_kind_is_refused(boss, site, sent, field):
    assert list(wrong_in(boss.post(address(site, "pause"), sent))) == [field]
    assert not Pause.objects.exists()


def test_nobody_resumes_here_what_was_paused_elsewhere(boss, site, other_site, manager):
    elsewhere = pauses.pause_sending(site=other_site, reason="Moving", by=manager, now=MONDAY)
    everywhere = pauses.pause_sending(site=None, reason="Drill", by=manager, now=MONDAY)

    for pause in (elsewhere.pk, everywhere.pk, "x", ""):
        assert list(wrong_in(boss.post(address(site, "resume"), {"pause": pause}))) == ["pause"]
    assert Pause.objects.in_force().count() == 2


def test_looking_at_any_of_these_pages_changes_nothing(boss, site, manager):
    site_messages.close_on(site, day=date(2026, 11, 26), by=manager, now=MONDAY)
    pauses.pause_sending(site=site, reason="Moving", by=manager, now=MONDAY)
    before = ReminderSettings.objects.values().get()

    for deed in ("", "settings", "close", "open", "pause", "resume"):
        assert boss.get(address(site, deed)).status_code == 200

    assert ReminderSettings.objects.values().get() == before
    assert (ClosedDay.objects.count(), Pause.objects.in_force().count()) == (1, 1)
