"""From due to settled: who may go is asked again, what was sent is recorded, and nothing ends silently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.messages.results import Outcome, Sent
from cases.models import (
    Case,
    CheckIn,
    ClosedDay,
    ContactConsent,
    Heartbeat,
    Patient,
    Reminder,
    ReminderAttempt,
    ReminderSettings,
)
from cases.rules import sending
from cases.services import links, reminders
from cases.services.claims import claim_due
from cases.services.dispatch import dispatch_due
from cases.services.patients import Contact, edit_contact
from cases.services.site_messages import change_settings, close_on, open_on
from cases.services.turns import Turn, database_now, mark, start
from cases.services.watching import watch
from clinic.accounts.models import User
from clinic.local.sinks import Sinks
from tests.factories import (
    CaseFactory,
    CheckInFactory,
    ConsentFactory,
    FlagFactory,
    LinkFactory,
    PatientFactory,
    ReminderFactory,
    ReportFactory,
    VisitFactory,
)

SECOND = timedelta(seconds=1)
CONTACT = [each.name for each in fields(Contact)]


def at(now: datetime) -> Callable[[], datetime]:
    return lambda: now


def due(channel: str = "email", **more: object) -> Reminder:
    """A check-in's message that may go on MONDAY."""
    case = CaseFactory()
    ConsentFactory(patient=case.patient, channel=channel)
    check_in = CheckInFactory(case=case)
    return ReminderFactory(**{"case": case, "check_in": check_in, "link": check_in.link, "channel": channel} | more)


def state(reminder: Reminder) -> tuple[str, str]:
    reminder.refresh_from_db()
    return reminder.status, reminder.reason


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_due_message_is_sent_once(db: None, outbox: Sinks, monday: datetime, channel: str):
    reminder = due(channel)

    dispatch_due(clock=at(monday))
    dispatch_due(clock=at(monday + timedelta(hours=1)))

    assert state(reminder) == ("accepted", "")
    assert reminder.settled_at == reminder.started_at == monday
    [line] = outbox.lines(channel)
    assert str(reminder.pk) in line["key"]
    [attempt] = reminder.attempts.all()
    assert (attempt.result, attempt.started_at, attempt.ended_at) == ("accepted", monday, monday)


def test_a_message_is_never_early(db: None, outbox: Sinks, monday: datetime):
    reminder = due(due_at=monday + SECOND)

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("waiting", "")
    assert outbox.lines() == []


def close_case(reminder: Reminder, now: datetime) -> None:
    Case.objects.filter(pk=reminder.case_id).update(status="closed", close_reason="declined", ended_at=now)


def answer(reminder: Reminder, now: datetime) -> None:
    report = ReportFactory(case=reminder.case)
    CheckIn.objects.filter(pk=reminder.check_in_id).update(answered_at=now, report=report)


def cancel(reminder: Reminder, now: datetime) -> None:
    CheckIn.objects.filter(pk=reminder.check_in_id).update(cancelled_at=now)


def raise_flag(reminder: Reminder, now: datetime) -> None:
    FlagFactory(case=reminder.case)


def end_link(reminder: Reminder, now: datetime) -> None:
    reminder.link.expires_at = now
    reminder.link.made_at = now - timedelta(days=1)
    reminder.link.save()


def withdraw_consent(reminder: Reminder, now: datetime) -> None:
    ContactConsent.objects.update(withdrawn_at=now)


def remove_address(reminder: Reminder, now: datetime) -> None:
    Patient.objects.update(email="")


def doubt_patient(reminder: Reminder, now: datetime) -> None:
    Patient.objects.update(is_provisional=True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (close_case, "the case has ended"),
        (answer, "answered already"),
        (cancel, "the check-in is no longer asked for"),
        (raise_flag, "a red flag stands: staff call instead"),
        (end_link, "the link has expired"),
        (withdraw_consent, "no consent for this channel"),
        (remove_address, "no address for this channel"),
        (doubt_patient, "staff have not accepted this patient yet"),
    ],
)
def test_what_speaks_against_it_is_asked_at_the_last_moment(
    db: None, outbox: Sinks, monday: datetime, change: Callable[[Reminder, datetime], None], reason: str
):
    reminder = due()
    change(reminder, monday)

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("suppressed", reason)
    assert outbox.lines() == []


