"""What the therapist found, and the treatment planned for it."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of
from cases.models.reports import Suggestion
from cases.rules.terms import Confidence, FoundCause, Intervention, NeedlingResult
from clinic.accounts.models import User


class Finding(models.Model):
    """What a therapist confirmed after examining. Appended, never changed: the current one is the latest."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="findings")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    causes = ArrayField(models.CharField(max_length=30, choices=choices_of(FoundCause)))
    other = models.TextField(blank=True, help_text="The other problem, in words, when causes include 'other'.")
    confidence = models.CharField(max_length=10, choices=choices_of(Confidence))
    reason = models.TextField(blank=True, help_text="Why it differs from the suggestion.")
    suggestion = models.ForeignKey(Suggestion, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    agrees = models.BooleanField(null=True, help_text="Same causes as suggested; empty when nothing was suggested.")
    recorded_at = models.DateTimeField()

    PERSONAL = ("other", "reason")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(causes__len__gt=0), name="finding_names_a_cause_or_other"),
            models.CheckConstraint(
                condition=~Q(causes__contains=[FoundCause.OTHER.value]) | ~Q(other=""), name="other_finding_is_in_words"
            ),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="finding_latest")]
        triggers = [
            pgtrigger.Protect(name="finding_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return ", ".join(self.causes)


class PlanQuerySet(models.QuerySet["Plan"]):
    def in_force(self) -> PlanQuerySet:
        return self.filter(status=Plan.Status.APPROVED)


class Plan(models.Model):
    """One version of a case's treatment plan: a draft until a therapist approves it."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveSmallIntegerField(help_text="1 for the first plan of the case, then 2 …")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT.value)
    weeks = models.PositiveSmallIntegerField(default=12)
    goal = models.TextField(blank=True)
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    PERSONAL = ("goal",)

    objects = PlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="plans_of_a_case_are_numbered"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(status="approved"), name="one_approved_plan_in_force_per_case"
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(status="draft"), name="one_draft_plan_per_case"),
            models.CheckConstraint(condition=Q(weeks__gte=1, weeks__lte=52), name="plan_lasts_one_to_52_weeks"),
            models.CheckConstraint(
                condition=Q(status="draft", approved_at__isnull=True, approved_by__isnull=True)
                | (~Q(status="draft") & Q(approved_at__isnull=False, approved_by__isnull=False)),
                name="approved_plan_says_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Plan {self.number}, {self.get_status_display().lower()}"


class PlanItem(models.Model):
    """One intervention of a plan. Needling stands here only with a passed screen, a reason and consent."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    intervention = models.CharField(max_length=30, choices=choices_of(Intervention))
    name = models.CharField(max_length=120)
    dose = models.CharField(max_length=300, blank=True)
    frequency = models.CharField(max_length=200, blank=True)
    weeks = models.PositiveSmallIntegerField(help_text="How long, in weeks.")
    progression = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    cautions = models.TextField(blank=True)
    needling_screen = models.CharField(max_length=20, choices=choices_of(NeedlingResult), blank=True)
    needling_reason = models.TextField(blank=True)
    needling_consented_at = models.DateTimeField(null=True, blank=True)

    PERSONAL = ("needling_reason",)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plan_items_stand_in_order"),
            models.CheckConstraint(condition=one_of("intervention", Intervention), name="plan_item_is_known"),
            models.CheckConstraint(
                condition=~Q(intervention=Intervention.DRY_NEEDLING.value)
                | (
                    one_of("needling_screen", [NeedlingResult.OK, NeedlingResult.PRECAUTION])
                    & ~Q(needling_reason="")
                    & Q(needling_consented_at__isnull=False)
                ),
                name="needling_has_a_passed_screen_a_reason_and_consent",
            ),
        ]

    def __str__(self) -> str:
        return self.name
