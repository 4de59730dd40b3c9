"""Findings, plans, visits, notes: what a therapist decides, and what is refused by name."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from cases.models import Case, Finding, Note, Plan, Suggestion
from cases.rules.terms import VisitStatus
from cases.services import care, findings, outcomes, plans, visits
from cases.services.errors import WrongInput
from cases.services.locking import CaseEnded
from cases.services.opening import open_case
from clinic.accounts.models import Role, Site, User
from tests.factories import CaseFactory, PatientFactory, ReportFactory, staff

TOMORROW = timedelta(days=1)


@pytest.fixture
def case(db: None, therapist: User, monday: datetime) -> Case:
    """A case whose suggestion names overuse."""
    answers = {
        "knee_side": "left",
        "age": 27,
        "pain_location": ["front_around_kneecap"],
        "aggravating": ["squatting", "stairs_down"],
        "activities": [{"type": "running", "recent_change": "increase", "change_percent": 60, "changed_weeks_ago": 4}],
        "needling_interest": "yes",
        "needle_fear": "none",
        "fever": "no",
        "hot_red_joint": "no",
        "skin_problem_at_site": "no",
        "conditions": ["none"],
        "anticoagulant": "none",
        "pregnancy": "no",
        "sex": "female",
        "prior_injury_surgery": ["none"],
        "metal_allergy": "no",
        "fainted_with_needles": "no",
    }
    opened = open_case(
        PatientFactory(),
        source="intake",
        answers=answers,
        shown=sorted(answers),
        questionnaire_version="2026.11",
        by=None,
        now=monday,
    )
    assert opened.judgement.causes
    return opened.case


def test_a_finding_that_agrees_needs_no_reason(case: Case, therapist: User, monday: datetime):
    finding = findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=monday)

    assert finding.agrees is True
    assert finding.suggestion == Suggestion.objects.get()


def test_a_finding_that_differs_says_why(case: Case, therapist: User, monday: datetime):
    with pytest.raises(WrongInput) as refused:
        findings.record_finding(case, causes=["muscle_imbalance"], confidence="high", by=therapist, now=monday)
    assert set(refused.value.errors) == {"reason"}

    finding = findings.record_finding(
        case, causes=["muscle_imbalance"], confidence="high", reason="Weak on testing.", by=therapist, now=monday
    )
    assert finding.agrees is False


def test_wrong_findings_are_named_and_nothing_is_stored(case: Case, therapist: User, monday: datetime):
    with pytest.raises(WrongInput) as refused:
        findings.record_finding(case, causes=["other", "weather"], confidence="sure", by=therapist, now=monday)

    assert set(refused.value.errors) == {"causes", "other", "confidence", "reason"}
    assert Finding.objects.count() == 0


def test_a_finding_on_an_ended_case_is_refused(db: None, therapist: User, monday: datetime):
    ended = CaseFactory(status="closed", close_reason="declined", ended_at=monday)

    with pytest.raises(CaseEnded):
        findings.record_finding(ended, causes=["overuse"], confidence="high", by=therapist, now=monday)


def test_the_plan_comes_from_the_templates_of_the_finding(case: Case, therapist: User, monday: datetime):
    findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=monday)

    plan = plans.draft_plan(case, by=therapist, now=monday)

    interventions = set(plan.items.values_list("intervention", flat=True))
    assert {"education", "strengthening", "load_management"} <= interventions
    assert "dry_needling" not in interventions


def test_a_runner_is_still_a_runner_after_a_check_in(case: Case, therapist: User, monday: datetime):
    ReportFactory(case=case, source="check_in", answers={"pain_now": 3})
    findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=monday)

    plan = plans.draft_plan(case, by=therapist, now=monday)

    assert plan.items.filter(name="Gait retraining for runners").exists()


def test_a_plan_rests_on_a_finding(case: Case, therapist: User, monday: datetime):
    with pytest.raises(plans.NoFinding):
        plans.draft_plan(case, by=therapist, now=monday)


def test_an_approved_plan_stays_in_force_until_the_next_is_approved(case: Case, therapist: User, monday: datetime):
    findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=monday)
    first = plans.approve_plan(plans.draft_plan(case, by=therapist, now=monday), by=therapist, now=monday)
    second = plans.draft_plan(case, by=therapist, now=monday)
    assert Plan.objects.in_force().get() == first

    plans.approve_plan(second, by=therapist, now=monday)

    assert Plan.objects.in_force().get() == second
    with pytest.raises(plans.NothingToApprove):
        plans.approve_plan(second, by=therapist, now=monday)


def test_the_first_visit_is_booked_by_scheduling(case: Case, front_desk: User, monday: datetime):
    with pytest.raises(visits.NotScheduled):
        visits.book_visit(case, starts_at=monday + TOMORROW, by=front_desk, now=monday)


def test_a_visit_is_booked_moved_and_settled(case: Case, front_desk: User, therapist: User, monday: datetime):
    Case.objects.update(status="scheduled")
    visit = visits.book_visit(case, starts_at=monday + TOMORROW, therapist=therapist, by=front_desk, now=monday)
    visit = visits.move_visit(visit, starts_at=monday + 2 * TOMORROW, by=front_desk, now=monday)

    visit = visits.settle_visit(visit, status=VisitStatus.ATTENDED, by=front_desk, now=monday + 3 * TOMORROW)

    assert visit.status == "attended"
    with pytest.raises(visits.VisitSettled):
        visits.settle_visit(visit, status=VisitStatus.MISSED, by=front_desk, now=monday + 3 * TOMORROW)


def test_impossible_visits_are_named(case: Case, front_desk: User, other_site: Site, monday: datetime):
    Case.objects.update(status="scheduled")
    stranger = staff(Role.THERAPIST, other_site)

    with pytest.raises(WrongInput) as refused:
        visits.book_visit(case, starts_at=monday, minutes=4, therapist=stranger, by=front_desk, now=monday)

    assert set(refused.value.errors) == {"starts_at", "minutes", "therapist"}


def test_a_visit_of_a_mistyped_year_is_refused(case: Case, front_desk: User, monday: datetime):
    Case.objects.update(status="scheduled")
    latest = monday + visits.MOST_AHEAD

    with pytest.raises(WrongInput, match="Check the year"):
        visits.book_visit(case, starts_at=latest + timedelta(seconds=1), by=front_desk, now=monday)
    visit = visits.book_visit(case, starts_at=latest, by=front_desk, now=monday)

    with pytest.raises(WrongInput, match="Check the year"):
        visits.move_visit(visit, starts_at=monday.replace(year=2062), by=front_desk, now=monday)


def test_a_therapist_is_not_booked_twice_at_one_time(case: Case, front_desk: User, therapist: User, monday: datetime):
    Case.objects.update(status="scheduled")
    visits.book_visit(case, starts_at=monday + TOMORROW, therapist=therapist, by=front_desk, now=monday)
    other = CaseFactory(status="scheduled")

    with pytest.raises(WrongInput) as refused:
        visits.book_visit(other, starts_at=monday + TOMORROW, therapist=therapist, by=front_desk, now=monday)

    assert refused.value.errors == {
        "starts_at": ["The therapist has another visit at this time. Choose a different one."]
    }


def test_pressing_twice_books_a_patient_once_even_without_a_therapist(front_desk: User, monday: datetime, db: None):
    case = CaseFactory(status="scheduled", therapist=None)
    visits.book_visit(case, starts_at=monday + TOMORROW, by=front_desk, now=monday)

    with pytest.raises(WrongInput) as refused:
        visits.book_visit(case, starts_at=monday + TOMORROW, by=front_desk, now=monday)

    assert refused.value.errors == {
        "starts_at": ["The patient has another visit at this time. Choose a different one."]
    }
    assert case.visits.count() == 1


def test_a_patient_is_not_with_two_therapists_at_one_time(case: Case, front_desk: User, monday: datetime):
    Case.objects.update(status="scheduled")
    visits.book_visit(case, starts_at=monday + TOMORROW, by=front_desk, now=monday)
    other_knee = CaseFactory(
        status="scheduled", patient=case.patient, site=case.site, affects_left=False, affects_right=True
    )
    colleague = staff(Role.THERAPIST, case.site)
    half_past = monday + TOMORROW + timedelta(minutes=30)

    with pytest.raises(WrongInput, match="The patient has another visit"):
        visits.book_visit(other_knee, starts_at=half_past, therapist=colleague, by=front_desk, now=monday)


@pytest.mark.parametrize(
    ("after_minutes", "minutes", "is_free"),
    [
        (-45, 45, True),
        (-44, 45, False),
        (-200, 201, False),
        (0, 45, False),
        (15, 15, False),
        (44, 45, False),
        (45, 45, True),
    ],
)
def test_visits_of_a_therapist_follow_each_other_and_never_overlap(
    case: Case,
    front_desk: User,
    therapist: User,
    monday: datetime,
    after_minutes: int,
    minutes: int,
    is_free: bool,
):
    Case.objects.update(status="scheduled")
    nine = monday + TOMORROW
    visits.book_visit(case, starts_at=nine, minutes=45, therapist=therapist, by=front_desk, now=monday)
    asked = {"starts_at": nine + timedelta(minutes=after_minutes), "minutes": minutes, "therapist": therapist}
    other = CaseFactory(status="scheduled")

    if is_free:
        visits.book_visit(other, **asked, by=front_desk, now=monday)
    else:
        with pytest.raises(WrongInput, match="The therapist has another visit"):
            visits.book_visit(other, **asked, by=front_desk, now=monday)


def test_a_visit_moves_within_its_own_time_and_into_no_other(
    case: Case, front_desk: User, therapist: User, monday: datetime
):
    Case.objects.update(status="scheduled")
    nine, quarter = monday + TOMORROW, timedelta(minutes=15)
    visit = visits.book_visit(case, starts_at=nine, therapist=therapist, by=front_desk, now=monday)
    other = CaseFactory(status="scheduled")
    visits.book_visit(other, starts_at=nine + 4 * quarter, therapist=therapist, by=front_desk, now=monday)

    moved = visits.move_visit(visit, starts_at=nine + quarter, by=front_desk, now=monday)
    with pytest.raises(WrongInput, match="another visit"):
        visits.move_visit(visit, starts_at=nine + 2 * quarter, by=front_desk, now=monday)

    assert moved.starts_at == nine + quarter


def test_a_visit_that_has_not_begun_was_neither_attended_nor_missed(case: Case, front_desk: User, monday: datetime):
    Case.objects.update(status="scheduled")
    visit = visits.book_visit(case, starts_at=monday + TOMORROW, by=front_desk, now=monday)

    with pytest.raises(WrongInput):
        visits.settle_visit(visit, status=VisitStatus.MISSED, by=front_desk, now=monday)


def test_only_a_therapist_of_the_site_takes_the_case(case: Case, manager: User, front_desk: User, monday: datetime):
    with pytest.raises(WrongInput):
        care.assign_therapist(case, therapist=front_desk, by=manager, now=monday)


def test_history_cannot_be_changed_even_in_sql(case: Case, therapist: User, monday: datetime):
    care.write_note(case, text="Pain on step-down.", by=therapist, now=monday)

    for table in ("cases_note", "cases_caseevent"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET case_id = case_id"):
            with pytest.raises(Exception, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    assert Note.objects.count() == 1


@pytest.mark.parametrize(("instrument", "score"), [("nprs_worst", 11), ("akps", 101), ("groc", -4), ("psfs", -1)])
def test_scores_outside_the_range_are_refused(
    case: Case, therapist: User, monday: datetime, instrument: str, score: int
):
    with pytest.raises(WrongInput):
        outcomes.record_outcome(case, instrument=instrument, score=score, by=therapist, now=monday)
