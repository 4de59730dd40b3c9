"""When messages go: each site's figures, closed days and pauses, changed by its managers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.forecast import forecast_page
from cases.admin.small_forms import Deed, Place, SmallForm, allowed, perform
from cases.models import ClosedDay, Pause, ReminderSettings, ReminderSettingsChange, SiteMessages, choices_of
from cases.rules.terms import Language, MessageKind
from cases.services import pauses, site_messages
from cases.services.forecast import forecast_sites
from clinic.accounts.admin.access import RoleAdmin
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, reach_of


def _time(label: str, help_text: str = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, help_text=help_text)


class FiguresForm(SmallForm):
    hour = _time("Messages are due at", "On the patient's clock.")
    opens = _time("No message before", "08:00 at the earliest.")
    closes = _time("No message after", "21:00 at the latest.")
    cap_per_week = forms.IntegerField(
        label="Most messages to one patient in 7 days",
        help_text="A visit tomorrow and the check after needling go anyway.",
    )
    rest_check_days = forms.IntegerField(label="Rest check: days after the form", help_text="3 to 5.")
    repeat_after_days = forms.IntegerField(label="Second message about a check-in: days after the first")
    call_after_days = forms.IntegerField(label="Telephone list: days after the first", help_text="6 at most.")
    form_repeat_days = forms.IntegerField(label="Form not finished: days after it was sent")
    nudge_every_days = forms.IntegerField(label="Home programme: every so many days")
    kinds_off = forms.MultipleChoiceField(
        label="Do not send", choices=choices_of(MessageKind), required=False, widget=forms.CheckboxSelectMultiple
    )
    languages = forms.MultipleChoiceField(
        label="Languages", choices=choices_of(Language), required=False, widget=forms.CheckboxSelectMultiple
    )
    sms_allowed = forms.BooleanField(label="Send text messages", required=False)

    def prepare(self) -> None:
        stored = site_messages.settings_at(self.row)
        for name in ReminderSettings.FIGURES:
            self.fields[name].initial = getattr(stored, name)
        self.fields["languages"].initial = stored.languages or [language.value for language in Language]


class DayForm(SmallForm):
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    name = forms.CharField(label="Name", max_length=60, required=False, help_text="Such as Thanksgiving.")


class ClosedDayForm(SmallForm):
    day = forms.TypedChoiceField(label="Day", coerce=date.fromisoformat)

    def prepare(self) -> None:
        days = ClosedDay.objects.filter(site=self.row, day__gte=self.now.date()).order_by("day")[:200]
        self.fields["day"].choices = [(each.day.isoformat(), f"{each.day:%a %-d %b %Y} {each.name}") for each in days]


class PauseForm(SmallForm):
    kind = forms.ChoiceField(
        label="Which messages", choices=[("", "All messages"), *choices_of(MessageKind)], required=False
    )
    reason = forms.CharField(label="Why", max_length=200, help_text="Everybody at the site reads it.")


class ResumeForm(SmallForm):
    pause = forms.ModelChoiceField(label="Which pause", queryset=Pause.objects.none(), empty_label=None)

    def prepare(self) -> None:
        field = self.fields["pause"]
        field.queryset = Pause.objects.in_force().filter(site=self.row).order_by("pk")
        field.label_from_instance = lambda pause: f"{pause.get_kind_display() or 'All messages'}: {pause.reason}"


def _figures(site: SiteMessages, *, by: User, now: datetime, **figures: Any) -> str:
    site_messages.change_settings(site, figures=figures, by=by, now=now)
    return "Saved. The messages of open cases follow within minutes."


def _close(site: SiteMessages, *, day: date, name: str, by: User, now: datetime) -> str:
    site_messages.close_on(site, day=day, name=name, by=by, now=now)
    return f"Closed on {day:%-d %B %Y}. What can wait goes on the next open day."


def _open(site: SiteMessages, *, day: date, by: User, now: datetime) -> str:
    site_messages.open_on(site, day=day, by=by, now=now)
    return f"Open on {day:%-d %B %Y} after all."


def _pause(site: SiteMessages, *, kind: str, reason: str, by: User, now: datetime) -> str:
    pauses.pause_sending(site=site, kind=MessageKind(kind) if kind else None, reason=reason, by=by, now=now)
    return "Paused. What is due is kept; what runs out meanwhile is not sent."


def _resume(site: SiteMessages, *, pause: Pause, by: User, now: datetime) -> str:
    pauses.release_pause(pause, by=by, now=now)
    return "Messages go out again, at the next sane hour."


OF_SITE = {
    deed.name: deed
    for deed in (
        Deed("settings", "Change", Action.MANAGE_SITE, _figures, form=FiguresForm, button="Save"),
        Deed("close", "Close on a day", Action.MANAGE_SITE, _close, form=DayForm, button="Close"),
        Deed("open", "Open after all", Action.MANAGE_SITE, _open, form=ClosedDayForm, button="Open"),
        Deed(
            "pause",
            "Pause messages",
            Action.MANAGE_SITE,
            _pause,
            form=PauseForm,
            serious=True,
            explain="Nothing goes out until somebody resumes it. A message whose time runs out is not sent.",
            button="Pause",
        ),
        Deed("resume", "Resume messages", Action.MANAGE_SITE, _resume, form=ResumeForm, button="Resume"),
    )
}


@admin.register(SiteMessages)
class SiteMessagesAdmin(RoleAdmin):
    sees = Action.MANAGE_SITE
    nav_label = "Sending"
    nav_order = 82
    list_title = "When messages go"
    list_display = ("name", "time_zone", "standing")
    ordering = ("name", "pk")

    def visible(self, request: HttpRequest) -> QuerySet[SiteMessages]:
        whole, own = reach_of(request.user, self.sees)
        return SiteMessages.objects.filter(pk__in=whole | own)

    @admin.display(description="Sending")
    def standing(self, site: SiteMessages) -> str:
        count = Pause.objects.in_force().filter(site=site).count()
        return "On" if count == 0 else f"{count} paused"

    def more_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/do/<slug:deed>/", self.guarded(self.do), name="cases_sitemessages_do"),
            path("<int:pk>/messages/", self.guarded(self.messages_to_come), name="cases_sitemessages_messages"),
        ]

    @method_decorator(require_safe)
    def page(self, request: HttpRequest, pk: Any) -> HttpResponse:
        site = self.find(request, pk)
        stored = site_messages.settings_at(site)
        place = self._place(site)
        shown = {
            "site": site,
            "settings": stored,
            "kinds_off": [MessageKind(kind).label for kind in stored.kinds_off],
            "languages": [Language(each).label for each in stored.languages or [each.value for each in Language]],
            "closed": list(ClosedDay.objects.filter(site=site, day__gte=timezone.now().date()).order_by("day")[:50]),
            "pauses": list(
                Pause.objects.in_force().filter(site=site).select_related("paused_by").order_by("paused_at", "pk")
            ),
            "changes": list(
                ReminderSettingsChange.objects.filter(site=site).select_related("by").order_by("-at", "-pk")[:10]
            ),
            "deeds": {name: deed for name, deed in OF_SITE.items() if allowed(deed, request.user, place)},
        }
        return TemplateResponse(request, "admin/cases/sending.html", self.context(request, title=site.name, **shown))

    @method_decorator(require_safe)
    def messages_to_come(self, request: HttpRequest, pk: Any) -> HttpResponse:
        site = self.find(request, pk)
        shown = forecast_page(request, lambda weeks: forecast_sites([site], weeks=weeks, now=timezone.now())) | {
            "back": reverse("admin:cases_sitemessages_change", args=[pk]),
            "back_label": site.name,
            "whole": True,
        }
        title = f"Messages to come: {site.name}"
        return TemplateResponse(request, "admin/cases/forecast.html", self.context(request, title=title, **shown))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do(self, request: HttpRequest, pk: Any, deed: str) -> HttpResponse:
        site = self.find(request, pk)
        if deed not in OF_SITE:
            raise Http404
        return perform(request, OF_SITE[deed], self._place(site), base=self.context(request))

    def _place(self, site: SiteMessages) -> Place:
        return Place(
            row=site,
            site_id=site.pk,
            therapist_id=None,
            title=site.name,
            page=reverse("admin:cases_sitemessages_change", args=[site.pk]),
            context={"site": site},
        )
