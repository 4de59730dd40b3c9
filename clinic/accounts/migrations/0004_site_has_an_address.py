"""Where a site is, for a patient's calendar."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_therapists_are_certified_for_needling")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="address",
            field=models.CharField(
                blank=True, help_text="Street and town, as it stands in a patient's calendar.", max_length=200
            ),
        ),
    ]
