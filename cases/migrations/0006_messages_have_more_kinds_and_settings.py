import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_patients_agree_by_purpose"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClosedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("name", models.CharField(blank=True, help_text="Such as 'Thanksgiving'.", max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("only", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("identity", models.CharField(max_length=120)),
                ("epoch", models.PositiveIntegerField(default=1)),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Pause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("check_in", "Check-in"),
                            ("check_in_repeat", "Check-in, second message"),
                            ("check_in_call", "Check-in not answered: telephone"),
                            ("needling_check", "Check after needling"),
                            ("after_discharge", "Check-in after discharge"),
                            ("visit", "Visit tomorrow"),
                            ("missed_visit", "Visit missed"),
                            ("off_plan", "Fewer visits than planned"),
                            ("nudge", "Home programme"),
                            ("form", "Form to fill in"),
                            ("form_repeat", "Form not finished"),
                            ("own_page", "Link to their own page"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("paused_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProviderRate",
            fields=[
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "Text message"), ("phone", "Telephone call")],
                        max_length=10,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tokens", models.FloatField(default=0)),
                ("filled_at", models.DateTimeField()),
                ("closed_until", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReminderSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kinds_off",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("check_in", "Check-in"),
                                ("check_in_repeat", "Check-in, second message"),
                                ("check_in_call", "Check-in not answered: telephone"),
                                ("needling_check", "Check after needling"),
                                ("after_discharge", "Check-in after discharge"),
                                ("visit", "Visit tomorrow"),
                                ("missed_visit", "Visit missed"),
                                ("off_plan", "Fewer visits than planned"),
                                ("nudge", "Home programme"),
                                ("form", "Form to fill in"),
                                ("form_repeat", "Form not finished"),
                                ("own_page", "Link to their own page"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "hour",
                    models.TimeField(
                        default=datetime.time(10, 0), help_text="When messages are due, on the patient's wall."
                    ),
                ),
                (
                    "opens",
                    models.TimeField(default=datetime.time(9, 0), help_text="No message goes earlier in the day."),
                ),
                (
                    "closes",
                    models.TimeField(default=datetime.time(20, 0), help_text="No message goes later in the day."),
                ),
                (
                    "cap_per_week",
                    models.PositiveSmallIntegerField(default=4, help_text="Most messages to one patient in 7 days."),
                ),
                ("rest_check_days", models.PositiveSmallIntegerField(default=4)),
                ("repeat_after_days", models.PositiveSmallIntegerField(default=3)),
                ("call_after_days", models.PositiveSmallIntegerField(default=6)),
                ("form_repeat_days", models.PositiveSmallIntegerField(default=2)),
                ("nudge_every_days", models.PositiveSmallIntegerField(default=14)),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=[("en", "English"), ("es", "Español")], max_length=5),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("sms_allowed", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("replan_after", models.BigIntegerField(blank=True, null=True)),
                ("replanned_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "reminder settings",
            },
        ),
        migrations.CreateModel(
            name="ReminderSettingsChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
            ],
        ),
        migrations.AddField(
            model_name="reminder",
            name="held_for",
            field=models.CharField(blank=True, help_text="Why it waits longer than until it is due.", max_length=60),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="kind",
            field=models.CharField(
                choices=[
                    ("check_in", "Check-in"),
                    ("check_in_repeat", "Check-in, second message"),
                    ("check_in_call", "Check-in not answered: telephone"),
                    ("needling_check", "Check after needling"),
                    ("after_discharge", "Check-in after discharge"),
                    ("visit", "Visit tomorrow"),
                    ("missed_visit", "Visit missed"),
                    ("off_plan", "Fewer visits than planned"),
                    ("nudge", "Home programme"),
                    ("form", "Form to fill in"),
                    ("form_repeat", "Form not finished"),
                    ("own_page", "Link to their own page"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="closedday",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="closed_days", to="accounts.site"
            ),
        ),
        migrations.AddConstraint(
            model_name="installation",
            constraint=models.CheckConstraint(condition=models.Q(("only", True)), name="there_is_one_installation"),
        ),
        migrations.AddField(
            model_name="pause",
            name="paused_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="pause",
            name="released_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="pause",
            name="site",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("tokens__gte", 0)), name="tokens_are_never_overdrawn"
            ),
        ),
        migrations.AddField(
            model_name="remindersettings",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="remindersettings",
            name="site",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="reminder_settings", to="accounts.site"
            ),
        ),
        migrations.AddField(
            model_name="remindersettingschange",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="remindersettingschange",
            name="site",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"),
        ),
        migrations.AddConstraint(
            model_name="closedday",
            constraint=models.UniqueConstraint(fields=("site", "day"), name="day_is_closed_once_per_site"),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="pause_says_why"),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_at__isnull", True), ("released_at__gte", models.F("paused_at")), _connector="OR"
                ),
                name="pause_is_released_after_it_began",
            ),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("released_at__isnull", True)),
                fields=("site", "kind"),
                name="one_pause_in_force_per_site_and_kind",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("opens__gte", datetime.time(8, 0)),
                    ("opens__lt", models.F("closes")),
                    ("closes__lte", datetime.time(21, 0)),
                ),
                name="messages_go_between_08_and_21",
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("hour__gte", models.F("opens")), ("hour__lt", models.F("closes"))),
                name="messages_are_due_when_they_may_go",
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("rest_check_days__range", (3, 5))), name="rest_check_is_on_day_3_to_5"
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("cap_per_week__range", (1, 14))), name="patient_gets_1_to_14_messages_a_week"
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("repeat_after_days__gte", 1),
                    ("call_after_days__gt", models.F("repeat_after_days")),
                    ("call_after_days__lte", 6),
                ),
                name="call_comes_after_the_repeat_and_in_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("form_repeat_days__range", (1, 10))), name="form_is_asked_for_again_in_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("nudge_every_days__range", (7, 60))), name="nudge_comes_weekly_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kinds_off__contained_by",
                        [
                            "after_discharge",
                            "check_in",
                            "check_in_call",
                            "check_in_repeat",
                            "form",
                            "form_repeat",
                            "missed_visit",
                            "needling_check",
                            "nudge",
                            "off_plan",
                            "own_page",
                            "visit",
                        ],
                    )
                ),
                name="kind_switched_off_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("languages__contained_by", ["en", "es"])), name="language_of_messages_is_known"
            ),
        ),
        migrations.AddIndex(
            model_name="remindersettingschange",
            index=models.Index(fields=["site", "-at"], name="settings_change_of_site"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="remindersettingschange",
            trigger=pgtrigger.compiler.Trigger(
                name="settings_change_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="471326d8a7c202a71e1a1b0de4e6c8871dbce0a4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_settings_change_is_never_changed_2fc3b",
                    table="cases_remindersettingschange",
                    when="BEFORE",
                ),
            ),
        ),
    ]
