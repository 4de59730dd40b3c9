"""Dry needling: each screen as it was answered, each session as it was done; appended, never changed."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of, values_of
from cases.models.kept import never_changed, never_emptied
from cases.models.plans import PlanItem
from cases.models.reports import SymptomReport
from cases.models.visits import Visit
from cases.rules.needling_sessions import NEEDS_A_NOTE, AdverseEvent
from cases.rules.terms import NeedlingResult
from clinic.accounts.models import User

PASSED = [NeedlingResult.OK, NeedlingResult.PRECAUTION]


class NeedlingScreening(models.Model):
    """The safety screen of reference 9.2 on one day: the form's answers and the therapist's own.

    report: the newest report it took answers from; None for one taken over from the time before screens were kept.
    answers: the therapist's. body: the result with every reason, as `NeedlingScreen.as_data` gives it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="needling_screenings")
    report = models.ForeignKey(SymptomReport, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    screened_at = models.DateTimeField()
    result = models.CharField(max_length=20, choices=choices_of(NeedlingResult))
    answers = models.JSONField(default=dict)
    body = models.JSONField(default=dict)
    rules_version = models.CharField(max_length=20)

    PERSONAL = ("answers", "body")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("result", NeedlingResult), name="needling_result_is_known"),
            # What plan items and sessions point to, so that their copy of the result is the row's own.
            models.UniqueConstraint(fields=["id", "result"], name="needling_screening_has_one_result"),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="needling_screening_latest")]
        triggers = [
            never_changed("screening_is_never_changed"),
            never_emptied("screenings_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"Needling screen of {self.screened_at:%Y-%m-%d}: {self.result}"


class NeedlingSession(models.Model):
    """One session of dry needling under an approved plan (reference 9.3). adverse_events: empty for none."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="needling_sessions")
    plan_item = models.ForeignKey(PlanItem, on_delete=models.PROTECT, related_name="sessions")
    # (screening, screening_result) is one foreign key in the database.
    screening = models.ForeignKey(NeedlingScreening, on_delete=models.PROTECT, related_name="sessions")
    screening_result = models.CharField(max_length=20, choices=choices_of(NeedlingResult))
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, blank=True, related_name="needling_sessions")
    performed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    muscles = ArrayField(models.CharField(max_length=80))
    needle = models.CharField(max_length=80, help_text="Size, such as 0.25 x 40 mm.")
    batch = models.CharField(max_length=80)
    adaptation = models.TextField(blank=True, help_text="What was done otherwise because of a precaution.")
    response = models.TextField()
    adverse_events = ArrayField(models.CharField(max_length=20, choices=choices_of(AdverseEvent)), default=list)
    adverse_note = models.TextField(blank=True)
    consent_version = models.CharField(max_length=20)

    PERSONAL = ("adaptation", "response", "adverse_note")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "performed_at"], name="one_needling_session_at_a_time"),
            models.CheckConstraint(condition=Q(muscles__len__gt=0), name="needling_session_names_its_muscles"),
            models.CheckConstraint(
                condition=~Q(needle="") & ~Q(batch="") & ~Q(response="") & ~Q(consent_version=""),
                name="needling_session_says_needle_batch_response_and_consent",
            ),
            models.CheckConstraint(
                condition=one_of("screening_result", PASSED), name="needling_session_passed_its_screen"
            ),
            models.CheckConstraint(
                condition=~Q(screening_result=NeedlingResult.PRECAUTION.value) | Q(adaptation__regex=r"\S"),
                name="needling_session_writes_its_adaptation",
            ),
            models.CheckConstraint(
                condition=Q(adverse_events__contained_by=values_of(AdverseEvent)), name="adverse_events_are_known"
            ),
            models.CheckConstraint(
                condition=~Q(adverse_events__overlap=values_of(NEEDS_A_NOTE)) | Q(adverse_note__regex=r"\S"),
                name="serious_adverse_event_is_in_words",
            ),
            models.CheckConstraint(
                condition=Q(performed_at__lte=F("recorded_at")), name="needling_session_is_not_ahead"
            ),
        ]
        indexes = [models.Index(fields=["case", "performed_at"], name="needling_session_of_case")]
        triggers = [
            never_changed("session_is_never_changed"),
            never_emptied("sessions_are_never_emptied"),
            pgtrigger.Trigger(
                name="session_is_of_the_approved_plan",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM cases_planitem AS item JOIN cases_plan AS plan ON plan.id = item.plan_id
                        WHERE item.id = NEW.plan_item_id AND item.intervention = 'dry_needling'
                        AND plan.case_id = NEW.case_id AND plan.status = 'approved')
                       OR NOT EXISTS (
                        SELECT FROM cases_needlingscreening
                        WHERE id = NEW.screening_id AND case_id = NEW.case_id)
                       OR (NEW.visit_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM cases_visit WHERE id = NEW.visit_id AND case_id = NEW.case_id))
                    THEN RAISE EXCEPTION 'session_is_of_the_approved_plan'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'session_is_of_the_approved_plan';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"Needling of {self.performed_at:%Y-%m-%d}"
