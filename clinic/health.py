"""Am I alive, am I ready: for load balancers and whoever watches from outside."""

from __future__ import annotations

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from cases.services.turns import database_now
from cases.services.watching import watch


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody else: a database that is away is no reason to kill it."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 when the database is away or reminders are not being sent. Redis may be lost and is not asked."""
    try:
        seen = watch(now=database_now())
    except Error:
        return JsonResponse({"status": "failing", "database": "away"}, status=503)
    if seen.trouble:
        return JsonResponse({"status": "failing", "database": "ok", "reminders": seen.trouble}, status=503)
    # A pause is somebody's decision: the clinic is ready to do everything else.
    return JsonResponse({"status": "ok", "database": "ok", "reminders": "paused" if seen.paused else "ok"})


urlpatterns = [
    path("live/", live, name="live"),
    path("ready/", ready, name="ready"),
]
