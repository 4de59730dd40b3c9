"""Reports find their case; one knee never has two open ones."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from cases.models import Case, Patient, SymptomReport
from cases.rules.terms import CloseReason
from cases.services import moves
from cases.services.errors import Stale
from cases.services.opening import Opened, open_case
from clinic.accounts.models import User
from tests.factories import CaseFactory, PatientFactory

ANSWERS = {"knee_side": "left", "age": 27, "pain_now": 3}


def report(patient: Patient, now: datetime, **changes: object) -> Opened:
    return open_case(
        patient,
        source=SymptomReport.Source.INTAKE,
        answers=ANSWERS | changes,
        shown=[],
        questionnaire_version="2026.11",
        by=None,
        now=now,
    )


def test_a_second_report_about_the_knee_joins_the_open_case(db: None, monday: datetime):
    patient = PatientFactory()
    first = report(patient, monday)

    second = report(patient, monday + timedelta(days=1), pain_now=5)

    assert second.case == first.case
    assert not second.is_new
    assert first.case.reports.count() == 2


def test_a_report_is_a_change_of_its_case(db: None, monday: datetime, manager: User):
    patient = PatientFactory()
    case = report(patient, monday).case
    tuesday = monday + timedelta(days=1)

    stored = report(patient, tuesday, pain_now=8).case

    assert (case.version, stored.version, stored.updated_at) == (1, 2, tuesday)
    with pytest.raises(Stale):
        moves.close_case(case, reason=CloseReason.NO_CONTACT, expected_version=1, by=manager, now=tuesday)


def test_the_other_knee_is_another_case(db: None, monday: datetime):
    patient = PatientFactory()
    report(patient, monday)

    other = report(patient, monday, knee_side="right")

    assert other.is_new
    assert Case.objects.count() == 2


def test_a_later_report_raises_urgency_and_a_calmer_one_never_lowers_it(db: None, monday: datetime):
    patient = PatientFactory()
    case = report(patient, monday).case

    report(patient, monday, calf_swelling="yes")
    report(patient, monday)

    case.refresh_from_db()
    assert case.urgency == "same_day"


def test_a_new_episode_names_the_one_before(db: None, monday: datetime, therapist: User):
    earlier = CaseFactory(status="closed", close_reason="no_contact", ended_at=monday)

    later = report(earlier.patient, monday + timedelta(days=90))

    assert later.case.previous_case == earlier


def test_a_report_that_does_not_name_the_knee_counts_for_both(db: None, monday: datetime):
    case = report(PatientFactory(), monday, knee_side=None).case

    assert case.knee_side == "both"


@pytest.mark.django_db(transaction=True)
def test_two_forms_sent_together_make_one_case(monday: datetime):
    patient = PatientFactory()
    start = threading.Barrier(2)
    found = []

    def send() -> None:
        start.wait()
        try:
            found.append(report(patient, monday).case.pk)
        finally:
            connection.close()

    both = [threading.Thread(target=send) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert found == [Case.objects.get().pk] * 2


def test_reopening_is_refused_while_the_knee_has_an_open_case(db: None, monday: datetime, manager: User):
    ended = CaseFactory(status="closed", close_reason="no_contact", ended_at=monday)
    report(ended.patient, monday)

    with pytest.raises(moves.KneeHasOpenCase):
        moves.reopen_case(ended, reason="came back", by=manager, now=monday)
