"""The clinic's places, kept by their managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from clinic.accounts.admin.access import ONE_WAY_TO_SAVE, RoleAdmin
from clinic.accounts.models import Site
from clinic.accounts.permissions import Action, may, reach_of


@admin.register(Site)
class SiteAdmin(RoleAdmin):
    sees = Action.MANAGE_SITE
    nav_label = "Sites"
    nav_order = 80
    add_label = "Add a site"
    list_display = ("name", "phone", "hours", "time_zone", "offers_dry_needling")
    ordering = ("name", "pk")
    formfield_overrides = {
        models.TimeField: {
            "form_class": forms.TimeField,
            "widget": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
    }
    fields = (
        "name",
        "slug",
        "phone",
        "address",
        "emergency_number",
        "urgent_care",
        "time_zone",
        "opens_at",
        "closes_at",
        "offers_dry_needling",
        "accepts_uploads",
    )

    def may_see(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser) or super().may_see(request)

    def visible(self, request: HttpRequest) -> QuerySet[Site]:
        if request.user.is_superuser:
            return Site.objects.all()
        whole, own = reach_of(request.user, self.sees)
        return Site.objects.filter(pk__in=whole | own)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        return bool(request.user.is_superuser) or may(request.user, self.sees, site_id=obj.pk if obj else None)

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        # The short name stands in addresses that were given out: only the installer changes it.
        return () if request.user.is_superuser else ("slug",)

    def more_urls(self) -> list[URLPattern]:
        return [
            path("add/", self.guarded(self.add), name="accounts_site_add"),
            path("<int:pk>/change/", self.guarded(self.edit), name="accounts_site_change"),
            path("<int:pk>/history/", self.guarded(self.past), name="accounts_site_history"),
        ]

    def add(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise Http404
        return self.add_view(request, extra_context=ONE_WAY_TO_SAVE)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.change_view(request, str(self.find(request, pk).pk), extra_context=ONE_WAY_TO_SAVE)

    def past(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.history_view(request, str(self.find(request, pk).pk))

    @admin.display(description="Open")
    def hours(self, site: Site) -> str:
        return f"{site.opens_at:%H:%M} to {site.closes_at:%H:%M}"
