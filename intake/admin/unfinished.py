"""Unfinished forms: who is still at it, how far, and those begun by telephone to be taken up again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.views.decorators.http import require_http_methods

from cases.services.errors import Refusal
from clinic.accounts.admin.access import ChoiceFilter, RoleAdmin, SiteFilter
from clinic.accounts.permissions import Action
from intake.models import Draft
from intake.questionnaire.versions import version
from intake.services.drafts import take_up_again
from intake.views.drafts import remember


def share_done(draft: Draft) -> int:
    """About how much of the form is answered, in per cent. Unshown questions make it a guess, so never quite 100."""
    asked = [question.name for question in version(draft.questionnaire_version).questions]
    answered = sum(1 for name in asked if name in draft.answers)
    return min(95, round(100 * answered / len(asked))) if asked else 0


def unfinished_forms(user: Any, *, now: datetime) -> int:
    """How many forms of the person's sites are begun and not sent, counted up to a hundred."""
    return Draft.objects.visible_to(user).unfinished().filter(expires_at__gt=now)[:100].count()


class ByFilter(ChoiceFilter):
    title = "who fills it in"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("patient", "By the patient"), ("staff", "By telephone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Draft]) -> QuerySet[Draft]:
        return queryset.filter(staff__isnull=self.value() == "patient") if self.value() else queryset


@admin.register(Draft)
class UnfinishedForms(RoleAdmin):
    """Only the list: what somebody has not sent yet is still theirs, and is not read here."""

    sees = Action.SUBMIT_INTAKE
    nav_label = "Unfinished forms"
    nav_order = 50
    list_title = "Unfinished forms"
    list_display = ("started", "how_far", "last_saved", "filled_in_by", "for_whom", "site")
    list_display_links = None
    list_filter = (ByFilter, SiteFilter)
    list_select_related = ("site", "staff", "link__patient")
    ordering = ("-saved_at", "-id")

    def visible(self, request: HttpRequest) -> QuerySet[Draft]:
        return Draft.objects.visible_to(request.user).unfinished().filter(expires_at__gt=timezone.now())

    @admin.display(description="Started")
    def started(self, draft: Draft) -> str:
        return f"{timesince(draft.started_at, depth=1)} ago"

    @admin.display(description="How far")
    def how_far(self, draft: Draft) -> str:
        done = share_done(draft)
        return format_html('<progress max="100" value="{}" aria-label="answered"></progress> about {}%', done, done)

    @admin.display(description="Last saved")
    def last_saved(self, draft: Draft) -> str:
        return f"{timesince(draft.saved_at, depth=1)} ago"

    @admin.display(description="Filled in by")
    def filled_in_by(self, draft: Draft) -> str:
        return f"{draft.staff.name}, by telephone" if draft.staff else "the patient"

    @admin.display(description="Sent to")
    def for_whom(self, draft: Draft) -> str:
        if draft.link is None:
            return "–"
        page = reverse("admin:cases_patient_change", args=[draft.link.patient_id])
        return format_html('<a href="{}">{}</a>', page, draft.link.patient)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        @admin.display(description="")
        def go_on(draft: Draft) -> str:
            if draft.staff_id is None:
                return ""
            page = reverse("admin:intake_draft_resume", args=[draft.pk])
            return format_html('<a class="press" href="{}">Take it up again</a>', page)

        return [*self.list_display, go_on]

    def more_urls(self) -> list[URLPattern]:
        return [path("<uuid:pk>/resume/", self.guarded(self.resume), name="intake_draft_resume")]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def resume(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Go on with a form begun by telephone, on this computer; the one where it was begun lets go of it."""
        draft = self.visible(request).filter(staff__isnull=False, pk=pk).select_related("staff").first()
        if draft is None:
            raise Http404
        if request.method != "POST":
            context = self.context(request, title="Take up a form again", draft=draft, done=share_done(draft))
            return TemplateResponse(request, "admin/intake/resume.html", context)
        try:
            secret = take_up_again(draft, now=timezone.now())
        except Refusal as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:intake_draft_changelist"))
        return remember(HttpResponseRedirect(reverse("intake:continue")), secret)
