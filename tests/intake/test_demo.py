"""The demo clinic lives as a clinic does, and the same moment always gives the same life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from pytest_django.plugin import DjangoDbBlocker

from cases.models import (
    Case,
    CaseEvent,
    CheckIn,
    Examination,
    Finding,
    Flag,
    NeedlingSession,
    Patient,
    Plan,
    PlanItem,
    ProgressPoint,
    Reminder,
    Visit,
)
from cases.rules.terms import VisitStatus
from clinic.accounts.models import Membership, Site
from intake.demo.clinic import Clinic
from intake.demo.life import NotEmpty, fill_clinic
from intake.models import Draft

# Three months of clinic life take their time on a busy machine.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400)]

NOW = datetime(2026, 11, 18, 17, 30, tzinfo=UTC)  # Wednesday, half past eleven in Chicago


@pytest.fixture(scope="module")
def clinic(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Clinic]:
    """Filled once for all tests here, and gone with the transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield fill_clinic(now=NOW, say=lambda line: None)
        transaction.set_rollback(True)


def test_two_sites_and_seven_of_staff(clinic: Clinic):
    assert [site.slug for site in Site.objects.order_by("pk")] == ["riverside", "hilltop"]
    assert Counter(Membership.objects.values_list("role", flat=True)) == {
        "front_desk": 2,
        "therapist": 3,
        "manager": 2,
        "auditor": 2,
        "integration": 2,
    }
    assert clinic.therapist.check_password("kneecap-demo")
    assert not clinic.bridge.has_usable_password()


def test_the_same_moment_gives_the_same_cases(clinic: Clinic):
    cases = Case.objects.annotate(booked=Count("visits"))

    assert Counter((case.status, case.urgency) for case in cases) == {
        ("new", "routine"): 6,
        ("new", "clinician_review"): 1,
        ("new", "same_day"): 3,
        ("new", "emergency"): 2,
        ("reviewed", "routine"): 4,
        ("reviewed", "clinician_review"): 1,
        ("scheduled", "routine"): 9,
        ("scheduled", "clinician_review"): 1,
        ("in_treatment", "routine"): 21,
        ("in_treatment", "clinician_review"): 4,
        ("in_treatment", "same_day"): 1,
        ("discharged", "routine"): 5,
        ("closed", "routine"): 4,
        ("closed", "clinician_review"): 1,
        ("closed", "emergency"): 1,
    }
    assert Counter(case.knee_side for case in cases) == {"left": 57, "right": 2, "both": 5}
    assert Counter(case.booked for case in cases) == {
        **{0: 22, 1: 9, 2: 1, 3: 2, 4: 4},
        **{5: 4, 6: 8, 7: 6, 8: 6, 9: 2},
    }


def test_every_way_of_a_case_is_there(clinic: Clinic):
    moved = Counter(CaseEvent.objects.filter(kind="moved").values_list("details__move", flat=True))
    closed = set(Case.objects.filter(status="closed").values_list("close_reason", flat=True))

    assert set(moved) == {"review", "schedule", "start_treatment", "discharge", "close", "reopen"}
    assert closed == {"no_contact", "declined", "referred_out", "not_pfp", "duplicate", "lost_to_follow_up"}
    assert Case.objects.filter(previous_case__isnull=False).count() == 1
    assert Finding.objects.filter(agrees=False).exists()
    assert PlanItem.objects.filter(intervention="dry_needling").count() == 1
    assert Draft.objects.unfinished().count() == 5
    assert set(Case.objects.values_list("reports__source", flat=True)) == {"intake", "phone", "api", "check_in"}


def test_every_case_tells_how_it_came_to_be(clinic: Clinic):
    told = Exists(CaseEvent.objects.filter(case=OuterRef("pk"), kind="case_opened"))

    assert not Case.objects.exclude(told).exists()
    assert not CaseEvent.objects.filter(at__gt=NOW + timedelta(minutes=10)).exists()


