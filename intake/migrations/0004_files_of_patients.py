import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_site_accepts_uploads"),
        ("cases", "0004_report_keeps_what_changed"),
        ("intake", "0003_codes_for_the_tablet"),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, help_text="As the patient's device called it.", max_length=120)),
                ("stored_as", models.CharField(max_length=64, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("arriving", "Arriving"),
                            ("waiting", "Waiting to be checked"),
                            ("quarantined", "In quarantine: no scanner has passed it"),
                            ("clean", "Checked"),
                            ("released", "Released by a person, not scanned"),
                            ("refused", "Refused"),
                        ],
                        default="arriving",
                        max_length=12,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[("jpeg", "Photo (JPEG)"), ("png", "Picture (PNG)"), ("pdf", "Document (PDF)")],
                        max_length=4,
                    ),
                ),
                ("size", models.PositiveIntegerField(help_text="Bytes announced; once written anew, bytes kept.")),
                ("received", models.PositiveIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("why", models.CharField(blank=True, help_text="Why it was refused, or waits.", max_length=200)),
                ("begun_at", models.DateTimeField()),
                ("arrived_at", models.DateTimeField(blank=True, null=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to="cases.case"
                    ),
                ),
                (
                    "released_by",
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
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["case", "-begun_at"], name="upload_of_case"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("status__in", ["arriving", "waiting"])),
                fields=["begun_at"],
                name="upload_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__gte", 1), ("size__lte", 10485760)), name="upload_is_at_most_10_mb"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("received__lte", models.F("size"))), name="upload_receives_no_more_than_announced"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["arriving", "refused"]),
                    models.Q(
                        ("arrived_at__isnull", False),
                        ("received", models.F("size")),
                        models.Q(("kind", ""), _negated=True),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="whole_upload_says_what_it_is",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("released_at__isnull", False), ("released_by__isnull", False), ("status", "released")),
                    models.Q(
                        models.Q(("status", "released"), _negated=True),
                        ("released_at__isnull", True),
                        ("released_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="released_upload_says_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "clean"), _negated=True), ("checked_at__isnull", False), _connector="OR"
                ),
                name="clean_upload_was_checked",
            ),
        ),
    ]
