"""The site's plan templates: what is shipped, what the site wrote over it or beside it, and what is news since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.fields import words
from cases.admin.small_forms import Deed, Place, SmallForm, perform
from cases.models import PlanTemplate, choices_of
from cases.rules.plan_templates import NOT_ALONE
from cases.rules.terms import FoundCause, Intervention
from cases.services.plan_templates import TEXTS, SiteTemplate, all_templates_of, edit_template, forget_edit
from clinic.accounts.admin.access import RoleAdmin
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, reach_of

NEW = "new"
_INTERVENTIONS = [each for each in choices_of(Intervention) if each[0] != Intervention.DRY_NEEDLING]


@dataclass
class Row:
    """One template of one site. version: one more than is stored, for forms count from 1."""

    site: Site
    found: SiteTemplate | None
    version: int

    def refresh_from_db(self) -> None:
        if self.found is not None:
            self.found = _found(self.site, self.found.item.id)
            self.version = _version(self.found)

    @property
    def id(self) -> str:
        return self.found.item.id if self.found else ""


class TemplateForm(SmallForm):
    intervention = forms.ChoiceField(label="Kind", choices=_INTERVENTIONS)
    title = forms.CharField(label="Name", max_length=TEXTS["title"])
    dose = words("Dose", rows=2)
    frequency = forms.CharField(label="How often", max_length=TEXTS["frequency"])
    weeks = forms.IntegerField(label="Weeks", min_value=1, max_value=52)
    progression = words("Progress when", rows=2)
    evidence = words("Evidence", rows=2, help_text="The grade and what it rests on: [S] read, [R] recalled, [G] ours.")
    cautions = words("Cautions", rows=2)
    causes = forms.MultipleChoiceField(
        label="Proposed for", choices=choices_of(FoundCause), required=False, help_text="None: for every plan."
    )
    runners_only = forms.BooleanField(label="Only where the patient runs", required=False)
    active = forms.BooleanField(label="Proposed in new drafts", required=False, initial=True)

    def prepare(self) -> None:
        found: SiteTemplate | None = self.row.found
        if found is None:
            return
        item = found.item
        now = {
            "intervention": item.intervention.value,
            "weeks": item.duration_weeks,
            "causes": sorted(item.causes),
            "runners_only": item.runners_only,
            "active": found.is_active,
            **{name: getattr(item, name) for name in TEXTS},
        }
        for name, value in now.items():
            self.initial.setdefault(name, value)
        if found.shipped is not None:
            for name in ("intervention", "causes", "runners_only"):
                del self.fields[name]


def _save(row: Row, *, expected_version: int, by: User, now: datetime, **fields: Any) -> str:
    saved = edit_template(
        row.site, template_id=row.id, fields=fields, expected_version=expected_version - 1, by=by, now=now
    )
    return f"{saved.title} is saved for {row.site}. Plans that were drafted before stay as they are."


def _forget(row: Row, *, by: User, now: datetime) -> str:
    forget_edit(row.site, template_id=row.id, by=by, now=now)
    return f"{row.id} is again as it is shipped, at {row.site}."


DEEDS = {
    deed.name: deed
    for deed in (
        Deed(
            "edit",
            "Edit the template",
            Action.MANAGE_SITE,
            _save,
            TemplateForm,
            button="Save",
            versioned=True,
            explain="For new drafts at this site. An update of the software never writes over it.",
        ),
        Deed(
            "forget",
            "Take back the site's words",
            Action.MANAGE_SITE,
            _forget,
            serious=True,
            explain="The template is again as it is shipped.",
        ),
    )
}


@admin.register(PlanTemplate)
class PlanTemplateAdmin(RoleAdmin):
    sees = Action.MANAGE_SITE
    nav_label = "Plan templates"
    nav_order = 85

    def visible(self, request: HttpRequest) -> QuerySet[PlanTemplate]:
        whole, own = reach_of(request.user, self.sees)
        return PlanTemplate.objects.filter(site__in=whole | own)

    def more_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/<slug:template>/<slug:deed>/", self.guarded(self.do), name="cases_plantemplate_do"),
        ]

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        whole, own = reach_of(request.user, self.sees)
        if not whole | own:
            raise PermissionDenied
        sites = Site.objects.filter(pk__in=whole | own).order_by("name", "pk")
        shown = {
            "title": "Plan templates",
            "sites": [(site, all_templates_of(site)) for site in sites],
            "causes": dict(choices_of(FoundCause)),
            "not_alone": NOT_ALONE,
            "new": NEW,
        }
        return TemplateResponse(request, "admin/plan_templates.html", self.context(request, **shown))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do(self, request: HttpRequest, pk: int, template: str, deed: str) -> HttpResponse:
        whole, own = reach_of(request.user, self.sees)
        site = Site.objects.filter(pk__in=whole | own, pk=pk).first()
        found = _found(site, template) if site and template != NEW else None
        if site is None or deed not in DEEDS or (found is None and (template != NEW or deed != "edit")):
            raise Http404
        row = Row(site, found, _version(found))
        place = Place(
            row=row,
            site_id=site.pk,
            therapist_id=None,
            title="Plan templates",
            page=reverse("admin:cases_plantemplate_changelist"),
            version=row.version,
            context={"news": found.news if found else []},
        )
        return perform(request, DEEDS[deed], place, base=self.context(request))


def _found(site: Site, template_id: str) -> SiteTemplate | None:
    return next((each for each in all_templates_of(site) if each.item.id == template_id), None)


def _version(found: SiteTemplate | None) -> int:
    return 1 + (found.version if found else 0)
