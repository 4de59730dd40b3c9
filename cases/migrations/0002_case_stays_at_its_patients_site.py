"""A case cannot point to a patient of another site: the key holds both."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE cases_case ADD CONSTRAINT case_is_at_its_patients_site
                FOREIGN KEY (site_id, patient_id) REFERENCES cases_patient (site_id, id)
                DEFERRABLE INITIALLY IMMEDIATE
            """,
            "ALTER TABLE cases_case DROP CONSTRAINT case_is_at_its_patients_site",
        ),
    ]
