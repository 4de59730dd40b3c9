"""One message in plain words: why it is there, whether we may write, the clock, what was tried and what comes next."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import ContactConsent, DeliveryEvent, Patient, Reminder
from cases.rules.message_reasons import reason_for
from cases.rules.terms import MessageKind
from cases.services import reminders
from cases.services.dispatch import dispatch_due
from cases.services.explain import explain
from clinic.local.sinks import Sinks
from tests.factories import CaseFactory, ConsentFactory, ReminderFactory

FRIDAY = timedelta(days=4, hours=1)


@pytest.fixture
def reminder(db: None, outbox: Sinks, monday: datetime) -> Reminder:
    case = CaseFactory()
    ConsentFactory(patient=case.patient)
    reminders.plan_for_case(case, now=monday)
    return Reminder.objects.get(kind="check_in")


def told(reminder: Reminder, now: datetime) -> dict[str, tuple[str, ...]]:
    return {part.title: part.lines for part in explain(Reminder.objects.get(pk=reminder.pk), now=now)}


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_has_its_reason_and_its_source(kind: MessageKind):
    assert reason_for(kind).because
    assert reason_for(kind).source


def test_it_says_which_check_in_wanted_it_and_where_that_comes_from(reminder: Reminder, monday: datetime):
    because, source, planned = told(reminder, monday)["Why there is this message"]

    assert because == (
        "The patient is asked how the knee is at this point of the follow-up. It is about the check-in “Rest check”."
    )
    assert source.startswith("Where that comes from: Rest check: reference 11")
    assert planned == "It was planned Mon 2 Nov 2026, 09:00."


def test_it_says_when_it_is_due_and_until_when(reminder: Reminder, monday: datetime):
    assert told(reminder, monday)["The clock"] == (
        "All times are those where the patient is (America/Chicago).",
        "It is due Fri 6 Nov 2026, 10:00.",
        "Messages go between 09:00 and 20:00: first allowed Fri 6 Nov 2026, 10:00.",
        "It is never sent after Mon 9 Nov 2026, 10:00.",
    )


def test_where_nobody_told_the_zone_it_does_not_claim_to_know_it(reminder: Reminder, monday: datetime):
    Patient.objects.update(time_zone="")

    assert told(reminder, monday)["The clock"][:2] == (
        "All times are the clinic's (America/Chicago).",
        "Nobody told us where the patient is: it goes only when it is day in the whole country.",
    )


def test_of_one_that_waits_it_foretells_when_it_goes(reminder: Reminder, monday: datetime):
    assert told(reminder, monday)["What happens next"] == ("If nothing changes, it goes Fri 6 Nov 2026, 10:00.",)


def test_of_one_that_will_not_go_it_says_why(reminder: Reminder, monday: datetime):
    ContactConsent.objects.update(withdrawn_at=monday)

    assert told(reminder, monday)["What happens next"] == (
        "If nothing changes, it is not sent: the patient stopped messages.",
    )


def test_of_one_that_went_it_tells_the_turn_and_the_answer(reminder: Reminder, monday: datetime):
    dispatch_due(clock=lambda: monday + FRIDAY)

    parts = told(reminder, monday + FRIDAY)

    [turn] = parts["What was tried"]
    assert turn.startswith("Taken Fri 6 Nov 2026, 10:00, began Fri 6 Nov 2026, 10:00: accepted")
    assert parts["What happens next"] == ("The provider took it Fri 6 Nov 2026, 10:00. It is not sent again.",)


def test_consent_is_told_as_it_was_when_the_message_went(reminder: Reminder, monday: datetime):
    dispatch_due(clock=lambda: monday + FRIDAY)
    ContactConsent.objects.update(withdrawn_at=monday + FRIDAY + timedelta(days=1))

    [line] = told(reminder, monday + 2 * FRIDAY)["May we write there?"]

    assert line == "The patient agreed to e-mail Mon 2 Nov 2026, 09:00 (intake form)."


def test_an_opt_out_before_it_was_to_go_is_told(reminder: Reminder, monday: datetime):
    ContactConsent.objects.update(withdrawn_at=monday)

    [line] = told(reminder, monday)["May we write there?"]

    assert line.endswith("and withdrew it Mon 2 Nov 2026, 09:00.")


def test_what_a_provider_reported_is_told(reminder: Reminder, monday: datetime):
    DeliveryEvent.objects.create(
        provider="email", event_id="1", reminder=reminder, state="delivered", received_at=monday, effect="noted"
    )

    assert told(reminder, monday)["What the provider reported"] == ("Mon 2 Nov 2026, 09:00: delivered. Noted.",)


@pytest.mark.parametrize(
    ("status", "reason", "says"),
    [
        ("suppressed", "the case has ended", "It was not sent, on purpose, Mon 2 Nov 2026, 09:00: the case has ended."),
        ("expired", "too late to send", "Its time was over Mon 2 Nov 2026, 09:00: too late to send. Telephone if it"),
        ("failed", "mailbox unknown", "It failed Mon 2 Nov 2026, 09:00: mailbox unknown. It stands on the list"),
        ("unknown", "perhaps sent", "Nobody can say whether it arrived (perhaps sent). Ask the patient"),
    ],
)
def test_every_end_says_what_it_means(db: None, monday: datetime, status: str, reason: str, says: str):
    row = ReminderFactory(status=status, reason=reason, settled_at=monday)

    assert told(row, monday)["What happens next"][0].startswith(says)


def test_a_patient_without_a_zone_is_told_apart(reminder: Reminder, monday: datetime):
    reminder.patient.time_zone = ""
    reminder.patient.save()

    clock = told(reminder, monday)["The clock"]

    assert "Nobody told us where the patient is: it goes only when it is day in the whole country." in clock
    assert "Messages go between 09:00 and 20:00: first allowed Fri 6 Nov 2026, 13:00." in clock


def test_a_call_stands_on_the_list(reminder: Reminder, monday: datetime):
    call = Reminder.objects.get(kind="check_in_call")

    assert told(call, monday)["What happens next"] == (
        "It stands on the list of calls from Thu 12 Nov 2026, 10:00 on, until somebody has called.",
    )


def test_it_costs_the_same_however_much_the_patient_is_sent(reminder: Reminder, monday: datetime):
    def statements() -> int:
        row = Reminder.objects.select_related("patient__site__reminder_settings", "check_in", "visit").get(
            pk=reminder.pk
        )
        with CaptureQueriesContext(connection) as captured:
            explain(row, now=monday)
        return len(captured)

    one = statements()
    for _ in range(3):
        ReminderFactory(case=reminder.case)

    assert statements() == one
