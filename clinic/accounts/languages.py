"""In which language a page answers: what was chosen on it, else what the browser asks for; to staff in English."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation

# What stands in an address or in a press of a button; a question of the form is called "language".
ASKED = "language"
_STAFF = ("/admin/", "/api/", "/webhooks/", "/health/", "/metrics")


@dataclass(frozen=True)
class Choice:
    """A language to change to, and the same page in it."""

    code: str
    name: str
    address: str


def spoken() -> dict[str, str]:
    """The languages that are complete from the first page to the last, each in its own words."""
    return dict(settings.LANGUAGES)


def asked_for(request: HttpRequest) -> str:
    """The language that stands in the address; "" without one, and where the address cannot be read."""
    try:
        code = request.GET.get(ASKED, "")
    except SuspiciousOperation:
        return ""
    return code if code in spoken() else ""


def chosen(request: HttpRequest) -> str:
    """What this browser's person has chosen, in the address or earlier; "" where nobody has."""
    for code in (asked_for(request), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")):
        if code in spoken():
            return code
    return ""


def language_of(request: HttpRequest) -> str:
    if request.path.startswith(_STAFF):
        return settings.LANGUAGE_CODE
    if code := chosen(request):
        return code
    for wanted, _weight in translation.trans_real.parse_accept_lang_header(
        request.headers.get("Accept-Language", "").lower()
    ):
        base = wanted.split("-")[0]
        if base in spoken():
            return base
    return settings.LANGUAGE_CODE


def keep(response: HttpResponse, code: str) -> None:
    """Remember the choice until the browser is closed."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")


def to_choose(request: HttpRequest) -> dict[str, Any]:
    """For templates: the other languages of this page (a context processor)."""
    if request.path.startswith(_STAFF):
        return {"tongues": []}
    return {"tongues": [_in(request, code, name) for code, name in spoken().items() if code != _now_spoken()]}


def _now_spoken() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def _in(request: HttpRequest, code: str, name: str) -> Choice:
    try:
        query = request.GET.copy()
    except SuspiciousOperation:
        query = QueryDict(mutable=True)
    query[ASKED] = code
    return Choice(code, name, f"?{query.urlencode()}")


class PageLanguage:
    """Middleware: Django's own would also turn the staff's pages into the browser's language, half of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = language_of(request)
        translation.activate(code)
        request.LANGUAGE_CODE = code  # type: ignore[attr-defined]
        response = self.get_response(request)
        if not request.path.startswith(_STAFF):
            response.headers.setdefault("Content-Language", _now_spoken())
            if code := asked_for(request):
                keep(response, code)
        return response
