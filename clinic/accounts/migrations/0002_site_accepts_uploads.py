from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="accepts_uploads",
            field=models.BooleanField(
                default=False, help_text="Patients may send photos and PDFs after the form, such as a referral."
            ),
        ),
    ]
