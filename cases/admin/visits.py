"""The diary: visits by day, to read; they are booked, moved and settled on the page of their case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from cases.admin.wall_time import said
from cases.models import Visit, choices_of
from cases.rules.terms import VisitStatus
from clinic.accounts.admin.access import ChoiceFilter, RoleAdmin, SiteFilter
from clinic.accounts.permissions import Action, may, within_reach


class WhenFilter(ChoiceFilter):
    """What lies ahead, unless asked otherwise."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ahead", "From now on"), ("open", "Over, not settled"), ("past", "Past"), ("all", "All")]

    def value(self) -> str:
        return super().value() or "ahead"

    def choices(self, changelist: Any) -> Any:
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        now = timezone.now()
        match self.value():
            case "ahead":
                return queryset.filter(starts_at__gte=now - timedelta(hours=1))
            case "open":
                return queryset.filter(status=VisitStatus.PLANNED.value, starts_at__lt=now)
            case "past":
                return queryset.filter(starts_at__lt=now)
        return queryset


class VisitStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return choices_of(VisitStatus)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class CaseSiteFilter(SiteFilter):
    column = "case__site"


@admin.register(Visit)
class Diary(RoleAdmin):
    sees = Action.LIST_CASES
    nav_label = "Visits"
    nav_order = 30
    list_title = "Visits"
    list_filter = (WhenFilter, VisitStateFilter, CaseSiteFilter)
    list_select_related = ("case__patient", "case__site", "therapist")
    list_display_links = None

    def visible(self, request: HttpRequest) -> QuerySet[Visit]:
        reach = within_reach(request.user, self.sees, site="case__site", therapist="case__therapist")
        return Visit.objects.filter(reach)

    def get_ordering(self, request: HttpRequest) -> list[str]:
        ahead = request.GET.get("when", "ahead") not in {"past", "all"}
        return ["starts_at", "pk"] if ahead else ["-starts_at", "-pk"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        user = request.user

        @admin.display(description="Patient")
        def patient(visit: Visit) -> str:
            case = visit.case
            reads = may(user, Action.READ_CONTACT, site_id=case.site_id, therapist_id=case.therapist_id)
            return format_html("<bdi>{}</bdi>", case.patient.full_name) if reads else "–"

        named = [patient] if may(user, Action.READ_CONTACT) else []
        return ["when", "of_case", *named, "therapist", "minutes", "state", "site"]

    @admin.display(description="When")
    def when(self, visit: Visit) -> str:
        return format_html('<span class="nowrap">{}</span>', said(visit.starts_at, visit.case.site))

    @admin.display(description="Case")
    def of_case(self, visit: Visit) -> str:
        page = reverse("admin:cases_case_change", args=[visit.case_id])
        return format_html('<a href="{}#visits">{}</a>', page, visit.case.reference)

    @admin.display(description="State")
    def state(self, visit: Visit) -> str:
        return format_html('<span class="pill pill-{}">{}</span>', visit.status, visit.get_status_display())

    @admin.display(description="Site")
    def site(self, visit: Visit) -> str:
        return visit.case.site.name
