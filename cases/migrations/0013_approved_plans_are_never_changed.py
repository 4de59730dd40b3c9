"""What was approved is never changed, and needling in it rests on a screen that passed."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0012_needling_items_get_their_screening"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="planitem",
            name="needling_has_a_passed_screen_a_reason_and_consent",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="plan",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_plan_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"status\" = 'draft'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="df4e4595f2395e696a1f70a93161c41f38d94311",
                    operation="DELETE",
                    pgid="pgtrigger_approved_plan_is_never_deleted_d1774",
                    table="cases_plan",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="plan",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_plan_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"status\" = 'draft'))",
                    func="\n                    IF to_jsonb(NEW) - 'status' <> to_jsonb(OLD) - 'status'\n                       OR NEW.status NOT IN (OLD.status, 'superseded')\n                    THEN RAISE EXCEPTION 'approved_plan_is_never_changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'approved_plan_is_never_changed'; END IF;\n                    RETURN NEW;\n                ",
                    hash="10b49943b485584d340140aa76322190ef824b38",
                    operation="UPDATE",
                    pgid="pgtrigger_approved_plan_is_never_changed_69063",
                    table="cases_plan",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="plan",
            trigger=pgtrigger.compiler.Trigger(
                name="needling_is_never_first_or_alone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"status\" = 'approved')",
                    func="\n                    IF EXISTS (SELECT FROM cases_planitem WHERE plan_id = NEW.id AND intervention = 'dry_needling')\n                       AND (NOT EXISTS (\n                            SELECT FROM cases_planitem WHERE plan_id = NEW.id AND intervention IN ('mechanics_retraining', 'strengthening'))\n                        OR NOT EXISTS (\n                            SELECT FROM cases_planitem AS item JOIN cases_plan AS earlier ON earlier.id = item.plan_id\n                            WHERE earlier.case_id = NEW.case_id AND earlier.number < NEW.number\n                            AND earlier.status <> 'draft' AND item.intervention IN ('mechanics_retraining', 'strengthening')))\n                    THEN RAISE EXCEPTION 'needling_is_never_first_or_alone' USING ERRCODE = 'check_violation', CONSTRAINT = 'needling_is_never_first_or_alone'; END IF;\n                    RETURN NEW;\n                ",
                    hash="7e7ef6930d389d3c3aa74eae4c525a9abf933f0b",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_needling_is_never_first_or_alone_f7186",
                    table="cases_plan",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="planitem",
            trigger=pgtrigger.compiler.Trigger(
                name="plan_items_are_written_in_a_draft",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE settled bigint;",
                    func="\n            IF TG_OP <> 'INSERT' THEN \n                SELECT count(*) INTO settled\n                FROM (SELECT status FROM cases_plan WHERE id = OLD.plan_id FOR SHARE) AS held WHERE status <> 'draft';\n                IF settled > 0 THEN RAISE EXCEPTION 'plan_items_are_written_in_a_draft' USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_items_are_written_in_a_draft'; END IF;\n            END IF;\n            IF TG_OP <> 'DELETE' THEN \n                SELECT count(*) INTO settled\n                FROM (SELECT status FROM cases_plan WHERE id = NEW.plan_id FOR SHARE) AS held WHERE status <> 'draft';\n                IF settled > 0 THEN RAISE EXCEPTION 'plan_items_are_written_in_a_draft' USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_items_are_written_in_a_draft'; END IF;\n                RETURN NEW;\n            END IF;\n            RETURN OLD;\n        ",
                    hash="328aae61df78902b5aedf9060311bb923c2de205",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_plan_items_are_written_in_a_draft_8439a",
                    table="cases_planitem",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="planitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("intervention", "dry_needling"), _negated=True),
                    models.Q(
                        ("needling_screen__in", ["ok", "precaution"]),
                        ("needling_screening__isnull", False),
                        models.Q(("needling_reason", ""), _negated=True),
                        ("needling_consented_at__isnull", False),
                        models.Q(("needling_consent_version", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="needling_has_a_passed_screen_a_reason_and_consent",
            ),
        ),
        migrations.AddConstraint(
            model_name="planitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("needling_screen", "precaution"), _negated=True),
                    ("needling_adaptation__regex", "\\S"),
                    _connector="OR",
                ),
                name="needling_precaution_has_a_written_adaptation",
            ),
        ),
        migrations.RunSQL(
            """
            ALTER TABLE cases_planitem ADD CONSTRAINT needling_screen_is_what_the_screening_said
                FOREIGN KEY (needling_screening_id, needling_screen) REFERENCES cases_needlingscreening (id, result)
                DEFERRABLE INITIALLY IMMEDIATE
            """,
            "ALTER TABLE cases_planitem DROP CONSTRAINT needling_screen_is_what_the_screening_said",
        ),
    ]
