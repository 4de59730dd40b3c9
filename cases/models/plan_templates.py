"""The clinic's own plan templates: only what a site wrote itself. What is shipped stays in the rules."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cases.models.choices import choices_of, values_of
from cases.rules.terms import FoundCause, Intervention
from clinic.accounts.models import Site, User


class PlanTemplate(models.Model):
    """One template row of one site, in place of the shipped row of that id or beside them.

    template_id: of the shipped row it takes the place of, or the site's own ("own-1").
    made_from: digest of the shipped row as it was then; empty for one of the site's own. An update of the software
    changes what is shipped and never this row; where the digests differ, the page says so.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    template_id = models.CharField(max_length=20)
    intervention = models.CharField(max_length=30, choices=choices_of(Intervention))
    title = models.CharField(max_length=120)
    dose = models.CharField(max_length=300)
    frequency = models.CharField(max_length=200)
    weeks = models.PositiveSmallIntegerField()
    progression = models.TextField()
    evidence = models.TextField()
    cautions = models.TextField()
    causes = ArrayField(models.CharField(max_length=30, choices=choices_of(FoundCause)), default=list)
    runners_only = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    made_from = models.CharField(max_length=64, blank=True)
    shipped_then = models.JSONField(default=dict, help_text="The shipped row as it was when this was made from it.")
    edited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "template_id"], name="one_template_of_an_id_per_site"),
            models.CheckConstraint(
                condition=Q(
                    intervention__in=values_of(set(Intervention) - {Intervention.DRY_NEEDLING}),
                ),
                name="needling_is_never_a_template",
            ),
            models.CheckConstraint(
                condition=Q(
                    title__regex=r"\S",
                    dose__regex=r"\S",
                    frequency__regex=r"\S",
                    progression__regex=r"\S",
                    evidence__regex=r"\S",
                    cautions__regex=r"\S",
                ),
                name="plan_template_is_whole",
            ),
            models.CheckConstraint(condition=Q(weeks__gte=1, weeks__lte=52), name="plan_template_lasts_1_to_52_weeks"),
            models.CheckConstraint(
                condition=Q(causes__contained_by=values_of(FoundCause)), name="plan_template_causes_are_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} at {self.site_id}"
