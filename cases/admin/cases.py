"""Cases: the list, urgent first, and one page for each, with everything that may be done to it now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.case_deeds import OF_CASE, OF_FLAG, OF_OUTCOME, OF_VISIT
from cases.admin.case_filters import (
    CauseFilter,
    FlaggedFilter,
    OffPlanFilter,
    StatusFilter,
    TherapistFilter,
    UnreadFilter,
    UrgencyFilter,
)
from cases.admin.case_page import case_page, print_page
from cases.admin.forecast import forecast_page
from cases.admin.search import by_person, by_reference, is_reference, words_of
from cases.admin.small_forms import Deed, Place, perform
from cases.messages.calendar_entry import CALENDAR_TYPE, calendar_entry
from cases.models import Case, Flag, Outcome, Visit
from cases.services.forecast import forecast_case
from cases.services.programme import programme_of
from clinic.accounts.admin.access import RoleAdmin, SiteFilter
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, may, reach_of, within_reach

SEARCH_BY_ANYTHING = (
    "Reference, or the patient's name, date of birth, telephone (the last digits will do) or e-mail; two narrow it down"
)


@admin.register(Case)
class CaseAdmin(RoleAdmin):
    sees = Action.LIST_CASES
    nav_label = "Cases"
    nav_order = 10
    list_filter = (
        StatusFilter,
        UrgencyFilter,
        UnreadFilter,
        FlaggedFilter,
        OffPlanFilter,
        SiteFilter,
        TherapistFilter,
        CauseFilter,
    )
    list_select_related = ("patient", "site", "therapist")
    search_fields = ("reference",)

    def visible(self, request: HttpRequest) -> QuerySet[Case]:
        return Case.objects.visible_to(request.user)

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        standing = Flag.objects.standing().stopping().filter(case=OuterRef("pk"))
        # `urgent_first` names the rank that `get_ordering` asks for.
        return self.visible(request).urgent_first().annotate(is_flagged=Exists(standing))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        hidden: set[Any] = set()
        if not may(request.user, Action.READ_ANSWERS):
            hidden |= {UrgencyFilter, FlaggedFilter}
        if not may(request.user, Action.READ_SUGGESTION):
            hidden.add(CauseFilter)
        return [each for each in self.list_filter if each not in hidden]

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """What is open by urgency and age; a list of everything, ended cases too, by age alone."""
        everything = request.GET.get("status") or request.GET.get("q", "").strip()
        if (everything and everything != "open") or not may(request.user, Action.READ_ANSWERS):
            return ["-opened_at", "-pk"]
        return ["-urgency_rank", "opened_at", "pk"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        named = may(request.user, Action.READ_CONTACT)
        found.search_help_text = SEARCH_BY_ANYTHING if named else "Reference, such as K-3F9A21C0"
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        named = within_reach(request.user, Action.READ_CONTACT)
        for word in words_of(search_term, today=timezone.localdate()):
            if isinstance(word, str) and is_reference(word):
                # Alone: beside names, the index of neither would serve.
                fits = by_reference(word, column="reference" if word[0] in "Kk" else "patient__reference")
            else:
                fits = named & by_person(word, prefix="patient__")
            queryset = queryset.filter(fits)
        return queryset, False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        user, now = request.user, timezone.now()
        columns: list[Any] = ["reference"]
        if may(user, Action.READ_CONTACT):
            columns.append(_patient_column(user))
        columns.append("knee")
        if may(user, Action.READ_ANSWERS):
            columns.append(_urgency_column(user))
        columns += ["state", "therapist", _waiting_column(now)]
        whole, own = reach_of(user, self.sees)
        if len(whole | own) > 1:
            columns.append("site")
        return columns

    @admin.display(description="Knee")
    def knee(self, case: Case) -> str:
        return "both knees" if case.knee_side == "both" else f"{case.knee_side} knee"

    @admin.display(description="Status")
    def state(self, case: Case) -> str:
        unread = format_html(' <span class="pill pill-new">{}</span>', "unread") if case.first_read_at is None else ""
        return format_html('<span class="nowrap">{}{}</span>', case.get_status_display(), unread)

    # --- the page and what is done from it ---

    def more_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/do/<slug:deed>/", self.guarded(self.do), name="cases_case_do"),
            path("<int:pk>/programme/", self.guarded(self.programme), name="cases_case_programme"),
            path("<int:pk>/flags/<int:flag>/<slug:deed>/", self.guarded(self.do_flag), name="cases_case_flag"),
            path("<int:pk>/scores/<int:score>/<slug:deed>/", self.guarded(self.do_score), name="cases_case_score"),
            path("<int:pk>/messages/", self.guarded(self.messages_to_come), name="cases_case_messages"),
            path("<int:pk>/print/", self.guarded(self.print), name="cases_case_print"),
            path(
                "<int:pk>/visits/<int:visit>/visit.ics", self.guarded(self.visit_entry), name="cases_case_visit_entry"
            ),
            path("<int:pk>/visits/<int:visit>/<slug:deed>/", self.guarded(self.do_visit), name="cases_case_visit"),
        ]

    def find(self, request: HttpRequest, pk: int) -> Case:
        found = self.visible(request).select_related("patient", "site", "therapist", "first_read_by", "previous_case")
        case = found.filter(pk=pk).first()
        if case is None:
            raise Http404
        case.patient.site = case.site
        return case

    @method_decorator(require_safe)
    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        case = self.find(request, pk)
        shown = case_page(case, request.user, now=timezone.now())
        return TemplateResponse(request, "admin/cases/case.html", self.context(request, title=str(case), **shown))

    @method_decorator(require_safe)
    def messages_to_come(self, request: HttpRequest, pk: int) -> HttpResponse:
        case = self.find(request, pk)
        if not _reads(request.user, Action.READ_REMINDERS, case):
            raise Http404
        shown = forecast_page(request, lambda weeks: forecast_case(case, weeks=weeks, now=timezone.now())) | {
            "back": reverse("admin:cases_case_change", args=[pk]),
            "back_label": case.reference,
            "whole": False,
        }
        title = f"Messages to come: {case.reference}"
        return TemplateResponse(request, "admin/cases/forecast.html", self.context(request, title=title, **shown))

    @method_decorator(require_safe)
    def print(self, request: HttpRequest, pk: int) -> HttpResponse:
        case = self.find(request, pk)
        shown = print_page(case, request.user, now=timezone.now())
        return TemplateResponse(request, "admin/cases/case_print.html", self.context(request, title=str(case), **shown))

    @method_decorator(require_safe)
    def visit_entry(self, request: HttpRequest, pk: int, visit: int) -> HttpResponse:
        case = self.find(request, pk)
        row = case.visits.filter(pk=visit).first()
        if row is None:
            raise Http404
        row.case = case
        headers = {"Content-Disposition": 'attachment; filename="visit.ics"'}
        return HttpResponse(calendar_entry(row, now=timezone.now()), content_type=CALENDAR_TYPE, headers=headers)

    @method_decorator(require_safe)
    def programme(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The sheet with the exercises, to be printed, in the patient's language where it is complete."""
        case = self.find(request, pk)
        if not _reads(request.user, Action.READ_PROGRAMME, case):
            raise Http404
        found = programme_of(case)
        if found is None:
            raise Http404
        back = reverse("admin:cases_case_change", args=[case.pk])
        language = case.patient.language if case.patient.language in dict(settings.LANGUAGES) else "en"
        with translation.override(language):
            return render(request, "programme/print.html", {"part": found, "site": case.site, "back": back})

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do(self, request: HttpRequest, pk: int, deed: str) -> HttpResponse:
        case = self.find(request, pk)
        return perform(request, _one_of(OF_CASE, deed), self._place(case, case), base=self.context(request))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do_flag(self, request: HttpRequest, pk: int, flag: int, deed: str) -> HttpResponse:
        case = self.find(request, pk)
        rows = case.flags.all() if _reads(request.user, Action.READ_ANSWERS, case) else case.flags.none()
        return self._do_to(request, case, "flag", rows, flag, _one_of(OF_FLAG, deed))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do_score(self, request: HttpRequest, pk: int, score: int, deed: str) -> HttpResponse:
        case = self.find(request, pk)
        rows = case.outcomes.all() if _reads(request.user, Action.READ_ANSWERS, case) else case.outcomes.none()
        return self._do_to(request, case, "score", rows, score, _one_of(OF_OUTCOME, deed))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do_visit(self, request: HttpRequest, pk: int, visit: int, deed: str) -> HttpResponse:
        case = self.find(request, pk)
        return self._do_to(
            request, case, "visit", case.visits.select_related("therapist"), visit, _one_of(OF_VISIT, deed)
        )

    def _do_to(
        self, request: HttpRequest, case: Case, name: str, rows: QuerySet[Any], pk: int, deed: Deed
    ) -> HttpResponse:
        """Do it to one row of the case. name: what the row's page calls it. Raises Http404."""
        row = rows.filter(pk=pk).first()
        if row is None:
            raise Http404
        row.case = case
        return perform(request, deed, self._place(case, row, **{name: row}), base=self.context(request))

    def _place(self, case: Case, row: Case | Flag | Outcome | Visit, **more: Any) -> Place:
        return Place(
            row=row,
            site_id=case.site_id,
            therapist_id=case.therapist_id,
            title=str(case),
            page=reverse("admin:cases_case_change", args=[case.pk]),
            version=case.version,
            context={"case": case, "site": case.site, **more},
        )


