"""What the database refuses, whoever writes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cases.models import Case, ContactConsent, Flag, Link, Patient, Plan, Reminder, SymptomReport, Visit
from clinic.accounts.models import Site, User
from tests.factories import (
    MONDAY,
    CaseFactory,
    CheckInFactory,
    ConsentFactory,
    LinkFactory,
    PatientFactory,
    ReminderFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def refuses(name: str, write: Any) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        write()


def test_a_case_stays_at_its_patients_site(other_site: Site):
    case = CaseFactory()

    refuses("case_is_at_its_patients_site", lambda: Case.objects.filter(pk=case.pk).update(site=other_site))


@pytest.mark.parametrize("knee", ["left", "right"])
def test_one_open_case_per_knee(knee: str):
    sides = {"affects_left": knee == "left", "affects_right": knee == "right"}
    first = CaseFactory(**sides)

    refuses(f"one_open_case_per_{knee}_knee", lambda: CaseFactory(patient=first.patient, **sides))


def test_an_ended_case_leaves_room_for_the_next(monday: datetime):
    ended = CaseFactory(status="closed", close_reason="declined", ended_at=monday)

    assert CaseFactory(patient=ended.patient).pk


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("case_affects_a_knee", {"affects_left": False}),
        ("case_status_is_known", {"status": "lost"}),
        ("case_urgency_is_known", {"urgency": "soon"}),
        ("ended_case_says_when", {"status": "discharged"}),
        ("ended_case_says_when", {"ended_at": datetime.fromisoformat("2027-01-01T00:00:00+00:00")}),
        ("read_case_says_by_whom", {"first_read_at": datetime.fromisoformat("2027-01-01T00:00:00+00:00")}),
    ],
)
def test_a_case_that_contradicts_itself_is_refused(name: str, changes: dict[str, Any]):
    case = CaseFactory()

    refuses(name, lambda: Case.objects.filter(pk=case.pk).update(**changes))


def test_a_closed_case_says_why(monday: datetime):
    case = CaseFactory()

    refuses("closed_case_says_why", lambda: Case.objects.filter(pk=case.pk).update(status="closed", ended_at=monday))


def test_a_patient_can_be_reached():
    refuses("patient_can_be_reached", lambda: PatientFactory(phone="", email=""))


def test_one_consent_in_force_per_channel():
    consent = ConsentFactory()

    refuses("one_consent_in_force_per_channel", lambda: ConsentFactory(patient=consent.patient))


def test_consent_is_not_withdrawn_before_it_was_given(monday: datetime):
    ConsentFactory()

    refuses("consent_is_withdrawn_after_it_was_given", lambda: ContactConsent.objects.update(withdrawn_at=monday - DAY))


def test_a_cleared_flag_says_who_when_and_why(monday: datetime, therapist: User):
    case = CaseFactory()
    report = SymptomReport.objects.create(
        case=case,
        source="intake",
        reported_at=monday,
        answers={},
        questionnaire_version="2026.11",
        rules_version="2026.11",
        urgency="same_day",
    )
    flag = Flag.objects.create(
        case=case,
        report=report,
        rule_id="S3",
        level="same_day",
        suspicion="clot",
        answers={},
        source="reference 3.1 S3",
        rules_version="2026.11",
        raised_at=monday,
        act_by=monday,
    )

    for changes in (
        {"cleared_at": monday},
        {"cleared_at": monday, "cleared_by": therapist},
        {"clear_reason": "seen"},
        {"cleared_at": monday - DAY, "cleared_by": therapist, "clear_reason": "seen"},
    ):
        refuses(
            "cleared_flag_says_who_when_and_why",
            lambda changes=changes: Flag.objects.filter(pk=flag.pk).update(**changes),
        )
    refuses("acknowledged_flag_says", lambda: Flag.objects.filter(pk=flag.pk).update(acknowledged_at=monday))


def test_one_plan_in_force_and_one_draft(monday: datetime, therapist: User):
    case = CaseFactory()
    made = {"case": case, "drafted_by": therapist, "drafted_at": monday}
    approved = {"status": "approved", "approved_by": therapist, "approved_at": monday}
    Plan.objects.create(number=1, **made, **approved)
    Plan.objects.create(number=2, **made)

    refuses("one_approved_plan_in_force_per_case", lambda: Plan.objects.create(number=3, **made, **approved))
    refuses("one_draft_plan_per_case", lambda: Plan.objects.create(number=3, **made))
    refuses("plans_of_a_case_are_numbered", lambda: Plan.objects.create(number=1, **made | approved))
    refuses("approved_plan_says_who_and_when", lambda: Plan.objects.filter(number=2).update(status="superseded"))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("visit_lasts_5_to_240_minutes", {"minutes": 4}),
        ("visit_lasts_5_to_240_minutes", {"minutes": 241}),
        ("visit_status_is_known", {"status": "late", "settled_at": MONDAY}),
        ("settled_visit_says_when", {"status": "attended"}),
    ],
)
def test_an_impossible_visit_is_refused(name: str, changes: dict[str, Any]):
    VisitFactory()

    refuses(name, lambda: Visit.objects.update(**changes))


def test_a_therapist_has_one_visit_at_a_time(therapist: User, monday: datetime):
    VisitFactory(therapist=therapist, starts_at=monday + DAY)

    refuses(
        "one_planned_visit_per_therapist_and_start", lambda: VisitFactory(therapist=therapist, starts_at=monday + DAY)
    )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("settled_reminder_says_when", {"status": "accepted"}),
        ("reminder_expires_after_it_is_due", {"expires_at": datetime.fromisoformat("2020-01-01T00:00:00+00:00")}),
        ("started_reminder_was_claimed", {"started_at": datetime.fromisoformat("2027-01-01T00:00:00+00:00")}),
        ("reminder_channel_is_known", {"channel": "pigeon"}),
    ],
)
def test_a_reminder_that_contradicts_itself_is_refused(name: str, changes: dict[str, Any]):
    ReminderFactory()

    refuses(name, lambda: Reminder.objects.update(**changes))


def test_a_reminder_not_sent_says_why(monday: datetime):
    ReminderFactory()

    refuses("reminder_not_sent_says_why", lambda: Reminder.objects.update(status="failed", settled_at=monday))


def test_one_message_has_one_reason():
    first = ReminderFactory()

    refuses("dedupe_key", lambda: ReminderFactory(case=first.case, dedupe_key=first.dedupe_key))


def test_one_check_in_per_step():
    first = CheckInFactory()

    refuses(
        "one_check_in_per_case_step_and_round",
        lambda: CheckInFactory(case=first.case, link=LinkFactory(patient=first.case.patient)),
    )


def test_a_link_expires_after_it_is_made(monday: datetime):
    LinkFactory()

    refuses("link_expires_after_it_is_made", lambda: Link.objects.update(expires_at=monday - DAY))


def test_a_site_closes_after_it_opens(site: Site):
    refuses("site_closes_after_it_opens", lambda: Site.objects.update(closes_at=site.opens_at))


def test_staff_sign_in_with_lower_case_e_mail(front_desk: User):
    refuses(
        "staff_email_is_lower_case", lambda: User.objects.filter(pk=front_desk.pk).update(email="Desk@Clinic.example")
    )


def test_a_patient_with_a_case_is_not_deleted():
    case = CaseFactory()

    with pytest.raises(Exception, match="protected"):
        Patient.objects.filter(pk=case.patient_id).delete()
