"""The life of a case, move by move."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.models import Case, Flag, Outcome, Visit
from cases.rules.lifecycle import MOVES
from cases.rules.terms import CaseStatus, CloseReason, Urgency, VisitStatus
from cases.services import findings, flags, moves, plans, visits
from cases.services.errors import Stale, WrongInput
from cases.services.locking import CaseEnded
from cases.services.moves import IllegalMove
from cases.services.opening import open_case
from clinic.accounts.models import User
from tests.factories import CaseFactory, PatientFactory, VisitFactory

TOMORROW = timedelta(days=1)


def alarming_case(now: datetime) -> Case:
    return open_case(
        PatientFactory(),
        source="intake",
        answers={"knee_side": "left", "age": 27, "calf_swelling": "yes"},
        shown=[],
        questionnaire_version="2026.11",
        by=None,
        now=now,
    ).case


def test_reading_keeps_who_read_first_and_when(db: None, front_desk: User, manager: User, monday: datetime):
    case = moves.review_case(CaseFactory(), by=front_desk, now=monday)

    case = moves.close_case(case, reason=CloseReason.NO_CONTACT, by=manager, now=monday + TOMORROW)

    assert (case.first_read_by, case.first_read_at) == (front_desk, monday)


def test_scheduling_books_the_visit_and_proposes_the_therapist(
    db: None, front_desk: User, therapist: User, monday: datetime
):
    case = CaseFactory()

    case = moves.schedule_case(case, starts_at=monday + TOMORROW, therapist=therapist, by=front_desk, now=monday)

    assert (case.status, case.therapist) == ("scheduled", therapist)
    assert Visit.objects.get().starts_at == monday + TOMORROW


def test_whoever_books_a_visit_accepts_the_patient(db: None, front_desk: User, monday: datetime):
    case = CaseFactory(patient__is_provisional=True)

    moves.schedule_case(case, starts_at=monday + TOMORROW, by=front_desk, now=monday)

    case.patient.refresh_from_db()
    assert not case.patient.is_provisional


def test_scheduling_leaves_a_case_with_its_therapist(
    db: None, front_desk: User, therapist: User, monday: datetime, site
):
    from clinic.accounts.models import Role
    from tests.factories import staff

    other = staff(Role.THERAPIST, site)
    case = CaseFactory(therapist=therapist)

    case = moves.schedule_case(case, starts_at=monday + TOMORROW, therapist=other, by=front_desk, now=monday)

    assert case.therapist == therapist


def test_a_standing_same_day_flag_holds_scheduling(db: None, front_desk: User, monday: datetime):
    case = alarming_case(monday)

    with pytest.raises(IllegalMove) as refused:
        moves.schedule_case(case, starts_at=monday + TOMORROW, by=front_desk, now=monday)

    assert [guard["id"] for guard in refused.value.unmet] == ["no_stopping_flag"]
    assert Visit.objects.count() == 0


def test_clearing_the_flag_with_a_reason_frees_the_case(db: None, therapist: User, monday: datetime):
    case = alarming_case(monday)

    flags.clear_flag(Flag.objects.get(), reason="Ultrasound today: no clot.", by=therapist, now=monday)

    case.refresh_from_db()
    assert case.urgency == Urgency.ROUTINE
    moves.schedule_case(case, starts_at=monday + TOMORROW, by=therapist, now=monday)


def test_clearing_needs_words(db: None, therapist: User, monday: datetime):
    alarming_case(monday)

    with pytest.raises(WrongInput):
        flags.clear_flag(Flag.objects.get(), reason="  ", by=therapist, now=monday)


def test_clearing_twice_is_refused(db: None, therapist: User, monday: datetime):
    alarming_case(monday)
    flags.clear_flag(Flag.objects.get(), reason="Seen.", by=therapist, now=monday)

    with pytest.raises(flags.FlagCleared):
        flags.clear_flag(Flag.objects.get(), reason="Seen.", by=therapist, now=monday)


def test_the_first_acknowledgement_stands(db: None, front_desk: User, manager: User, monday: datetime):
    alarming_case(monday)
    flags.acknowledge_flag(Flag.objects.get(), by=front_desk, now=monday)

    flag = flags.acknowledge_flag(Flag.objects.get(), by=manager, now=monday + TOMORROW)

    assert (flag.acknowledged_by, flag.acknowledged_at) == (front_desk, monday)


def test_treatment_starts_only_with_confirmed_causes_and_an_approved_plan(db: None, therapist: User, monday: datetime):
    case = CaseFactory(status="scheduled", therapist=therapist)

    with pytest.raises(IllegalMove) as refused:
        moves.start_treatment(case, by=therapist, now=monday)
    assert [guard["id"] for guard in refused.value.unmet] == ["causes_confirmed", "plan_approved"]

    findings.record_finding(case, causes=["overuse"], confidence="moderate", by=therapist, now=monday)
    plans.approve_plan(plans.draft_plan(case, by=therapist, now=monday), by=therapist, now=monday)
    assert moves.start_treatment(case, by=therapist, now=monday).status == "in_treatment"


def test_discharge_needs_an_outcome_or_why_there_is_none(db: None, therapist: User, monday: datetime):
    case = CaseFactory(status="in_treatment")

    with pytest.raises(IllegalMove) as refused:
        moves.discharge_case(case, by=therapist, now=monday)
    assert [guard["id"] for guard in refused.value.unmet] == ["outcome_or_why_not"]

    # What the patient told before anything was done is no outcome of it.
    told = {"case": case, "instrument": "nprs_worst", "score": 6}
    Outcome.objects.create(**told, taken_at=case.status_since - timedelta(seconds=1))
    with pytest.raises(IllegalMove):
        moves.discharge_case(case, by=therapist, now=monday)

    case = moves.discharge_case(case, reason="Moved away.", by=therapist, now=monday)
    assert (case.status, case.ended_at, case.ending_note) == ("discharged", monday, "Moved away.")


def test_ending_a_case_cancels_its_planned_visits(db: None, manager: User, monday: datetime):
    visit = VisitFactory()

    moves.close_case(visit.case, reason=CloseReason.DECLINED, by=manager, now=monday)

    visit.refresh_from_db()
    assert (visit.status, visit.settled_at) == ("cancelled", monday)


def test_ending_a_case_leaves_a_visit_that_has_begun_to_be_settled(db: None, manager: User, monday: datetime):
    begun = VisitFactory(case__status="scheduled", starts_at=monday)

    moves.close_case(begun.case, reason=CloseReason.DECLINED, by=manager, now=monday)
    visit = visits.settle_visit(begun, status=VisitStatus.ATTENDED, by=manager, now=monday + TOMORROW)

    assert (visit.status, visit.settled_at) == ("attended", monday + TOMORROW)


def test_no_visit_after_the_end_of_a_case_is_settled(db: None, manager: User, monday: datetime):
    ended = CaseFactory(status="closed", close_reason="declined", ended_at=monday)
    visit = VisitFactory(case=ended, starts_at=monday + timedelta(minutes=1))

    with pytest.raises(CaseEnded):
        visits.settle_visit(visit, status=VisitStatus.ATTENDED, by=manager, now=monday + TOMORROW)


def test_reopening_takes_an_ended_case_up_again(db: None, manager: User, monday: datetime):
    case = CaseFactory(status="closed", close_reason="no_contact", ended_at=monday)

    case = moves.reopen_case(case, reason="Called back.", by=manager, now=monday + TOMORROW)

    assert (case.status, case.ended_at, case.close_reason) == ("reviewed", None, "")


def test_a_stale_version_is_refused_and_changes_nothing(db: None, front_desk: User, monday: datetime):
    case = CaseFactory(version=7)

    with pytest.raises(Stale):
        moves.review_case(case, expected_version=6, by=front_desk, now=monday)

    case.refresh_from_db()
    assert (case.status, case.version) == ("new", 7)


@pytest.mark.parametrize("status", [status.value for status in CaseStatus])
@pytest.mark.parametrize("name", sorted(MOVES))
def test_every_move_starts_only_where_the_table_says(
    db: None, therapist: User, monday: datetime, status: str, name: str
):
    ended = {"ended_at": monday} if status in {"discharged", "closed"} else {}
    reason = {"close_reason": "declined"} if status == "closed" else {}
    case = CaseFactory(status=status, therapist=therapist, **ended, **reason)
    calls = {
        "review": lambda: moves.review_case(case, by=therapist, now=monday),
        "schedule": lambda: moves.schedule_case(case, starts_at=monday + TOMORROW, by=therapist, now=monday),
        "start_treatment": lambda: moves.start_treatment(case, by=therapist, now=monday),
        "discharge": lambda: moves.discharge_case(case, reason="why", by=therapist, now=monday),
        "close": lambda: moves.close_case(case, reason=CloseReason.DECLINED, by=therapist, now=monday),
        "reopen": lambda: moves.reopen_case(case, reason="why", by=therapist, now=monday),
    }

    try:
        calls[name]()
        refused_for = set()
    except IllegalMove as error:
        refused_for = {guard["id"] for guard in error.unmet}

    assert ("status" in refused_for) == (status not in {start.value for start in MOVES[name].starts})
