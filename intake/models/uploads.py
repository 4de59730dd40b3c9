"""Files patients sent: each with how far it came, and whether anybody may open it yet."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from cases.models import Case
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, within_reach

MOST_BYTES = 10 * 1024 * 1024


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: User, action: Action = Action.LIST_UPLOADS) -> UploadQuerySet:
        return self.filter(within_reach(user, action, site="case__site", therapist="case__therapist"))

    def kept(self) -> UploadQuerySet:
        """Those that count: what was refused or broken off is only a line in the list."""
        return self.exclude(status=Upload.Status.REFUSED)


class Upload(models.Model):
    """One file. Its bytes lie under a random name outside of every web root; this row says what they are.

    received: how many bytes are here, so that a broken transfer goes on from there.
    kind: what the bytes are, not what the sender said. sha256: of the bytes as they are kept now: an image is written
        anew without what the camera noted, so these are not the bytes that were sent.
    attempts: how often the check was tried; claimed_until: a worker is at it.
    """

    class Status(models.TextChoices):
        ARRIVING = "arriving", "Arriving"
        WAITING = "waiting", "Waiting to be checked"
        QUARANTINED = "quarantined", "In quarantine: no scanner has passed it"
        CLEAN = "clean", "Checked"
        RELEASED = "released", "Released by a person, not scanned"
        REFUSED = "refused", "Refused"

    class Kind(models.TextChoices):
        JPEG = "jpeg", "Photo (JPEG)"
        PNG = "png", "Picture (PNG)"
        PDF = "pdf", "Document (PDF)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=120, blank=True, help_text="As the patient's device called it.")
    stored_as = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ARRIVING)
    kind = models.CharField(max_length=4, choices=Kind.choices, blank=True)
    size = models.PositiveIntegerField(help_text="Bytes announced; once written anew, bytes kept.")
    received = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    why = models.CharField(max_length=200, blank=True, help_text="Why it was refused, or waits.")
    begun_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    PERSONAL = ("name",)

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=MOST_BYTES), name="upload_is_at_most_10_mb"),
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="upload_receives_no_more_than_announced"),
            models.CheckConstraint(
                condition=Q(status__in=["arriving", "refused"])
                | (Q(arrived_at__isnull=False, received=F("size")) & ~Q(kind="") & ~Q(sha256="")),
                name="whole_upload_says_what_it_is",
            ),
            models.CheckConstraint(
                condition=Q(status="released", released_at__isnull=False, released_by__isnull=False)
                | (~Q(status="released") & Q(released_at__isnull=True, released_by__isnull=True)),
                name="released_upload_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status="clean") | Q(checked_at__isnull=False), name="clean_upload_was_checked"
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-begun_at"], name="upload_of_case"),
            models.Index(
                fields=["begun_at"], condition=Q(status__in=["arriving", "waiting"]), name="upload_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"File of {self.begun_at:%Y-%m-%d %H:%M}"

    @property
    def may_be_opened(self) -> bool:
        return self.status in (self.Status.CLEAN, self.Status.RELEASED)