def _one_of(deeds: Mapping[str, Deed], name: str) -> Deed:
    if name not in deeds:
        raise Http404
    return deeds[name]


def _reads(user: User, action: Action, case: Case) -> bool:
    return may(user, action, site_id=case.site_id, therapist_id=case.therapist_id)


def _patient_column(user: User) -> Any:
    @admin.display(description="Patient")
    def patient(case: Case) -> str:
        if not _reads(user, Action.READ_CONTACT, case):
            return "–"
        new = format_html(' <span class="pill">{}</span>', "new person") if case.patient.is_provisional else ""
        return format_html("<bdi>{}</bdi>{}", case.patient.full_name, new)

    return patient


def _urgency_column(user: User) -> Any:
    @admin.display(description="Urgency")
    def urgency(case: Case) -> str:
        if not _reads(user, Action.READ_ANSWERS, case):
            return "–"
        mark = "⚑ " if case.is_flagged else ""
        return format_html('<span class="pill pill-{}">{}{}</span>', case.urgency, mark, case.get_urgency_display())

    return urgency


def _waiting_column(now: Any) -> Any:
    @admin.display(description="Since")
    def since(case: Case) -> str:
        return format_html('<span class="nowrap">{}</span>', timesince(case.status_since, now, depth=1))

    return since
