"""What is due, to whom and when: properties over every zone, and the kinds one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.quiet_hours import Window, is_quiet
from cases.rules.reminder_settings import DEFAULT, IMPORTANT, Settings
from cases.rules.schedule import messages_due
from cases.rules.schedule_facts import CaseFacts, CheckInFacts, PatientFacts, PlanFacts, Schedule, VisitFacts
from cases.rules.terms import CaseStatus, Channel, MessageKind, Purpose, Urgency, VisitStatus
from cases.rules.time_zones import opening_in_all, zones_to_respect

MONDAY = datetime(2026, 11, 2, 15, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")
BOTH = {Purpose.VISITS: Channel.EMAIL, Purpose.FOLLOW_UP: Channel.EMAIL}
ROSA = PatientFacts(CHICAGO, BOTH)
# The edges of the plan: both US and both EU nights, half an hour, no change at all, and the first zone of the day.
EDGES = [
    ("America/Chicago", datetime(2026, 11, 1)),
    ("America/New_York", datetime(2027, 3, 14)),
    ("Europe/Madrid", datetime(2027, 3, 28)),
    ("Europe/Madrid", datetime(2027, 10, 31)),
    ("Australia/Lord_Howe", datetime(2027, 4, 4)),
    ("Australia/Lord_Howe", datetime(2027, 10, 3)),
    ("America/Phoenix", datetime(2026, 11, 1)),
    ("Pacific/Kiritimati", datetime(2027, 3, 14)),
    ("Africa/Casablanca", datetime(2027, 2, 7)),
]


def case(status: CaseStatus = CaseStatus.IN_TREATMENT, **facts: object) -> CaseFacts:
    return CaseFacts(
        **{"id": 7, "status": status, "urgency": Urgency.ROUTINE, "opened_at": MONDAY, "status_since": MONDAY} | facts
    )


def due(found: Schedule, kind: MessageKind) -> list[str]:
    return [f"{each.due_at.astimezone(CHICAGO):%m-%d %H:%M}" for each in found.messages if each.kind is kind]


def visit(status: VisitStatus, starts: datetime, settled: datetime | None = None, pk: int = 1) -> VisitFacts:
    return VisitFacts(pk, starts, MONDAY - timedelta(days=9), status, settled)


def test_a_missed_visit_is_written_about_the_next_day_unless_another_is_booked():
    missed = visit(VisitStatus.MISSED, MONDAY, MONDAY + timedelta(hours=2))
    booked = visit(VisitStatus.PLANNED, MONDAY + timedelta(days=9), pk=2)

    alone = messages_due(case(), visits=[missed], settings=DEFAULT, patient=ROSA)
    with_next = messages_due(case(), visits=[missed, booked], settings=DEFAULT, patient=ROSA)

    assert due(alone, MessageKind.MISSED_VISIT) == ["11-03 10:00"]
    assert due(with_next, MessageKind.MISSED_VISIT) == []
    assert due(with_next, MessageKind.VISIT) == ["11-10 10:00"]


def test_a_case_off_its_plan_is_written_to_once_and_not_beside_a_missed_visit():
    off = case(off_plan_from=MONDAY + timedelta(days=1))
    missed = visit(VisitStatus.MISSED, MONDAY, MONDAY + timedelta(hours=2))

    assert due(messages_due(off, settings=DEFAULT, patient=ROSA), MessageKind.OFF_PLAN) == ["11-04 10:00"]
    assert due(messages_due(off, visits=[missed], settings=DEFAULT, patient=ROSA), MessageKind.OFF_PLAN) == []


def test_the_home_programme_is_mentioned_while_the_plan_runs_but_not_on_the_day_of_a_check_in():
    plan = PlanFacts(1, MONDAY, weeks=6)

    found = messages_due(case(), plan=plan, settings=Settings(nudge_every_days=10), patient=ROSA)
    usual = messages_due(case(), plan=plan, settings=DEFAULT, patient=ROSA)

    assert due(found, MessageKind.NUDGE) == ["11-12 10:00", "11-22 10:00", "12-02 10:00", "12-12 10:00"]
    assert due(usual, MessageKind.NUDGE) == []  # every second Monday has its weekly check-in


def test_a_site_can_do_without_the_weekly_check_in():
    plan = PlanFacts(1, MONDAY, weeks=6)
    off = Settings(kinds_off=frozenset({MessageKind.WEEKLY_CHECK_IN}))

    found = messages_due(case(), plan=plan, settings=off, patient=ROSA)

    assert [step for step, _round in found.check_ins] == [
        *("rest_check", "week_2", "week_6", "week_12", "week_26", "week_52"),
    ]
    assert due(found, MessageKind.WEEKLY_CHECK_IN) == []
    assert due(found, MessageKind.NUDGE) == ["11-30 10:00"]  # day 14 is that of the check-in of week 2


def test_a_weekly_check_in_is_one_message_and_one_repeat_and_nobody_calls():
    found = messages_due(case(), settings=DEFAULT, patient=ROSA)

    about_week_3 = [each for each in found.messages if each.check_in == ("week_3", 1)]
    assert [(each.kind, f"{each.due_at.astimezone(CHICAGO):%m-%d %H:%M}") for each in about_week_3] == [
        (MessageKind.WEEKLY_CHECK_IN, "11-23 10:00"),
        (MessageKind.WEEKLY_CHECK_IN, "11-26 10:00"),
    ]
    assert len({each.subject for each in about_week_3}) == 2


def test_nobody_is_telephoned_each_week():
    by_phone = PatientFacts(CHICAGO, BOTH | {Purpose.FOLLOW_UP: Channel.PHONE})

    found = messages_due(case(), settings=DEFAULT, patient=by_phone)

    assert [step for step, _round in found.check_ins] == [
        *("rest_check", "week_2", "week_6", "week_12", "week_26", "week_52"),
    ]
    assert due(found, MessageKind.WEEKLY_CHECK_IN) == []


def test_nobody_is_telephoned_to_encourage_the_exercises():
    plan = PlanFacts(1, MONDAY, weeks=12)
    by_phone = PatientFacts(CHICAGO, BOTH | {Purpose.FOLLOW_UP: Channel.PHONE})

    written = messages_due(case(), plan=plan, settings=Settings(nudge_every_days=10), patient=ROSA)
    telephoned = messages_due(case(), plan=plan, settings=Settings(nudge_every_days=10), patient=by_phone)

    assert due(written, MessageKind.NUDGE) != []
    assert due(telephoned, MessageKind.NUDGE) == []
    assert not any(subject.startswith("nudge") for subject in telephoned.wanted)
    # A check-in is worth a call.
    assert due(telephoned, MessageKind.CHECK_IN) != []


def test_a_treated_patient_gets_two_check_in_messages_a_week_at_most_from_the_schedule():
    days = [
        each.due_at.astimezone(CHICAGO).date()
        for each in messages_due(case(), settings=DEFAULT, patient=ROSA).messages
        if each.channel is Channel.EMAIL and each.check_in is not None and each.check_in[0] != "rest_check"
    ]

    assert max(sum(first <= day < first + timedelta(days=7) for day in days) for first in days) == 2


def test_a_standing_flag_stops_every_message_and_keeps_the_check_ins():
    stopped = messages_due(case(is_stopped=True), settings=DEFAULT, patient=ROSA)

    assert (stopped.messages, len(stopped.check_ins)) == ([], 15)


def test_who_agreed_to_one_purpose_gets_that_alone():
    only_visits = PatientFacts(CHICAGO, {Purpose.VISITS: Channel.SMS})
    tomorrow = visit(VisitStatus.PLANNED, MONDAY + timedelta(days=9))

    found = messages_due(case(), visits=[tomorrow], settings=DEFAULT, patient=only_visits)

    assert [(each.kind, each.channel) for each in found.messages] == [(MessageKind.VISIT, Channel.SMS)]


def test_needling_is_asked_about_by_message_and_then_by_telephone():
    found = messages_due(case(CaseStatus.SCHEDULED), needlings=[MONDAY], settings=DEFAULT, patient=ROSA)

    assert due(found, MessageKind.NEEDLING_CHECK) == ["11-03 10:00"]
    assert [each.channel for each in found.messages if each.check_in == ("needling_check", 1)] == [
        Channel.EMAIL,
        Channel.PHONE,
    ]


def test_what_is_answered_is_not_asked_again():
    answered = CheckInFacts("rest_check", 1, MONDAY, is_answered=True)

    found = messages_due(case(CaseStatus.NEW), check_ins=[answered], settings=DEFAULT, patient=ROSA)

    assert found.messages == []


ZONES = st.sampled_from(sorted({zone for zone, _ in EDGES} | {"Pacific/Apia", "America/St_Johns", "Asia/Kathmandu"}))


@st.composite
def clinics(draw: st.DrawFn) -> Settings:
    opens, closes = draw(st.integers(8, 14)), draw(st.integers(16, 21))
    return Settings(
        kinds_off=frozenset(draw(st.sets(st.sampled_from(list(MessageKind)), max_size=4))),
        hour=time(draw(st.integers(opens, closes - 1)), draw(st.integers(0, 59))),
        window=Window(time(opens), time(closes)),
        rest_check_days=draw(st.integers(3, 5)),
        nudge_every_days=draw(st.integers(7, 60)),
    )


@settings(max_examples=1000, deadline=None)
@given(
    zone=ZONES,
    clinic=clinics(),
    status=st.sampled_from(list(CaseStatus)),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    visit_in=st.timedeltas(timedelta(hours=1), timedelta(days=40)),
    closed=st.sets(st.integers(0, 120), max_size=20),
)
def test_every_message_is_once_at_a_sane_hour_and_in_time(zone, clinic, status, start, visit_in, closed):
    start = start.replace(tzinfo=UTC)
    days = {start.date() + timedelta(days=each) for each in closed}
    facts = case(status, opened_at=start, status_since=start)
    visits = [VisitFacts(1, start + visit_in, start, VisitStatus.PLANNED)]
    zone_ = ZoneInfo(zone)

    def plan() -> Schedule:
        return messages_due(
            facts,
            plan=PlanFacts(1, start, 12),
            visits=visits,
            needlings=[start],
            settings=clinic,
            closed_days=days,
            patient=PatientFacts(zone_, BOTH),
        )

    found = plan()

    assert found == plan()
    keys = [(each.subject, each.channel) for each in found.messages]
    assert len(keys) == len(set(keys))
    for each in found.messages:
        assert each.kind not in clinic.kinds_off
        assert not is_quiet(each.due_at, zone_, clinic.window)
        assert start < each.due_at + timedelta(days=1)
        assert each.due_at < each.expires_at
        if each.kind is MessageKind.VISIT:
            assert each.expires_at == start + visit_in
        if each.kind not in IMPORTANT:
            assert each.due_at.astimezone(zone_).date() not in days
    if status is CaseStatus.CLOSED:
        assert found.messages == []


# -- the edges of the clocks (2,250 instants)


@pytest.mark.parametrize(("name", "night"), EDGES)
def test_around_a_change_of_the_clocks_nothing_goes_at_night_and_everything_goes_that_day(name: str, night: datetime):
    zone = ZoneInfo(name)
    moments = [night.replace(tzinfo=zone).astimezone(UTC) + timedelta(minutes=12 * step) for step in range(-60, 190)]
    openings = [opening_in_all(moment, (zone,), DEFAULT.window) for moment in moments]

    assert len(moments) == 250
    for moment, opening in zip(moments, openings, strict=True):
        assert moment <= opening <= moment + timedelta(hours=14, minutes=1)
        assert not is_quiet(opening, zone)
        assert opening == moment or is_quiet(moment, zone)
    assert openings == sorted(openings)


@pytest.mark.parametrize("site", ["America/Chicago", "Europe/Madrid", "Australia/Sydney", "America/Sao_Paulo"])
def test_where_the_zone_is_unknown_it_is_day_in_all_of_the_country(site: str):
    zones = zones_to_respect("", site)
    for hours in range(0, 24 * 14):
        moment = datetime(2026, 10, 26, tzinfo=UTC) + timedelta(hours=hours)

        opening = opening_in_all(moment, zones, DEFAULT.window)

        assert not any(is_quiet(opening, zone) for zone in zones)
        assert opening < moment + timedelta(hours=24)


@pytest.mark.parametrize(
    ("patient", "site", "keys"),
    [
        ("America/Denver", "America/Chicago", ["America/Denver"]),
        ("Etc/GMT+5", "America/Chicago", ["Etc/GMT+5"]),
        ("", "Asia/Tokyo", ["Asia/Tokyo"]),
        ("Mars/Olympus", "Asia/Tokyo", ["Asia/Tokyo"]),
    ],
)
def test_whose_clocks_count(patient: str, site: str, keys: list[str]):
    assert [zone.key for zone in zones_to_respect(patient, site)] == keys


def test_a_long_closure_leaves_the_second_message_to_speak():
    days = {date(2026, 11, 6) + timedelta(days=each) for each in range(4)}

    found = messages_due(case(CaseStatus.NEW), settings=DEFAULT, closed_days=days, patient=ROSA)

    assert due(found, MessageKind.CHECK_IN) == []
    assert due(found, MessageKind.CHECK_IN_REPEAT) == ["11-10 10:00"]
