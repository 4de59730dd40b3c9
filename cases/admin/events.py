"""What happened, to be read by managers and auditors: references, never names of patients."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from cases.admin import timeline
from cases.admin.search import by_reference, is_reference, words_of
from cases.admin.wall_time import said
from cases.models import CaseEvent
from cases.services.events import EventKind
from clinic.accounts.admin.access import ChoiceFilter, RoleAdmin, SiteFilter
from clinic.accounts.permissions import Action, may, within_reach


class KindFilter(ChoiceFilter):
    title = "event"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(EventKind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[CaseEvent]) -> QuerySet[CaseEvent]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class EventSiteFilter(SiteFilter):
    column = "patient__site"


@admin.register(CaseEvent)
class EventLog(RoleAdmin):
    sees = Action.READ_EVENTS
    nav_label = "What happened"
    nav_order = 60
    list_title = "What happened"
    list_display_links = None
    list_filter = (KindFilter, EventSiteFilter)
    list_select_related = ("case", "patient__site", "by")
    search_fields = ("case__reference",)
    search_help_text = "Reference of a case or a patient"
    ordering = ("-pk",)

    def visible(self, request: HttpRequest) -> QuerySet[CaseEvent]:
        reach = within_reach(request.user, self.sees, site="patient__site", therapist="case__therapist")
        return CaseEvent.objects.filter(reach)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CaseEvent], search_term: str
    ) -> tuple[QuerySet[CaseEvent], bool]:
        for word in words_of(search_term, today=timezone.localdate()):
            if not isinstance(word, str) or not is_reference(word):
                return queryset.none(), False
            column = "case__reference" if word[0] in "Kk" else "patient__reference"
            queryset = queryset.filter(by_reference(word, column=column))
        return queryset, False

    @admin.display(description="When")
    def when(self, event: CaseEvent) -> str:
        return format_html('<span class="nowrap">{}</span>', said(event.at, event.patient.site))

    @admin.display(description="What")
    def what(self, event: CaseEvent) -> str:
        return timeline.what(event)

    @admin.display(description="Case")
    def of_case(self, event: CaseEvent) -> str:
        if event.case is None:
            return event.patient.reference
        return format_html('<a href="{}">{}</a>', reverse("admin:cases_case_change", args=[event.case_id]), event.case)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        user = request.user

        @admin.display(description="More")
        def more(event: CaseEvent) -> str:
            therapist = event.case.therapist_id if event.case else None
            clinical = may(user, Action.READ_ANSWERS, site_id=event.patient.site_id, therapist_id=therapist)
            return timeline.said(event.details, clinical=clinical)

        return ["when", "what", "of_case", more, "who"]

    @admin.display(description="Who")
    def who(self, event: CaseEvent) -> str:
        return timeline.who(event)
