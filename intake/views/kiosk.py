"""The tablet in the waiting room: a code, perhaps a name, the form, and back to the start with nothing left behind."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.accounts import languages
from clinic.accounts.models import SignInTries
from intake.models import KioskCode
from intake.services import kiosk
from intake.views import drafts
from intake.views.places import all_places
from intake.views.signature import address_of
from intake.views.signed_cookies import SignedCookie

_CODE = SignedCookie("kiosk", kiosk.CODE_LIVES)
_MOST_TRIES = 20
_WINDOW = timedelta(minutes=15)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The start page of the tablet. The POST uses the code up."""
    if request.method != "POST":
        return _start_page(request)
    now = timezone.now()
    language = request.POST.get("language") or languages.language_of(request)
    drafts.speak(language)
    if _too_many(request, now):
        return _start_page(request, error=_("Too many wrong codes from here. Wait 15 minutes, or ask at the desk."))
    try:
        code = kiosk.take_code(request.POST.get("code", ""), now=now)
    except kiosk.UnknownCode:
        _count(request, now)
        return _start_page(request, error=_("This code does not open a form. Ask at the desk for a new one."))
    if code.patient_id is None:
        return _open(code, "", "", language, now)
    response = _CODE.give(redirect("intake:kiosk-name"), str(code.pk))
    if language in languages.spoken():
        languages.keep(response, language)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Who holds the tablet? Nothing on the page says who should."""
    number = _CODE.read(request)
    code = KioskCode.objects.filter(pk=number).first() if number else None
    if code is None or code.stopped_at is not None:
        return redirect("intake:kiosk")
    if request.method != "POST":
        return render(request, "kiosk/name.html", {"errors": []})
    if code_of_language := drafts.asked_to_speak(request):
        drafts.speak(code_of_language)
        page = {"errors": [], "given": request.POST.get("given_name"), "family": request.POST.get("family_name")}
        response = render(request, "kiosk/name.html", page)
        languages.keep(response, code_of_language)
        return response
    given, family = request.POST.get("given_name", "").strip(), request.POST.get("family_name", "").strip()
    if not given or not family:
        page = {"errors": [_("Write your given name and your family name.")], "given": given, "family": family}
        return render(request, "kiosk/name.html", page, status=422)
    return _open(code, given, family, languages.language_of(request), timezone.now())


def _open(code: KioskCode, given: str, family: str, language: str, now: datetime) -> HttpResponse:
    try:
        _draft, secret = kiosk.open_form(
            code,
            given_name=given,
            family_name=family,
            language=language if language in languages.spoken() else "en",
            now=now,
        )
    except kiosk.OtherName:
        kiosk.stop_code(code, now=now)
        return _CODE.take_back(redirect("intake:kiosk-desk"))
    except kiosk.UnknownCode:
        return _CODE.take_back(redirect("intake:kiosk"))
    return _CODE.take_back(drafts.remember(redirect("intake:continue"), secret))


@require_http_methods(["GET", "HEAD"])
def desk(request: HttpRequest) -> HttpResponse:
    """The name was not the one: a person sorts it out."""
    return render(request, "kiosk/desk.html", {"places": all_places()})


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Pressed, or by the page itself after a minute without a touch: this browser forgets everything."""
    now = timezone.now()
    draft = drafts.draft_at_hand(request, now=now)
    if draft is not None and draft.on_tablet:
        kiosk.leave_tablet(draft, now=now)
    response = _CODE.take_back(redirect("intake:kiosk"))
    response.delete_cookie(drafts.COOKIE, samesite="Lax")
    languages.forget(response)
    # What scripts kept for times without a network goes, too, and every page the back button could show.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _start_page(request: HttpRequest, *, error: str = "") -> HttpResponse:
    page = {"error": error, "languages": languages.spoken()}
    return render(request, "kiosk/start.html", page, status=422 if error else 200)


def _window(request: HttpRequest, now: datetime) -> str:
    number = int(now.timestamp() // _WINDOW.total_seconds())
    return salted_hmac("intake.kiosk", f"{address_of(request)}:{number}", algorithm="sha256").hexdigest()


def _too_many(request: HttpRequest, now: datetime) -> bool:
    return SignInTries.objects.filter(digest=_window(request, now), count__gte=_MOST_TRIES).exists()


def _count(request: HttpRequest, now: datetime) -> None:
    SignInTries.objects.another(_window(request, now), until=now + _WINDOW)
