"""What patients answer: done where it is certain, kept for a person where it is not, and never twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from cases.models import CaseEvent, ContactConsent, InboundMessage, Installation, Outcome, Patient, Reminder, Visit
from cases.rules.terms import Channel
from cases.services import gate, inbound, pauses
from cases.services.claims import claim_due
from cases.services.inbound import NotInInbox, take_message
from cases.services.replies import send_replies
from cases.services.turns import start
from clinic.local.sinks import Sinks
from tests.factories import (
    MONDAY,
    CaseFactory,
    CheckInFactory,
    ConsentFactory,
    PatientFactory,
    ReminderFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db

NUMBER = "+13125550123"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def gateway(settings):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/messages"


@pytest.fixture
def patient(site) -> Patient:
    patient = PatientFactory(phone=NUMBER, preferred_channel="sms")
    ConsentFactory(patient=patient, channel="sms")
    ConsentFactory(patient=patient, channel="email")
    return patient


@pytest.fixture
def visit(patient: Patient) -> Visit:
    """Tomorrow's visit, announced by text an hour ago."""
    visit = VisitFactory(case=CaseFactory(patient=patient, status="scheduled", urgency="clinician_review"))
    sent(visit.case, kind="visit", visit=visit)
    return visit


def sent(case, *, ago: timedelta = HOUR, **more) -> Reminder:
    return ReminderFactory(
        case=case, channel="sms", status="accepted", settled_at=MONDAY - ago, due_at=MONDAY - ago, **more
    )


def say(
    text: str, *, number: str = NUMBER, message_id: str = "", at: datetime | None = None, now: datetime = MONDAY
) -> InboundMessage:
    message_id = message_id or f"m{InboundMessage.objects.count()}"
    return take_message(Channel.SMS, message_id=message_id, sender=number, text=text, sent_at=at, now=now)


def in_force(patient: Patient) -> list[str]:
    return sorted(patient.consents.filter(withdrawn_at=None).values_list("channel", flat=True))


# --- stopping ---


@pytest.mark.parametrize("text", ["STOP", "no más", "Baja.", "Unsubscribe please", "stopp", "cancelar"])
def test_stop_ends_texts_at_once_and_leaves_the_rest(patient: Patient, text: str):
    row = say(text)

    assert in_force(patient) == ["email"]
    assert (row.intent, row.status, row.note, row.reply) == ("stop", "done", "stopped for 1 patient", "stopped")


def test_who_said_stop_and_when_can_be_proved(patient: Patient):
    row = say("Stop!")

    event = CaseEvent.objects.get(kind="opted_out")
    assert (event.at, event.by, event.patient) == (MONDAY, None, patient)
    assert event.details == {"channel": "sms", "source": f"stop by sms, answer {row.pk}"}
    assert (row.sender, row.text, row.received_at) == (NUMBER, "Stop!", MONDAY)
    assert CaseEvent.objects.get(kind="answer_received").details["inbound"] == row.pk


def test_stop_takes_a_text_from_a_sender_that_claimed_it(patient: Patient, outbox: Sinks):
    ReminderFactory(case=CaseFactory(patient=patient, urgency="clinician_review"), channel="sms", kind="nudge")
    turns, _ = claim_due(now=MONDAY)
    assert len(turns) == 1

    say("stop")

    assert start(turns, now=MONDAY) == []
    assert Reminder.objects.get().status == "suppressed"


def test_stop_holds_for_everybody_who_has_the_number(patient: Patient):
    child = PatientFactory(phone=NUMBER)
    ConsentFactory(patient=child, channel="sms")

    row = say("stop")

    assert (in_force(patient), in_force(child)) == (["email"], [])
    assert (row.note, row.patient, row.site) == ("stopped for 2 patients", None, patient.site)


def test_a_number_at_two_sites_belongs_to_neither_list(patient: Patient, other_site):
    PatientFactory(phone=NUMBER, site=other_site)

    assert say("hello").site is None


def test_stop_of_a_number_nobody_has_is_for_a_person(patient: Patient):
    row = say("stop", number="+13125550999")

    assert (row.status, row.note, row.reply) == ("unread", "nobody here has this number", "")
    assert in_force(patient) == ["email", "sms"]


def test_cancel_before_a_visit_stops_and_asks_a_person_whether_the_visit_was_meant(visit: Visit):
    row = say("cancel")

    assert in_force(visit.case.patient) == ["email"]
    assert (row.status, row.note) == ("unread", "stopped for 1 patient; the visit may be meant")


def test_stopping_twice_is_confirmed_once(patient: Patient):
    rows = [say("stop"), say("stop", at=MONDAY + MINUTE, now=MONDAY + MINUTE)]

    assert [row.reply for row in rows] == ["stopped", ""]


