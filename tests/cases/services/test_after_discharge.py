"""What outlasts care: the weeks after a treatment, the check after needling, and pain that comes back."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.models import Case, CheckIn, Flag, Link, Reminder
from cases.services import check_ins, reminders
from cases.services.check_ins import CheckInOver
from tests.factories import MONDAY, CaseFactory, ConsentFactory, PatientFactory

CHICAGO = ZoneInfo("America/Chicago")
DISCHARGED = MONDAY + timedelta(days=90)


@pytest.fixture
def treated(db: None) -> Case:
    """In treatment since MONDAY."""
    patient = PatientFactory()
    ConsentFactory(patient=patient)
    case = CaseFactory(patient=patient, status="in_treatment")
    reminders.plan_for_case(case, now=MONDAY)
    return case


def end(case: Case, status: str, **fields: str) -> None:
    Case.objects.filter(pk=case.pk).update(status=status, ended_at=DISCHARGED, status_since=DISCHARGED, **fields)
    reminders.plan_for_case(case, now=DISCHARGED)


def waiting(case: Case) -> list[tuple[str, str, str]]:
    rows = (
        case.reminders.waiting().filter(expires_at__gt=DISCHARGED).select_related("check_in").order_by("due_at", "pk")
    )
    return [(row.kind, row.check_in.step, f"{row.due_at.astimezone(CHICAGO):%Y-%m-%d %H:%M}") for row in rows]


def answer(case: Case, step: str, **answers: object) -> None:
    check_in = case.check_ins.get(step=step)
    check_ins.answer_check_in(
        check_in,
        answers={"pain_now": 5, "pain_worst": 7, **answers},
        shown=["pain_now", *answers],
        questionnaire_version="2026.11",
        now=check_in.due_at,
    )


def test_after_a_discharge_weeks_26_and_52_are_still_asked_about_and_nobody_calls(treated: Case):
    end(treated, "discharged")

    assert waiting(treated) == [
        ("after_discharge", "week_26", "2027-05-03 10:00"),
        ("check_in_repeat", "week_26", "2027-05-06 10:00"),
        ("after_discharge", "week_52", "2027-11-01 10:00"),
        ("check_in_repeat", "week_52", "2027-11-04 10:00"),
    ]
    assert list(treated.check_ins.filter(cancelled_at=None).values_list("step", flat=True).order_by("due_at"))[-2:] == [
        "week_26",
        "week_52",
    ]


def test_the_days_stay_those_of_the_treatment_whatever_is_planned_again(treated: Case):
    end(treated, "discharged")
    before = waiting(treated)

    reminders.plan_for_case(treated, now=DISCHARGED + timedelta(days=10))

    assert waiting(treated) == before


def test_a_closed_case_is_left_in_peace(treated: Case):
    end(treated, "closed", close_reason="declined")

    assert waiting(treated) == []


def test_a_reopened_case_asks_as_before(treated: Case):
    end(treated, "discharged")
    Case.objects.filter(pk=treated.pk).update(status="in_treatment", ended_at=None, status_since=MONDAY)

    reminders.plan_for_case(treated, now=DISCHARGED)

    assert {kind for kind, step, _ in waiting(treated) if step == "week_26"} == {
        "check_in",
        "check_in_repeat",
        "check_in_call",
    }


def test_pain_that_came_back_is_answered_with_the_form(treated: Case):
    end(treated, "discharged")

    answer(treated, "week_26", pain_came_back="yes")

    form = Reminder.objects.get(kind="form")
    assert (form.patient, form.link.purpose) == (treated.patient, Link.Purpose.INTAKE)
    assert form.due_at == treated.check_ins.get(step="week_26").due_at


@pytest.mark.parametrize("told", ["no", "never_better"])
def test_pain_that_did_not_come_back_is_not(treated: Case, told: str):
    end(treated, "discharged")

    answer(treated, "week_26", pain_came_back=told)

    assert not Reminder.objects.filter(kind="form").exists()


def test_in_treatment_nobody_is_sent_the_form_again(treated: Case):
    answer(treated, "week_26", pain_came_back="yes")

    assert not Reminder.objects.filter(kind="form").exists()


def test_a_red_flag_told_after_the_discharge_is_on_somebody_s_list(treated: Case):
    end(treated, "discharged")

    answer(treated, "week_26", pain_came_back="yes", calf_swelling="yes")

    assert [flag.rule_id for flag in Flag.objects.standing().stopping().in_open_cases()] == ["S3"]
    assert not Reminder.objects.filter(kind="form").exists()


def test_other_check_ins_are_over_with_the_care(treated: Case):
    end(treated, "discharged")
    check_in = treated.check_ins.get(step="week_12")
    CheckIn.objects.filter(pk=check_in.pk).update(expires_at=DISCHARGED + timedelta(days=1))

    with pytest.raises(CheckInOver):
        check_ins.answer_check_in(check_in, answers={}, shown=[], questionnaire_version="2026.11", now=DISCHARGED)
