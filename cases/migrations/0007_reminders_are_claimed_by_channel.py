import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_messages_have_more_kinds_and_settings"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="reminder",
            name="reminder_waiting",
        ),
        migrations.AlterField(
            model_name="reminderattempt",
            name="reminder",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="cases.reminder",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["channel", "try_at"],
                name="reminder_waiting_by_channel",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("status__in", ["accepted", "unknown"])),
                fields=["patient", "settled_at"],
                name="reminder_said_to_patient",
            ),
        ),
        # Room on the page for the next version of a row that changes three times within a second.
        migrations.RunSQL(
            "ALTER TABLE cases_reminder SET (fillfactor = 60); ALTER TABLE cases_reminderattempt SET (fillfactor = 60);",
            "ALTER TABLE cases_reminder RESET (fillfactor); ALTER TABLE cases_reminderattempt RESET (fillfactor);",
        ),
    ]
