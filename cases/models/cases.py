"""The case: one episode of care for one patient's knee or knees."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Case as When
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models import When as Given

from cases.models.choices import choices_of, one_of, values_of
from cases.models.patients import Patient
from cases.rules.lifecycle import ENDED
from cases.rules.terms import STOPPING, URGENCY_ORDER, CaseStatus, Cause, CloseReason, FoundCause, Urgency
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, within_reach

KNEES = ("left", "right")


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User, action: Action = Action.LIST_CASES) -> CaseQuerySet:
        """Cases to which the user may do `action`; every door reads through this."""
        return self.filter(within_reach(user, action))

    def open(self) -> CaseQuerySet:
        return self.exclude(status__in=values_of(ENDED))

    def affecting(self, knees: frozenset[str]) -> CaseQuerySet:
        """Cases of any of the given knees, "left" and "right"."""
        wanted = Q()
        for knee in KNEES:
            if knee in knees:
                wanted |= Q(**{f"affects_{knee}": True})
        return self.filter(wanted) if wanted else self.none()

    def suspected(self, cause: Cause) -> CaseQuerySet:
        """Cases whose latest suggestion names the cause."""
        from cases.models.reports import Suggestion

        latest = Suggestion.objects.filter(case=OuterRef("pk")).order_by("-pk").values("causes")[:1]
        return self.alias(latest_causes=models.Subquery(latest)).filter(latest_causes__contains=[cause.value])

    def confirmed(self, cause: FoundCause) -> CaseQuerySet:
        """Cases whose current finding names the cause."""
        from cases.models.plans import Finding

        current = Finding.objects.filter(case=OuterRef("pk")).order_by("-pk").values("causes")[:1]
        return self.alias(found_causes=models.Subquery(current)).filter(found_causes__contains=[cause.value])

    def flagged(self) -> CaseQuerySet:
        """With an emergency or same-day flag nobody has cleared."""
        from cases.models.reports import Flag

        return self.filter(Exists(Flag.objects.standing().stopping().filter(case=OuterRef("pk"))))

    def off_plan(self, *, now: datetime) -> CaseQuerySet:
        """In treatment, with fewer visits than the plan asks for (`cases.rules.visit_plan`)."""
        return self.filter(off_plan_from__lte=now)

    def unread(self) -> CaseQuerySet:
        return self.filter(first_read_at__isnull=True)

    def urgent_first(self) -> CaseQuerySet:
        # By URGENCY_ORDER, not by value: as text, "emergency" < "routine" < "same_day".
        rank = When(
            *(Given(urgency=level.value, then=Value(place)) for place, level in enumerate(URGENCY_ORDER)),
            default=Value(0),
        )
        return self.alias(urgency_rank=rank).order_by("-urgency_rank", "opened_at", "pk")


class Case(models.Model):
    """One episode of care. `version` counts every change, for lost-update checks at the doors."""

    reference = models.CharField(max_length=10, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="cases")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="cases")
    affects_left = models.BooleanField()
    affects_right = models.BooleanField()
    status = models.CharField(max_length=20, choices=choices_of(CaseStatus), default=CaseStatus.NEW.value)
    urgency = models.CharField(max_length=20, choices=choices_of(Urgency), default=Urgency.ROUTINE.value)
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="cases_in_care")
    opened_at = models.DateTimeField()
    status_since = models.DateTimeField()
    first_read_at = models.DateTimeField(null=True, blank=True)
    first_read_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=20, choices=choices_of(CloseReason), blank=True)
    ending_note = models.TextField(blank=True, help_text="Why there is no outcome, or more about the reason.")
    previous_case = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="later_cases"
    )
    off_plan_from = models.DateTimeField(
        null=True, blank=True, help_text="Since when fewer visits take place than the plan asks for; ahead: not yet."
    )
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    PERSONAL = ("ending_note",)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("status", CaseStatus), name="case_status_is_known"),
            models.CheckConstraint(condition=one_of("urgency", Urgency), name="case_urgency_is_known"),
            models.CheckConstraint(condition=Q(affects_left=True) | Q(affects_right=True), name="case_affects_a_knee"),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(affects_left=True) & ~Q(status__in=values_of(ENDED)),
                name="one_open_case_per_left_knee",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(affects_right=True) & ~Q(status__in=values_of(ENDED)),
                name="one_open_case_per_right_knee",
            ),
            models.CheckConstraint(
                condition=Q(status__in=values_of(ENDED), ended_at__isnull=False, ended_at__gte=F("opened_at"))
                | (~Q(status__in=values_of(ENDED)) & Q(ended_at__isnull=True)),
                name="ended_case_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(status=CaseStatus.CLOSED.value) | ~Q(close_reason=""), name="closed_case_says_why"
            ),
            models.CheckConstraint(
                condition=Q(first_read_at__isnull=True, first_read_by__isnull=True)
                | Q(first_read_at__isnull=False, first_read_by__isnull=False),
                name="read_case_says_by_whom",
            ),
            models.UniqueConstraint(fields=["site", "id"], name="case_is_kept_at_one_site"),
            models.CheckConstraint(
                condition=Q(off_plan_from__isnull=True) | Q(status=CaseStatus.IN_TREATMENT.value),
                name="only_a_treated_case_falls_off_its_plan",
            ),
        ]
        indexes = [
            # For whoever works at several sites: an index by site gives no order across them.
            models.Index(fields=["-opened_at", "-id"], name="case_newest"),
            models.Index(fields=["updated_at", "id"], name="case_changed"),
            models.Index(fields=["site", "-opened_at", "-id"], name="case_site_newest"),
            models.Index(fields=["therapist", "-updated_at"], name="case_therapist_changed"),
            models.Index(fields=["site", "-updated_at", "-id"], name="case_site_changed"),
            models.Index(
                fields=["site", "status", "opened_at"], condition=~Q(status__in=values_of(ENDED)), name="case_worklist"
            ),
            models.Index(
                fields=["off_plan_from"], condition=Q(off_plan_from__isnull=False), name="case_falling_off_plan"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def knees(self) -> frozenset[str]:
        return frozenset(knee for knee in KNEES if getattr(self, f"affects_{knee}"))

    @property
    def knee_side(self) -> str:
        """left, right or both."""
        return "both" if len(self.knees) == 2 else next(iter(self.knees))

    @property
    def is_open(self) -> bool:
        return self.status not in values_of(ENDED)

    @property
    def is_alarming(self) -> bool:
        return self.urgency in values_of(STOPPING)
