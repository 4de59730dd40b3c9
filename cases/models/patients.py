"""People who come to the clinic, and the ways they agreed to be reached. Names live here and nowhere else."""

from __future__ import annotations

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Upper

from cases.models.choices import choices_of, one_of
from cases.models.kept import never_emptied
from cases.rules.terms import Channel, Purpose
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, reach_of


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> PatientQuerySet:
        """Patients whose name and contact the user may read."""
        from cases.models.cases import Case

        whole, own = reach_of(user, Action.READ_CONTACT)
        in_care = Exists(Case.objects.filter(patient=OuterRef("pk"), therapist=user.pk))
        return self.filter(Q(site__in=sorted(whole)) | (Q(site__in=sorted(own)) & in_care))


class Patient(models.Model):
    """One person. Provisional until staff accept them: anybody may type a name into the open form.

    phone: E.164. time_zone: IANA name, blank where nobody told us.
    """

    reference = models.CharField(max_length=12, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="patients")
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    date_of_birth = models.DateField()
    phone = models.CharField(max_length=16, blank=True)
    email = models.EmailField(blank=True)
    preferred_channel = models.CharField(max_length=10, choices=choices_of(Channel), default=Channel.EMAIL.value)
    language = models.CharField(max_length=5, default="en")
    time_zone = models.CharField(max_length=64, blank=True)
    is_provisional = models.BooleanField(default=True)
    registered_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    email_failed_at = models.DateTimeField(null=True, blank=True, help_text="When the mailbox refused us for good.")
    phone_failed_at = models.DateTimeField(null=True, blank=True, help_text="When the number refused texts for good.")

    PERSONAL = ("given_name", "family_name", "date_of_birth", "phone", "email")

    objects = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(phone="") | ~Q(email=""), name="patient_can_be_reached"),
            # The target of the composite key that keeps a case at its patient's site.
            models.UniqueConstraint(fields=["site", "id"], name="patient_is_known_at_one_site"),
        ]
        indexes = [
            models.Index(OpClass(Upper("family_name"), "text_pattern_ops"), name="patient_family_name_prefix"),
            models.Index(OpClass(Upper("given_name"), "text_pattern_ops"), name="patient_given_name_prefix"),
            models.Index(fields=["phone"], name="patient_phone"),
            models.Index(fields=["date_of_birth"], name="patient_date_of_birth"),
            models.Index(OpClass(Upper("email"), "text_pattern_ops"), name="patient_email_prefix"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def wall_clock(self) -> str:
        """The IANA zone of the patient's days and nights."""
        return self.time_zone or self.site.time_zone

    def reachable_by(self, channel: str) -> str:
        """The address on that channel, "" when there is none."""
        return self.email if channel == Channel.EMAIL else self.phone

    def failed_on(self, channel: str) -> bool:
        """Did the address refuse messages on that channel for good? A number without texts can still be called."""
        failed = {Channel.EMAIL.value: self.email_failed_at, Channel.SMS.value: self.phone_failed_at}
        return failed.get(channel) is not None


class ContactConsent(models.Model):
    """Permission to send reminders on one channel, for one purpose or all; withdrawn, never deleted."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    channel = models.CharField(max_length=10, choices=choices_of(Channel))
    purpose = models.CharField(max_length=10, choices=choices_of(Purpose), default=Purpose.ALL.value)
    granted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=40, help_text="How it was given, such as 'intake form'.")

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "channel", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_consent_in_force_per_channel_and_purpose",
            ),
            models.CheckConstraint(condition=one_of("purpose", Purpose), name="consent_purpose_is_known"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=models.F("granted_at")),
                name="consent_is_withdrawn_after_it_was_given",
            ),
        ]
        triggers = [never_emptied("consents_are_never_emptied")]

    def __str__(self) -> str:
        return f"{self.patient_id} {self.channel}"
