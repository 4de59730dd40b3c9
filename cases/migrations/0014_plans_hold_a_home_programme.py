"""A plan holds the exercises done at home."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0013_approved_plans_are_never_changed"),
        ("accounts", "0003_therapists_are_certified_for_needling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanExercise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("exercise_id", models.CharField(blank=True, max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("instructions", models.TextField()),
                ("sets", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("reps", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("hold_seconds", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("minutes", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("days_per_week", models.PositiveSmallIntegerField()),
                (
                    "days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="planexercise",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="exercises", to="cases.plan"
            ),
        ),
        migrations.AddConstraint(
            model_name="planexercise",
            constraint=models.UniqueConstraint(fields=("plan", "position"), name="plan_exercises_stand_in_order"),
        ),
        migrations.AddConstraint(
            model_name="planexercise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("instructions", ""), _negated=True)
                ),
                name="plan_exercise_is_in_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="planexercise",
            constraint=models.CheckConstraint(
                condition=models.Q(("days_per_week__gte", 1), ("days_per_week__lte", 7)),
                name="plan_exercise_is_done_1_to_7_days_a_week",
            ),
        ),
        migrations.AddConstraint(
            model_name="planexercise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("days", []),
                    models.Q(("days__contained_by", [1, 2, 3, 4, 5, 6, 7]), ("days__len", models.F("days_per_week"))),
                    _connector="OR",
                ),
                name="plan_exercise_names_as_many_days_as_it_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="planexercise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reps__isnull", False),
                    ("hold_seconds__isnull", False),
                    ("minutes__isnull", False),
                    _connector="OR",
                ),
                name="plan_exercise_says_how_much",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="planexercise",
            trigger=pgtrigger.compiler.Trigger(
                name="plan_exercises_are_written_in_a_draft",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE settled bigint;",
                    func="\n            IF TG_OP <> 'INSERT' THEN \n                SELECT count(*) INTO settled\n                FROM (SELECT status FROM cases_plan WHERE id = OLD.plan_id FOR SHARE) AS held WHERE status <> 'draft';\n                IF settled > 0 THEN RAISE EXCEPTION 'plan_exercises_are_written_in_a_draft' USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_exercises_are_written_in_a_draft'; END IF;\n            END IF;\n            IF TG_OP <> 'DELETE' THEN \n                SELECT count(*) INTO settled\n                FROM (SELECT status FROM cases_plan WHERE id = NEW.plan_id FOR SHARE) AS held WHERE status <> 'draft';\n                IF settled > 0 THEN RAISE EXCEPTION 'plan_exercises_are_written_in_a_draft' USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_exercises_are_written_in_a_draft'; END IF;\n                RETURN NEW;\n            END IF;\n            RETURN OLD;\n        ",
                    hash="00841e7f2af31a5e90bc56f2325dcbaaed39c4c8",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_plan_exercises_are_written_in_a_draft_26fa6",
                    table="cases_planexercise",
                    when="BEFORE",
                ),
            ),
        ),
    ]
