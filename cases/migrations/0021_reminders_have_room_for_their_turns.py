from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0020_sites_have_a_page_of_messages"),
    ]

    operations = [
        # All rows of a page are claimed at once, and begun at once: room for a second version of each, so that neither
        # touches an index.
        migrations.RunSQL(
            "ALTER TABLE cases_reminder SET (fillfactor = 30)",
            "ALTER TABLE cases_reminder SET (fillfactor = 60)",
        ),
    ]
