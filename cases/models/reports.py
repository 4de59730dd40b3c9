"""What a patient reported, and what the rules made of it: flags and suggestions beside the words themselves."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of, values_of
from cases.models.examinations import Examination
from cases.models.kept import never_emptied
from cases.rules.lifecycle import ENDED
from cases.rules.terms import STOPPING, Likelihood, Urgency
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, within_reach


class SymptomReport(models.Model):
    """One report about one case. `answers` holds clinical answers and `age` in years; names never stand here.

    shown: names of the questions that were on the screen; what was hidden cannot count as unanswered.
    wording: each question as it was shown, with the answer as it was read; beside the consent of a minor, who agreed.
    changes: against the patient's last whole form, when there was one: {"since": moment, "lines": [{"name", "question",
        "then", "now"}]}, in words. None: nothing to compare with.
    """

    class Source(models.TextChoices):
        INTAKE = "intake", "Intake form"
        PHONE = "phone", "By telephone, typed by staff"
        API = "api", "Another system"
        CHECK_IN = "check_in", "Check-in"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    source = models.CharField(max_length=10, choices=Source.choices)
    reported_at = models.DateTimeField()
    answers = models.JSONField()
    shown = models.JSONField(default=list)
    wording = models.JSONField(default=list)
    questionnaire_version = models.CharField(max_length=40)
    rules_version = models.CharField(max_length=20)
    urgency = models.CharField(max_length=20, choices=choices_of(Urgency))
    changes = models.JSONField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    PERSONAL = ("answers", "wording", "changes")

    class Meta:
        constraints = [models.CheckConstraint(condition=one_of("urgency", Urgency), name="report_urgency_is_known")]
        indexes = [models.Index(fields=["case", "-reported_at"], name="report_of_case")]
        triggers = [never_emptied("reports_are_never_emptied")]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.reported_at:%Y-%m-%d}"


class FlagQuerySet(models.QuerySet["Flag"]):
    def visible_to(self, user: User, action: Action = Action.READ_ANSWERS) -> FlagQuerySet:
        return self.filter(within_reach(user, action, site="case__site", therapist="case__therapist"))

    def standing(self) -> FlagQuerySet:
        """Not cleared by anybody yet."""
        return self.filter(cleared_at__isnull=True)

    def in_open_cases(self) -> FlagQuerySet:
        """Of cases still cared for, and those told since: what an ended one left standing waits for nobody."""
        return self.exclude(case__status__in=values_of(ENDED), raised_at__lte=F("case__ended_at"))

    def stopping(self) -> FlagQuerySet:
        """Emergency and same-day: they hold scheduling and treatment."""
        return self.filter(level__in=values_of(STOPPING))


class Flag(models.Model):
    """A red flag. Staff acknowledge it (somebody is on it); a clinician clears it, with a reason.

    report: what told of it. None: a needling session did, in a case that nobody has reported about yet.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="flags")
    report = models.ForeignKey(SymptomReport, on_delete=models.PROTECT, null=True, blank=True, related_name="flags")
    rule_id = models.CharField(max_length=8)
    level = models.CharField(max_length=20, choices=choices_of(Urgency))
    suspicion = models.TextField(help_text="For staff only; never shown to a patient.")
    answers = models.JSONField(help_text="The answers that fired the rule.")
    source = models.TextField()
    rules_version = models.CharField(max_length=20)
    raised_at = models.DateTimeField()
    act_by = models.DateTimeField(help_text="When somebody must have called.")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    clear_reason = models.TextField(blank=True)

    PERSONAL = ("answers", "clear_reason")

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "rule_id"], name="one_flag_per_rule_and_report"),
            models.UniqueConstraint(
                fields=["case", "rule_id"],
                condition=Q(report__isnull=True),
                name="one_flag_per_rule_of_a_case_nobody_reported_about",
            ),
            models.CheckConstraint(
                condition=Q(cleared_at__isnull=True, cleared_by__isnull=True, clear_reason="")
                | (
                    Q(cleared_at__isnull=False, cleared_by__isnull=False, cleared_at__gte=F("raised_at"))
                    & ~Q(clear_reason="")
                ),
                name="cleared_flag_says_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="acknowledged_flag_says_who_and_when",
            ),
        ]
        indexes = [
            models.Index(fields=["case"], condition=Q(cleared_at__isnull=True), name="flag_standing"),
        ]
        triggers = [never_emptied("flags_are_never_emptied")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.get_level_display()}"


class Suggestion(models.Model):
    """What the rules suggested from one report under one rules version. Kept beside the finding, never over it.

    examination: the latest one when it was worked out, after an examination or a form that came later; None where it
    rests on the form alone.
    body: the whole judgement with its evidence lines, as `cases.rules.judgement.Judgement.as_data` gives it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="suggestions")
    report = models.ForeignKey(SymptomReport, on_delete=models.PROTECT, related_name="suggestions")
    # (case, examination) is one foreign key in the database.
    examination = models.ForeignKey(
        Examination, on_delete=models.PROTECT, null=True, blank=True, related_name="suggestions"
    )
    rules_version = models.CharField(max_length=20)
    likelihood = models.CharField(max_length=20, choices=choices_of(Likelihood))
    causes = ArrayField(models.CharField(max_length=30), default=list, help_text="Suspected causes, likeliest first.")
    body = models.JSONField()
    made_at = models.DateTimeField()

    PERSONAL = ("body",)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "rules_version"],
                condition=Q(examination__isnull=True),
                name="one_suggestion_per_report_and_rules",
            ),
            models.UniqueConstraint(
                fields=["report", "examination", "rules_version"],
                condition=Q(examination__isnull=False),
                name="one_suggestion_per_report_examination_and_rules",
            ),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="suggestion_latest")]
        triggers = [never_emptied("suggestions_are_never_emptied")]

    def __str__(self) -> str:
        return f"{self.likelihood}: {', '.join(self.causes) or 'cause unclear'}"
