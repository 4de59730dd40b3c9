"""Each needling screen is kept; a plan item may point to its own."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_messages_have_words_and_answers"),
        ("accounts", "0003_therapists_are_certified_for_needling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NeedlingScreening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("screened_at", models.DateTimeField()),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("contraindicated", "Contraindicated"),
                            ("precaution", "Precaution"),
                            ("ok", "No bar found"),
                        ],
                        max_length=20,
                    ),
                ),
                ("answers", models.JSONField(default=dict)),
                ("body", models.JSONField(default=dict)),
                ("rules_version", models.CharField(max_length=20)),
            ],
        ),
        migrations.AddField(
            model_name="planitem",
            name="needling_adaptation",
            field=models.TextField(blank=True, help_text="What is done otherwise because of a precaution."),
        ),
        migrations.AddField(
            model_name="planitem",
            name="needling_consent_version",
            field=models.CharField(blank=True, help_text="The text that was agreed to.", max_length=20),
        ),
        migrations.AddField(
            model_name="needlingscreening",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="needling_screenings", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="needlingscreening",
            name="report",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cases.symptomreport",
            ),
        ),
        migrations.AddField(
            model_name="needlingscreening",
            name="therapist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="planitem",
            name="needling_screening",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plan_items",
                to="cases.needlingscreening",
            ),
        ),
        migrations.AddIndex(
            model_name="needlingscreening",
            index=models.Index(fields=["case", "-id"], name="needling_screening_latest"),
        ),
        migrations.AddConstraint(
            model_name="needlingscreening",
            constraint=models.CheckConstraint(
                condition=models.Q(("result__in", ["contraindicated", "ok", "precaution"])),
                name="needling_result_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="needlingscreening",
            constraint=models.UniqueConstraint(fields=("id", "result"), name="needling_screening_has_one_result"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="needlingscreening",
            trigger=pgtrigger.compiler.Trigger(
                name="screening_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="31d412d339dddb18bfcb06f9ea0f426c8c2b6715",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_screening_is_never_changed_ea080",
                    table="cases_needlingscreening",
                    when="BEFORE",
                ),
            ),
        ),
    ]
