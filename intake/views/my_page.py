"""A patient's own page, by link and birth date: sections for the patient, never a cause or a diagnosis."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Link, Patient
from cases.rules.home_programme import SAFETY_ADVICE
from cases.services.patients import opt_out
from cases.services.programme import given_to
from intake.models import SignedConsent
from intake.views import drafts
from intake.views.birth_date import birth_date_page
from intake.views.handed_out import copy_response
from intake.views.my_parts import consents_part, form_part, messages_part, progress_part, safety_part
from intake.views.parts import Part
from intake.views.places import all_places, place_of
from intake.views.signed_cookies import OPEN_FOR, SignedCookie

_OPENED = SignedCookie("my-page", OPEN_FOR)


@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of a message. With the right birth date it leads to an address without a secret."""
    return birth_date_page(request, secret, purpose=Link.Purpose.OWN_PAGE, title=_("Your page"), opened=_opened)


def _opened(link: Link, now: datetime) -> HttpResponse:
    return _keep_open(redirect("intake:my-page"), link.pk)


def _keep_open(response: HttpResponse, link_id: uuid.UUID) -> HttpResponse:
    return _OPENED.give(response, str(link_id))


@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    """What this browser opened with a link and a birth date; it changes nothing."""
    now = timezone.now()
    link = link_at_hand(request, now=now)
    if link is None:
        return render(request, "my/closed.html", {"places": all_places()}, status=404)
    drafts.speak_to(request, link.patient.language)
    parts = [part for section in SECTIONS if (part := section(link.patient, now)) is not None]
    page = {"place": place_of(link.patient.site), "parts": parts}
    return _keep_open(render(request, "my/page.html", page), link.pk)


@require_safe
def consent_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """The copy of what the patient of this page signed, the bytes that were made then."""
    link = link_at_hand(request, now=timezone.now())
    signed = None
    if link is not None and pk < 2**63:
        signed = SignedConsent.objects.filter(pk=pk, patient=link.patient).first()
    if signed is None:
        raise Http404
    return copy_response(signed)


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """No more messages to the patient of this page, whatever the channel."""
    now = timezone.now()
    link = link_at_hand(request, now=now)
    if link is not None:
        opt_out(link.patient, channel=None, by=None, now=now, source="own page")
    return redirect(reverse("intake:my-page") + "#messages")


def link_at_hand(request: HttpRequest, *, now: datetime) -> Link | None:
    """The link that this browser opened less than 20 minutes ago and whose time is not over."""
    opened = _OPENED.read(request)
    if not opened:
        return None
    found = Link.objects.filter(pk=opened, purpose=Link.Purpose.OWN_PAGE, expires_at__gt=now)
    return found.select_related("patient__site").first()


def _home_programme(patient: Patient, now: datetime) -> Part | None:
    given = given_to(patient)
    title = _("Your exercises at home")
    if given.held:
        return Part("exercises", title, "programme/held.html", {"safety_advice": SAFETY_ADVICE})
    return Part("exercises", title, "programme/sheet.html", given.programme) if given.programme else None


# In this order on the page; each gives None where it has nothing to say to this patient.
SECTIONS: tuple[Callable[[Patient, datetime], Part | None], ...] = (
    _home_programme,
    progress_part,
    form_part,
    consents_part,
    safety_part,
    messages_part,
)
