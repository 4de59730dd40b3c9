from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("cases", "0004_report_keeps_what_changed"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="contactconsent",
            name="one_consent_in_force_per_channel",
        ),
        migrations.AddField(
            model_name="contactconsent",
            name="purpose",
            field=models.CharField(
                choices=[("all", "Visits and follow-up"), ("visits", "Visits"), ("follow_up", "Follow-up")],
                default="all",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="email_failed_at",
            field=models.DateTimeField(blank=True, help_text="When the mailbox refused us for good.", null=True),
        ),
        migrations.AddField(
            model_name="patient",
            name="phone_failed_at",
            field=models.DateTimeField(blank=True, help_text="When the number refused texts for good.", null=True),
        ),
        migrations.AddConstraint(
            model_name="contactconsent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=("patient", "channel", "purpose"),
                name="one_consent_in_force_per_channel_and_purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactconsent",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["all", "follow_up", "visits"])), name="consent_purpose_is_known"
            ),
        ),
    ]
