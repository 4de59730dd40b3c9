from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_case_lists_across_sites"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("status__in", ["failed", "unknown"])),
                fields=["settled_at"],
                name="reminder_in_trouble",
            ),
        ),
    ]
