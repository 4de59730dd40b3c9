"""The clinic's own page: what it does, the way to the form, where and when to reach it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from intake.views.places import all_places


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"places": all_places()})
