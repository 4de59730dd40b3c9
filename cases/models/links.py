"""Links that open one thing for one person for a while: only a digest of the secret is kept."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from cases.models.patients import Patient


class Link(models.Model):
    """One link: purpose, whom it is for, until when, and how often a wrong birth date was typed."""

    class Purpose(models.TextChoices):
        CHECK_IN = "check_in", "Answer a check-in"
        INTAKE = "intake", "Fill in the form"
        CONTACT = "contact", "Stop messages"
        OWN_PAGE = "own_page", "Open one's own page"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret in the address, in hex.")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="link_expires_after_it_is_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"
