"""What happened to a case, in order, and the clinicians' notes: appended, never changed."""

from __future__ import annotations

from django.db import models

from cases.models.cases import Case
from cases.models.kept import never_changed, never_emptied
from cases.models.patients import Patient
from clinic.accounts.models import User


class CaseEvent(models.Model):
    """One thing that happened. `by` None: the patient or the clock. details: ids and terms, never names or answers."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    details = models.JSONField(default=dict)

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        indexes = [models.Index(fields=["case", "-at", "-id"], name="event_of_case")]
        triggers = [
            never_changed("event_is_never_changed"),
            never_emptied("events_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Note(models.Model):
    """A clinical note by one therapist."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    written_at = models.DateTimeField()

    PERSONAL = ("text",)

    class Meta:
        indexes = [models.Index(fields=["case", "-written_at"], name="note_of_case")]
        triggers = [
            never_changed("note_is_never_changed"),
            never_emptied("notes_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"Note of {self.written_at:%Y-%m-%d}"
