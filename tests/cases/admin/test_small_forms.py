"""Every change is one small form and one service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from cases.models import Case, CaseEvent, Flag, Visit
from tests.cases.admin.conftest import case_of, raise_flag
from tests.factories import MONDAY, VisitFactory

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _on_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


def address(case: Case, deed: str) -> str:
    return f"/admin/cases/case/{case.pk}/do/{deed}/"


def page_of(case: Case) -> str:
    return f"/admin/cases/case/{case.pk}/change/"


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_opening_a_case_and_its_forms_changes_nothing(desk, site):
    case = case_of(site)

    for deed in ("review", "schedule", "read", "acknowledge", "book"):
        assert desk.get(address(case, deed)).status_code == 200
    desk.get(page_of(case))

    case.refresh_from_db()
    assert (case.status, case.version, case.first_read_at) == ("new", 1, None)
    assert CaseEvent.objects.count() == 0


def test_marking_as_read_keeps_who_and_when(desk, front_desk, site):
    case = case_of(site)

    answer = desk.post(address(case, "review"), {"version": 1}, follow=True)

    case.refresh_from_db()
    assert (case.status, case.first_read_by, case.first_read_at) == ("reviewed", front_desk, MONDAY)
    assert said(answer) == [f"{case} is marked as read."]


def test_scheduling_takes_the_time_on_the_clocks_of_the_site(desk, site, therapist):
    case = case_of(site)
    given = {"version": 1, "day": "2026-11-04", "clock": "14:30", "minutes": 45, "therapist": therapist.pk}

    answer = desk.post(address(case, "schedule"), given, follow=True)

    visit = Visit.objects.get()
    case.refresh_from_db()
    assert visit.starts_at == datetime(2026, 11, 4, 20, 30, tzinfo=UTC)
    assert (case.status, case.therapist) == ("scheduled", therapist)
    assert said(answer) == [f"{case} is scheduled for Wed 4 Nov, 2:30 p.m."]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"day": "2027-03-14", "clock": "02:30"}, "The clocks leave out this hour"),
        ({"day": "2026-11-01"}, "This time has passed"),
        ({"day": "9999-12-31"}, "within the next two years"),
        ({"day": "0001-01-01"}, "within the next two years"),
        ({"day": ""}, "This field is required"),
        ({"clock": "25:00"}, "Enter a valid time"),
        ({"minutes": "241"}, "less than or equal to 240"),
        ({"minutes": "9" * 5000}, "Enter a whole number"),
        ({"therapist": "999999"}, "Select a valid choice"),
    ],
)
def test_a_wrong_time_is_said_at_its_field_and_what_was_typed_stays(desk, site, therapist, wrong, words):
    case = case_of(site)
    given = {"version": 1, "day": "2026-11-04", "clock": "14:30", "minutes": 45, "therapist": therapist.pk} | wrong

    answer = desk.post(address(case, "schedule"), given)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{given["clock"]}"' in answer.content.decode()
    assert Visit.objects.count() == 0


def test_the_first_of_a_repeated_hour_counts(desk, site):
    case = case_of(site)
    with time_machine.travel(datetime(2026, 10, 20, tzinfo=UTC), tick=False):
        Case.objects.update(opened_at=datetime(2026, 10, 19, tzinfo=UTC))
        desk.post(address(case, "schedule"), {"version": 1, "day": "2026-11-01", "clock": "01:30", "minutes": 45})

    assert Visit.objects.get().starts_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_refused_move_names_the_guard_and_changes_nothing(desk, site):
    case = case_of(site, urgency="emergency")
    raise_flag(case)
    given = {"version": 1, "day": "2026-11-04", "clock": "14:30", "minutes": 45}

    answer = desk.post(address(case, "schedule"), given, follow=True)

    assert "An emergency or same-day flag must first be cleared by a clinician." in said(answer)[0]
    assert Visit.objects.count() == 0


def test_a_move_the_status_does_not_allow_is_refused_in_words(desk, site):
    case = case_of(site, status="in_treatment")

    answer = desk.post(address(case, "review"), {"version": 1}, follow=True)

    assert answer.redirect_chain == [(page_of(case), 302)]
    assert "in treatment" in said(answer)[0]


def test_acting_on_an_older_page_is_refused(desk, site):
    case = case_of(site)
    Case.objects.update(version=2)

    answer = desk.post(address(case, "review"), {"version": 1}, follow=True)

    case.refresh_from_db()
    assert case.status == "new"
    assert "changed by somebody else" in said(answer)[0]


def test_a_form_on_an_older_page_keeps_what_was_typed(boss, site):
    case = case_of(site)
    Case.objects.update(version=2)

    answer = boss.post(address(case, "close"), {"version": 1, "reason": "no_contact", "note": "called thrice"})

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (409, "new")
    assert "called thrice" in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()


def test_a_form_without_its_version_is_refused(boss, site):
    case = case_of(site)

    answer = boss.post(address(case, "close"), {"reason": "no_contact"})

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (422, "new")


def test_closing_and_reopening_by_the_manager(boss, site):
    case = case_of(site)

    boss.post(address(case, "close"), {"version": 1, "reason": "declined", "note": "too far"})
    case.refresh_from_db()
    closed = (case.status, case.close_reason, case.ending_note)
    boss.post(address(case, "reopen"), {"version": case.version, "reason": "called back"})
    case.refresh_from_db()

    assert closed == ("closed", "declined", "too far")
    assert case.status == "reviewed"


def test_only_the_manager_assigns(boss, desk, site, therapist):
    case = case_of(site)

    refused = desk.post(address(case, "assign"), {"version": 1, "therapist": therapist.pk})
    boss.post(address(case, "assign"), {"version": 1, "therapist": therapist.pk})

    case.refresh_from_db()
    assert (refused.status_code, case.therapist) == (403, therapist)


def test_only_the_therapist_of_the_case_clears_a_flag_with_a_reason(desk, clinician, site):
    client, person = clinician
    case = case_of(site, urgency="emergency", therapist=person)
    flag = raise_flag(case)
    page = f"/admin/cases/case/{case.pk}/flags/{flag.pk}/clear/"

    refused = desk.post(page, {"reason": "looks fine"})
    empty = client.post(page, {"reason": "  "})
    client.post(page, {"reason": "Examined: no effusion, no warmth."})

    flag = Flag.objects.get()
    case.refresh_from_db()
    assert (refused.status_code, empty.status_code) == (403, 422)
    assert (flag.cleared_by, flag.clear_reason) == (person, "Examined: no effusion, no warmth.")
    assert case.urgency == "routine"


def test_a_visit_is_settled_moved_and_cancelled(desk, site):
    case = case_of(site, status="scheduled")
    past = VisitFactory(case=case, starts_at=MONDAY - timedelta(hours=1))
    ahead = VisitFactory(case=case, starts_at=MONDAY + timedelta(days=1))
    at = f"/admin/cases/case/{case.pk}/visits"

    desk.post(f"{at}/{past.pk}/attended/")
    desk.post(f"{at}/{ahead.pk}/move/", {"day": "2026-11-05", "clock": "10:00"})
    ahead.refresh_from_db()
    moved_to = ahead.starts_at
    too_early = desk.post(f"{at}/{ahead.pk}/missed/", follow=True)
    desk.post(f"{at}/{ahead.pk}/cancel/")

    assert Visit.objects.get(pk=past.pk).status == "attended"
    assert moved_to == datetime(2026, 11, 5, 16, 0, tzinfo=UTC)
    assert "has not begun yet" in said(too_early)[-1]
    assert Visit.objects.get(pk=ahead.pk).status == "cancelled"


def test_coming_back_leads_to_our_own_pages_only(desk, site):
    case = case_of(site)

    answer = desk.post(address(case, "review"), {"version": 1, "back": "https://evil.example/"})

    assert answer.url == page_of(case)


@pytest.mark.parametrize("path", ["do/delete/", "do/../../", "do/review", "delete/", "history/", "flags/1/erase/"])
def test_there_is_nothing_beside_the_declared_deeds(boss, site, path):
    case = case_of(site)

    assert boss.get(f"/admin/cases/case/{case.pk}/{path}").status_code == 404
    assert Case.objects.count() == 1


def test_the_page_of_a_case_takes_no_form(boss, site):
    case = case_of(site)

    answer = boss.post(page_of(case), {"status": "discharged", "urgency": "routine"})

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (405, "new")
