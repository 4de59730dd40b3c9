"""Which form this browser is filling in: a cookie holds the secret, so that no address does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation

from clinic.accounts import languages
from clinic.accounts.permissions import Action, may
from intake.models import Draft
from intake.services.drafts import DRAFT_DAYS, find_draft
from intake.services.kiosk import is_silent

# The button that turns a page with answers on it into another language.
SPEAK = "speak"

COOKIE = "__Host-form" if settings.SESSION_COOKIE_SECURE else "form"
_AGE = timedelta(days=DRAFT_DAYS)

View = Callable[..., HttpResponse]


def remember(response: HttpResponse, secret: str) -> HttpResponse:
    """Let this browser go on with the form of that secret."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def without_referrer(response: HttpResponse) -> HttpResponse:
    """The address of this page holds a secret: tell it to nobody.

    A page with a form softens this to strict-origin in its head, which still never tells the path: under no-referrer
    browsers send `Origin: null`, and the check against forged posts refuses the patient.
    """
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def to_sign_in(request: HttpRequest) -> HttpResponse:
    return redirect_to_login(request.get_full_path())


def secret_at_hand(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE, "")


def draft_at_hand(request: HttpRequest, *, now: datetime) -> Draft | None:
    secret = secret_at_hand(request)
    draft = find_draft(secret, now=now) if secret else None
    # A tablet left lying: whatever it still holds opens nothing.
    return None if draft is None or is_silent(draft, now=now) else draft


def speak(language: str) -> None:
    """Answer this request in a language that is complete, whatever the browser would prefer."""
    translation.activate(language if language in languages.spoken() else "en")


def speak_to(request: HttpRequest, language: str) -> None:
    """In what was chosen in this browser; where nothing was, in the language we know of the patient."""
    speak(languages.chosen(request) or language)


def asked_to_speak(request: HttpRequest) -> str:
    """The language of the button that was pressed on a page with answers; "" for any other button."""
    code = request.POST.get(SPEAK, "")
    return code if code in languages.spoken() else ""


def in_its_language(request: HttpRequest, draft: Draft) -> None:
    """Answer in the language of a form; until it is sent, only a press of a button on a screen changes that.

    No address and no older choice of the browser counts there: what is signed must be what was read.
    """
    if draft.submitted_at is not None:
        speak_to(request, draft.language)
    else:
        speak(draft.language)


def in_the_language_asked(request: HttpRequest, draft: Draft) -> None:
    """For a page of a form that asks nothing: this one time in the language in its address, which changes nothing."""
    speak(languages.asked_for(request) or translation.get_language() or draft.language)


def may_open(request: HttpRequest, draft: Draft) -> bool:
    """A form that staff type belongs to staff: the cookie alone opens it for nobody else."""
    if draft.staff_id is None:
        return True
    return request.user.is_authenticated and may(request.user, Action.SUBMIT_INTAKE)


def with_draft(view: View) -> View:
    """Hands the view the draft of this browser, in its language; without one, a kind page with the way back.

    The clock is read here, once: the view gets the same `now` by which the draft was found.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        now = timezone.now()
        draft = draft_at_hand(request, now=now)
        if draft is None:
            return render(request, "intake/no_form.html", status=404)
        if not may_open(request, draft):
            return to_sign_in(request)
        in_its_language(request, draft)
        return view(request, draft, *args, now=now, **more)

    return cast("View", wrapped)


def unfinished(view: View) -> View:
    """As `with_draft`, and only while it is unfinished: a form already sent shows what it led to."""

    @wraps(view)
    def wrapped(request: HttpRequest, draft: Draft, *args: Any, **more: Any) -> HttpResponse:
        if draft.submitted_at is not None:
            return redirect("intake:done")
        return view(request, draft, *args, **more)

    return with_draft(wrapped)
