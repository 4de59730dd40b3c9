"""Visits: booked, and what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of
from cases.rules.terms import VisitStatus
from clinic.accounts.models import User


class Visit(models.Model):
    """One appointment of a case. minutes: its length, 5 to 240."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="visits")
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=45)
    status = models.CharField(max_length=10, choices=choices_of(VisitStatus), default=VisitStatus.PLANNED.value)
    booked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    moved_count = models.PositiveSmallIntegerField(default=0, help_text="How often it got another time.")
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it was attended, cancelled or missed.")

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("status", VisitStatus), name="visit_status_is_known"),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=240), name="visit_lasts_5_to_240_minutes"),
            models.CheckConstraint(
                condition=Q(status="planned", settled_at__isnull=True)
                | (~Q(status="planned") & Q(settled_at__isnull=False)),
                name="settled_visit_says_when",
            ),
            models.UniqueConstraint(
                fields=["therapist", "starts_at"],
                condition=Q(status="planned"),
                name="one_planned_visit_per_therapist_and_start",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "starts_at"], name="visit_of_case"),
            models.Index(fields=["starts_at"], condition=Q(status="planned"), name="visit_planned"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.status}"

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)