def test_a_visit_that_was_cancelled_is_not_announced(db: None, outbox: Sinks, monday: datetime):
    visit = VisitFactory(status="cancelled", settled_at=monday)
    ConsentFactory(patient=visit.case.patient)
    reminder = ReminderFactory(case=visit.case, visit=visit, kind="visit")

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("suppressed", "the visit is no longer planned for then")


def test_a_message_past_its_end_is_expired(db: None, outbox: Sinks, monday: datetime):
    reminder = due()

    dispatch_due(clock=at(reminder.expires_at))

    assert state(reminder) == ("expired", "too late to send")
    assert outbox.lines() == []


def test_quiet_hours_move_a_message_to_the_morning_where_the_patient_is(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    Patient.objects.update(time_zone="America/Los_Angeles")  # 07:00 there

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("waiting", "")
    assert reminder.try_at == monday + timedelta(hours=2)
    dispatch_due(clock=at(reminder.try_at))
    assert state(reminder) == ("accepted", "")


def test_quiet_hours_never_keep_a_message_past_its_end(db: None, outbox: Sinks, monday: datetime):
    reminder = due(expires_at=monday + timedelta(hours=1))
    Patient.objects.update(time_zone="America/Los_Angeles")

    dispatch_due(clock=at(monday))
    assert (state(reminder), reminder.try_at) == (("waiting", ""), reminder.expires_at)

    dispatch_due(clock=at(reminder.try_at))
    assert state(reminder) == ("expired", "too late to send")


def test_the_form_goes_to_a_patient_who_was_never_asked_about_messages(db: None, outbox: Sinks, front_desk, monday):
    patient = PatientFactory(is_provisional=True)
    link = reminders.send_form(patient, by=front_desk, now=monday)

    dispatch_due(clock=at(monday))

    assert state(Reminder.objects.get(link=link, kind="form")) == ("accepted", "")
    assert "/intake/link/" in outbox.lines()[0]["body"]


def test_a_clinic_without_a_gateway_says_so_to_staff(db: None, settings, monday: datetime):
    settings.SMS_GATEWAY_URL = ""
    reminder = due("sms")

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("failed", "text messages are not set up at this clinic")


def test_a_call_is_left_to_people_until_it_runs_out(db: None, outbox: Sinks, monday: datetime):
    reminder = due("phone")

    dispatch_due(clock=at(monday))
    assert state(reminder) == ("waiting", "")

    dispatch_due(clock=at(reminder.expires_at))
    assert state(reminder) == ("expired", "nobody called in time")


# -- what goes wrong at the provider


def test_a_refused_connection_is_tried_again_after_a_pause(db: None, outbox: Sinks, monday: datetime):
    outbox.knobs("sms", refuse=True)
    reminder = due("sms")

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("waiting", "")
    assert (reminder.started_at, reminder.attempts_made) == (None, 1)
    assert timedelta(seconds=22) < reminder.try_at - monday < timedelta(seconds=38)
    outbox.knobs("sms", refuse=False)
    dispatch_due(clock=at(reminder.try_at))
    assert state(reminder) == ("accepted", "")
    assert [attempt.result for attempt in reminder.attempts.order_by("pk")] == ["retry", "accepted"]


def test_a_provider_s_own_pause_is_honoured(db: None, outbox: Sinks, monday: datetime):
    outbox.knobs("sms", answer=429, retry_after=900)
    reminder = due("sms")

    dispatch_due(clock=at(monday))

    reminder.refresh_from_db()
    assert timedelta(seconds=900) <= reminder.try_at - monday < timedelta(seconds=1125)


@pytest.mark.parametrize(
    ("channel", "code", "reason"),
    [("sms", 422, "the gateway answered 422"), ("email", 550, "the mail server answered 550")],
)
def test_a_refusal_for_good_is_not_repeated(db: None, outbox: Sinks, monday: datetime, channel, code, reason):
    outbox.knobs(channel, answer=code)
    reminder = due(channel)

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("failed", reason)
    assert reminder.attempts.get().result == "refused"


def test_after_eight_tries_it_is_given_up(db: None, outbox: Sinks, monday: datetime):
    outbox.knobs("email", answer=451)
    reminder = due()
    now = monday

    for _ in range(20):
        dispatch_due(clock=at(now))
        reminder.refresh_from_db()
        now = reminder.try_at

    assert state(reminder) == ("failed", "the mail server answered 451; given up after 8 tries")
    assert reminder.attempts.count() == 8


def test_an_outage_past_the_end_of_a_message_expires_it(db: None, outbox: Sinks, monday: datetime):
    outbox.knobs("sms", answer=503)
    reminder = due("sms", expires_at=monday + timedelta(minutes=5))
    now = monday

    for _ in range(6):
        dispatch_due(clock=at(now))
        reminder.refresh_from_db()
        now = max(now, reminder.try_at)

    assert state(reminder) == ("expired", "too late to send")
    assert now == reminder.expires_at


# -- turns: leases, tokens, doubt


def claimed(now: datetime) -> Turn:
    turns, _ = claim_due(now=now)
    [turn] = turns
    return turn


def test_a_claimed_row_is_nobody_else_s_until_its_lease_ends(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    claimed(monday)

    assert claim_due(now=monday + sending.LEASE - SECOND) == ([], 0)
    assert claimed(monday + sending.LEASE).reminder_id == reminder.pk


def test_a_turn_that_never_began_is_simply_repeated_and_counts_for_nothing(db: None, outbox: Sinks, monday: datetime):
    reminder = due("sms")
    claimed(monday)

    dispatch_due(clock=at(monday + sending.LEASE))

    assert state(reminder) == ("accepted", "")
    assert reminder.attempts_made == 1
    assert [attempt.result for attempt in reminder.attempts.order_by("pk")] == ["never_started", "accepted"]


@pytest.mark.parametrize(
    ("channel", "keeps_keys", "status"),
    [("email", False, "accepted"), ("sms", True, "accepted"), ("sms", False, "unknown")],
)
def test_a_sender_that_died_after_it_began_leaves_a_doubt(
    db: None, outbox: Sinks, settings, monday: datetime, channel: str, keeps_keys: bool, status: str
):
    settings.SMS_GATEWAY_KEEPS_KEYS = keeps_keys
    reminder = due(channel)
    assert start([claimed(monday)], now=monday)

    dispatch_due(clock=at(monday + sending.LEASE))

    assert state(reminder)[0] == status
    assert reminder.attempts.order_by("pk")[0].result == "ambiguous"
    assert len(outbox.lines(channel)) == (status == "accepted")


def test_an_e_mail_in_doubt_goes_at_most_twice(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    now = monday
    for _ in range(3):
        start(claim_due(now=now)[0], now=now)
        now += sending.LEASE

    assert state(reminder)[0] == "unknown"
    assert [attempt.result for attempt in reminder.attempts.all()] == ["ambiguous", "ambiguous"]


def test_a_text_in_doubt_is_repeated_to_a_keyed_gateway_for_six_hours(
    db: None, outbox: Sinks, settings, monday: datetime
):
    settings.SMS_GATEWAY_KEEPS_KEYS = True
    reminder = due("sms")
    start([claimed(monday)], now=monday)

    claim_due(now=monday + timedelta(hours=6))

    assert state(reminder)[0] == "unknown"


def test_what_perhaps_arrived_is_not_called_suppressed(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    start([claimed(monday)], now=monday)
    close_case(reminder, monday)

    dispatch_due(clock=at(monday + sending.LEASE))

    assert state(reminder) == ("unknown", "perhaps sent; then the case has ended")


def test_an_answer_that_never_came_is_a_doubt(db: None, outbox: Sinks, monday: datetime):
    reminder = due("sms")
    turn = claimed(monday)
    start([turn], now=monday)

    mark([(turn, Sent(Outcome.AMBIGUOUS, "no answer: TimeoutError"))], now=monday)

    assert state(reminder) == ("unknown", "perhaps sent; no answer: TimeoutError")


def test_a_mark_counts_only_under_its_own_token(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    old = claimed(monday)
    start([old], now=monday)
    new = claimed(monday + sending.LEASE)

    assert mark([(old, Sent(Outcome.REFUSED, "x"))], now=monday + sending.LEASE) == 0
    assert state(reminder) == ("waiting", "")
    assert start([new], now=monday + sending.LEASE) == [new]
    assert mark([(new, Sent(Outcome.ACCEPTED))], now=monday + sending.LEASE) == 1
    assert state(reminder) == ("accepted", "")


def test_a_turn_with_too_little_lease_left_does_not_begin(db: None, outbox: Sinks, monday: datetime):
    due()
    turn = claimed(monday)

    assert start([turn], now=monday + sending.LEASE - sending.LONGEST_SEND) == []
    assert start([turn], now=monday + sending.LEASE - sending.LONGEST_SEND - SECOND) == [turn]


def test_who_stops_messages_between_claim_and_start_gets_none(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    turn = claimed(monday)

    reminders.suppress_waiting(reminder.patient, reason="opted out", now=monday)

    assert start([turn], now=monday) == []
    assert state(reminder) == ("suppressed", "opted out")


def test_consent_withdrawn_behind_our_back_holds_too(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    turn = claimed(monday)
    withdraw_consent(reminder, monday)

    assert start([turn], now=monday) == []
    dispatch_due(clock=at(monday + sending.LEASE))
    assert state(reminder) == ("suppressed", "no consent for this channel")


def test_a_template_that_does_not_render_holds_up_nobody_else(db: None, outbox: Sinks, monday: datetime):
    broken = due()
    Reminder.objects.filter(pk=broken.pk).update(kind="nothing")
    fine = due()

    dispatch_due(clock=at(monday))

    assert state(broken) == ("waiting", "")
    assert broken.attempts.get().detail == "the message could not be rendered"
    assert state(fine) == ("accepted", "")


# -- what is asked once more before it begins


def ticking(*moments: datetime) -> Callable[[], datetime]:
    """A clock that shows each moment once, and then the last one for ever: sign of life, claim, start, and so on."""
    left = list(moments)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(("late", "begins"), [(-SECOND, True), (timedelta(), False)])
def test_what_ran_out_after_the_claim_does_not_begin(db: None, monday: datetime, late: timedelta, begins: bool):
    reminder = due(expires_at=monday + 30 * SECOND)
    turn = claimed(monday)

    assert bool(start([turn], now=reminder.expires_at + late)) is begins


def test_a_visit_that_began_after_the_claim_is_not_announced(db: None, outbox: Sinks, monday: datetime):
    visit = VisitFactory(starts_at=monday + 30 * SECOND)
    ConsentFactory(patient=visit.case.patient)
    reminder = ReminderFactory(case=visit.case, visit=visit, kind="visit", expires_at=visit.starts_at)

    dispatch_due(clock=ticking(monday, monday, visit.starts_at))

    assert outbox.lines() == []
    assert state(reminder) == ("expired", "too late to send")
    assert [attempt.result for attempt in reminder.attempts.all()] == ["never_started"]


EVENING = timedelta(hours=11)  # 20:00 in Chicago, an hour later than in Denver


@pytest.mark.parametrize(
    ("zone", "closing", "late", "begins"),
    [
        ("America/Chicago", EVENING, -SECOND, True),
        ("America/Chicago", EVENING, timedelta(), False),
        ("America/Denver", EVENING + timedelta(hours=1), -SECOND, True),
        ("America/Denver", EVENING + timedelta(hours=1), timedelta(), False),
        ("", EVENING - timedelta(hours=1), -SECOND, True),  # it may be New York
        ("", EVENING - timedelta(hours=1), timedelta(), False),
    ],
)
def test_no_message_begins_after_the_closing_hour(
    db: None, monday: datetime, zone: str, closing: timedelta, late: timedelta, begins: bool
):
    due()
    Patient.objects.update(time_zone=zone)
    turn = claimed(monday + closing - 30 * SECOND)

    assert bool(start([turn], now=monday + closing + late)) is begins


def test_what_did_not_begin_before_the_closing_hour_waits_for_the_morning(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    evening = monday + EVENING

    dispatch_due(clock=ticking(evening - SECOND, evening - SECOND, evening))

    assert state(reminder) == ("waiting", "")
    assert (reminder.leased_until, reminder.try_at) == (None, evening + timedelta(hours=13))
    assert reminder.held_for == "it is night where the patient is, or may be"
    dispatch_due(clock=at(reminder.try_at))
    assert (state(reminder)[0], reminder.attempts_made) == ("accepted", 1)


# -- many


def test_a_batch_costs_the_same_statements_for_three_and_for_thirty(db: None, outbox: Sinks, monday: datetime):
    def statements(count: int) -> int:
        for _ in range(count):
            due()
        with CaptureQueriesContext(connection) as found:
            claim_due(now=monday)
        return len(found)

    claim_due(now=monday)  # the first claim of a new database also writes down whose it is

    assert statements(3) == statements(30)


@pytest.mark.django_db(transaction=True)
def test_four_senders_at_once_send_each_message_once(outbox: Sinks, monday: datetime):
    expected = {str(due().pk) for _ in range(60)}

    def sweep() -> None:
        try:
            dispatch_due(clock=at(monday), limit=7)
        finally:
            connection.close()

    threads = [Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    keys = [line["key"].strip("<>").partition("@")[0] for line in outbox.lines("email")]
    assert sorted(keys) == sorted(expected)
    assert set(Reminder.objects.values_list("status", flat=True)) == {"accepted"}
    assert ReminderAttempt.objects.count() == 60


# -- signs of life


def test_every_sweep_leaves_a_sign_of_life(db: None, monday: datetime):
    dispatch_due(clock=at(monday))
    dispatch_due(clock=at(monday + SECOND))

    assert Heartbeat.objects.get().beat_at == monday + SECOND


@pytest.mark.parametrize(
    ("since_beat", "behind", "trouble"),
    [
        (timedelta(minutes=2), timedelta(minutes=5), ""),
        (timedelta(minutes=2, seconds=1), timedelta(), "Messages are not being sent: no sender was seen for 2 min."),
        (timedelta(), timedelta(minutes=5, seconds=1), "Messages are late by 5 min."),
    ],
)
def test_trouble_is_said_in_words(db: None, monday: datetime, since_beat, behind, trouble: str):
    Heartbeat.objects.create(name="dispatch", beat_at=monday - since_beat)
    ReminderFactory(due_at=monday - behind)
    ReminderFactory(due_at=monday - timedelta(days=1), channel="phone")

    assert watch(now=monday).trouble == trouble


def test_before_the_first_sweep_we_are_not_ready(db: None, monday: datetime):
    assert watch(now=monday).trouble == "Messages are not being sent: no sender has started yet."


def test_the_database_s_clock_is_aware(db: None):
    assert database_now().utcoffset() is not None


def test_links_and_the_way_out_stand_in_the_message(db: None, outbox: Sinks, monday: datetime):
    reminder = due(link=LinkFactory())

    dispatch_due(clock=at(monday))

    body = outbox.lines("email")[0]["body"]
    assert f"https://clinic.example/check-in/{links.secret_of(reminder.link)}/" in body
    assert "https://clinic.example/stop/" in body


# -- what holds a message back, and says so


def test_an_unknown_zone_waits_until_it_is_day_in_the_whole_country(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    Patient.objects.update(time_zone="")

    dispatch_due(clock=at(monday))

    reminder.refresh_from_db()
    assert reminder.try_at == monday + timedelta(hours=4)  # 09:00 in Honolulu
    assert reminder.held_for == "it is night where the patient is, or may be"


def test_a_zone_told_later_ends_the_wait_for_the_whole_country(
    db: None, outbox: Sinks, front_desk: User, monday: datetime
):
    patient = PatientFactory(time_zone="")
    reminders.send_form(patient, by=front_desk, now=monday)
    dispatch_due(clock=at(monday))
    form = Reminder.objects.get(kind="form")
    assert form.try_at == monday + timedelta(hours=4)

    contact = Contact(**{name: getattr(patient, name) for name in CONTACT} | {"time_zone": "America/Chicago"})
    edit_contact(patient, contact=contact, by=front_desk, now=monday)
    dispatch_due(clock=at(monday))

    assert state(form) == ("accepted", "")


def said(patient: Patient, *moments: datetime) -> None:
    for moment in moments:
        case = Case.objects.filter(patient=patient).first()
        ReminderFactory(case=case, patient=patient, status="accepted", settled_at=moment, due_at=moment - SECOND)


def test_the_fifth_message_of_a_week_waits_until_there_is_room(db: None, outbox: Sinks, monday: datetime):
    reminder = due(expires_at=monday + timedelta(days=10))
    first = monday - timedelta(days=6)
    said(reminder.patient, first, *[monday - timedelta(days=1)] * 3)

    dispatch_due(clock=at(monday))

    reminder.refresh_from_db()
    assert (reminder.status, reminder.held_for) == ("waiting", "enough messages this week")
    assert reminder.try_at == first + timedelta(days=7)
    dispatch_due(clock=at(reminder.try_at))
    assert state(reminder) == ("accepted", "")


def test_the_fourth_message_of_a_week_goes(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    said(reminder.patient, monday - timedelta(days=7), *[monday - timedelta(days=1)] * 3)

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("accepted", "")


def test_messages_due_together_share_the_week(db: None, outbox: Sinks, monday: datetime):
    first = due()
    others = [ReminderFactory(case=first.case, channel="email") for _ in range(5)]

    dispatch_due(clock=at(monday))

    states = sorted(state(each)[0] for each in [first, *others])
    assert states == ["accepted"] * 4 + ["waiting"] * 2


def one_a_week(reminder: Reminder) -> list[Reminder]:
    """The reminder and another to the same patient, at a site where a patient gets one message a week."""
    ReminderSettings.objects.create(site=reminder.patient.site, cap_per_week=1)
    later = {"due_at": reminder.due_at + SECOND, "expires_at": reminder.due_at + timedelta(days=10)}
    return [reminder, ReminderFactory(case=reminder.case, **later)]


def test_what_a_sender_has_in_hand_counts_for_the_week(db: None, outbox: Sinks, monday: datetime):
    _, second = one_a_week(due())
    now = monday + SECOND
    [turn], _ = claim_due(now=now, limit=1)

    dispatch_due(clock=at(now))

    assert outbox.lines() == []
    assert state(second) == ("waiting", "")
    assert (second.held_for, second.try_at) == ("enough messages this week", now + sending.LEASE)
    mark([(start([turn], now=now)[0], Sent(Outcome.ACCEPTED))], now=now + SECOND)
    dispatch_due(clock=at(second.try_at))
    second.refresh_from_db()
    assert second.try_at == now + SECOND + timedelta(days=7)


def test_a_message_that_failed_leaves_its_room_to_the_next(db: None, outbox: Sinks, monday: datetime):
    first, second = one_a_week(due("sms"))
    ConsentFactory(patient=first.patient, channel="email")
    outbox.knobs("sms", answer=400)

    dispatch_due(clock=at(monday + SECOND))
    assert [state(each)[0] for each in (first, second)] == ["failed", "waiting"]
    dispatch_due(clock=at(monday + SECOND + sending.LEASE))

    assert state(second)[0] == "accepted"


@pytest.mark.parametrize("doubtful", [True, False])
def test_what_perhaps_arrived_counts_for_the_week_until_it_is_settled(db: None, monday: datetime, doubtful: bool):
    one_a_week(due())
    [turn], _ = claim_due(now=monday, limit=1)
    outcome = Outcome.AMBIGUOUS if doubtful else Outcome.RETRY
    mark([(start([turn], now=monday)[0], Sent(outcome))], now=monday)

    turns, _ = claim_due(now=monday + SECOND)

    assert len(turns) == (0 if doubtful else 1)


@pytest.mark.django_db(transaction=True)
def test_two_senders_do_not_both_take_the_last_message_of_a_week(monday: datetime):
    now = monday + SECOND
    first, second = one_a_week(due())
    elsewhere = due(due_at=now)
    found: list[Turn] = []
    claim_due(now=monday - SECOND)  # the first claim of a new database also writes down whose it is

    def sweep() -> None:
        try:
            found.extend(claim_due(now=now)[0])
        finally:
            connection.close()

    with transaction.atomic():
        [turn], _ = claim_due(now=now, limit=1)
        other = Thread(target=sweep)
        other.start()
        other.join()
    assert turn.reminder_id == first.pk
    assert [each.reminder_id for each in found] == [elsewhere.pk]

    assert claim_due(now=now)[0] == []
    second.refresh_from_db()
    assert second.held_for == "enough messages this week"


def test_a_visit_tomorrow_goes_over_the_cap(db: None, outbox: Sinks, monday: datetime):
    visit = VisitFactory()
    ConsentFactory(patient=visit.case.patient)
    reminder = ReminderFactory(case=visit.case, visit=visit, kind="visit")
    said(reminder.patient, *[monday - timedelta(days=1)] * 9)

    dispatch_due(clock=at(monday))

    assert state(reminder) == ("accepted", "")


def test_on_a_closed_day_what_can_wait_waits_and_a_visit_does_not(db: None, outbox: Sinks, monday: datetime):
    reminder = due()
    ClosedDay.objects.create(site=reminder.patient.site, day=monday.date())
    visit = VisitFactory()
    ConsentFactory(patient=visit.case.patient)
    tomorrow = ReminderFactory(case=visit.case, visit=visit, kind="visit")

    dispatch_due(clock=at(monday))

    reminder.refresh_from_db()
    assert (reminder.held_for, reminder.try_at) == ("the site is closed", monday + timedelta(hours=25))
    assert state(tomorrow) == ("accepted", "")


def test_what_waited_for_a_closed_day_goes_when_the_site_is_open_after_all(
    db: None, outbox: Sinks, manager: User, monday: datetime
):
    reminder = due()
    site = reminder.patient.site
    close_on(site, day=monday.date(), by=manager, now=monday)
    dispatch_due(clock=at(monday))
    assert state(reminder) == ("waiting", "")

    open_on(site, day=monday.date(), by=manager, now=monday)
    dispatch_due(clock=at(monday))

    assert state(reminder) == ("accepted", "")


def test_what_waited_for_room_in_the_week_goes_when_there_is_more(
    db: None, outbox: Sinks, manager: User, monday: datetime
):
    reminder = due(expires_at=monday + timedelta(days=10))
    said(reminder.patient, *[monday - timedelta(days=1)] * 4)
    dispatch_due(clock=at(monday))
    assert state(reminder) == ("waiting", "")

    change_settings(reminder.patient.site, figures={"cap_per_week": 6}, by=manager, now=monday)
    dispatch_due(clock=at(monday))

    assert state(reminder) == ("accepted", "")


@pytest.mark.parametrize(
    ("purpose", "status"), [("visits", "suppressed"), ("follow_up", "accepted"), ("all", "accepted")]
)
def test_consent_counts_for_its_purpose(db: None, outbox: Sinks, monday: datetime, purpose: str, status: str):
    reminder = due()
    ContactConsent.objects.update(purpose=purpose)

    dispatch_due(clock=at(monday))

    assert state(reminder)[0] == status


def test_an_address_that_refused_us_is_not_tried_again(db: None, outbox: Sinks, monday: datetime):
    outbox.knobs("email", answer=550)
    reminder = due()
    dispatch_due(clock=at(monday))
    later = due(case=reminder.case, check_in=None, link=None)

    dispatch_due(clock=at(monday + SECOND))

    assert Patient.objects.get(pk=reminder.patient_id).email_failed_at == monday
    assert state(later) == ("suppressed", "this address refused messages: it needs correcting")


def test_a_refused_message_goes_by_the_next_channel_agreed_to(db: None, outbox: Sinks, monday: datetime):
    outbox.knobs("email", answer=550)
    reminder = due(check_in=None, link=None)
    ConsentFactory(patient=reminder.patient, channel="sms")

    dispatch_due(clock=at(monday))
    dispatch_due(clock=at(monday + SECOND))

    assert state(reminder)[0] == "failed"
    assert len(outbox.lines("sms")) == 1


def test_a_provider_takes_no_more_than_its_rate(db: None, outbox: Sinks, settings, monday: datetime):
    settings.EMAIL_RATE = "3/second"
    for _ in range(10):
        due()

    counts = [len(claim_due(now=monday + timedelta(milliseconds=ms))[0]) for ms in (0, 1, 400, 700, 1700)]

    assert counts == [3, 0, 1, 1, 3]


def test_a_provider_that_asked_for_a_pause_is_left_alone_by_all(db: None, outbox: Sinks, monday: datetime):
    outbox.knobs("sms", answer=429, retry_after=120)
    due("sms")
    dispatch_due(clock=at(monday))
    other, mail = due("sms"), due("email")

    claimed_ids = {turn.reminder_id for turn in claim_due(now=monday + timedelta(seconds=119))[0]}

    assert claimed_ids == {mail.pk}
    assert other.pk in {turn.reminder_id for turn in claim_due(now=monday + timedelta(seconds=120))[0]}
