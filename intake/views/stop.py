"""Stopping messages: one press, at once, without an account or a question why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cases.models import Link
from cases.rules.terms import Channel
from cases.services import links
from cases.services.patients import opt_out
from intake.views import drafts
from intake.views.places import all_places, place_of

CHOICES: dict[str, Channel | None] = {"email": Channel.EMAIL, "sms": Channel.SMS, "all": None}


# Mail programs press their own "unsubscribe" button (RFC 8058) without a token of ours; the secret is the authority.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, secret: str) -> HttpResponse:
    now = timezone.now()
    link = links.find_link(secret, purpose=Link.Purpose.CONTACT, now=now)
    if link is None:
        page = {"places": all_places()}
        return drafts.without_referrer(render(request, "stop/unknown.html", page, status=404))
    drafts.speak_to(request, link.patient.language)
    if request.method == "POST":
        one_click = "List-Unsubscribe" in request.POST and "stop" not in request.POST
        wanted = "email" if one_click else request.POST.get("stop", "")
        if wanted in CHOICES:
            opt_out(link.patient, channel=CHOICES[wanted], by=None, now=now, source="stop link")
            links.use_link(link, now=now)
            if one_click:
                # RFC 8058 forbids a redirect here: many mail programs do not follow one after a POST.
                return drafts.without_referrer(HttpResponse("Stopped.\n", content_type="text/plain"))
            return drafts.without_referrer(redirect(f"{request.path}?stopped={wanted}"))
    stopped = request.GET.get("stopped", "")
    page = {"place": place_of(link.patient.site), "stopped": stopped if stopped in CHOICES else ""}
    return drafts.without_referrer(render(request, "stop/choose.html", page))
