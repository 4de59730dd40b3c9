"""The tablet and the waiting room: codes that open one form, and the poster that leads to the open one."""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timesince import timesince
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import Patient
from cases.services.errors import WrongInput
from clinic.accounts.admin.access import RoleAdmin, SiteFilter
from clinic.accounts.models import Site
from clinic.accounts.permissions import Action, may, reach_of
from intake.models import Draft, KioskCode
from intake.services import kiosk


class CodeForm(forms.Form):
    site = forms.ModelChoiceField(label="Site", queryset=Site.objects.none(), empty_label=None)
    patient = forms.CharField(
        label="Patient",
        required=False,
        max_length=12,
        help_text="Their reference, such as P-7QK2M4TX, if you know them: whoever types another name is stopped. "
        "Empty: anybody new.",
    )


@admin.register(KioskCode)
class TabletCodes(RoleAdmin):
    sees = Action.SUBMIT_INTAKE
    nav_label = "Tablet"
    nav_order = 55
    list_title = "Tablet and waiting room"
    list_display = ("issued", "for_whom", "state", "site", "issued_by")
    list_display_links = None
    list_filter = (SiteFilter,)
    list_select_related = ("site", "patient", "issued_by", "draft")
    ordering = ("-issued_at", "-id")
    change_list_template = "admin/intake/tablet.html"

    def visible(self, request: HttpRequest) -> QuerySet[KioskCode]:
        return KioskCode.objects.visible_to(request.user)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        sites = self._sites(request).order_by("name", "pk")
        waiting = Draft.objects.visible_to(request.user).unfinished()
        waiting = waiting.filter(on_tablet=True, expires_at__gt=timezone.now()).order_by("-saved_at")[:10]
        return super().changelist_view(request, {"sites": sites, "waiting": list(waiting)})

    @admin.display(description="Issued")
    def issued(self, code: KioskCode) -> str:
        return f"{timesince(code.issued_at, depth=1)} ago"

    @admin.display(description="For")
    def for_whom(self, code: KioskCode) -> str:
        if code.patient is None:
            return "anybody new"
        page = reverse("admin:cases_patient_change", args=[code.patient_id])
        return format_html('<a href="{}">{}</a>', page, code.patient)

    @admin.display(description="State")
    def state(self, code: KioskCode) -> str:
        if code.stopped_at is not None:
            return format_html('<span class="pill pill-failed">{}</span>', "stopped: another name was typed")
        if code.used_at is None:
            return "waiting" if code.expires_at > timezone.now() else "ran out"
        return "form sent" if code.draft and code.draft.submitted_at else "used"

    def more_urls(self) -> list[URLPattern]:
        return [
            path("issue/", self.guarded(self.issue), name="intake_kioskcode_issue"),
            path("poster/<int:pk>/", self.guarded(self.poster), name="intake_kioskcode_poster"),
        ]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def issue(self, request: HttpRequest) -> HttpResponse:
        """A new code. It is shown on the answer to the press and nowhere again."""
        if not self.may_see(request):
            raise PermissionDenied
        sites = self._sites(request).order_by("name", "pk")
        draft = self._draft(request)
        first = self._first(request, draft)
        form = CodeForm(request.POST if request.method == "POST" else None, initial=first)
        form.fields["site"].queryset = sites
        context: dict[str, Any] = {"form": form, "draft": draft}
        status = 200
        if request.method == "POST" and form.is_valid():
            reference = form.cleaned_data["patient"].strip().upper()
            known = Patient.objects.visible_to(request.user).filter(reference=reference).first() if reference else None
            if reference and known is None:
                form.add_error("patient", "There is no such patient.")
            else:
                try:
                    site = draft.site if draft and draft.site else form.cleaned_data["site"]
                    code, letters = kiosk.issue_code(
                        site, patient=known, draft=draft, by=request.user, now=timezone.now()
                    )
                    context |= {"code": code, "letters": f"{letters[:4]} {letters[4:]}", "address": self._tablet()}
                except WrongInput as error:
                    for name, texts in error.errors.items():
                        form.add_error(name if name in form.fields else None, texts)
        if form.errors:
            status = 422
        context = self.context(request, title="Code for the tablet", **context)
        return TemplateResponse(request, "admin/intake/code.html", context, status=status)

    def _first(self, request: HttpRequest, draft: Draft | None) -> dict[str, Any]:
        """What the form begins with: the patient of the page one comes from, and their site."""
        wanted = request.GET.get("patient", "")
        known = Patient.objects.visible_to(request.user).filter(reference=wanted).first() if wanted else None
        site = known.site_id if known else draft.site_id if draft else None
        return {"patient": wanted, "site": site}

    @method_decorator(require_safe)
    def poster(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To print and hang up: it opens the form of this site, for anybody."""
        site = self._sites(request).filter(pk=pk).first()
        if site is None:
            raise Http404
        address = f"{settings.SITE_URL}{reverse('intake:start')}?{urlencode({'site': site.slug})}"
        # Level Q: a poster gets creased and stained.
        picture = segno.make(address, error="q", micro=False).svg_data_uri(scale=8, border=4)
        context = {"site": site, "address": address, "picture": picture}
        return TemplateResponse(request, "admin/intake/poster.html", context)

    def _tablet(self) -> str:
        return f"{settings.SITE_URL}{reverse('intake:kiosk')}"

    def _sites(self, request: HttpRequest) -> QuerySet[Site]:
        whole, own = reach_of(request.user, self.sees)
        return Site.objects.filter(pk__in=whole | own)

    def _draft(self, request: HttpRequest) -> Draft | None:
        """An unfinished form of the tablet, by `?form=`; one the person may not see is as good as none: 404."""
        wanted = request.GET.get("form")
        if not wanted:
            return None
        unfinished = Draft.objects.visible_to(request.user).unfinished().filter(on_tablet=True)
        found = next((each for each in unfinished.select_related("site") if str(each.pk) == wanted), None)
        if found is None or not may(request.user, self.sees, site_id=found.site_id):
            raise Http404
        return found
