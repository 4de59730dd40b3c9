"""The first page of the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Flag, Patient
from cases.rules.terms import MessageKind
from cases.services.pauses import pause_sending
from clinic.accounts.models import Role
from tests.cases.admin.conftest import case_of, raise_flag
from tests.factories import MONDAY, MembershipFactory, PatientFactory, ReminderFactory, VisitFactory, staff

pytestmark = pytest.mark.django_db
TODAY = "/admin/"
MOST_STATEMENTS = 13


def fill(site, count: int) -> None:
    """So many of everything that may wait."""
    for _ in range(count):
        flagged = case_of(site, urgency="emergency")
        raise_flag(flagged)
        raise_flag(case_of(site, urgency="clinician_review"), level="clinician_review", rule_id="C1")
        reviewed = case_of(site, status="reviewed")
        VisitFactory(case=reviewed, starts_at=MONDAY + timedelta(hours=2))
        VisitFactory(case=case_of(site, status="scheduled"), starts_at=MONDAY - timedelta(days=2))
        ReminderFactory(case=reviewed, channel="phone")
        ReminderFactory(case=reviewed, status="failed", reason="mailbox is full", settled_at=MONDAY)
        ReminderFactory(case=reviewed, status="expired", reason="too late to send", settled_at=MONDAY)


@time_machine.travel(MONDAY, tick=False)
def test_it_costs_the_same_for_one_of_everything_and_for_a_hundred(desk, site):
    fill(site, 1)
    with CaptureQueriesContext(connection) as one:
        desk.get(TODAY)
    fill(site, 99)
    with CaptureQueriesContext(connection) as hundred:
        page = desk.get(TODAY)

    assert len(one) == len(hundred)
    assert len(hundred) <= MOST_STATEMENTS
    assert len(page.content) < 80_000


@time_machine.travel(MONDAY, tick=False)
def test_two_sites_cost_no_more_than_one(desk, front_desk, site, other_site):
    MembershipFactory(user=front_desk, site=other_site, role=Role.FRONT_DESK)
    fill(site, 2)
    fill(other_site, 2)

    with CaptureQueriesContext(connection) as statements:
        desk.get(TODAY)

    assert len(statements) <= MOST_STATEMENTS


@time_machine.travel(MONDAY + timedelta(minutes=20), tick=False)
def test_a_flag_nobody_took_in_time_is_overdue_with_a_number_to_call(desk, site):
    case = case_of(site, urgency="emergency", patient__phone="+13125550177")
    raise_flag(case)

    page = desk.get(TODAY).content.decode()

    assert "Overdue: call by Mon 2 Nov, 9:15 a.m." in page
    assert 'href="tel:+13125550177"' in page
    assert "(312) 555-0177" in page
    assert case.reference in page
    assert "Ada Quill" in page


@time_machine.travel(MONDAY, tick=False)
def test_a_flag_of_an_ended_case_waits_for_nobody(desk, site):
    raise_flag(case_of(site, urgency="emergency", status="closed", close_reason="referred_out", ended_at=MONDAY))

    assert "I am calling the patient" not in desk.get(TODAY).content.decode()


@time_machine.travel(MONDAY, tick=False)
def test_one_press_takes_every_flag_of_the_case_and_comes_back_here(desk, front_desk, site):
    case = case_of(site, urgency="emergency")
    flags = [raise_flag(case), raise_flag(case, rule_id="S3", level="same_day")]

    answer = desk.post(f"/admin/cases/case/{case.pk}/do/acknowledge/", {"back": "today"}, follow=True)

    assert answer.redirect_chain == [(TODAY, 302)]
    assert {flag.acknowledged_by for flag in Flag.objects.filter(pk__in=[flag.pk for flag in flags])} == {front_desk}
    assert "Dana Desk is on it" in answer.content.decode()


@time_machine.travel(MONDAY, tick=False)
def test_whoever_is_taken_care_of_stands_below_whoever_is_not(desk, site, front_desk):
    taken, waiting = case_of(site, urgency="emergency"), case_of(site, urgency="same_day")
    raise_flag(taken, acknowledged_at=MONDAY, acknowledged_by=front_desk)
    raise_flag(waiting, level="same_day", rule_id="S3")

    alarms = desk.get(TODAY).context["alarms"]

    assert [alarm.case for alarm in alarms.rows] == [waiting, taken]


@time_machine.travel(datetime(2026, 11, 3, 5, 30, tzinfo=UTC), tick=False)
def test_today_is_the_day_on_the_clocks_of_the_site(desk, site):
    # 23:30 on Monday in Chicago, and Tuesday already in UTC.
    monday_late = VisitFactory(case=case_of(site), starts_at=datetime(2026, 11, 3, 5, 45, tzinfo=UTC))
    VisitFactory(case=case_of(site), starts_at=datetime(2026, 11, 3, 15, 0, tzinfo=UTC))

    visits = desk.get(TODAY).context["visits"]

    assert [line.visit for line in visits.rows] == [monday_late]


@time_machine.travel(MONDAY, tick=False)
def test_a_visit_before_the_end_of_its_case_still_waits_to_be_settled(desk, site):
    ended = case_of(site, status="closed", close_reason="declined", ended_at=MONDAY)
    visit = VisitFactory(case=ended, starts_at=MONDAY - timedelta(days=2))
    before = desk.get(TODAY).context["unsettled"].rows

    desk.post(f"/admin/cases/case/{ended.pk}/visits/{visit.pk}/attended/", {"back": "today"})

    visit.refresh_from_db()
    assert [(line.visit, line.may_settle) for line in before] == [(visit, True)]
    assert visit.status == "attended"
    assert desk.get(TODAY).context["unsettled"].rows == []


@time_machine.travel(MONDAY, tick=False)
def test_a_long_list_says_how_many_more_there_are(desk, site):
    for _ in range(13):
        case_of(site)

    page = desk.get(TODAY)

    assert "and 3 more" in page.content.decode()
    assert page.context["unread"].count == 13


@time_machine.travel(MONDAY, tick=False)
def test_an_empty_day_says_something_kind(desk, site):
    page = desk.get(TODAY).content.decode()

    for words in ("All clear", "No visits today", "Well done", "Nobody is waiting", "every message arrived"):
        assert words in page


@time_machine.travel(MONDAY, tick=False)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_message_sent_again_leaves_the_list_of_calls(desk, site, channel):
    case = case_of(site)
    key = "check-in:1:week_2:1"
    failed = ReminderFactory(
        case=case, dedupe_key=f"{key}:email", status="failed", reason="mailbox is full", settled_at=MONDAY
    )
    before = desk.get(TODAY).context["messages_to_settle"]
    ReminderFactory(case=case, dedupe_key=f"{key}:{channel}:again:1", planned_at=MONDAY + timedelta(seconds=1))

    after = desk.get(TODAY).context["messages_to_settle"]

    assert [line.row for line in before.rows] == [failed]
    assert after.rows == []


@time_machine.travel(MONDAY, tick=False)
def test_a_lost_message_stays_on_the_list_when_another_of_its_kind_is_planned(desk, site):
    case = case_of(site)
    lost = ReminderFactory(
        case=case, dedupe_key="check-in:1:week_2:1:email", status="unknown", reason="perhaps sent", settled_at=MONDAY
    )
    ReminderFactory(case=case, dedupe_key="check-in:1:week_26:1:email", planned_at=MONDAY + timedelta(seconds=1))

    assert [line.row for line in desk.get(TODAY).context["messages_to_settle"].rows] == [lost]


@time_machine.travel(MONDAY, tick=False)
def test_what_ran_out_this_week_is_listed_with_its_reason_after_what_can_still_be_done(desk, site):
    def expired(days_ago: int, **fields):
        due_at, settled_at = MONDAY - timedelta(days=days_ago + 3), MONDAY - timedelta(days=days_ago)
        return ReminderFactory(
            case=case_of(site),
            planned_at=due_at,
            due_at=due_at,
            status="expired",
            settled_at=settled_at,
            **fields,
        )

    expired(8, reason="too late to send")
    message = expired(6, reason="too late to send")
    call = expired(1, channel="phone", reason="nobody called in time")
    waiting = ReminderFactory(case=case_of(site), channel="phone")

    page = desk.get(TODAY)

    assert [(line.row, line.why) for line in page.context["messages_to_settle"].rows] == [
        (waiting, ""),
        (message, "too late to send"),
        (call, "nobody called in time"),
    ]
    assert "Check-in: nobody called in time" in page.content.decode()


@time_machine.travel(MONDAY, tick=False)
def test_a_therapist_sees_the_own_cases_alone(clinician, site):
    client, person = clinician
    own = case_of(site, therapist=person)
    case_of(site)

    unread = client.get(TODAY).context["unread"]

    assert [line.case for line in unread.rows] == [own]


@time_machine.travel(MONDAY, tick=False)
def test_the_auditor_sees_references_without_names_or_urgency(client, site):
    client.force_login(staff(Role.AUDITOR, site))
    case = case_of(site, urgency="emergency")
    raise_flag(case)

    page = client.get(TODAY).content.decode()

    assert case.reference in page
    assert "Quill" not in page
    assert "Emergency" not in page


def test_whoever_works_at_a_site_reads_that_its_messages_are_paused_and_why(desk, manager, site, other_site):
    pause_sending(site=site, kind=MessageKind.VISIT, reason="Storm", by=manager, now=MONDAY)
    pause_sending(site=other_site, kind=None, reason="Fire", by=manager, now=MONDAY)

    page = desk.get("/admin/").content.decode()

    assert f"Messages are paused at {site.name}</b>, those of the kind “Visit tomorrow”: Storm." in page
    assert "Fire" not in page


def test_looking_changes_nothing(desk, site):
    case = case_of(site)
    PatientFactory(site=site)
    before = list(Patient.objects.values_list("version")), case.version

    desk.get(TODAY)

    case.refresh_from_db()
    assert (list(Patient.objects.values_list("version")), case.version) == before
    assert case.first_read_at is None


@time_machine.travel(MONDAY, tick=False)
def test_a_form_nobody_read_before_today_s_visit_stands_out(desk, site):
    read_by = {"first_read_at": MONDAY, "first_read_by": staff(Role.THERAPIST, site)}
    read = case_of(site, status="scheduled", **read_by)
    unread = case_of(site, status="scheduled")
    came = case_of(site, status="scheduled")
    tomorrow = case_of(site, status="scheduled")
    VisitFactory(case=read, starts_at=MONDAY + timedelta(hours=1))
    VisitFactory(case=unread, starts_at=MONDAY + timedelta(hours=2))
    VisitFactory(case=came, starts_at=MONDAY - timedelta(hours=1), status="attended", settled_at=MONDAY)
    VisitFactory(case=tomorrow, starts_at=MONDAY + timedelta(days=1))

    page = desk.get(TODAY)

    marked = {line.visit.case: line.is_unread for line in page.context["visits"].rows}
    assert marked == {came: False, read: False, unread: True}
    assert page.content.decode().count("Form not read yet") == 1
    assert "1 of them has a form that nobody has read." in page.content.decode()
