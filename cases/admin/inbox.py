"""The inbox: answers of patients that a person must read, and those that were dealt with by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.people import Person
from cases.admin.small_forms import Deed, Place, allowed, perform
from cases.admin.wall_time import said
from cases.models import InboundMessage
from cases.services import inbound
from clinic.accounts.admin.access import ChoiceFilter, RoleAdmin, SiteFilter
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, reach_of

Status = InboundMessage.Status


def _answered(row: InboundMessage, *, by: User, now: datetime) -> str:
    inbound.mark_answered(row, by=by, now=now)
    return "Noted: it has been seen to."


def _take(row: InboundMessage, *, by: User, now: datetime) -> str:
    inbound.take_over(row, by=by, now=now)
    return "It is yours."


def _back(row: InboundMessage, *, by: User, now: datetime) -> str:
    inbound.put_back(row, by=by, now=now)
    return "It is in the inbox again."


OF_INBOUND = {
    deed.name: deed
    for deed in (
        Deed("answered", "Seen to", Action.MANAGE_REMINDERS, _answered, explain="You called the patient, or wrote."),
        Deed("take", "I see to it", Action.MANAGE_REMINDERS, _take, explain="Others see that you have it in hand."),
        Deed("back", "Put it back", Action.MANAGE_REMINDERS, _back, explain="It was not what the patient meant."),
    )
}


def open_deeds(row: InboundMessage) -> list[Deed]:
    names = ["answered", "take"] if row.status == Status.UNREAD else ["back"]
    return [OF_INBOUND[name] for name in names]


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Status.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[InboundMessage]) -> QuerySet[InboundMessage]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(InboundMessage)
class Inbox(RoleAdmin):
    sees = Action.MANAGE_REMINDERS
    nav_label = "Inbox"
    nav_order = 45
    list_title = "Inbox"
    list_display = ("what", "who", "state", "came", "hand")
    list_filter = (StateFilter, SiteFilter)
    list_select_related = ("patient", "site", "assigned_to")

    def visible(self, request: HttpRequest) -> QuerySet[InboundMessage]:
        return InboundMessage.objects.visible_to(request.user)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        # What must be read stands first, the longest waiting of it on top.
        waits = Case(When(status=Status.UNREAD, then=Value(0)), default=Value(1))
        return (waits, "-received_at", "-pk")

    @admin.display(description="Answer")
    def what(self, row: InboundMessage) -> str:
        return f"{row.get_intent_display()}, {row.get_channel_display().lower()}"

    @admin.display(description="From")
    def who(self, row: InboundMessage) -> str:
        # The words and the number stand on the row's own page, for whoever opens it.
        known = row.patient.reference if row.patient else "not certain"
        return format_html('<span class="nowrap">{}</span>', known)

    @admin.display(description="State")
    def state(self, row: InboundMessage) -> str:
        pill = {Status.UNREAD: "waiting", Status.ANSWERED: "accepted", Status.DONE: "suppressed"}[Status(row.status)]
        return format_html('<span class="pill pill-{}">{}</span> {}', pill, row.get_status_display(), row.note)

    @admin.display(description="Came in")
    def came(self, row: InboundMessage) -> str:
        text = said(row.received_at, row.site) if row.site else f"{row.received_at:%Y-%m-%d %H:%M} UTC"
        return format_html('<span class="nowrap">{}</span>', text)

    @admin.display(description="In whose hands")
    def hand(self, row: InboundMessage) -> str:
        return row.assigned_to.name if row.assigned_to else "-"

    def more_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/do/<slug:deed>/", self.guarded(self.do), name="cases_inboundmessage_do")]

    def find(self, request: HttpRequest, pk: Any) -> InboundMessage:
        rows = self.visible(request).select_related(
            "patient__site", "site", "case", "visit", "in_reply_to", "assigned_to", "answered_by"
        )
        row = rows.filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    @method_decorator(require_safe)
    def page(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row = self.find(request, pk)
        place = self._place(request, row)
        shown = {
            "row": row,
            "zone": row.site.time_zone if row.site else "UTC",
            "person": Person(row.patient) if row.patient else None,
            "deeds": [deed for deed in open_deeds(row) if allowed(deed, request.user, place)],
        }
        context = self.context(request, title="Answer of a patient", **shown)
        return TemplateResponse(request, "admin/cases/inbound.html", context)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do(self, request: HttpRequest, pk: Any, deed: str) -> HttpResponse:
        row = self.find(request, pk)
        if deed not in OF_INBOUND:
            raise Http404
        return perform(request, OF_INBOUND[deed], self._place(request, row), base=self.context(request))

    def _place(self, request: HttpRequest, row: InboundMessage) -> Place:
        # A message of nobody's site was found among those the person may see: it is theirs where they may do it at all.
        whole, _ = reach_of(request.user, Action.MANAGE_REMINDERS)
        own = min(whole, default=0) if row.site_id is None else row.site_id
        return Place(
            row=row,
            site_id=own,
            therapist_id=row.case.therapist_id if row.case else None,
            title="Inbox",
            page=reverse("admin:cases_inboundmessage_change", args=[row.pk]),
        )