def test_alarms_stand_are_answered_and_are_cleared(clinic: Clinic):
    stopping = Flag.objects.stopping()
    ways = Counter((flag.level, flag.acknowledged_at is not None, flag.cleared_at is not None) for flag in stopping)

    assert ways == {
        ("emergency", False, False): 1,
        ("emergency", True, False): 2,
        ("same_day", False, False): 2,
        ("same_day", True, False): 2,
        ("same_day", True, True): 2,
    }


def test_somebody_comes_today_and_tomorrow_at_each_site(clinic: Clinic):
    planned = Visit.objects.filter(status=VisitStatus.PLANNED, starts_at__gt=NOW - timedelta(hours=6))
    for site in (clinic.riverside, clinic.hilltop):
        assert planned.filter(case__site=site, starts_at__lt=NOW + timedelta(hours=10)).exists()
        assert planned.filter(case__site=site, starts_at__gt=NOW + timedelta(hours=14)).exists()


def test_progress_goes_every_way(clinic: Clinic):
    answered = Counter(CheckIn.objects.filter(answered_at__isnull=False).values_list("step", flat=True))

    weekly = {f"week_{week}" for week in (1, 3, 4, 5)}
    assert set(answered) == {"rest_check", "week_2", "week_6", "week_12", "needling_check"} | weekly
    # Somebody stays away for good: no check-in answered, the case still open.
    assert Case.objects.filter(patient__family_name="Reed", status="in_treatment", check_ins__answered_at=None).exists()


def test_what_the_therapist_does_is_there_to_look_at(clinic: Clinic):
    examined = Case.objects.filter(examinations__isnull=False).distinct()

    assert not Case.objects.filter(status="in_treatment").exclude(pk__in=examined).exists()
    # Looked at again after no response: a second examination, finding and version of the plan.
    again = Case.objects.get(patient__family_name="Linden")
    assert (again.examinations.count(), again.findings.count()) == (2, 2)
    assert list(again.plans.order_by("number").values_list("status", flat=True)) == ["superseded", "approved"]
    assert Examination.objects.count() == examined.count() + 1
    assert not Plan.objects.in_force().exclude(exercises__isnull=False).exists()
    assert {"attended", "missed", "planned"} <= set(Visit.objects.values_list("status", flat=True))
    assert Visit.objects.filter(moved_count=1).exists()
    assert Case.objects.filter(status="in_treatment", off_plan_from__lte=NOW).exists()
    statuses = set(ProgressPoint.objects.values_list("status", flat=True))
    assert {"improved", "partly_improved", "non_response", "worsening", "resolved"} <= statuses


def test_needling_came_after_exercise_and_each_session_after_its_screen(clinic: Clinic):
    sessions = NeedlingSession.objects.order_by("performed_at")

    assert [session.adverse_events for session in sessions] == [["bruise"], [], []]
    assert all(session.screening.screened_at <= session.performed_at for session in sessions)
    assert [session.plan_item.plan.number for session in sessions] == [2, 2, 2]


def test_nothing_old_is_left_to_send(clinic: Clinic):
    assert not Reminder.objects.waiting().filter(try_at__lte=NOW).exists()
    assert {"accepted", "failed", "suppressed", "waiting"} <= set(Reminder.objects.values_list("status", flat=True))


def test_the_calls_of_today_are_still_to_make(clinic: Clinic):
    due = Reminder.objects.waiting().filter(channel="phone", due_at__lte=NOW)

    assert all(reminder.due_at > NOW - timedelta(days=1) for reminder in due)


def test_nobody_can_be_reached_for_real(clinic: Clinic):
    for patient in Patient.objects.all():
        assert patient.email.endswith("@example.org")
        assert patient.phone[5:10] == "55501"


def test_a_clinic_with_patients_is_left_alone(clinic: Clinic):
    with pytest.raises(NotEmpty):
        fill_clinic(now=NOW, say=lambda line: None)


def test_the_demo_is_refused_where_it_was_not_asked_for(settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("seed_demo")