def test_an_e_mail_that_says_stop_stops_e_mails(patient: Patient):
    row = take_message(
        Channel.EMAIL,
        message_id="1",
        sender=patient.email.upper(),
        text="\nStop, please\n\n> On Monday you wrote:\n> help",
        sent_at=None,
        now=MONDAY,
    )

    assert (in_force(patient), row.reply) == (["sms"], "")


@pytest.mark.parametrize("typed", ["+1 312 555 0123", "(312) 555-0123", "13125550123", "+13125550123 "])
def test_a_number_is_known_however_the_provider_writes_it(patient: Patient, typed: str):
    assert say("stop", number=typed).patient == patient


@pytest.mark.parametrize("typed", ["", "Anonymous", "💥", "+", "12345", "x" * 300])
def test_a_sender_that_is_no_number_is_kept_for_a_person(patient: Patient, typed: str):
    assert say("stop", number=typed).status == "unread"


# --- starting, help ---


def test_start_after_stop_allows_texts_again(patient: Patient):
    say("stop", at=MONDAY)
    row = say("START", at=MONDAY + MINUTE, now=MONDAY + MINUTE)

    assert in_force(patient) == ["email", "sms"]
    assert ContactConsent.objects.get(channel="sms", withdrawn_at=None).source == f"start by sms, answer {row.pk}"
    assert row.reply == "started"


@pytest.mark.parametrize(
    ("first", "second", "left"), [("stop", "start", ["email"]), ("start", "stop", ["email", "sms"])]
)
def test_the_word_that_was_sent_last_holds_even_if_it_came_first(patient: Patient, first: str, second: str, left: list):
    """`first` was sent after `second` and came in before it."""
    if first == "start":
        ContactConsent.objects.filter(channel="sms").update(withdrawn_at=MONDAY)
    say(first, at=MONDAY - MINUTE)
    row = say(second, at=MONDAY - 2 * MINUTE)

    assert in_force(patient) == left
    assert row.note.startswith("sent before a later")


def test_start_of_a_number_two_people_have_is_for_a_person(patient: Patient):
    PatientFactory(phone=NUMBER)
    say("stop")

    row = say("start", at=MONDAY + MINUTE, now=MONDAY + MINUTE)

    assert (row.status, row.note) == ("unread", "2 patients have this number")
    assert in_force(patient) == ["email"]


def test_help_is_answered_where_a_family_shares_the_number(patient: Patient):
    PatientFactory(phone=NUMBER)

    row = say("help")

    assert (row.status, row.note, row.reply) == ("done", "told who we are", "help")


def test_help_is_answered_once_a_day(patient: Patient):
    rows = [say("help"), say("ayuda", now=MONDAY + HOUR), say("help", now=MONDAY + 25 * HOUR)]

    assert [row.reply for row in rows] == ["help", "", "help"]
    assert {row.status for row in rows} == {"done"}


# --- what was asked ---


@pytest.mark.parametrize("text", ["yes", "Sí", "C", "1", "ok", "confirmo"])
def test_yes_confirms_the_visit_asked_about(visit: Visit, text: str):
    row = say(text)

    assert (row.intent, row.status, row.visit, row.case) == ("confirm", "done", visit, visit.case)
    event = CaseEvent.objects.get(kind="visit_confirmed")
    assert event.details == {"visit": visit.pk, "inbound": row.pk}


@pytest.mark.parametrize("text", ["reschedule", "no", "no puedo ir", "can't make it"])
def test_who_cannot_come_is_called_by_a_person(visit: Visit, text: str):
    row = say(text)

    assert (row.status, row.note, row.visit) == ("unread", "wants another time for the visit", visit)
    assert CaseEvent.objects.filter(kind="visit_change_asked").count() == 1
    assert in_force(visit.case.patient) == ["email", "sms"]


def test_yes_after_the_visit_was_cancelled_is_for_a_person(visit: Visit):
    Visit.objects.update(status="cancelled", settled_at=MONDAY)

    assert say("yes").intent == "free_text"


def test_yes_that_comes_when_the_visit_has_begun_confirms_nothing(visit: Visit):
    row = say("yes", at=MONDAY, now=visit.starts_at)

    assert (row.status, row.note) == ("unread", "the visit it answers has begun")


@pytest.mark.parametrize(("ago", "intent"), [(48 * HOUR, "confirm"), (48 * HOUR + MINUTE, "free_text")])
def test_a_yes_answers_the_last_message_of_48_hours(patient: Patient, ago: timedelta, intent: str):
    visit = VisitFactory(case=CaseFactory(patient=patient, status="scheduled"))
    sent(visit.case, kind="visit", visit=visit, ago=ago)

    assert say("yes").intent == intent


def test_a_yes_after_a_later_message_answers_that_one(visit: Visit):
    sent(visit.case, kind="nudge", ago=MINUTE)

    assert say("yes").intent == "free_text"


