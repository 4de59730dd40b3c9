"""A site's own figures: refused when they make no sense, kept with who changed them, and followed by the rows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.models import Case, ReminderSettings, ReminderSettingsChange
from cases.services import reminders, site_messages
from cases.services.errors import Stale, WrongInput
from cases.services.site_messages import change_settings, close_on, open_on, replan_sites
from clinic.accounts.models import Site, User
from tests.factories import CaseFactory, ConsentFactory, PatientFactory, VisitFactory

CHICAGO = ZoneInfo("America/Chicago")


def planned_case(now: datetime) -> Case:
    patient = PatientFactory()
    ConsentFactory(patient=patient)
    case = CaseFactory(patient=patient)
    reminders.plan_for_case(case, now=now, is_new=True)
    return case


def due(case: Case, kind: str = "check_in") -> str:
    row = case.reminders.get(kind=kind)
    return f"{row.status} {row.due_at.astimezone(CHICAGO):%m-%d %H:%M}"


def test_a_change_is_followed_by_the_cases_of_the_site(site: Site, manager: User, monday: datetime):
    case = planned_case(monday)

    change_settings(site, figures={"hour": time(11), "rest_check_days": 3}, by=manager, now=monday)
    assert due(case) == "waiting 11-06 10:00"
    replan_sites(now=monday)

    assert due(case) == "waiting 11-05 11:00"
    stored = ReminderSettings.objects.get(site=site)
    assert (stored.replan_after, stored.replanned_at, stored.changed_by) == (None, monday, manager)


def test_replanning_goes_on_where_it_stopped(site: Site, manager: User, monday: datetime):
    cases = [planned_case(monday) for _ in range(5)]
    change_settings(site, figures={"hour": time(11)}, by=manager, now=monday)

    done = [replan_sites(now=monday, batch=2) for _ in range(4)]

    assert done == [2, 2, 1, 0]
    assert {due(case) for case in cases} == {"waiting 11-06 11:00"}


def test_a_kind_that_is_switched_off_is_taken_back_and_comes_back(site: Site, manager: User, monday: datetime):
    case = planned_case(monday)
    change_settings(site, figures={"kinds_off": ["check_in_repeat"]}, by=manager, now=monday)
    replan_sites(now=monday)
    row = case.reminders.get(kind="check_in_repeat")
    assert (row.status, row.reason) == ("suppressed", "the clinic does not send this kind of message")

    change_settings(site, figures={"kinds_off": []}, by=manager, now=monday)
    replan_sites(now=monday)

    row.refresh_from_db()
    assert row.status == "waiting"


@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"opens": time(7, 59)}, ""),
        ({"closes": time(21, 1)}, ""),
        ({"opens": time(20)}, ""),
        ({"hour": time(8, 59)}, ""),
        ({"hour": time(20)}, ""),
        ({"cap_per_week": 0}, ""),
        ({"cap_per_week": 15}, ""),
        ({"rest_check_days": 2}, ""),
        ({"rest_check_days": 6}, ""),
        ({"call_after_days": 3}, ""),
        ({"call_after_days": 7}, ""),
        ({"form_repeat_days": 11}, ""),
        ({"nudge_every_days": 6}, ""),
        ({"kinds_off": ["nothing"]}, "kinds_off"),
        ({"languages": ["tlh"]}, "languages"),
        ({"site": 7}, "site"),
    ],
)
def test_figures_that_make_no_sense_are_refused(site: Site, manager: User, monday: datetime, figures, field: str):
    with pytest.raises(WrongInput) as error:
        change_settings(site, figures=figures, by=manager, now=monday)

    assert list(error.value.errors) == [field]
    assert not ReminderSettings.objects.exists()


@pytest.mark.parametrize(
    "figures",
    [
        {"opens": time(8), "closes": time(21)},
        {"hour": time(9)},
        {"hour": time(19, 59)},
        {"cap_per_week": 1},
        {"cap_per_week": 14},
        {"rest_check_days": 3},
        {"rest_check_days": 5},
        {"call_after_days": 4},
        {"form_repeat_days": 10},
        {"nudge_every_days": 7},
    ],
)
def test_figures_on_the_boundary_are_taken(site: Site, manager: User, monday: datetime, figures):
    stored = change_settings(site, figures=figures, by=manager, now=monday)

    assert {name: getattr(stored, name) for name in figures} == figures


def test_who_changed_what_is_kept(site: Site, manager: User, monday: datetime):
    change_settings(site, figures={"cap_per_week": 3}, by=manager, now=monday)

    change = ReminderSettingsChange.objects.get()
    assert (change.by, change.at) == (manager, monday)
    assert (change.before["cap_per_week"], change.after["cap_per_week"]) == (4, 3)


def test_a_change_made_from_an_older_page_is_refused(site: Site, manager: User, monday: datetime):
    change_settings(site, figures={"cap_per_week": 3}, by=manager, now=monday)
    change_settings(site, figures={"cap_per_week": 2}, expected_version=1, by=manager, now=monday)

    with pytest.raises(Stale):
        change_settings(site, figures={"cap_per_week": 5}, expected_version=1, by=manager, now=monday)


def test_a_closed_day_moves_what_can_wait_and_not_the_visit(site: Site, manager: User, monday: datetime):
    case = planned_case(monday)
    starts_at = datetime(2026, 11, 7, 14, tzinfo=CHICAGO)
    VisitFactory(case=case, starts_at=starts_at)
    close_on(site, day=date(2026, 11, 6), name="Thanksgiving", by=manager, now=monday)
    close_on(site, day=date(2026, 11, 7), by=manager, now=monday)

    replan_sites(now=monday)
    assert (due(case), due(case, "visit")) == ("waiting 11-08 10:00", "waiting 11-06 10:00")

    open_on(site, day=date(2026, 11, 6), by=manager, now=monday)
    replan_sites(now=monday)
    assert due(case) == "waiting 11-06 10:00"


def test_a_closed_day_of_another_site_moves_nothing(site: Site, other_site: Site, manager: User, monday: datetime):
    case = planned_case(monday)
    close_on(other_site, day=date(2026, 11, 6), by=manager, now=monday)

    replan_sites(now=monday)

    assert due(case) == "waiting 11-06 10:00"


def test_a_site_that_decided_nothing_goes_by_the_defaults(site: Site):
    assert site_messages.settings_at(site).as_rule() == reminders_default()


def reminders_default():
    from cases.rules.reminder_settings import DEFAULT

    return DEFAULT


def test_a_change_during_replanning_begins_it_again(site: Site, manager: User, monday: datetime):
    for _ in range(3):
        planned_case(monday)
    change_settings(site, figures={"hour": time(11)}, by=manager, now=monday)
    replan_sites(now=monday, batch=2)

    change_settings(site, figures={"hour": time(12)}, by=manager, now=monday + timedelta(minutes=1))

    assert ReminderSettings.objects.get().replan_after == 0
