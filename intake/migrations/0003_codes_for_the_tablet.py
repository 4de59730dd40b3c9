import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_site_accepts_uploads"),
        ("cases", "0004_report_keeps_what_changed"),
        ("intake", "0002_signed_consents"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="on_tablet",
            field=models.BooleanField(default=False, help_text="Filled in on the clinic's tablet, opened by a code."),
        ),
        migrations.CreateModel(
            name="KioskCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(help_text="Keyed digest of the code, in hex.", max_length=64, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "stopped_at",
                    models.DateTimeField(
                        blank=True, help_text="When another name was typed than the patient's.", null=True
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kiosk_codes",
                        to="intake.draft",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kiosk_codes",
                        to="cases.patient",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kiosk_codes", to="accounts.site"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="kioskcode",
            index=models.Index(fields=["site", "-issued_at"], name="kiosk_code_newest"),
        ),
        migrations.AddConstraint(
            model_name="kioskcode",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("issued_at"))), name="kiosk_code_lives_for_a_while"
            ),
        ),
        migrations.AddConstraint(
            model_name="kioskcode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used_at__isnull", True),
                    models.Q(("used_at__gte", models.F("issued_at")), ("used_at__lt", models.F("expires_at"))),
                    _connector="OR",
                ),
                name="kiosk_code_is_used_while_it_lives",
            ),
        ),
        migrations.AddConstraint(
            model_name="kioskcode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stopped_at__isnull", True),
                    models.Q(("patient__isnull", False), ("used_at__isnull", False)),
                    _connector="OR",
                ),
                name="stopped_kiosk_code_was_for_a_patient",
            ),
        ),
    ]
