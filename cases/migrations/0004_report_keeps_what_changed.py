from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_link_to_own_page"),
    ]

    operations = [
        migrations.AddField(
            model_name="symptomreport",
            name="changes",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
