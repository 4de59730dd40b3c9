"""What patients agreed to: the texts, which managers write anew, and what was signed, which nobody changes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import dateformat, timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.wall_time import at_site
from cases.rules.terms import Language
from cases.services.errors import Stale, WrongInput
from clinic.accounts.admin.access import RoleAdmin, SiteFilter
from clinic.accounts.models import Site
from clinic.accounts.permissions import Action, reach_of
from intake.models import ConsentText, SignedConsent
from intake.questionnaire.consent_texts import NEEDS_REVIEW
from intake.services import consent
from intake.views.handed_out import copy_response


class TextForm(forms.Form):
    title = forms.CharField(label="Title", max_length=consent.MOST_TITLE)
    body = forms.CharField(
        label="Text",
        max_length=consent.MOST_BODY,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text="A blank line between paragraphs. Ask your lawyer.",
    )
    version = forms.IntegerField(min_value=0, max_value=1_000_000, widget=forms.HiddenInput)


@admin.register(ConsentText)
class ConsentTexts(RoleAdmin):
    sees = Action.MANAGE_SITE
    nav_label = "Consent texts"
    nav_order = 85
    list_title = "Consent texts"
    list_display = ("title", "site", "language", "version", "in_force_from", "written_by")
    list_display_links = None
    list_filter = (SiteFilter,)
    list_select_related = ("site", "written_by")
    ordering = ("site", "language", "-version")
    change_list_template = "admin/intake/consent_texts.html"

    def visible(self, request: HttpRequest) -> QuerySet[ConsentText]:
        return ConsentText.objects.visible_to(request.user)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = timezone.now()
        in_force = [
            {"text": consent.text_in_force(site, language.value, now=now), "label": language.label}
            for site in self._sites(request).order_by("name", "pk")
            for language in Language
        ]
        return super().changelist_view(request, {"in_force": in_force, "needs_review": NEEDS_REVIEW})

    def more_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/<slug:language>/", self.guarded(self.write), name="intake_consenttext_write")]

    def _sites(self, request: HttpRequest) -> QuerySet[Site]:
        whole, own = reach_of(request.user, self.sees)
        return Site.objects.filter(pk__in=whole | own)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def write(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """A new version for a site (by its id) in one language, from the text in force. The old one stays as it was."""
        site = self._sites(request).filter(pk=pk).first()
        if site is None or language not in {each.value for each in Language}:
            raise Http404
        now = timezone.now()
        text = consent.text_in_force(site, language, now=now)
        latest = ConsentText.objects.filter(site=site, language=language).order_by("-version").first()
        first = {"title": text.title, "body": text.body, "version": latest.version if latest else 0}
        form = TextForm(request.POST if request.method == "POST" else None, initial=first)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                consent.write_text(
                    site,
                    language=language,
                    title=given["title"],
                    body=given["body"],
                    in_force_from=now,
                    expected_version=given["version"],
                    by=request.user,
                    now=now,
                )
            except Stale as error:
                form.add_error(None, str(error))
            except WrongInput as error:
                for name, texts in error.errors.items():
                    form.add_error(name if name in form.fields else None, ValidationError(texts))
            else:
                messages.success(request, "The new version is in force. Forms not sent yet are signed under it.")
                return HttpResponseRedirect(reverse("admin:intake_consenttext_changelist"))
        context = self.context(request, title="Consent text", form=form, site=site, text=text)
        return TemplateResponse(request, "admin/intake/write_text.html", context, status=422 if form.errors else 200)


@admin.register(SignedConsent)
class SignedConsents(RoleAdmin):
    """To read and to hand out the copy. There is no form here that could change one."""

    sees = Action.READ_ANSWERS
    nav_label = "Consents"
    nav_order = 60
    list_title = "Signed consents"
    list_display = ("signed", "case_link", "method", "language", "text_version", "pdf")
    list_display_links = None
    list_select_related = ("case__site",)
    ordering = ("-signed_at", "-id")

    def visible(self, request: HttpRequest) -> QuerySet[SignedConsent]:
        return SignedConsent.objects.visible_to(request.user).defer("copy", "drawn", "body")

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [_CaseSiteFilter]

    @admin.display(description="Signed")
    def signed(self, signed: SignedConsent) -> str:
        return format_html(
            '<a href="{}">{}</a>',
            _page_of(signed),
            dateformat.format(at_site(signed.signed_at, signed.case.site), "D j M Y, P"),
        )

    @admin.display(description="Case")
    def case_link(self, signed: SignedConsent) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:cases_case_change", args=[signed.case_id]), signed.case
        )

    @admin.display(description="Copy")
    def pdf(self, signed: SignedConsent) -> str:
        return format_html('<a href="{}">PDF</a>', reverse("admin:intake_signedconsent_copy", args=[signed.pk]))

    def more_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/copy.pdf", self.guarded(self.copy), name="intake_signedconsent_copy")]

    @method_decorator(require_safe)
    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        signed = self.find(request, pk)
        context = self.context(request, title=str(signed), signed=signed, zone=signed.case.site.time_zone)
        return TemplateResponse(request, "admin/intake/signed.html", context)

    @method_decorator(require_safe)
    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        return copy_response(self.find(request, pk))


class _CaseSiteFilter(SiteFilter):
    column = "case__site"


def _page_of(signed: SignedConsent) -> str:
    return reverse("admin:intake_signedconsent_change", args=[signed.pk])
