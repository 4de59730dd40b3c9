"""Drafts of the form, and submissions: what came in, under which key, and the case it became."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q

from cases.models import Case, Link, Patient
from cases.models.choices import choices_of
from cases.models.kept import never_emptied
from cases.rules.terms import Urgency
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, within_reach


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: User) -> DraftQuerySet:
        return self.filter(within_reach(user, Action.SUBMIT_INTAKE, therapist="staff"))

    def unfinished(self) -> DraftQuerySet:
        return self.filter(submitted_at__isnull=True)


class Draft(models.Model):
    """A form being filled in; resumed by a link of which only the digest is kept. Answers go when it is submitted.

    link: set when staff sent the form to a known patient; the submission then belongs to that patient.
    staff: who types, when a patient answers by telephone.
    version: counts saves, so that a second device cannot overwrite unseen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the resume link's secret, in hex.")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts")
    language = models.CharField(max_length=5, default="en")
    questionnaire_version = models.CharField(max_length=40)
    answers = models.JSONField(default=dict)
    urgency = models.CharField(max_length=20, choices=choices_of(Urgency), default=Urgency.ROUTINE.value)
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="When the red-flag page was first shown.")
    on_tablet = models.BooleanField(default=False, help_text="Filled in on the clinic's tablet, opened by a code.")
    version = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)

    PERSONAL = ("answers",)

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True) | Q(answers={}), name="submitted_draft_keeps_no_answers"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(submitted_at__isnull=True), name="draft_unfinished"),
        ]

    def __str__(self) -> str:
        return f"Draft of {self.started_at:%Y-%m-%d %H:%M}"


class Submission(models.Model):
    """One accepted intake: its key, what came under it, and the case it became. Its words are kept with the report."""

    key = models.CharField(max_length=80, unique=True, help_text="The sender's idempotency key.")
    fingerprint = models.CharField(max_length=64, help_text="Keyed digest of what was sent under the key.")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="submissions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="submissions")
    draft = models.OneToOneField(Draft, on_delete=models.PROTECT, null=True, blank=True, related_name="submission")
    urgency = models.CharField(max_length=20, choices=choices_of(Urgency), blank=True)
    questionnaire_version = models.CharField(max_length=40)
    language = models.CharField(max_length=5)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="submission_is_never_deleted", operation=pgtrigger.Delete),
            never_emptied("submissions_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"Submission of {self.received_at:%Y-%m-%d %H:%M}"
