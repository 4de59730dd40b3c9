"""The front desk's list shows what ran out, too: without it in the index the first page reads every reminder."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_case_stays_at_its_patients_site")]

    operations = [
        migrations.RemoveIndex(model_name="reminder", name="reminder_in_trouble"),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                fields=["settled_at"],
                condition=models.Q(status__in=["expired", "failed", "unknown"]),
                name="reminder_in_trouble",
            ),
        ),
    ]
