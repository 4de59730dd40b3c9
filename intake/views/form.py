"""The way into the form and back to it: begun here, gone on with here, or on another device."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cases.rules.terms import STOPPING, Urgency
from clinic.accounts import languages
from clinic.accounts.models import Site
from intake.models import Draft
from intake.services.drafts import find_draft, start_draft
from intake.views import drafts
from intake.views.finish import ending
from intake.views.places import all_places, place_of
from intake.views.way import way_of

# Nobody sees this box: what fills it in is a program.
HONEYPOT = "company_site"


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """What to expect, and the button that begins. ?site= preselects a clinic, for a poster in the waiting room."""
    now = timezone.now()
    if request.method == "POST":
        drafts.speak(request.POST.get("language", "en"))
    asked_for = request.POST.get("site") or request.GET.get("site")
    if request.method == "POST" and not request.POST.get(HONEYPOT):
        language = request.POST.get("language", "en")
        _draft, secret = start_draft(
            site=Site.objects.filter(slug=asked_for).first() if asked_for else None,
            language=language if language in languages.spoken() else "en",
            now=now,
        )
        return drafts.remember(redirect("intake:continue"), secret)
    places = all_places()
    chosen = next((place for place in places if place.slug == asked_for), None)
    at_hand = drafts.draft_at_hand(request, now=now)
    page = {
        "places": places,
        "place": chosen or (places[0] if len(places) == 1 else None),
        "chosen": chosen,
        "languages": languages.spoken(),
        "unfinished": at_hand is not None and at_hand.submitted_at is None and at_hand.staff_id is None,
        "honeypot": HONEYPOT,
        "refused": request.method == "POST",
    }
    return render(request, "intake/start.html", page)


@require_safe
@drafts.unfinished
def go_on(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """Back to the screen where this form was left."""
    section = way_of(draft, now=now).resume_at
    return redirect("intake:step", section.name) if section else redirect("intake:review")


@require_safe
@drafts.unfinished
def later(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """The link that resumes this form, here or on another device."""
    if draft.on_tablet:
        return redirect("intake:continue")
    drafts.in_the_language_asked(request, draft)
    path = reverse("intake:resume", args=[drafts.secret_at_hand(request)])
    page = {
        "link": settings.SITE_URL + path,
        "until": draft.expires_at,
        "place": place_of(draft.site) if draft.site else None,
    }
    return drafts.without_referrer(render(request, "intake/later.html", page))


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, secret: str) -> HttpResponse:
    """A resume link. Opening it changes nothing; the button lets this browser go on. Safety advice shows at once."""
    now = timezone.now()
    draft = find_draft(secret, now=now)
    if draft is None:
        return drafts.without_referrer(render(request, "intake/no_form.html", status=404))
    if not drafts.may_open(request, draft):
        return drafts.to_sign_in(request)
    drafts.in_its_language(request, draft)
    drafts.in_the_language_asked(request, draft)
    if request.method == "POST":
        return drafts.without_referrer(drafts.remember(redirect("intake:continue"), secret))
    if draft.submitted_at is not None or Urgency(draft.urgency) in STOPPING:
        return drafts.without_referrer(ending(request, draft, now=now))
    page = {"until": draft.expires_at, "place": place_of(draft.site) if draft.site else None}
    return drafts.without_referrer(render(request, "intake/resume.html", page))
