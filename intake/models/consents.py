"""What the clinic asks patients to agree to, and what each of them signed: kept as it was, for good."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models import Case, Patient, SymptomReport
from cases.models.kept import never_changed, never_emptied
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, within_reach
from intake.models.drafts import Submission


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    def visible_to(self, user: User) -> ConsentTextQuerySet:
        return self.filter(within_reach(user, Action.MANAGE_SITE, therapist="written_by"))


class ConsentText(models.Model):
    """One version of one site's consent in one language. An edit is a new version; earlier ones stay as they were.

    body: paragraphs, a blank line between them. A site without a text of its own uses the one that Patella ships.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="consent_texts")
    language = models.CharField(max_length=5)
    version = models.PositiveIntegerField(help_text="Counts from 1 for each site and language.")
    title = models.CharField(max_length=120)
    body = models.TextField()
    in_force_from = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    PERSONAL: tuple[str, ...] = ()

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "language", "version"], name="one_consent_text_per_site_language_and_version"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="consent_text_versions_count_from_one"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(body=""), name="consent_text_says_something"),
        ]
        triggers = [
            never_changed("consent_text_is_never_changed"),
            never_emptied("consent_texts_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.version}"


class SignedConsentQuerySet(models.QuerySet["SignedConsent"]):
    def visible_to(self, user: User, action: Action = Action.READ_ANSWERS) -> SignedConsentQuerySet:
        return self.filter(within_reach(user, action, site="case__site", therapist="case__therapist"))


class SignedConsent(models.Model):
    """One signature: the text as it was shown, who signed it and how, and the copy the patient gets. Never changed.

    text_version: "3" of the site's own, or "shipped-1". text_sha256: of site, language, version, title and body.
    signer_name: as typed; of a drawn signature, the name printed under it. drawn: the path of an SVG, in a box of
        600 by 200. The two are worth the same, here and in law.
    guardian_relation: of somebody who signs for a patient under 18; assented then says that the patient agreed too.
    signed_from: the address the signature came from. Kept because it may have to be shown whose hand it was; read by
        nobody in daily work, and not on the patient's copy.
    copy: the PDF, made once. The same bytes are served ever after.
    """

    class Method(models.TextChoices):
        TYPED = "typed", "Typed"
        DRAWN = "drawn", "Drawn"
        SPOKEN = "spoken", "Agreed by telephone, noted by staff"

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="signed_consent")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="signed_consents")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="signed_consents")
    report = models.ForeignKey(
        SymptomReport,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Its wording holds the consent questions as they were shown.",
    )
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    text_version = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    title = models.CharField(max_length=120)
    body = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    agreed = models.JSONField(help_text="The consent questions with their answers, in the words shown.")
    method = models.CharField(max_length=10, choices=Method.choices)
    signer_name = models.CharField(max_length=160)
    drawn = models.TextField(blank=True)
    guardian_relation = models.CharField(max_length=80, blank=True)
    assented = models.BooleanField(default=False)
    signed_at = models.DateTimeField()
    signed_from = models.GenericIPAddressField(null=True, blank=True)
    witness = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    copy = models.BinaryField()
    copy_sha256 = models.CharField(max_length=64)

    PERSONAL = ("agreed", "signer_name", "drawn", "guardian_relation", "signed_from", "copy")

    objects = SignedConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(signer_name=""), name="signed_consent_names_who_signed"),
            models.CheckConstraint(
                condition=(Q(method="drawn") & ~Q(drawn="")) | (~Q(method="drawn") & Q(drawn="")),
                name="drawn_signature_is_kept",
            ),
            models.CheckConstraint(
                condition=(Q(method="spoken") & Q(witness__isnull=False))
                | (Q(method__in=["typed", "drawn"]) & Q(witness__isnull=True)),
                name="spoken_consent_has_a_witness",
            ),
            models.CheckConstraint(
                condition=Q(guardian_relation="") | Q(assented=True), name="who_is_under_18_agreed_too"
            ),
            models.CheckConstraint(
                condition=Q(text_sha256__regex="^[0-9a-f]{64}$") & Q(copy_sha256__regex="^[0-9a-f]{64}$"),
                name="signed_consent_is_hashed",
            ),
        ]
        indexes = [models.Index(fields=["case", "-signed_at"], name="signed_consent_of_case")]
        triggers = [
            never_changed("signed_consent_is_never_changed"),
            never_emptied("signed_consents_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"Consent of {self.signed_at:%Y-%m-%d}"
