"""The form filled in by staff for a caller: the same screens, and the questions only staff can ask."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cases.models import Link, Patient
from cases.services import links
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, may, reach_of
from intake.services.drafts import start_draft
from intake.views import drafts

_CALL_LASTS = timedelta(days=1)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """?patient=<reference> ties the form to a patient we know; without it a new one is registered."""
    drafts.speak("en")
    user = request.user
    if not isinstance(user, User) or not may(user, Action.SUBMIT_INTAKE):
        raise PermissionDenied
    whole, own = reach_of(user, Action.SUBMIT_INTAKE)
    sites = Site.objects.filter(pk__in=whole | own).order_by("name", "pk")
    reference = request.POST.get("patient") or request.GET.get("patient")
    patient = None
    if reference:
        known = Patient.objects.visible_to(user).filter(site__in=whole | own).select_related("site")
        patient = get_object_or_404(known, reference=reference)
    if request.method == "POST":
        return _begin(user, patient, sites.filter(slug=request.POST.get("site", "")).first() or sites.first())
    return render(request, "intake/phone.html", {"sites": sites, "patient": patient})


def _begin(user: User, patient: Patient | None, site: Site | None) -> HttpResponse:
    now = timezone.now()
    link = None
    if patient is not None:
        link = links.make_link(patient, purpose=Link.Purpose.INTAKE, expires_at=now + _CALL_LASTS, now=now)
    _draft, secret = start_draft(site=site, language="en", staff=user, link=link, now=now)
    return drafts.remember(redirect("intake:continue"), secret)
