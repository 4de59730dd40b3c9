"""Planning: rows appear with their cause, follow it, and go with it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CheckIn, Link, Patient, Reminder
from cases.rules.terms import Channel
from cases.services import contact, flags, moves, patients, reminders, visits
from cases.services.reminders import CannotBeReached, NotToBeSent
from clinic.accounts.models import User
from tests.factories import (
    MONDAY,
    CaseFactory,
    CheckInFactory,
    ConsentFactory,
    FlagFactory,
    PatientFactory,
    ReminderFactory,
    ReportFactory,
    VisitFactory,
)

CHICAGO = ZoneInfo("America/Chicago")


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


def planned(case: Case) -> list[tuple[str, str, str]]:
    rows = case.reminders.order_by("due_at", "kind")
    return [(row.kind, row.status, f"{row.due_at.astimezone(CHICAGO):%m-%d %H:%M}") for row in rows]


@pytest.fixture
def patient(db: None) -> Patient:
    patient = PatientFactory()
    ConsentFactory(patient=patient)
    return patient


@pytest.fixture
def case(patient: Patient) -> Case:
    return CaseFactory(patient=patient)


def test_a_new_routine_case_gets_its_rest_check_one_repeat_and_a_call(case: Case, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)

    assert planned(case) == [
        ("check_in", "waiting", "11-06 10:00"),
        ("check_in_repeat", "waiting", "11-09 10:00"),
        ("check_in_call", "waiting", "11-12 10:00"),
    ]
    assert list(case.reminders.filter(channel="phone").values_list("kind", flat=True)) == ["check_in_call"]
    check_in = case.check_ins.get()
    assert check_in.step == "rest_check"
    assert check_in.link.purpose == Link.Purpose.CHECK_IN
    assert {row.link for row in case.reminders.all()} == {check_in.link}


def test_planning_a_new_case_takes_four_statements(case: Case, monday: datetime):
    with CaptureQueriesContext(connection) as statements:
        reminders.plan_for_case(case, now=monday, is_new=True)

    assert len(statements) == 4


def test_planning_twice_changes_nothing(case: Case, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    before = list(Reminder.objects.order_by("pk").values())

    reminders.plan_for_case(case, now=monday + timedelta(hours=1))
    reminders.plan_for_case(case, now=monday + timedelta(hours=2))

    assert list(Reminder.objects.order_by("pk").values()) == before


def test_an_alarming_case_gets_none(patient: Patient, monday: datetime):
    case = CaseFactory(patient=patient, urgency="same_day")

    reminders.plan_for_case(case, now=monday, is_new=True)

    assert planned(case) == []


def test_a_red_flag_stops_all_messages_until_it_is_cleared(case: Case, therapist: User, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    flag = FlagFactory(case=case)

    reminders.plan_for_case(case, now=monday)

    assert set(case.reminders.values_list("status", "reason")) == {
        ("suppressed", "a red flag stands: staff call instead")
    }

    flags.clear_flag(flag, reason="Seen by the doctor: no clot.", by=therapist, now=monday)

    assert {status for _, status, _ in planned(case)} == {"waiting"}


def test_a_treatment_asks_every_week_to_the_twelfth_and_in_weeks_26_and_52(case: Case, monday: datetime):
    Case.objects.filter(pk=case.pk).update(status="in_treatment", status_since=monday)
    case.refresh_from_db()

    reminders.plan_for_case(case, now=monday)

    assert list(case.check_ins.order_by("due_at").values_list("step", "round")) == [
        ("rest_check", 1),
        *[(f"week_{week}", 1) for week in range(1, 13)],
        ("week_26", 1),
        ("week_52", 1),
    ]
    # Each with one message and one repeat; the call by staff is for the outcome weeks.
    kinds = Counter(case.reminders.waiting().values_list("kind", flat=True))
    assert kinds == {"check_in": 6, "check_in_repeat": 6, "check_in_call": 6, "weekly_check_in": 18}


def test_a_treatment_begun_anew_asks_anew(case: Case, monday: datetime):
    Case.objects.filter(pk=case.pk).update(status="in_treatment", status_since=monday)
    case.refresh_from_db()
    reminders.plan_for_case(case, now=monday)
    later = monday + timedelta(days=30)
    Case.objects.filter(pk=case.pk).update(status="reviewed", status_since=later)
    case.refresh_from_db()
    reminders.plan_for_case(case, now=later)
    again = later + timedelta(days=7)
    Case.objects.filter(pk=case.pk).update(status="in_treatment", status_since=again)
    case.refresh_from_db()

    reminders.plan_for_case(case, now=again)

    standing = case.check_ins.filter(cancelled_at=None, due_at__gt=again).order_by("due_at")
    assert list(standing.values_list("step", "round")) == [
        *[(f"week_{week}", 2) for week in range(1, 13)],
        ("week_26", 2),
        ("week_52", 2),
    ]


def test_what_waits_for_an_ended_case_is_suppressed_with_the_reason(case: Case, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    Case.objects.filter(pk=case.pk).update(
        status="closed", close_reason="declined", ended_at=monday, status_since=monday
    )
    case.refresh_from_db()

    reminders.plan_for_case(case, now=monday)

    assert set(case.reminders.values_list("status", "reason")) == {("suppressed", "the case has ended")}
    assert case.check_ins.get().cancelled_at == monday


def test_what_is_wanted_again_comes_back(case: Case, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    Case.objects.filter(pk=case.pk).update(
        status="closed", close_reason="declined", ended_at=monday, status_since=monday
    )
    case.refresh_from_db()
    reminders.plan_for_case(case, now=monday)
    Case.objects.filter(pk=case.pk).update(status="reviewed", ended_at=None, close_reason="", status_since=monday)
    case.refresh_from_db()

    reminders.plan_for_case(case, now=monday + timedelta(hours=1))

    assert {status for _, status, _ in planned(case)} == {"waiting"}
    assert case.check_ins.get().cancelled_at is None


def test_what_staff_stopped_stays_stopped(case: Case, front_desk: User, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    stopped = reminders.stop_reminder(case.reminders.get(kind="check_in"), by=front_desk, now=monday)

    reminders.plan_for_case(case, now=monday)

    stopped.refresh_from_db()
    assert (stopped.status, stopped.reason) == ("suppressed", "stopped by staff")


def test_a_visit_is_announced_the_day_before(case: Case, therapist: User, front_desk: User, monday: datetime):
    moves.schedule_case(case, starts_at=wall("2026-11-12 14:00"), therapist=therapist, by=front_desk, now=monday)

    assert ("visit", "waiting", "11-11 10:00") in planned(case)


def test_a_visit_that_moved_is_announced_anew(case: Case, therapist: User, front_desk: User, monday: datetime):
    moves.schedule_case(case, starts_at=wall("2026-11-12 14:00"), therapist=therapist, by=front_desk, now=monday)

    visits.move_visit(case.visits.get(), starts_at=wall("2026-11-20 09:00"), by=front_desk, now=monday)

    rows = case.reminders.filter(kind="visit").order_by("due_at")
    assert [(row.status, row.reason) for row in rows] == [
        ("suppressed", "the visit is no longer planned for then"),
        ("waiting", ""),
    ]
    assert rows[1].due_at == wall("2026-11-19 10:00")


def test_messages_follow_the_patient_to_another_channel(
    case: Case, patient: Patient, settings, front_desk: User, monday: datetime
):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/messages"
    reminders.plan_for_case(case, now=monday, is_new=True)
    ConsentFactory(patient=patient, channel="sms")
    Patient.objects.filter(pk=patient.pk).update(preferred_channel="sms")

    reminders.plan_for_patient(Patient.objects.get(pk=patient.pk), now=monday)

    rows = case.reminders.exclude(kind="check_in_call").order_by("channel", "due_at")
    rows = rows.values_list("channel", "status", "reason")
    assert (
        list(rows)
        == [("email", "suppressed", "the patient prefers another channel")] * 2 + [("sms", "waiting", "")] * 2
    )


def test_what_was_sent_on_one_channel_is_not_said_again_on_another(
    case: Case, patient: Patient, settings, monday: datetime
):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/messages"
    reminders.plan_for_case(case, now=monday, is_new=True)
    case.reminders.filter(kind="check_in").update(status="accepted", settled_at=monday)
    ConsentFactory(patient=patient, channel="sms")
    Patient.objects.filter(pk=patient.pk).update(preferred_channel="sms")

    reminders.plan_for_patient(Patient.objects.get(pk=patient.pk), now=monday)

    assert list(case.reminders.waiting().order_by("due_at").values_list("kind", "channel")) == [
        ("check_in_repeat", "sms"),
        ("check_in_call", "phone"),
    ]


def test_a_patient_who_moves_west_is_asked_at_ten_there(case: Case, patient: Patient, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    patient.time_zone = "America/Los_Angeles"
    patient.save()

    reminders.plan_for_patient(patient, now=monday)

    assert [due for _, _, due in planned(case)] == ["11-06 12:00", "11-09 12:00", "11-12 12:00"]
    assert case.check_ins.get().link.expires_at == case.check_ins.get().expires_at


def test_who_prefers_a_call_is_put_on_the_call_list_and_never_swept_before_it_runs_out(
    case: Case, patient: Patient, monday: datetime
):
    ConsentFactory(patient=patient, channel="phone")
    Patient.objects.filter(pk=patient.pk).update(preferred_channel="phone")
    case = Case.objects.get(pk=case.pk)

    reminders.plan_for_case(case, now=monday)

    rows = list(case.reminders.all())
    assert {row.channel for row in rows} == {"phone"}
    assert all(row.try_at == row.expires_at for row in rows)


def text_patient(**fields: str) -> Patient:
    """Somebody who agreed to texts and to nothing else."""
    patient = PatientFactory(preferred_channel="sms", **fields)
    ConsentFactory(patient=patient, channel="sms")
    return patient


@pytest.mark.django_db
def test_who_agreed_to_texts_alone_is_called_where_none_can_be_sent(settings, monday: datetime):
    settings.SMS_GATEWAY_URL = ""
    case = CaseFactory(patient=text_patient())

    reminders.plan_for_case(case, now=monday, is_new=True)

    rows = case.reminders.order_by("due_at").values_list("kind", "channel", "status")
    assert list(rows) == [("check_in", "phone", "waiting"), ("check_in_repeat", "phone", "waiting")]


@pytest.mark.django_db
def test_a_message_that_was_agreed_to_goes_before_a_call_instead_of_a_text(settings):
    settings.SMS_GATEWAY_URL = ""
    patient = text_patient()
    ConsentFactory(patient=patient, channel="email")

    assert reminders.channel_for(patient, now=MONDAY) is Channel.EMAIL


@pytest.mark.django_db
def test_who_does_not_want_to_be_called_is_not_called_instead_of_a_text(settings, monday: datetime):
    settings.SMS_GATEWAY_URL = ""
    patient = text_patient()
    ConsentFactory(patient=patient, channel="phone", withdrawn_at=monday)

    assert reminders.channel_for(patient, now=MONDAY) is None


@pytest.mark.parametrize(
    ("reached", "status", "reason"), [(True, "accepted", ""), (False, "failed", "not reached by telephone")]
)
def test_staff_settle_a_call(case: Case, front_desk: User, monday: datetime, reached: bool, status: str, reason: str):
    call = ReminderFactory(case=case, channel="phone")

    settled = reminders.settle_call(call, reached=reached, by=front_desk, now=monday)

    assert (settled.status, settled.reason, settled.settled_at) == (status, reason, monday)
    with pytest.raises(NotToBeSent):
        reminders.settle_call(call, reached=True, by=front_desk, now=monday)


def test_a_call_that_reached_nobody_is_tried_again_by_telephone(case: Case, front_desk: User, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    call = case.reminders.get(kind="check_in_call")
    reminders.settle_call(call, reached=False, by=front_desk, now=call.due_at)

    again = reminders.resend_reminder(call, by=front_desk, now=call.due_at)

    assert (again.channel, again.status, again.try_at) == ("phone", "waiting", again.expires_at)


def test_a_patient_without_a_telephone_is_not_put_on_the_call_list(case: Case, patient: Patient, monday: datetime):
    patient.phone = ""
    patient.save()

    reminders.plan_for_patient(patient, now=monday)

    assert set(case.reminders.values_list("kind", flat=True)) == {"check_in", "check_in_repeat"}


def test_a_patient_without_consent_gets_no_rows(db: None, monday: datetime):
    case = CaseFactory()

    reminders.plan_for_case(case, now=monday, is_new=True)

    assert planned(case) == []
    assert case.check_ins.count() == 1


def test_opting_out_takes_back_everything_that_waits_even_if_claimed(case: Case, patient: Patient, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    claimed = case.reminders.get(kind="check_in")
    Reminder.objects.filter(pk=claimed.pk).update(
        attempts_made=1, fencing_token=7, leased_until=monday + timedelta(minutes=2)
    )

    patients.opt_out(patient, channel=None, by=None, now=monday, source="link")

    claimed.refresh_from_db()
    assert (claimed.status, claimed.reason, claimed.fencing_token) == ("suppressed", "opted out", 8)
    assert case.reminders.waiting().count() == 0


def test_opting_out_leaves_what_is_being_sent_to_its_sender(case: Case, patient: Patient, monday: datetime):
    sending = ReminderFactory(case=case, attempts_made=1, started_at=monday)

    count = reminders.suppress_waiting(patient, reason="opted out", now=monday)

    sending.refresh_from_db()
    assert (count, sending.status) == (0, "waiting")


def test_opting_out_of_one_channel_leaves_the_other(case: Case, patient: Patient, monday: datetime):
    ReminderFactory(case=case, channel="email")
    kept = ReminderFactory(case=case, channel="sms")

    reminders.suppress_waiting(patient, reason="opted out", channel=Channel.EMAIL, now=monday)

    assert list(Reminder.objects.waiting()) == [kept]


def test_staff_send_the_form_to_a_patient_who_asked_for_it(db: None, front_desk: User, monday: datetime):
    patient = PatientFactory(is_provisional=True)

    link = reminders.send_form(patient, by=front_desk, now=monday)

    rows = Reminder.objects.order_by("due_at").values_list("kind", "channel", "link", "due_at")
    assert list(rows) == [
        ("form", "email", link.pk, monday),
        ("form_repeat", "email", link.pk, wall("2026-11-04 10:00")),
    ]
    assert link.expires_at == monday + timedelta(days=14)
    assert patient.events.get().kind == "form_sent"


def test_the_form_is_not_sent_where_messages_were_stopped(db: None, front_desk: User, monday: datetime):
    patient = PatientFactory(phone="")
    ConsentFactory(patient=patient, withdrawn_at=monday)

    with pytest.raises(CannotBeReached):
        reminders.send_form(patient, by=front_desk, now=monday)

    assert Link.objects.count() == 0


def test_a_settled_message_is_sent_again_as_a_new_row_with_the_same_link(
    case: Case, front_desk: User, monday: datetime
):
    reminders.plan_for_case(case, now=monday, is_new=True)
    first = case.reminders.get(kind="check_in")
    Reminder.objects.filter(pk=first.pk).update(status="unknown", reason="perhaps sent", settled_at=monday)

    again = reminders.resend_reminder(first, by=front_desk, now=monday)
    Reminder.objects.filter(pk=again.pk).update(status="failed", reason="no", settled_at=monday)
    another = reminders.resend_reminder(again, by=front_desk, now=monday)
    reminders.plan_for_case(case, now=monday)

    another.refresh_from_db()
    assert len({first.pk, again.pk, another.pk}) == 3
    assert (another.status, another.link_id, another.due_at) == ("waiting", first.link_id, monday)


@pytest.mark.parametrize(
    "change",
    [
        {"answered": True},
        {"cancelled_at": True},
        {"late": True},
        {"closed": True},
    ],
)
def test_what_makes_no_sense_any_more_is_not_sent_again(case: Case, front_desk: User, monday: datetime, change: dict):
    check_in = CheckInFactory(case=case, cancelled_at=monday if "cancelled_at" in change else None)
    row = ReminderFactory(case=case, check_in=check_in, status="accepted", settled_at=monday)
    now = monday
    if "answered" in change:
        CheckIn.objects.filter(pk=check_in.pk).update(answered_at=monday, report=ReportFactory(case=case))
    if "late" in change:
        now = check_in.expires_at
    if "closed" in change:
        Case.objects.filter(pk=case.pk).update(status="discharged", ended_at=monday)

    with pytest.raises(NotToBeSent):
        reminders.resend_reminder(row, by=front_desk, now=now)


def test_a_waiting_message_is_not_sent_again(case: Case, front_desk: User, monday: datetime):
    with pytest.raises(NotToBeSent):
        reminders.resend_reminder(ReminderFactory(case=case), by=front_desk, now=monday)


def test_a_message_is_sent_again_once_however_often_it_is_pressed(case: Case, front_desk: User, monday: datetime):
    reminders.plan_for_case(case, now=monday, is_new=True)
    first = case.reminders.get(kind="check_in")
    Reminder.objects.filter(pk=first.pk).update(status="failed", reason="mailbox is full", settled_at=monday)
    again = reminders.resend_reminder(first, by=front_desk, now=monday)

    with pytest.raises(NotToBeSent):
        reminders.resend_reminder(first, by=front_desk, now=monday)

    assert list(case.reminders.waiting().filter(kind="check_in")) == [again]


@pytest.mark.parametrize("again", ["", ":again:1", ":again:12"])
@pytest.mark.parametrize("subject", ["check-in:12:week_2:1", "visit:5:1762092000", "form:0b5e-af"])
def test_the_database_reads_the_subject_of_a_message_as_we_do(case: Case, subject: str, again: str):
    row = ReminderFactory(case=case, dedupe_key=f"{subject}:sms{again}")

    read = Reminder.objects.values_list(reminders.subject_in(F("dedupe_key")), flat=True).get()

    assert (reminders.subject_of(row), read) == (subject, subject)


def test_a_settled_visit_is_not_announced_again(case: Case, front_desk: User, monday: datetime):
    visit = VisitFactory(case=case, status="cancelled", settled_at=monday)
    row = ReminderFactory(case=case, kind="visit", visit=visit, status="failed", reason="x", settled_at=monday)

    with pytest.raises(NotToBeSent):
        reminders.resend_reminder(row, by=front_desk, now=monday)


@pytest.mark.parametrize("kind", ["nudge", "weekly_check_in"])
def test_a_few_taps_that_could_not_be_sent_become_no_telephone_call(
    case: Case, patient: Patient, front_desk: User, monday: datetime, kind: str
):
    ConsentFactory(patient=patient, channel="phone")
    row = ReminderFactory(case=case, kind=kind, status="failed", reason="mailbox unknown", settled_at=monday)

    assert contact.note_refusal(row.pk, detail="mailbox unknown", now=monday) is None
    with pytest.raises(NotToBeSent, match="Nobody is telephoned"):
        reminders.resend_reminder(row, by=front_desk, now=monday)
    assert not case.reminders.filter(kind=kind, channel="phone").exists()


def test_a_check_in_that_could_not_be_sent_becomes_a_telephone_call(case: Case, patient: Patient, monday: datetime):
    ConsentFactory(patient=patient, channel="phone")
    row = ReminderFactory(case=case, status="failed", reason="mailbox unknown", settled_at=monday)

    again = contact.note_refusal(row.pk, detail="mailbox unknown", now=monday)

    assert again is not None
    assert again.channel == "phone"
