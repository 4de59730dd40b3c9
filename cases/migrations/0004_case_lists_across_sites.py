from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_plan_items_last_whole_weeks")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["-opened_at", "-id"], name="case_newest"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["updated_at", "id"], name="case_changed"),
        ),
    ]