@pytest.fixture
def check_in(patient: Patient):
    check_in = CheckInFactory(case=CaseFactory(patient=patient), due_at=MONDAY - HOUR)
    sent(check_in.case, kind="check_in", check_in=check_in, link=check_in.link)
    return check_in


@pytest.mark.parametrize(("text", "score"), [("0", 0), ("7", 7), ("10", 10), ("3/10", 3), ("siete", 7), ("1", 1)])
def test_a_number_answers_a_check_in_that_asked_for_it(check_in, text: str, score: int):
    row = say(text)

    outcome = Outcome.objects.get()
    assert (outcome.instrument, outcome.score, outcome.case) == ("nprs_now", score, check_in.case)
    assert (row.status, row.in_reply_to.check_in) == ("done", check_in)


def test_a_second_number_is_for_a_person(check_in):
    say("3")
    row = say("8")

    assert (row.status, row.note) == ("unread", "a second number for one question")
    assert Outcome.objects.count() == 1


def test_a_number_for_an_answered_check_in_is_for_a_person(check_in):
    check_in.cancelled_at = MONDAY
    check_in.save()

    assert say("3").intent == "free_text"
    assert Outcome.objects.count() == 0


def test_a_number_nobody_asked_for_is_for_a_person(visit: Visit):
    assert (say("7").intent, Outcome.objects.count()) == ("free_text", 0)


def test_a_number_of_a_shared_telephone_is_nobody_s(check_in):
    PatientFactory(phone=NUMBER)

    row = say("7")

    assert (row.status, row.note, Outcome.objects.count()) == ("unread", "2 patients have this number", 0)


# --- twice, late, and the inbox ---


@pytest.mark.parametrize("text", ["stop", "yes", "7", "hello"])
def test_a_message_that_comes_twice_is_one_message(visit: Visit, text: str):
    first = say(text, message_id="same")
    events = CaseEvent.objects.count()
    second = say(text, message_id="same", now=MONDAY + HOUR)

    assert (second.pk, InboundMessage.objects.count(), CaseEvent.objects.count()) == (first.pk, 1, events)


def test_a_moment_in_the_future_is_now(patient: Patient):
    assert say("hello", at=MONDAY + HOUR).sent_at == MONDAY


def test_anything_else_waits_in_the_inbox_until_somebody_has_seen_to_it(patient: Patient, front_desk):
    row = say("My sister will drive me, is there parking?")
    assert (row.intent, row.status) == ("free_text", "unread")

    inbound.take_over(row, by=front_desk, now=MONDAY)
    answered = inbound.mark_answered(row, by=front_desk, now=MONDAY + HOUR)

    assert (answered.status, answered.answered_by, answered.assigned_to) == ("answered", front_desk, front_desk)
    with pytest.raises(NotInInbox):
        inbound.mark_answered(row, by=front_desk, now=MONDAY)
    assert inbound.put_back(row, by=front_desk, now=MONDAY).status == "unread"


# --- what goes back ---


def replies(outbox: Sinks) -> list[str]:
    return [line["body"] for line in outbox.lines("sms")]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("stop", "Riverside: you will get no more texts"),
        ("alto", "Riverside: no le enviaremos"),
        ("help", "Riverside: we send reminders"),
        ("ayuda", "Riverside: enviamos avisos"),
    ],
)
def test_the_answer_goes_back_once_in_the_language_of_the_word(patient: Patient, outbox: Sinks, text: str, begins: str):
    say(text)

    assert [send_replies(clock=lambda: MONDAY) for _ in range(3)] == [1, 0, 0]
    [body] = replies(outbox)
    assert body.startswith(begins)
    assert InboundMessage.objects.get().reply_status == "sent"


@pytest.mark.parametrize(("language", "begins"), [("es", "Riverside: no le enviaremos"), ("en", "Riverside: you will")])
def test_the_word_of_every_language_is_answered_in_the_patients_own(
    patient: Patient, outbox: Sinks, language: str, begins: str
):
    Patient.objects.update(language=language)
    say("STOP")

    send_replies(clock=lambda: MONDAY)

    [body] = replies(outbox)
    assert body.startswith(begins)


def test_an_answer_is_tried_again_when_it_certainly_did_not_go(patient: Patient, outbox: Sinks):
    outbox.knobs("sms", answer=503)
    say("stop")
    send_replies(clock=lambda: MONDAY)
    outbox.knobs("sms", answer=0)

    send_replies(clock=lambda: MONDAY + 2 * MINUTE)

    assert (len(replies(outbox)), InboundMessage.objects.get().reply_tries) == (1, 2)


def test_an_answer_in_doubt_is_not_sent_again(patient: Patient, outbox: Sinks):
    outbox.knobs("sms", answer=504)
    say("stop")
    send_replies(clock=lambda: MONDAY)
    outbox.knobs("sms", answer=0)
    send_replies(clock=lambda: MONDAY + 10 * MINUTE)

    assert (replies(outbox), InboundMessage.objects.get().reply_status) == ([], "unknown")


