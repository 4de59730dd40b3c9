"""What a therapist measured and saw at one examination."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models.cases import Case
from cases.models.kept import never_changed, never_emptied
from clinic.accounts.models import User


class ExaminationQuerySet(models.QuerySet["Examination"]):
    def in_order(self) -> ExaminationQuerySet:
        """As they were done, earliest first."""
        return self.order_by("examined_at", "pk")


class Examination(models.Model):
    """One examination of a case. Appended, never changed: a wrong value is put right by examining again.

    results: test id to result, as `cases.rules.examination.tidy` gives it. rules_version: what judged it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="examinations")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    examined_at = models.DateTimeField()
    results = models.JSONField()
    rules_version = models.CharField(max_length=20)
    note = models.TextField(blank=True)

    PERSONAL = ("results", "note")

    objects = ExaminationQuerySet.as_manager()

    class Meta:
        constraints = [
            # Only an object contains the empty one; a list or a word does not.
            models.CheckConstraint(
                condition=Q(results__contains={}) & ~Q(results={}), name="examination_records_a_result"
            ),
            models.CheckConstraint(condition=~Q(rules_version=""), name="examination_says_which_rules"),
            # What a suggestion points to: its own case's examination and no other.
            models.UniqueConstraint(fields=["case", "id"], name="examination_is_of_one_case"),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="examination_latest")]
        triggers = [
            never_changed("examination_is_never_changed"),
            never_emptied("examinations_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"Examination of {self.examined_at:%Y-%m-%d}"
