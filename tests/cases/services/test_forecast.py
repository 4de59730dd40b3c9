"""The weeks to come: what goes and when, what does not and why, read in a handful of statements."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, ContactConsent, Pause, Reminder, ReminderSettings
from cases.rules.terms import Channel, MessageKind
from cases.services import reminders
from cases.services.errors import WrongInput
from cases.services.forecast import forecast_case, forecast_sites, weeks_asked
from cases.services.foreseen import Outcome
from clinic.accounts.models import Site
from clinic.local.sinks import Sinks
from tests.factories import CaseFactory, ConsentFactory, FlagFactory, PatientFactory, VisitFactory


@pytest.fixture
def case(db: None, outbox: Sinks, monday: datetime) -> Case:
    """A new routine case of somebody who agreed to e-mail: a rest check on Friday, its repeat, and a call."""
    case = CaseFactory()
    ConsentFactory(patient=case.patient)
    return case


def told(case: Case, now: datetime, weeks: int = 6) -> list[tuple[str, str, str, str]]:
    found = forecast_case(case, weeks=weeks, now=now)
    return [
        (f"{each.local:%a %d %H:%M}", each.kind.value, each.outcome.value, each.why or "; ".join(each.held))
        for each in found.messages
    ]


def test_every_message_of_a_case_is_told_in_order(case: Case, monday: datetime):
    assert told(case, monday) == [
        ("Fri 06 10:00", "check_in", "goes", ""),
        ("Mon 09 10:00", "check_in_repeat", "goes", ""),
        ("Thu 12 10:00", "check_in_call", "call", ""),
    ]


def test_it_stores_nothing(case: Case, monday: datetime):
    forecast_case(case, now=monday)

    assert Reminder.objects.count() == 0
    assert case.check_ins.count() == 0


def test_the_same_is_told_once_it_is_planned(case: Case, monday: datetime):
    before = told(case, monday)

    reminders.plan_for_case(case, now=monday)

    assert told(case, monday) == before


def test_without_consent_it_says_so(case: Case, monday: datetime):
    ContactConsent.objects.all().delete()

    assert {why for *_, why in told(case, monday)} == {"no consent for this channel"}


def test_an_opt_out_is_named(case: Case, monday: datetime):
    ContactConsent.objects.update(withdrawn_at=monday)

    assert {(outcome, why) for _, _, outcome, why in told(case, monday)} == {
        ("not_sent", "the patient stopped messages")
    }


def test_an_address_that_failed_is_named(case: Case, monday: datetime):
    case.patient.email_failed_at = monday
    case.patient.save()

    assert {why for *_, why in told(case, monday)} == {"this address refused messages: it needs correcting"}


def test_a_red_flag_is_named(case: Case, monday: datetime):
    FlagFactory(case=case)

    assert {why for *_, why in told(case, monday)} == {"a red flag stands: staff call instead"}


def test_a_kind_that_is_off_is_named(case: Case, monday: datetime):
    ReminderSettings.objects.create(site=case.site, kinds_off=["check_in_repeat"])

    assert ("Mon 09 10:00", "check_in_repeat", "not_sent", "the clinic does not send this kind of message") in told(
        case, monday
    )


def test_what_waits_for_the_next_week_says_why(case: Case, monday: datetime):
    ReminderSettings.objects.create(site=case.site, cap_per_week=1)

    assert ("Fri 13 10:00", "check_in_repeat", "not_sent", "too late to send: enough messages this week") in told(
        case, monday
    )


def test_quiet_hours_of_the_strictest_zone_move_a_message_of_who_has_none(case: Case, monday: datetime):
    case.patient.time_zone = ""
    case.patient.save()

    assert told(case, monday)[0] == ("Fri 06 13:00", "check_in", "goes", "it is night where the patient is, or may be")


def test_a_paused_kind_runs_out(case: Case, monday: datetime):
    Pause.objects.create(site=case.site, kind="check_in", reason="words under review", paused_at=monday)

    assert ("Mon 09 10:00", "check_in", "not_sent", "too late to send: sending is paused") in told(case, monday)


def test_while_everything_is_paused_everything_waits(case: Case, monday: datetime):
    Pause.objects.create(reason="restored", paused_at=monday)

    found = forecast_case(case, now=monday)

    assert found.is_paused
    assert {each.outcome for each in found.messages} == {Outcome.WAITS, Outcome.CALL}


def test_what_staff_stopped_stays_on_the_list(case: Case, monday: datetime, front_desk):
    reminders.plan_for_case(case, now=monday)
    first = Reminder.objects.get(kind="check_in")
    reminders.stop_reminder(first, by=front_desk, now=monday)

    assert told(case, monday)[0] == ("Fri 06 10:00", "check_in", "not_sent", "stopped by staff")


def test_totals_count_what_goes_about_each_case(case: Case, monday: datetime):
    found = forecast_case(case, now=monday)

    assert found.per_case() == {case.reference: 2}
    assert [each.channel for each in found.messages] == [Channel.EMAIL, Channel.EMAIL, Channel.PHONE]


def test_other_cases_of_the_patient_count_towards_the_week_and_are_not_listed(case: Case, monday: datetime):
    ReminderSettings.objects.create(site=case.site, cap_per_week=1)
    other = CaseFactory(patient=case.patient, affects_left=False, affects_right=True)

    kinds = {each.kind for each in forecast_case(other, now=monday).messages if each.outcome is Outcome.GOES}

    assert kinds != {MessageKind.CHECK_IN, MessageKind.CHECK_IN_REPEAT}
    assert all(each.about == other.reference for each in forecast_case(other, now=monday).messages)


@pytest.mark.parametrize("weeks", ["0", "53", "1000", "-1", "six", ""])
def test_weeks_out_of_reason_are_refused(weeks: str):
    with pytest.raises(WrongInput, match="Between 1 and 52 weeks"):
        weeks_asked(weeks)


@pytest.mark.parametrize("weeks", [1, 52])
def test_weeks_within_reason_are_taken(case: Case, monday: datetime, weeks: int):
    assert weeks_asked(str(weeks)) == weeks
    forecast_case(case, weeks=weeks, now=monday)


def test_a_whole_site_costs_as_many_statements_as_one_case(case: Case, monday: datetime, site: Site):
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            forecast_sites([site], now=monday)
        return len(captured)

    reminders.plan_for_case(case, now=monday)
    one = statements()
    for _ in range(5):
        other = CaseFactory(patient=PatientFactory(site=site), status="in_treatment")
        ConsentFactory(patient=other.patient)
        VisitFactory(case=other, starts_at=monday + timedelta(days=9))
        reminders.plan_for_case(other, now=monday)

    assert statements() == one
    assert one <= 22


# -- the command


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("simulate_reminders", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_assumes_and_counts(db: None, outbox: Sinks):
    case = CaseFactory()

    said = run("--case", case.reference)

    assert "nobody answers" in said
    assert "0 messages go, 0 calls for the front desk" in said


def test_the_command_writes_json(case: Case, monday: datetime):
    told = json.loads(run("--site", "riverside", "--weeks", "52", "--format", "json"))

    assert set(told) == {"assumes", "since", "until", "is_paused", "messages", "per_case"}


def test_the_command_writes_csv(case: Case, monday: datetime):
    assert run("--format", "csv").splitlines()[0].startswith("at,zone,about,message,channel,outcome,why")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--case", "K-00000000-NONE"], "there is no such case"),
        (["--site", "nowhere"], "there is no such site"),
        (["--weeks", "0"], "Between 1 and 52"),
        (["--weeks", "1000"], "Between 1 and 52"),
    ],
)
def test_the_command_refuses_what_is_not_there(db: None, arguments: list[str], says: str):
    with pytest.raises(CommandError, match=says):
        run(*arguments)
