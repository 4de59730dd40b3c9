"""Check-ins asked of the patient, and the outcomes measured."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Exists, OuterRef, Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of
from cases.models.kept import never_changed, never_emptied
from cases.models.links import Link
from cases.models.reports import SymptomReport
from cases.rules.instruments import INSTRUMENTS
from cases.rules.terms import Instrument, ProgressStatus
from clinic.accounts.models import User


class CheckIn(models.Model):
    """One short form due to a patient at one step of the follow-up (reference 11), answered at most once."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="check_ins")
    step = models.CharField(max_length=20, help_text="A step of cases.rules.follow_up, such as 'week_6'.")
    round = models.PositiveSmallIntegerField(default=1, help_text="Counts treatments of the case that began anew.")
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    link = models.OneToOneField(Link, on_delete=models.PROTECT, related_name="check_in")
    answered_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    report = models.OneToOneField(
        SymptomReport, on_delete=models.PROTECT, null=True, blank=True, related_name="check_in"
    )

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "step", "round"], name="one_check_in_per_case_step_and_round"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, report__isnull=True)
                | Q(answered_at__isnull=False, report__isnull=False),
                name="answered_check_in_has_its_report",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of case {self.case_id}"


def _fits_its_instrument() -> Q:
    """The condition of a check constraint: the score lies within the range of its own instrument."""
    fits = (Q(instrument=row.instrument.value, score__range=(row.low, row.high)) for row in INSTRUMENTS.values())
    return reduce(or_, fits)


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def counting(self) -> OutcomeQuerySet:
        """Not struck out: everything that is worked out from scores reads these."""
        return self.filter(strike_out__isnull=True)


class Outcome(models.Model):
    """One instrument's score at one moment; ranges and directions in `cases.rules.instruments`.

    Appended, never changed: a score that was wrong is struck out and measured again; the latest of a day counts.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="outcomes")
    report = models.ForeignKey(SymptomReport, on_delete=models.PROTECT, null=True, blank=True, related_name="outcomes")
    instrument = models.CharField(max_length=12, choices=choices_of(Instrument))
    score = models.DecimalField(max_digits=6, decimal_places=2)
    items = models.JSONField(
        default=dict, blank=True, help_text="The answers it was scored from, where they are known."
    )
    taken_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    PERSONAL = ("score", "items")

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("instrument", Instrument), name="outcome_instrument_is_known"),
            models.CheckConstraint(condition=_fits_its_instrument(), name="outcome_score_fits_its_instrument"),
            models.UniqueConstraint(
                fields=["report", "instrument"],
                condition=Q(report__isnull=False),
                name="one_score_per_instrument_and_report",
            ),
        ]
        indexes = [models.Index(fields=["case", "instrument", "taken_at"], name="outcome_series")]
        triggers = [
            never_changed("outcome_is_never_changed"),
            never_emptied("outcomes_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.score}"


class StrikeOut(models.Model):
    """One score that counts no longer: who struck it out, when and why. The score itself stays as it was taken [G]."""

    outcome = models.OneToOneField(Outcome, on_delete=models.PROTECT, related_name="strike_out")
    reason = models.TextField(help_text="How it came to be wrong.")
    struck_at = models.DateTimeField()
    struck_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    PERSONAL = ("reason",)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="struck_out_score_says_why"),
        ]
        triggers = [
            never_changed("strike_out_is_never_changed"),
            never_emptied("strike_outs_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"Struck out {self.struck_at:%Y-%m-%d}"


class ProgressPointQuerySet(models.QuerySet["ProgressPoint"]):
    def saying_whether_they_hold(self) -> ProgressPointQuerySet:
        """With `holds`: judged without any score that was struck out afterwards."""
        taken_before = Q(outcome__case=OuterRef("case"), outcome__taken_at__lte=OuterRef("taken_at"))
        return self.annotate(holds=~Exists(StrikeOut.objects.filter(taken_before, struck_at__gt=OuterRef("taken_at"))))

    def holding(self) -> ProgressPointQuerySet:
        return self.saying_whether_they_hold().filter(holds=True)


class ProgressPoint(models.Model):
    """How a case stood against its baseline at one moment, and the rules that said so. Appended, never changed.

    findings: every status that held, the one to show first, as `cases.rules.progress.Progress.as_data` gives them.
    report: the check-in or form that brought it; None for scores a therapist took, and for the clock.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="progress_points")
    report = models.ForeignKey(SymptomReport, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=choices_of(ProgressStatus))
    rule_id = models.CharField(max_length=8)
    findings = models.JSONField()
    missed_check_ins = models.PositiveSmallIntegerField(default=0, help_text="In a row, without a reply.")
    rules_version = models.CharField(max_length=20)

    PERSONAL = ("findings",)

    objects = ProgressPointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("status", ProgressStatus), name="progress_status_is_known"),
            models.CheckConstraint(condition=~Q(rule_id=""), name="progress_names_the_rule_that_said_so"),
            models.UniqueConstraint(
                fields=["report"], condition=Q(report__isnull=False), name="one_progress_point_per_report"
            ),
        ]
        indexes = [models.Index(fields=["case", "-taken_at", "-id"], name="progress_of_case")]
        triggers = [
            never_changed("progress_is_never_changed"),
            never_emptied("progress_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.status}"
