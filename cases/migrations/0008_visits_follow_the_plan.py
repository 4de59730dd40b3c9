"""The weeks in which a plan wants visits, and since when a case has fewer."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_reminders_are_claimed_by_channel")]

    operations = [
        migrations.AddField(
            model_name='case',
            name='off_plan_from',
            field=models.DateTimeField(blank=True, help_text='Since when fewer visits take place than the plan asks for; ahead: not yet.', null=True),
        ),
        migrations.AddField(
            model_name='plan',
            name='visit_weeks',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, help_text="In which weeks after the plan's start a visit is wanted; empty: as usual for its length.", size=None),
        ),
        migrations.AddField(
            model_name='visit',
            name='moved_count',
            field=models.PositiveSmallIntegerField(default=0, help_text='How often it got another time.'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('off_plan_from__isnull', False)), fields=['off_plan_from'], name='case_falling_off_plan'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('off_plan_from__isnull', True), ('status', 'in_treatment'), _connector='OR'), name='only_a_treated_case_falls_off_its_plan'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('visit_weeks__contained_by', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52])), name='plan_wants_visits_in_weeks_1_to_52'),
        ),
    ]
