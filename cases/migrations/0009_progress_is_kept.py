"""How a case stood, kept at every point with the rule that said so; scores keep the answers behind them."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_visits_follow_the_plan")]

    operations = [
        migrations.CreateModel(
            name='ProgressPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('taken_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('resolved', 'Resolved'), ('improved', 'Improved'), ('partly_improved', 'Partly improved'), ('non_response', 'No response yet'), ('worsening', 'Worsening'), ('recurrence', 'Recurrence'), ('lost_to_follow_up', 'Lost to follow-up'), ('too_early', 'Too early to say')], max_length=20)),
                ('rule_id', models.CharField(max_length=8)),
                ('findings', models.JSONField()),
                ('missed_check_ins', models.PositiveSmallIntegerField(default=0, help_text='In a row, without a reply.')),
                ('rules_version', models.CharField(max_length=20)),
            ],
        ),
        migrations.AddField(
            model_name='outcome',
            name='items',
            field=models.JSONField(blank=True, default=dict, help_text='The answers it was scored from, where they are known.'),
        ),
        migrations.AddField(
            model_name='progresspoint',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='progress_points', to='cases.case'),
        ),
        migrations.AddField(
            model_name='progresspoint',
            name='report',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.symptomreport'),
        ),
        migrations.AddIndex(
            model_name='progresspoint',
            index=models.Index(fields=['case', '-taken_at', '-id'], name='progress_of_case'),
        ),
        migrations.AddConstraint(
            model_name='progresspoint',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['improved', 'lost_to_follow_up', 'non_response', 'partly_improved', 'recurrence', 'resolved', 'too_early', 'worsening'])), name='progress_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='progresspoint',
            constraint=models.CheckConstraint(condition=models.Q(('rule_id', ''), _negated=True), name='progress_names_the_rule_that_said_so'),
        ),
        migrations.AddConstraint(
            model_name='progresspoint',
            constraint=models.UniqueConstraint(condition=models.Q(('report__isnull', False)), fields=('report',), name='one_progress_point_per_report'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='progresspoint',
            trigger=pgtrigger.compiler.Trigger(name='progress_is_never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1e207f9ce8af101bf811b4e67661776b9a3adaa9', operation='UPDATE OR DELETE', pgid='pgtrigger_progress_is_never_changed_7c680', table='cases_progresspoint', when='BEFORE')),
        ),
    ]
