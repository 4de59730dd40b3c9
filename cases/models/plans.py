"""What the therapist found, and the treatment planned for it."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of, values_of
from cases.models.kept import never_changed, never_emptied
from cases.models.reports import Suggestion
from cases.rules.terms import EXERCISE, Confidence, FoundCause, Intervention, NeedlingResult
from cases.rules.visit_plan import MOST_WEEKS
from clinic.accounts.models import User

# As a refused CHECK would say it: a door that answers for one answers for the other.
_REFUSE = "RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';"
_EXERCISE_SQL = ", ".join(f"'{value}'" for value in values_of(EXERCISE))
_SETTLED = """
                SELECT count(*) INTO settled
                FROM (SELECT status FROM cases_plan WHERE id = {row}.plan_id FOR SHARE) AS held WHERE status <> 'draft';
                IF settled > 0 THEN {refuse} END IF;"""


def only_in_a_draft(name: str) -> pgtrigger.Trigger:
    """What belongs to a plan is written while it is a draft, and by nobody afterwards.

    FOR SHARE: whoever approves the plan at this moment waits, or has this wait.
    """
    old, new = (_SETTLED.format(row=row, refuse=_REFUSE.format(name=name)) for row in ("OLD", "NEW"))
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("settled", "bigint")],
        func=f"""
            IF TG_OP <> 'INSERT' THEN {old}
            END IF;
            IF TG_OP <> 'DELETE' THEN {new}
                RETURN NEW;
            END IF;
            RETURN OLD;
        """,
    )


class FindingQuerySet(models.QuerySet["Finding"]):
    def current(self) -> FindingQuerySet:
        """Of each case the latest: the one that counts."""
        later = Finding.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))

    def naming(self, *causes: FoundCause) -> FindingQuerySet:
        """With at least one of the causes."""
        return self.filter(causes__overlap=[cause.value for cause in causes])


class Finding(models.Model):
    """What a therapist confirmed after examining. Appended, never changed: the current one is the latest.

    differential: id of the row of reference 7 it is instead, such as "D7", when causes include "other".
    agrees: about the three causes; the mobility contributor stands beside them and does not count.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="findings")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    causes = ArrayField(models.CharField(max_length=30, choices=choices_of(FoundCause)))
    other = models.TextField(blank=True, help_text="The other problem, in words, when causes include 'other'.")
    differential = models.CharField(max_length=4, blank=True)
    confidence = models.CharField(max_length=10, choices=choices_of(Confidence))
    reason = models.TextField(blank=True, help_text="Why it differs from the suggestion.")
    suggestion = models.ForeignKey(Suggestion, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    agrees = models.BooleanField(null=True, help_text="Same causes as suggested; empty when nothing was suggested.")
    recorded_at = models.DateTimeField()

    PERSONAL = ("other", "reason", "differential")

    objects = FindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(causes__len__gt=0), name="finding_names_a_cause_or_other"),
            models.CheckConstraint(
                condition=Q(causes__contained_by=[cause.value for cause in FoundCause]),
                name="finding_names_known_causes",
            ),
            models.CheckConstraint(condition=one_of("confidence", Confidence), name="finding_says_how_sure"),
            models.CheckConstraint(
                condition=~Q(causes__contains=[FoundCause.OTHER.value]) | ~Q(other="") | ~Q(differential=""),
                name="other_finding_is_named",
            ),
            models.CheckConstraint(
                condition=Q(differential="")
                | Q(differential__regex=r"^D[0-9]{1,3}$", causes__contains=[FoundCause.OTHER.value]),
                name="differential_is_a_row_and_goes_with_other",
            ),
            models.CheckConstraint(
                condition=Q(agrees__isnull=True) | Q(agrees=True) | ~Q(reason=""),
                name="finding_that_differs_says_why",
            ),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="finding_latest")]
        triggers = [
            never_changed("finding_is_never_changed"),
            never_emptied("findings_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return ", ".join(self.causes)


class PlanQuerySet(models.QuerySet["Plan"]):
    def in_force(self) -> PlanQuerySet:
        return self.filter(status=Plan.Status.APPROVED)


class Plan(models.Model):
    """One version of a case's treatment plan: a draft until a therapist approves it."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveSmallIntegerField(help_text="1 for the first plan of the case, then 2 …")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT.value)
    weeks = models.PositiveSmallIntegerField(default=12)
    visit_weeks = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="In which weeks after the plan's start a visit is wanted; empty: as usual for its length.",
    )
    goal = models.TextField(blank=True)
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    PERSONAL = ("goal",)

    objects = PlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="plans_of_a_case_are_numbered"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(status="approved"), name="one_approved_plan_in_force_per_case"
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(status="draft"), name="one_draft_plan_per_case"),
            models.CheckConstraint(condition=Q(weeks__gte=1, weeks__lte=52), name="plan_lasts_one_to_52_weeks"),
            models.CheckConstraint(
                condition=Q(visit_weeks__contained_by=list(range(1, MOST_WEEKS + 1))),
                name="plan_wants_visits_in_weeks_1_to_52",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", approved_at__isnull=True, approved_by__isnull=True)
                | (~Q(status="draft") & Q(approved_at__isnull=False, approved_by__isnull=False)),
                name="approved_plan_says_who_and_when",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="approved_plan_is_never_deleted",
                operation=pgtrigger.Delete,
                condition=~pgtrigger.Q(old__status="draft"),
            ),
            pgtrigger.Trigger(
                name="approved_plan_is_never_changed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__status="draft"),
                func=f"""
                    IF to_jsonb(NEW) - 'status' <> to_jsonb(OLD) - 'status'
                       OR NEW.status NOT IN (OLD.status, 'superseded')
                    THEN {_REFUSE.format(name="approved_plan_is_never_changed")} END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="needling_is_never_first_or_alone",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__status="approved"),
                func=f"""
                    IF EXISTS (SELECT FROM cases_planitem WHERE plan_id = NEW.id AND intervention = 'dry_needling')
                       AND (NOT EXISTS (
                            SELECT FROM cases_planitem WHERE plan_id = NEW.id AND intervention IN ({_EXERCISE_SQL}))
                        OR NOT EXISTS (
                            SELECT FROM cases_planitem AS item JOIN cases_plan AS earlier ON earlier.id = item.plan_id
                            WHERE earlier.case_id = NEW.case_id AND earlier.number < NEW.number
                            AND earlier.status <> 'draft' AND item.intervention IN ({_EXERCISE_SQL})))
                    THEN {_REFUSE.format(name="needling_is_never_first_or_alone")} END IF;
                    RETURN NEW;
                """,  # noqa: S608 (our own constants)
            ),
            never_emptied("plans_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"Plan {self.number}, {self.get_status_display().lower()}"


class PlanItem(models.Model):
    """One intervention of a plan. Needling stands here only with a passed screen, a reason and consent."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    intervention = models.CharField(max_length=30, choices=choices_of(Intervention))
    name = models.CharField(max_length=120)
    dose = models.CharField(max_length=300, blank=True)
    frequency = models.CharField(max_length=200, blank=True)
    weeks = models.PositiveSmallIntegerField(help_text="How long, in weeks.")
    progression = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    cautions = models.TextField(blank=True)
    # (needling_screening, needling_screen) is one foreign key in the database: the copy cannot say otherwise.
    needling_screening = models.ForeignKey(
        "NeedlingScreening", on_delete=models.PROTECT, null=True, blank=True, related_name="plan_items"
    )
    needling_screen = models.CharField(max_length=20, choices=choices_of(NeedlingResult), blank=True)
    needling_reason = models.TextField(blank=True)
    needling_adaptation = models.TextField(blank=True, help_text="What is done otherwise because of a precaution.")
    needling_consented_at = models.DateTimeField(null=True, blank=True)
    needling_consent_version = models.CharField(max_length=20, blank=True, help_text="The text that was agreed to.")

    PERSONAL = ("needling_reason", "needling_adaptation")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plan_items_stand_in_order"),
            models.CheckConstraint(condition=one_of("intervention", Intervention), name="plan_item_is_known"),
            models.CheckConstraint(
                condition=~Q(intervention=Intervention.DRY_NEEDLING.value)
                | (
                    one_of("needling_screen", [NeedlingResult.OK, NeedlingResult.PRECAUTION])
                    & Q(needling_screening__isnull=False)
                    & ~Q(needling_reason="")
                    & Q(needling_consented_at__isnull=False)
                    & ~Q(needling_consent_version="")
                ),
                name="needling_has_a_passed_screen_a_reason_and_consent",
            ),
            models.CheckConstraint(
                condition=~Q(needling_screen=NeedlingResult.PRECAUTION.value) | Q(needling_adaptation__regex=r"\S"),
                name="needling_precaution_has_a_written_adaptation",
            ),
        ]
        triggers = [
            only_in_a_draft("plan_items_are_written_in_a_draft"),
            never_emptied("plan_items_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return self.name


class PlanExercise(models.Model):
    """One exercise of a plan's home programme, in English words that the patient's page translates.

    exercise_id: of `cases.rules.exercises`; empty for one of the therapist's own. Name and instructions are kept as
    prescribed: a library that changes later changes no sheet that was given out.
    days: which days of the week, Monday = 1; empty: any, as often as days_per_week says.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="exercises")
    position = models.PositiveSmallIntegerField()
    exercise_id = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120)
    instructions = models.TextField()
    sets = models.PositiveSmallIntegerField(null=True, blank=True)
    reps = models.PositiveSmallIntegerField(null=True, blank=True)
    hold_seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    days_per_week = models.PositiveSmallIntegerField()
    days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)

    PERSONAL = ("instructions",)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plan_exercises_stand_in_order"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(instructions=""), name="plan_exercise_is_in_words"),
            models.CheckConstraint(
                condition=Q(days_per_week__gte=1, days_per_week__lte=7), name="plan_exercise_is_done_1_to_7_days_a_week"
            ),
            models.CheckConstraint(
                condition=Q(days=[]) | Q(days__len=models.F("days_per_week"), days__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                name="plan_exercise_names_as_many_days_as_it_counts",
            ),
            models.CheckConstraint(
                condition=Q(reps__isnull=False) | Q(hold_seconds__isnull=False) | Q(minutes__isnull=False),
                name="plan_exercise_says_how_much",
            ),
        ]
        triggers = [
            only_in_a_draft("plan_exercises_are_written_in_a_draft"),
            never_emptied("plan_exercises_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return self.exercise_id or "own exercise"
