"""A site's own figures: refused when they make no sense, kept with who changed them, and followed by the rows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, ReminderSettings, ReminderSettingsChange
from cases.services import reminders, site_messages
from cases.services.errors import Stale, WrongInput
from cases.services.site_messages import change_settings, close_on, open_on, replan_sites
from clinic.accounts.models import Site, User
from tests.factories import CaseFactory, ConsentFactory, PatientFactory, UserFactory, VisitFactory

CHICAGO = ZoneInfo("America/Chicago")


def planned_case(now: datetime, **fields: object) -> Case:
    patient = PatientFactory(**fields)
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

    done = [replan_sites(now=monday, batch=2, lasts=timedelta()) for _ in range(4)]

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
    replan_sites(now=monday, batch=2, lasts=timedelta())

    change_settings(site, figures={"hour": time(12)}, by=manager, now=monday + timedelta(minutes=1))

    assert ReminderSettings.objects.get().replan_after == 0


def test_all_is_replanned_in_one_go_while_there_is_time(site: Site, manager: User, monday: datetime):
    cases = [planned_case(monday) for _ in range(5)]
    change_settings(site, figures={"hour": time(11)}, by=manager, now=monday)

    assert replan_sites(now=monday, batch=2, lasts=timedelta(hours=1)) == 5

    assert {due(case) for case in cases} == {"waiting 11-06 11:00"}
    assert ReminderSettings.objects.get().replan_after is None
    assert replan_sites(now=monday) == 0


def test_a_large_site_holds_up_no_other(site: Site, other_site: Site, manager: User, monday: datetime):
    for _ in range(5):
        planned_case(monday)
    elsewhere = planned_case(monday, site=other_site, time_zone="America/Chicago")
    for each in (site, other_site):
        change_settings(each, figures={"hour": time(11)}, by=manager, now=monday)

    replan_sites(now=monday, batch=2, lasts=timedelta())

    assert due(elsewhere) == "waiting 11-06 11:00"


# --- the site's clock ---


def move(site: Site, zone: str) -> None:
    """By the page on which the installer keeps the site."""
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    page = reverse("admin:accounts_site_change", args=[site.pk])
    form = client.get(page).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields} | {"time_zone": zone}
    answer = client.post(page, {name: value for name, value in sent.items() if value not in {False, None}})
    assert answer.status_code == 302, answer.context["errors"]


def test_a_site_that_moves_to_another_clock_takes_its_messages_along(site: Site, monday: datetime):
    replan_sites(now=monday)
    unknown, known = planned_case(monday, time_zone=""), planned_case(monday, time_zone="America/Chicago")
    assert (due(unknown), due(known)) == ("waiting 11-06 10:00", "waiting 11-06 10:00")

    move(site, "America/Los_Angeles")
    assert replan_sites(now=monday) == 2

    assert (due(unknown), due(known)) == ("waiting 11-06 12:00", "waiting 11-06 10:00")
    assert replan_sites(now=monday) == 0


def test_a_move_during_replanning_begins_it_again(site: Site, monday: datetime):
    replan_sites(now=monday)
    cases = [planned_case(monday, time_zone="") for _ in range(3)]
    move(site, "America/Denver")
    replan_sites(now=monday, batch=2, lasts=timedelta())
    move(site, "America/Los_Angeles")

    replan_sites(now=monday)

    assert {due(case) for case in cases} == {"waiting 11-06 12:00"}
    assert ReminderSettings.objects.get().zone == "America/Los_Angeles"


def test_a_site_seen_for_the_first_time_is_left_as_it_was_planned(site: Site, monday: datetime):
    case = planned_case(monday, time_zone="")
    case.reminders.update(due_at=monday)

    assert replan_sites(now=monday) == 0

    assert due(case) == "waiting 11-02 09:00"
    assert ReminderSettings.objects.get().zone == "America/Chicago"
