"""The outbox: every message that is due, was sent or was not, and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.people import Person
from cases.admin.reminder_deeds import OF_REMINDER, open_deeds
from cases.admin.search import by_person, by_reference, is_reference, words_of
from cases.admin.small_forms import Place, allowed, perform
from cases.admin.wall_time import said
from cases.messages.render import LANGUAGES, render
from cases.models import Reminder, choices_of
from cases.rules.terms import Channel
from cases.services.explain import explain
from cases.services.message_templates import WITHOUT_LINK, own_words
from clinic.accounts.admin.access import ChoiceFilter, RoleAdmin, SiteFilter
from clinic.accounts.permissions import Action, may, within_reach


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("call", "To telephone"), *Reminder.Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reminder]) -> QuerySet[Reminder]:
        if not self.value():
            return queryset
        if self.value() == "call":
            return queryset.waiting().filter(channel=Channel.PHONE.value, due_at__lte=timezone.now())
        return queryset.filter(status=self.value())


class ChannelFilter(ChoiceFilter):
    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return choices_of(Channel)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reminder]) -> QuerySet[Reminder]:
        return queryset.filter(channel=self.value()) if self.value() else queryset


class KindFilter(ChoiceFilter):
    title = "message"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Reminder.Kind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reminder]) -> QuerySet[Reminder]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class PatientSiteFilter(SiteFilter):
    column = "patient__site"


@admin.register(Reminder)
class Outbox(RoleAdmin):
    sees = Action.READ_REMINDERS
    nav_label = "Messages"
    nav_order = 40
    list_title = "Messages"
    key = "uuid"
    list_display = ("message", "about", "state", "due", "reason")
    list_filter = (StateFilter, ChannelFilter, KindFilter, PatientSiteFilter)
    list_select_related = ("case", "patient__site")
    search_fields = ("case__reference",)
    search_help_text = "Reference, or the patient's name, telephone or birth date"
    ordering = ("-planned_at", "-id")

    def visible(self, request: HttpRequest) -> QuerySet[Reminder]:
        return Reminder.objects.visible_to(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Reminder], search_term: str
    ) -> tuple[QuerySet[Reminder], bool]:
        named = within_reach(request.user, Action.READ_CONTACT, site="patient__site", therapist="case__therapist")
        for word in words_of(search_term, today=timezone.localdate()):
            if isinstance(word, str) and is_reference(word):
                fits = by_reference(word, column="case__reference" if word[0] in "Kk" else "patient__reference")
            else:
                fits = named & by_person(word, prefix="patient__")
            queryset = queryset.filter(fits)
        return queryset, False

    @admin.display(description="Message")
    def message(self, row: Reminder) -> str:
        return f"{row.get_kind_display()}, {row.get_channel_display().lower()}"

    @admin.display(description="About")
    def about(self, row: Reminder) -> str:
        return format_html('<span class="nowrap">{}</span>', row.case or row.patient)

    @admin.display(description="State")
    def state(self, row: Reminder) -> str:
        return format_html('<span class="pill pill-{}">{}</span>', row.status, row.get_status_display())

    @admin.display(description="Due")
    def due(self, row: Reminder) -> str:
        return format_html('<span class="nowrap">{}</span>', said(row.due_at, row.patient.site))

    def more_urls(self) -> list[URLPattern]:
        return [path("<uuid:pk>/do/<slug:deed>/", self.guarded(self.do), name="cases_reminder_do")]

    def find(self, request: HttpRequest, pk: Any) -> Reminder:
        found = self.visible(request).select_related(
            "case__site", "patient__site__reminder_settings", "visit", "check_in"
        )
        row = found.filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    @method_decorator(require_safe)
    def page(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row = self.find(request, pk)
        place = self._place(row)
        reads = may(request.user, Action.READ_CONTACT, site_id=place.site_id, therapist_id=place.therapist_id)
        shown = {
            "row": row,
            "site": row.patient.site,
            "zone": row.patient.site.time_zone,
            "person": Person(row.patient) if reads else None,
            "attempts": list(row.attempts.order_by("-claimed_at", "-pk")[:50]),
            "delivery": list(row.delivery_events.order_by("-received_at", "-pk")[:50]),
            "explained": explain(row, now=timezone.now()),
            "answers": list(row.answers.order_by("-received_at", "-pk")[:20])
            if may(request.user, Action.MANAGE_REMINDERS, site_id=place.site_id, therapist_id=place.therapist_id)
            else [],
            "deeds": [deed for deed in open_deeds(row) if allowed(deed, request.user, place)],
            "preview": preview_of(row) if reads else None,
        }
        title = f"{row.get_kind_display()}, {row.get_channel_display().lower()}"
        return TemplateResponse(request, "admin/cases/reminder.html", self.context(request, title=title, **shown))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do(self, request: HttpRequest, pk: Any, deed: str) -> HttpResponse:
        row = self.find(request, pk)
        if deed not in OF_REMINDER:
            raise Http404
        return perform(request, OF_REMINDER[deed], self._place(row), base=self.context(request))

    def _place(self, row: Reminder) -> Place:
        return Place(
            row=row,
            site_id=row.patient.site_id,
            therapist_id=row.case.therapist_id if row.case else None,
            title=row.case.reference if row.case else row.patient.reference,
            page=reverse("admin:cases_reminder_change", args=[row.pk]),
            context={"site": row.patient.site},
        )


def preview_of(row: Reminder) -> dict[str, str]:
    """The message as it reads, with its personal links left out: whoever holds one can answer for the patient."""
    site, channel = row.patient.site, Channel(row.channel)
    language = row.patient.language if row.patient.language in LANGUAGES else LANGUAGES[0]
    if channel is Channel.PHONE:
        return {"subject": "", "text": render_to_string(f"messages/{language}/{row.kind}.txt").strip()}
    message = render(
        key=str(row.pk),
        kind=row.kind,
        channel=channel,
        to=row.patient.reachable_by(row.channel),
        language=language,
        clinic=site.name,
        phone=site.phone,
        address="" if row.kind in WITHOUT_LINK else "[personal link]",
        stop_address="[link to stop messages]",
        own=own_words([site.pk]).get((site.pk, row.kind, language, row.channel)),
    )
    return {"subject": message.subject if channel is Channel.EMAIL else "", "text": message.text}
