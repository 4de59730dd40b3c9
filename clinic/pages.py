"""Pages that belong to no room: what was refused, what is not there, what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic import problems


def refusal_page(request: HttpRequest, *, status: int, what: str) -> HttpResponse:
    """A plain page that says what to do; needs neither session nor database."""
    return render(request, "refused.html", {"what": what}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "stale_page.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if problems.speaks_json(request.path):
        return problems.not_found(request)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    if problems.speaks_json(request.path):
        return problems.problem(status=500, code="error", detail="Something went wrong here. Nothing was stored.")
    return render(request, "500.html", status=500)
