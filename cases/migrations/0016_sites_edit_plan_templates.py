"""A site's own plan templates, beside those that are shipped."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_needling_sessions_are_recorded"),
        ("accounts", "0003_therapists_are_certified_for_needling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("template_id", models.CharField(max_length=20)),
                (
                    "intervention",
                    models.CharField(
                        choices=[
                            ("education", "Education"),
                            ("load_management", "Load management"),
                            ("strengthening", "Strengthening"),
                            ("mechanics_retraining", "Mechanics retraining"),
                            ("taping", "Tailored taping"),
                            ("stretching", "Stretching"),
                            ("orthoses", "Prefabricated foot orthoses"),
                            ("dry_needling", "Trigger-point dry needling"),
                        ],
                        max_length=30,
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("dose", models.CharField(max_length=300)),
                ("frequency", models.CharField(max_length=200)),
                ("weeks", models.PositiveSmallIntegerField()),
                ("progression", models.TextField()),
                ("evidence", models.TextField()),
                ("cautions", models.TextField()),
                (
                    "causes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("overuse", "Overuse"),
                                ("movement_dysfunction", "Kneecap movement dysfunction"),
                                ("muscle_imbalance", "Muscle imbalance"),
                                ("mobility_contributor", "Mobility contributor"),
                                ("other", "Something else"),
                            ],
                            max_length=30,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("runners_only", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("made_from", models.CharField(blank=True, max_length=64)),
                (
                    "shipped_then",
                    models.JSONField(default=dict, help_text="The shipped row as it was when this was made from it."),
                ),
                ("edited_at", models.DateTimeField()),
                ("version", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.AddField(
            model_name="plantemplate",
            name="edited_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="plantemplate",
            name="site",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"),
        ),
        migrations.AddConstraint(
            model_name="plantemplate",
            constraint=models.UniqueConstraint(fields=("site", "template_id"), name="one_template_of_an_id_per_site"),
        ),
        migrations.AddConstraint(
            model_name="plantemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "intervention__in",
                        [
                            "education",
                            "load_management",
                            "mechanics_retraining",
                            "orthoses",
                            "strengthening",
                            "stretching",
                            "taping",
                        ],
                    )
                ),
                name="needling_is_never_a_template",
            ),
        ),
        migrations.AddConstraint(
            model_name="plantemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cautions__regex", "\\S"),
                    ("dose__regex", "\\S"),
                    ("evidence__regex", "\\S"),
                    ("frequency__regex", "\\S"),
                    ("progression__regex", "\\S"),
                    ("title__regex", "\\S"),
                ),
                name="plan_template_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="plantemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(("weeks__gte", 1), ("weeks__lte", 52)), name="plan_template_lasts_1_to_52_weeks"
            ),
        ),
        migrations.AddConstraint(
            model_name="plantemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "causes__contained_by",
                        ["mobility_contributor", "movement_dysfunction", "muscle_imbalance", "other", "overuse"],
                    )
                ),
                name="plan_template_causes_are_known",
            ),
        ),
    ]
