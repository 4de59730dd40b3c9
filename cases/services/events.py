"""What happened, written beside what changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from cases.models import Case, CaseEvent, Patient
from clinic.accounts.models import User


class EventKind(models.TextChoices):
    PATIENT_REGISTERED = "patient_registered", "Patient registered"
    PATIENT_ACCEPTED = "patient_accepted", "Patient accepted by staff"
    CONTACT_CHANGED = "contact_changed", "Contact details changed"
    CONTACT_FAILED = "contact_failed", "Address refused messages"
    OPTED_OUT = "opted_out", "Messages stopped"
    OPTED_IN = "opted_in", "Messages allowed"
    FORM_SENT = "form_sent", "Form sent"
    NAME_DIFFERED = "name_differed", "Another name was typed on the tablet"
    FILE_RECEIVED = "file_received", "File received"
    FILE_RELEASED = "file_released", "File released from quarantine"
    FILE_OPENED = "file_opened", "File opened"
    CASE_OPENED = "case_opened", "Case opened"
    REPORT_FILED = "report_filed", "Report received"
    URGENCY_RAISED = "urgency_raised", "Urgency raised"
    FLAG_RAISED = "flag_raised", "Red flag raised"
    FLAG_ACKNOWLEDGED = "flag_acknowledged", "Red flag acknowledged"
    FLAG_CLEARED = "flag_cleared", "Red flag cleared"
    SAFETY_TEXT_DUE = "safety_text_due", "Patient to be told what to do now"
    SAFETY_TEXT_SHOWN = "safety_text_shown", "Safety text shown to the patient"
    READ = "read", "Read"
    MOVED = "moved", "Status changed"
    ASSIGNED = "assigned", "Therapist changed"
    KNEES_CORRECTED = "knees_corrected", "Knee side corrected"
    NOTE_WRITTEN = "note_written", "Note written"
    EXAMINED = "examined", "Examination recorded"
    FINDING_RECORDED = "finding_recorded", "Finding recorded"
    PLAN_DRAFTED = "plan_drafted", "Plan drafted"
    PLAN_APPROVED = "plan_approved", "Plan approved"
    NEEDLING_SCREENED = "needling_screened", "Screened for needling"
    NEEDLING_RECORDED = "needling_recorded", "Needling session recorded"
    OWN_PAGE_SENT = "own_page_sent", "Link to their own page sent"
    VISIT_BOOKED = "visit_booked", "Visit booked"
    VISIT_MOVED = "visit_moved", "Visit moved"
    VISIT_SETTLED = "visit_settled", "Visit settled"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up", "No reply to the last check-ins"
    OUTCOME_RECORDED = "outcome_recorded", "Outcome recorded"
    OUTCOME_STRUCK_OUT = "outcome_struck_out", "Outcome struck out"
    CHECK_IN_ANSWERED = "check_in_answered", "Check-in answered"
    REMINDER_RESENT = "reminder_resent", "Message sent again"
    CALL_SETTLED = "call_settled", "Patient called"
    ANSWER_RECEIVED = "answer_received", "Answer to a message"
    ANSWER_SEEN_TO = "answer_seen_to", "Answer seen to"
    VISIT_CONFIRMED = "visit_confirmed", "Visit confirmed by the patient"
    VISIT_CHANGE_ASKED = "visit_change_asked", "Another time asked for"


def event(
    case: Case, kind: EventKind, *, by: User | None, now: datetime, patient: Patient | None = None, **details: Any
) -> CaseEvent:
    """An event not yet written, for `CaseEvent.objects.bulk_create`. details: ids and terms only."""
    return CaseEvent(
        case=case,
        patient_id=patient.pk if patient else case.patient_id,
        kind=kind.value,
        at=now,
        by=by,
        details=details,
    )


def record(case: Case, kind: EventKind, *, by: User | None, now: datetime, **details: Any) -> CaseEvent:
    """Write one event of a case. `by` None: the patient or the clock."""
    written = event(case, kind, by=by, now=now, **details)
    written.save(force_insert=True)
    return written


def record_of_patient(
    patient: Patient, kind: EventKind, *, by: User | None, now: datetime, **details: Any
) -> CaseEvent:
    """Write one event that belongs to no case."""
    return CaseEvent.objects.create(patient=patient, kind=kind.value, at=now, by=by, details=details)
