"""Pages that belong to no room: what was refused, what is not there, what went wrong."""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from clinic import problems
from clinic.accounts.languages import language_of


def _page(request: HttpRequest, template: str, *, status: int, **context: Any) -> HttpResponse:
    # Asked here once more: what is refused at the door never came as far as the middleware that decides.
    with translation.override(language_of(request)):
        return render(request, template, context, status=status)


def refusal_page(request: HttpRequest, *, status: int, what: str) -> HttpResponse:
    """A plain page that says what to do; needs neither session nor database."""
    return _page(request, "refused.html", what=what, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, "stale_page.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if problems.speaks_json(request.path):
        return problems.not_found(request)
    return _page(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _busy(request)
    if problems.speaks_json(request.path):
        return problems.problem(status=500, code="error", detail="Something went wrong here. Nothing was stored.")
    return _page(request, "500.html", status=500)


def _busy(request: HttpRequest) -> HttpResponse:
    """The database is away or taken for a moment: the same request may well succeed in the next."""
    if problems.speaks_json(request.path):
        answer: HttpResponse = problems.busy()
    else:
        answer = _page(request, "500.html", status=503)
    answer.headers["Retry-After"] = problems.RETRY_AFTER
    return answer