def test_an_answer_whose_sender_died_is_not_sent_again(patient: Patient, outbox: Sinks):
    say("stop")
    InboundMessage.objects.update(reply_status="sending", reply_try_at=MONDAY + MINUTE)

    assert send_replies(clock=lambda: MONDAY + 2 * MINUTE) == 0
    assert InboundMessage.objects.get().reply_status == "unknown"


@pytest.mark.parametrize(("after", "count"), [(HOUR, 1), (HOUR + MINUTE, 0)])
def test_an_answer_never_goes_back_late(patient: Patient, outbox: Sinks, after: timedelta, count: int):
    say("stop")

    send_replies(clock=lambda: MONDAY + after)

    assert len(replies(outbox)) == count
    assert InboundMessage.objects.get().reply_status == ("sent" if count else "failed")


def others(count: int) -> None:
    """As many more patients who stop texts, each by a number of their own."""
    for n in range(count):
        number = f"+1312555020{n}"
        ConsentFactory(patient=PatientFactory(phone=number), channel="sms")
        say("stop", number=number)


@pytest.mark.parametrize("whole", [True, False])
def test_a_pause_holds_the_answer_too(patient: Patient, other_site, outbox: Sinks, manager, whole: bool):
    say("stop")
    pauses.pause_sending(site=other_site, reason="Moving", by=manager, now=MONDAY)
    pause = pauses.pause_sending(site=None if whole else patient.site, reason="Drill", by=manager, now=MONDAY)

    assert send_replies(clock=lambda: MONDAY) == 0
    pauses.release_pause(pause, by=manager, now=MONDAY + MINUTE)
    assert send_replies(clock=lambda: MONDAY + MINUTE) == 1


def test_a_restored_copy_answers_nobody_again(patient: Patient, outbox: Sinks, manager):
    say("stop")
    Installation.objects.create(identity="another cluster:00000001:5:16400", since=MONDAY)

    assert send_replies(clock=lambda: MONDAY) == 0
    counts = pauses.release_after_restore(since=MONDAY, sent={}, by=manager, now=MONDAY + MINUTE)

    assert counts["perhaps sent"] == 1
    assert send_replies(clock=lambda: MONDAY + MINUTE) == 0
    assert InboundMessage.objects.get().reply_status == "unknown"


def test_an_answer_takes_its_turn_at_the_gateway_s_rate(patient: Patient, outbox: Sinks, settings):
    settings.SMS_RATE = "2/second"
    say("stop")
    others(3)
    moments = [MONDAY + timedelta(milliseconds=100 * n) for n in range(1000)]
    times: list[datetime] = []

    def clock() -> datetime:
        times.append(moments[len(times)])
        return times[-1]

    assert send_replies(clock=clock) == 4
    # Two at once, and one for each half second after that.
    assert times[-1] - MONDAY >= timedelta(seconds=1)


def test_a_gateway_that_asked_for_a_pause_is_left_alone_by_all(patient: Patient, outbox: Sinks):
    outbox.knobs("sms", answer=429, retry_after=300)
    say("stop")
    others(3)

    assert send_replies(clock=lambda: MONDAY) == 1
    outbox.knobs("sms", answer=0)
    assert send_replies(clock=lambda: MONDAY + timedelta(seconds=299)) == 0
    assert send_replies(clock=lambda: MONDAY + timedelta(seconds=300)) == 3


def test_a_reminder_waits_for_a_gateway_that_asked_an_answer_for_a_pause(patient: Patient, outbox: Sinks):
    outbox.knobs("sms", answer=429, retry_after=300)
    ReminderFactory(case=CaseFactory(patient=patient), channel="sms", kind="nudge")
    others(1)
    send_replies(clock=lambda: MONDAY)

    assert claim_due(now=MONDAY + timedelta(seconds=299)) == ([], 0)


def test_that_an_answer_goes_is_on_the_disk_before_it_does(db: None):
    """Claimed without waiting for the disk, what a crash takes back would be sent again."""

    def commits(**more: bool) -> str:
        with transaction.atomic(), connection.cursor() as cursor:
            gate.pass_gate(now=MONDAY, limit=1, **more)
            cursor.execute("SHOW synchronous_commit")
            [found] = cursor.fetchone()
            # The test's own transaction holds this one.
            cursor.execute("SET LOCAL synchronous_commit = on")
        return found

    assert (commits(), commits(waits_for_disk=True)) == ("off", "on")


def test_a_stop_that_comes_late_is_obeyed_and_not_answered(patient: Patient):
    row = say("stop", at=MONDAY - 2 * HOUR)

    assert (in_force(patient), row.reply) == (["email"], "")
