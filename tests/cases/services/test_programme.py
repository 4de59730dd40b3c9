"""The home programme as it is given: to print, by link, and held while a red flag stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.models import Case, CaseEvent, Link, Patient, Plan, Reminder
from cases.rules.home_programme import RUNNING, RUNNING_EXERCISE
from cases.services import plans, programme
from cases.services.reminders import CannotBeReached
from clinic.accounts.models import User
from tests.api import flagged, scheduled
from tests.factories import ConsentFactory, PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(therapist: User) -> Case:
    return scheduled(therapist)


def test_the_sheet_is_that_of_the_plan_in_force(case: Case, django_assert_num_queries):
    with django_assert_num_queries(2):
        found = programme.programme_of(case)

    assert found is not None
    assert found.lines[0].name == "Walk on the flat"
    assert all(line.outside == () for line in found.lines)


def test_the_sheet_says_how_to_get_back_to_running_where_there_is_running(
    case: Case, therapist: User, monday: datetime
):
    assert programme.programme_of(case).running == ""

    items = [{"intervention": "strengthening", "name": "Strength", "weeks": 12}]
    draft = plans.draft_plan(case, items=items, exercises=[{"exercise_id": RUNNING_EXERCISE}], by=therapist, now=monday)
    plans.approve_plan(draft, by=therapist, now=monday)

    assert programme.programme_of(case).running == RUNNING


def test_without_a_plan_in_force_there_is_no_sheet(case: Case):
    Plan.objects.update(status="superseded")

    assert programme.programme_of(case) is None


def test_a_flag_holds_the_exercises_back(case: Case):
    assert programme.given_to(case.patient).programme is not None

    flagged(case)

    assert programme.given_to(case.patient) == programme.Given(None, held=True)


def test_a_patient_without_a_case_is_given_nothing():
    assert programme.given_to(PatientFactory()) == programme.Given(None, held=False)


def test_staff_send_the_link_once_for_fourteen_days(front_desk: User, monday: datetime):
    patient = ConsentFactory().patient

    link = programme.send_own_page(patient, by=front_desk, now=monday)

    reminder = Reminder.objects.get()
    assert (link.purpose, link.expires_at) == (Link.Purpose.OWN_PAGE, monday + timedelta(days=14))
    assert (reminder.kind, reminder.link, reminder.status) == ("own_page", link, "waiting")
    assert CaseEvent.objects.get().kind == "own_page_sent"


def test_who_has_no_address_is_telephoned(front_desk: User, monday: datetime):
    patient = PatientFactory(email="", preferred_channel="phone")
    Patient.objects.update(email="")

    with pytest.raises(CannotBeReached):
        programme.send_own_page(patient, by=front_desk, now=monday)
    assert Link.objects.count() == 0
