"""A finding may be one of the differentials; an unknown cause, or a silent disagreement, is refused."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0017_examinations_are_recorded")]

    operations = [
        migrations.RemoveConstraint(
            model_name="finding",
            name="other_finding_is_in_words",
        ),
        migrations.AddField(
            model_name="finding",
            name="differential",
            field=models.CharField(blank=True, max_length=4),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "causes__contained_by",
                        ["overuse", "movement_dysfunction", "muscle_imbalance", "mobility_contributor", "other"],
                    )
                ),
                name="finding_names_known_causes",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__in", ["high", "low", "moderate"])), name="finding_says_how_sure"
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("causes__contains", ["other"]), _negated=True),
                    models.Q(("other", ""), _negated=True),
                    models.Q(("differential", ""), _negated=True),
                    _connector="OR",
                ),
                name="other_finding_is_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("differential", ""),
                    models.Q(("causes__contains", ["other"]), ("differential__regex", "^D[0-9]{1,3}$")),
                    _connector="OR",
                ),
                name="differential_is_a_row_and_goes_with_other",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("agrees__isnull", True), ("agrees", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="finding_that_differs_says_why",
            ),
        ),
    ]
