"""Locks: what must wait for each other does, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from cases.models import Case, Link, Patient, Reminder
from cases.rules.terms import CloseReason
from cases.services import care, links, moves, patients, reminders, visits
from cases.services.errors import WrongInput
from cases.services.reminders import NotToBeSent
from clinic.accounts.models import User
from tests.factories import CaseFactory, ConsentFactory


def beside(work: Callable[[], object], *, waits: str = "1s") -> list[Exception]:
    """Do it in another connection that waits so long for a lock; what went wrong."""
    wrong: list[Exception] = []

    def run() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{waits}'")
            work()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return wrong


@pytest.mark.django_db(transaction=True)
def test_a_sender_does_not_wait_for_a_patient_who_is_stopping_messages(monday: datetime):
    """Each holding what the other wants, one of them would be refused: the patient's press, perhaps."""
    patient = ConsentFactory().patient

    with transaction.atomic():
        patients.opt_out(patient, channel=None, by=None, now=monday, source="stop link")
        wrong = beside(
            lambda: links.make_link(
                patient, purpose=Link.Purpose.CONTACT, expires_at=monday.replace(year=2030), now=monday
            )
        )

    assert wrong == []


@pytest.mark.django_db(transaction=True)
def test_two_changes_of_one_case_wait_for_each_other(therapist: User, monday: datetime):
    case = CaseFactory(therapist=therapist)

    with transaction.atomic():
        care.mark_read(case, by=therapist, now=monday)
        wrong = beside(lambda: care.mark_read(case, by=therapist, now=monday))

    assert len(wrong) == 1
    assert "lock timeout" in str(wrong[0])


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_patient_is_written_while_the_patient_is_being_changed(front_desk: User, monday: datetime):
    case = CaseFactory()

    with transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(pk=case.patient_id)
        wrong = beside(lambda: care.assign_therapist(Case.objects.get(), therapist=None, by=front_desk, now=monday))

    assert wrong == []


@pytest.mark.django_db(transaction=True)
def test_who_books_a_taken_hour_in_the_same_instant_is_told_so(therapist: User, front_desk: User, monday: datetime):
    first, second = [CaseFactory(status="scheduled", therapist=therapist) for _ in range(2)]
    starts_at = monday + timedelta(days=7)
    wrong: list[Exception] = []

    def book(case: Case) -> None:
        visits.book_visit(case, starts_at=starts_at, by=front_desk, now=monday)

    other = Thread(target=lambda: wrong.extend(beside(lambda: book(second), waits="60s")))
    with transaction.atomic():
        book(first)
        other.start()
        _until_somebody_waits()
    other.join()

    assert [type(error) for error in wrong] == [WrongInput]
    assert "starts_at" in wrong[0].errors


@pytest.mark.django_db(transaction=True)
def test_a_move_that_waited_for_a_new_address_plans_for_that_address(front_desk: User, monday: datetime):
    patient = ConsentFactory().patient
    ConsentFactory(patient=patient, channel="phone")
    case = CaseFactory(patient=patient)
    reminders.plan_for_case(case, now=monday, is_new=True)
    contact = patients.Contact("Ada", "Quill", patient.date_of_birth, phone=patient.phone, preferred_channel="phone")
    wrong: list[Exception] = []

    def review() -> None:
        moves.review_case(case, by=front_desk, now=monday)

    other = Thread(target=lambda: wrong.extend(beside(review, waits="60s")))
    with transaction.atomic():
        patients.edit_contact(patient, contact=contact, by=front_desk, now=monday)
        other.start()
        _until_somebody_waits()
    other.join()

    assert wrong == []
    assert list(case.reminders.waiting().order_by("due_at").values_list("kind", "channel")) == [
        ("check_in", "phone"),
        ("check_in_repeat", "phone"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_new_address_that_waited_for_a_closing_brings_no_message_back(front_desk: User, monday: datetime):
    patient = ConsentFactory().patient
    case = CaseFactory(patient=patient)
    reminders.plan_for_case(case, now=monday, is_new=True)
    contact = patients.Contact("Ada", "Quill", patient.date_of_birth, phone=patient.phone, email=patient.email)
    wrong: list[Exception] = []

    def edit() -> None:
        patients.edit_contact(patient, contact=contact, by=front_desk, now=monday)

    other = Thread(target=lambda: wrong.extend(beside(edit, waits="60s")))
    with transaction.atomic():
        moves.close_case(case, reason=CloseReason.DECLINED, by=front_desk, now=monday)
        other.start()
        _until_somebody_waits()
    other.join()

    assert wrong == []
    assert case.reminders.waiting().count() == 0


def failed_form(patient: Patient, front_desk: User, monday: datetime) -> Reminder:
    reminders.send_form(patient, by=front_desk, now=monday)
    return patient.reminders.get(kind="form")


def failed_check_in(patient: Patient, front_desk: User, monday: datetime) -> Reminder:
    reminders.plan_for_case(CaseFactory(patient=patient), now=monday, is_new=True)
    return patient.reminders.get(kind="check_in")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failed", [failed_form, failed_check_in])
def test_two_presses_at_once_send_a_message_again_once(
    front_desk: User, monday: datetime, failed: Callable[[Patient, User, datetime], Reminder]
):
    first = failed(ConsentFactory().patient, front_desk, monday)
    Reminder.objects.filter(pk=first.pk).update(status="failed", reason="mailbox is full", settled_at=monday)
    copy = reminders.resend_reminder(first, by=front_desk, now=monday)
    Reminder.objects.filter(pk=copy.pk).update(status="failed", reason="mailbox is full", settled_at=monday)
    wrong: list[Exception] = []

    def press_on_the_copy() -> None:
        reminders.resend_reminder(copy, by=front_desk, now=monday)

    other = Thread(target=lambda: wrong.extend(beside(press_on_the_copy, waits="60s")))
    with transaction.atomic():
        reminders.resend_reminder(first, by=front_desk, now=monday)
        other.start()
        _until_somebody_waits()
    other.join()

    assert [type(error) for error in wrong] == [NotToBeSent]


def _until_somebody_waits() -> None:
    end = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            # Within a transaction PostgreSQL would show the same moment again and again.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
