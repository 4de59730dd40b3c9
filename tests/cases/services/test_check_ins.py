"""A check-in is answered once, and the case shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from cases.models import Case, CheckIn, Reminder, SymptomReport
from cases.rules.terms import Instrument
from cases.services import check_ins, findings, plans, reminders
from cases.services.check_ins import AlreadyAnswered, CheckInOver
from clinic.accounts.models import User
from tests.factories import ROUTINE_ANSWERS, CaseFactory, CheckInFactory, ConsentFactory

FEELS_FINE = {
    name: value
    for name, value in ROUTINE_ANSWERS.items()
    if value == "no" or name in {"swelling", "locking", "night_pain", "anticoagulant"}
} | {
    "pain_now": 1,
    "pain_worst": 3,
    "groc": 2,
    "sessions_done": 6,
    "sessions_prescribed": 8,
    "goals": [{"activity": "Run 5 km", "score": 7}],
}


@pytest.fixture
def case(db: None, monday: datetime) -> Case:
    case = CaseFactory(status="in_treatment", status_since=monday - timedelta(days=14))
    ConsentFactory(patient=case.patient)
    reminders.plan_for_case(case, now=monday)
    return case


@pytest.fixture
def check_in(case: Case) -> CheckIn:
    return case.check_ins.get(step="week_2")


def answer(check_in: CheckIn, *, now: datetime, **more: object) -> SymptomReport:
    answers = FEELS_FINE | more
    return check_ins.answer_check_in(
        check_in, answers=answers, shown=list(answers), questionnaire_version="2026.11", now=now
    )


def test_an_answer_becomes_a_report_with_its_scores(check_in: CheckIn, monday: datetime):
    report = answer(check_in, now=monday)

    check_in.refresh_from_db()
    assert (check_in.report, check_in.answered_at, report.source) == (report, monday, "check_in")
    assert {outcome.instrument: float(outcome.score) for outcome in report.outcomes.all()} == {
        Instrument.NPRS_NOW: 1,
        Instrument.NPRS_WORST: 3,
        Instrument.PSFS: 7,
        Instrument.GROC: 2,
        Instrument.ADHERENCE: 75,
    }
    assert check_in.link.used_at == monday
    assert check_in.case.events.filter(kind="check_in_answered", by=None).count() == 1


def test_a_weekly_answer_is_held_against_the_sessions_of_the_plan(case: Case, therapist: User, monday: datetime):
    strength = {"intervention": "strengthening", "name": "Strength", "dose": "3 x 10", "weeks": 12}
    exercises = [{"exercise_id": "hip_clam", "days_per_week": 2}, {"exercise_id": "hip_bridge", "days_per_week": 4}]
    findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=monday)
    draft = plans.draft_plan(case, items=[strength], exercises=exercises, by=therapist, now=monday)
    plans.approve_plan(draft, by=therapist, now=monday)
    safe = {name: value for name, value in FEELS_FINE.items() if name not in {"sessions_prescribed", "goals"}}

    report = check_ins.answer_check_in(
        case.check_ins.get(step="week_3"),
        answers=safe | {"sessions_done": 3},
        shown=list(safe),
        questionnaire_version="2026.12-short",
        now=monday + timedelta(days=7),
    )

    assert report.outcomes.get(instrument=Instrument.ADHERENCE).score == 75
    assert "sessions_prescribed" not in report.answers


def test_an_answer_stops_the_other_messages_of_this_check_in_only(check_in: CheckIn, monday: datetime):
    answer(check_in, now=monday)

    rows = Reminder.objects.filter(check_in=check_in).values_list("status", "reason")
    assert set(rows) == {("suppressed", "answered already")}
    assert check_in.case.reminders.waiting().exists()


def test_an_alarming_answer_raises_the_case_and_stops_every_message(check_in: CheckIn, monday: datetime):
    answer(check_in, now=monday, calf_swelling="yes")

    case = Case.objects.get(pk=check_in.case_id)
    assert case.urgency == "same_day"
    assert case.reminders.waiting().count() == 0
    assert case.check_ins.filter(cancelled_at=None, answered_at=None, step="week_6").exists()


def test_a_second_answer_is_refused(check_in: CheckIn, monday: datetime):
    answer(check_in, now=monday)

    with pytest.raises(AlreadyAnswered):
        answer(check_in, now=monday + timedelta(minutes=1))

    assert check_in.case.reports.count() == 1


def test_a_late_answer_is_refused(check_in: CheckIn, monday: datetime):
    with pytest.raises(CheckInOver):
        answer(check_in, now=check_in.expires_at)


def test_an_answer_to_a_cancelled_check_in_of_an_open_case_counts(case: Case, monday: datetime):
    cancelled = CheckInFactory(case=case, step="week_12", round=9, cancelled_at=monday)

    report = answer(cancelled, now=monday, calf_swelling="yes")

    cancelled.refresh_from_db()
    assert (cancelled.report, cancelled.answered_at) == (report, monday)
    assert Case.objects.get(pk=case.pk).urgency == "same_day"


def test_a_check_in_of_an_ended_case_is_over(check_in: CheckIn, monday: datetime):
    Case.objects.filter(pk=check_in.case_id).update(status="discharged", ended_at=monday)

    with pytest.raises(CheckInOver):
        answer(check_in, now=monday)


def test_open_check_ins_are_due_and_not_answered(case: Case, check_in: CheckIn, monday: datetime):
    week_1 = case.check_ins.get(step="week_1")
    assert check_ins.open_check_ins(case, now=check_in.due_at - timedelta(seconds=1)) == [week_1]
    assert check_ins.open_check_ins(case, now=check_in.due_at) == [check_in]

    answer(check_in, now=check_in.due_at)

    assert check_ins.open_check_ins(case, now=check_in.due_at) == []


@pytest.mark.django_db(transaction=True)
def test_eight_answers_at_once_store_one(monday: datetime):
    check_in = CheckInFactory(case=CaseFactory(status="in_treatment", status_since=monday - timedelta(days=14)))
    ready, results = Barrier(8), []

    def press() -> None:
        try:
            ready.wait()
            answer(check_in, now=monday)
            results.append("stored")
        except AlreadyAnswered:
            results.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["refused"] * 7 + ["stored"]
    assert check_in.case.reports.count() == 1
