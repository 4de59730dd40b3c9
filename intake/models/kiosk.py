"""Codes that open the form once, on the clinic's own tablet."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from cases.models import Patient
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, within_reach
from intake.models.drafts import Draft


class KioskCodeQuerySet(models.QuerySet["KioskCode"]):
    def visible_to(self, user: User) -> KioskCodeQuerySet:
        return self.filter(within_reach(user, Action.SUBMIT_INTAKE, therapist="issued_by"))


class KioskCode(models.Model):
    """One code, shown to staff once and kept as a keyed digest. It opens one form on one tablet.

    patient: whom staff handed the tablet to; whoever types another name is stopped. None: anybody new.
    draft: the form it opened, or the unfinished one it is to open again.
    """

    digest = models.CharField(max_length=64, unique=True, help_text="Keyed digest of the code, in hex.")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="kiosk_codes")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="kiosk_codes")
    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, null=True, blank=True, related_name="kiosk_codes")
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="When another name was typed than the patient's."
    )

    PERSONAL: tuple[str, ...] = ()

    objects = KioskCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="kiosk_code_lives_for_a_while"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(used_at__gte=F("issued_at"), used_at__lt=F("expires_at")),
                name="kiosk_code_is_used_while_it_lives",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(used_at__isnull=False, patient__isnull=False),
                name="stopped_kiosk_code_was_for_a_patient",
            ),
        ]
        indexes = [models.Index(fields=["site", "-issued_at"], name="kiosk_code_newest")]

    def __str__(self) -> str:
        return f"Tablet code of {self.issued_at:%Y-%m-%d %H:%M}"
