import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_site_accepts_uploads"),
        ("cases", "0004_report_keeps_what_changed"),
        ("intake", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=5)),
                ("version", models.PositiveIntegerField(help_text="Counts from 1 for each site and language.")),
                ("title", models.CharField(max_length=120)),
                ("body", models.TextField()),
                ("in_force_from", models.DateTimeField()),
                ("written_at", models.DateTimeField()),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="consent_texts", to="accounts.site"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignedConsent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text_version", models.CharField(max_length=20)),
                ("language", models.CharField(max_length=5)),
                ("title", models.CharField(max_length=120)),
                ("body", models.TextField()),
                ("text_sha256", models.CharField(max_length=64)),
                ("agreed", models.JSONField(help_text="The consent questions with their answers, in the words shown.")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("typed", "Typed"),
                            ("drawn", "Drawn"),
                            ("spoken", "Agreed by telephone, noted by staff"),
                        ],
                        max_length=10,
                    ),
                ),
                ("signer_name", models.CharField(max_length=160)),
                ("drawn", models.TextField(blank=True)),
                ("guardian_relation", models.CharField(blank=True, max_length=80)),
                ("assented", models.BooleanField(default=False)),
                ("signed_at", models.DateTimeField()),
                ("signed_from", models.GenericIPAddressField(blank=True, null=True)),
                ("copy", models.BinaryField()),
                ("copy_sha256", models.CharField(max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="signed_consents", to="cases.case"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="signed_consents", to="cases.patient"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        help_text="Its wording holds the consent questions as they were shown.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.symptomreport",
                    ),
                ),
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signed_consent",
                        to="intake.submission",
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="intake.consenttext",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="consenttext",
            constraint=models.UniqueConstraint(
                fields=("site", "language", "version"), name="one_consent_text_per_site_language_and_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="consenttext",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="consent_text_versions_count_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="consenttext",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("title", ""), _negated=True), models.Q(("body", ""), _negated=True)),
                name="consent_text_says_something",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consenttext",
            trigger=pgtrigger.compiler.Trigger(
                name="consent_text_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="6ad99f194b68dcdc3e1d0c10a29b3a3aede42b1f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_consent_text_is_never_changed_34035",
                    table="intake_consenttext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consenttext",
            trigger=pgtrigger.compiler.Trigger(
                name="consent_texts_are_never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="1a17dfdc75e8f13da5fd36904b6b40441426cac7",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_consent_texts_are_never_emptied_fe949",
                    table="intake_consenttext",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="signedconsent",
            index=models.Index(fields=["case", "-signed_at"], name="signed_consent_of_case"),
        ),
        migrations.AddConstraint(
            model_name="signedconsent",
            constraint=models.CheckConstraint(
                condition=models.Q(("signer_name", ""), _negated=True), name="signed_consent_names_who_signed"
            ),
        ),
        migrations.AddConstraint(
            model_name="signedconsent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "drawn"), models.Q(("drawn", ""), _negated=True)),
                    models.Q(models.Q(("method", "drawn"), _negated=True), ("drawn", "")),
                    _connector="OR",
                ),
                name="drawn_signature_is_kept",
            ),
        ),
        migrations.AddConstraint(
            model_name="signedconsent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "spoken"), ("witness__isnull", False)),
                    models.Q(("method__in", ["typed", "drawn"]), ("witness__isnull", True)),
                    _connector="OR",
                ),
                name="spoken_consent_has_a_witness",
            ),
        ),
        migrations.AddConstraint(
            model_name="signedconsent",
            constraint=models.CheckConstraint(
                condition=models.Q(("guardian_relation", ""), ("assented", True), _connector="OR"),
                name="who_is_under_18_agreed_too",
            ),
        ),
        migrations.AddConstraint(
            model_name="signedconsent",
            constraint=models.CheckConstraint(
                condition=models.Q(("text_sha256__regex", "^[0-9a-f]{64}$"), ("copy_sha256__regex", "^[0-9a-f]{64}$")),
                name="signed_consent_is_hashed",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="signedconsent",
            trigger=pgtrigger.compiler.Trigger(
                name="signed_consent_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="1b91a1e9fe52eb8925e8ab4af8d2d0d65f35a710",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_signed_consent_is_never_changed_c3c4b",
                    table="intake_signedconsent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="signedconsent",
            trigger=pgtrigger.compiler.Trigger(
                name="signed_consents_are_never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="e981e80ff76fc483badf3c8c27361000aad0f4c5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_signed_consents_are_never_emptied_dc62d",
                    table="intake_signedconsent",
                    when="BEFORE",
                ),
            ),
        ),
    ]
