"""What a therapist measures is recorded, and a suggestion says which examination it rests on."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0016_sites_edit_plan_templates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Examination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("examined_at", models.DateTimeField()),
                ("results", models.JSONField()),
                ("rules_version", models.CharField(max_length=20)),
                ("note", models.TextField(blank=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="suggestion",
            name="one_suggestion_per_report_and_rules",
        ),
        migrations.AddField(
            model_name="examination",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="examinations", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="examination",
            name="therapist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="examination",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="suggestions",
                to="cases.examination",
            ),
        ),
        migrations.AddConstraint(
            model_name="suggestion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("examination__isnull", True)),
                fields=("report", "rules_version"),
                name="one_suggestion_per_report_and_rules",
            ),
        ),
        migrations.AddConstraint(
            model_name="suggestion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("examination__isnull", False)),
                fields=("examination", "rules_version"),
                name="one_suggestion_per_examination_and_rules",
            ),
        ),
        migrations.AddIndex(
            model_name="examination",
            index=models.Index(fields=["case", "-id"], name="examination_latest"),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.CheckConstraint(
                condition=models.Q(("results__contains", {}), models.Q(("results", {}), _negated=True)),
                name="examination_records_a_result",
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.CheckConstraint(
                condition=models.Q(("rules_version", ""), _negated=True), name="examination_says_which_rules"
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.UniqueConstraint(fields=("case", "id"), name="examination_is_of_one_case"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="examination",
            trigger=pgtrigger.compiler.Trigger(
                name="examination_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="908555254e1be153bdf67af0bada68264412fd20",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_examination_is_never_changed_b80e2",
                    table="cases_examination",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(
            """
            ALTER TABLE cases_suggestion ADD CONSTRAINT suggestion_is_of_its_cases_examination
                FOREIGN KEY (case_id, examination_id) REFERENCES cases_examination (case_id, id)
                DEFERRABLE INITIALLY IMMEDIATE
            """,
            "ALTER TABLE cases_suggestion DROP CONSTRAINT suggestion_is_of_its_cases_examination",
        ),
    ]
