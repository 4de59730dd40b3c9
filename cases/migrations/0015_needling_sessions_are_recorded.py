"""Each session of needling is recorded, under the plan and the screen it rests on."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0014_plans_hold_a_home_programme"),
        ("accounts", "0003_therapists_are_certified_for_needling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NeedlingSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "screening_result",
                    models.CharField(
                        choices=[
                            ("contraindicated", "Contraindicated"),
                            ("precaution", "Precaution"),
                            ("ok", "No bar found"),
                        ],
                        max_length=20,
                    ),
                ),
                ("performed_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "muscles",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None),
                ),
                ("needle", models.CharField(help_text="Size, such as 0.25 x 40 mm.", max_length=80)),
                ("batch", models.CharField(max_length=80)),
                (
                    "adaptation",
                    models.TextField(blank=True, help_text="What was done otherwise because of a precaution."),
                ),
                ("response", models.TextField()),
                (
                    "adverse_events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("bruise", "Bruise"),
                                ("bleeding", "Bleeding"),
                                ("pain_during", "Pain during"),
                                ("pain_after", "Pain after"),
                                ("fainting", "Fainting"),
                                ("other_mild", "Another mild effect"),
                                ("deep_infection", "Signs of infection: spreading redness, fever, growing swelling"),
                                ("large_haematoma", "Large haematoma"),
                                ("nerve_signs", "Lasting numbness or weakness"),
                                ("other_serious", "Another serious event"),
                            ],
                            max_length=20,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("adverse_note", models.TextField(blank=True)),
                ("consent_version", models.CharField(max_length=20)),
            ],
        ),
        migrations.AddField(
            model_name="needlingsession",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="needling_sessions", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="needlingsession",
            name="plan_item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="cases.planitem"
            ),
        ),
        migrations.AddField(
            model_name="needlingsession",
            name="screening",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="cases.needlingscreening"
            ),
        ),
        migrations.AddField(
            model_name="needlingsession",
            name="therapist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="needlingsession",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="needling_sessions",
                to="cases.visit",
            ),
        ),
        migrations.AddIndex(
            model_name="needlingsession",
            index=models.Index(fields=["case", "performed_at"], name="needling_session_of_case"),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.UniqueConstraint(fields=("case", "performed_at"), name="one_needling_session_at_a_time"),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("muscles__len__gt", 0)), name="needling_session_names_its_muscles"
            ),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("needle", ""), _negated=True),
                    models.Q(("batch", ""), _negated=True),
                    models.Q(("response", ""), _negated=True),
                    models.Q(("consent_version", ""), _negated=True),
                ),
                name="needling_session_says_needle_batch_response_and_consent",
            ),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("screening_result__in", ["ok", "precaution"])),
                name="needling_session_passed_its_screen",
            ),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("screening_result", "precaution"), _negated=True),
                    ("adaptation__regex", "\\S"),
                    _connector="OR",
                ),
                name="needling_session_writes_its_adaptation",
            ),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "adverse_events__contained_by",
                        [
                            "bleeding",
                            "bruise",
                            "deep_infection",
                            "fainting",
                            "large_haematoma",
                            "nerve_signs",
                            "other_mild",
                            "other_serious",
                            "pain_after",
                            "pain_during",
                        ],
                    )
                ),
                name="adverse_events_are_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "adverse_events__overlap",
                            ["deep_infection", "large_haematoma", "nerve_signs", "other_mild", "other_serious"],
                        ),
                        _negated=True,
                    ),
                    ("adverse_note__regex", "\\S"),
                    _connector="OR",
                ),
                name="serious_adverse_event_is_in_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="needlingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("performed_at__lte", models.F("recorded_at"))), name="needling_session_is_not_ahead"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="needlingsession",
            trigger=pgtrigger.compiler.Trigger(
                name="session_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="3842661e374e01765c6d1098f024ff629a9c7fbb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_session_is_never_changed_debe1",
                    table="cases_needlingsession",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="needlingsession",
            trigger=pgtrigger.compiler.Trigger(
                name="session_is_of_the_approved_plan",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NOT EXISTS (\n                        SELECT FROM cases_planitem AS item JOIN cases_plan AS plan ON plan.id = item.plan_id\n                        WHERE item.id = NEW.plan_item_id AND item.intervention = 'dry_needling'\n                        AND plan.case_id = NEW.case_id AND plan.status = 'approved')\n                       OR NOT EXISTS (\n                        SELECT FROM cases_needlingscreening\n                        WHERE id = NEW.screening_id AND case_id = NEW.case_id)\n                       OR (NEW.visit_id IS NOT NULL AND NOT EXISTS (\n                        SELECT FROM cases_visit WHERE id = NEW.visit_id AND case_id = NEW.case_id))\n                    THEN RAISE EXCEPTION 'session_is_of_the_approved_plan'\n                        USING ERRCODE = 'check_violation', CONSTRAINT = 'session_is_of_the_approved_plan';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="0486ba598c98503a48880498253040417e0bdac0",
                    operation="INSERT",
                    pgid="pgtrigger_session_is_of_the_approved_plan_e07e1",
                    table="cases_needlingsession",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(
            """
            ALTER TABLE cases_needlingsession ADD CONSTRAINT session_screen_is_what_the_screening_said
                FOREIGN KEY (screening_id, screening_result) REFERENCES cases_needlingscreening (id, result)
                DEFERRABLE INITIALLY IMMEDIATE
            """,
            "ALTER TABLE cases_needlingsession DROP CONSTRAINT session_screen_is_what_the_screening_said",
        ),
    ]
