"""/metrics: what the database knows of the clinic's work, as gauges, for whoever has the token."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from cases.services import watching
from cases.services.turns import database_now


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Absent without METRICS_TOKEN, and to everybody who does not send it as a bearer token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    return HttpResponse(generate_latest(_gauges()), content_type=CONTENT_TYPE_LATEST)


def _gauges() -> CollectorRegistry:
    # A registry per request: the figures are the database's, not those of one of many processes.
    registry = CollectorRegistry()
    now = database_now()
    seen = watching.watch(now=now)
    reminders = Gauge("patella_reminders", "Messages by how they stand.", ["status"], registry=registry)
    for status, count in watching.reminders_by_status().items():
        reminders.labels(status).set(count)
    cases = Gauge("patella_open_cases", "Open cases by urgency.", ["urgency"], registry=registry)
    for urgency, count in watching.open_cases_by_urgency().items():
        cases.labels(urgency).set(count)
    behind = Gauge("patella_reminders_behind_seconds", "How late the oldest due message is.", registry=registry)
    behind.set(seen.behind.total_seconds())
    silence = Gauge("patella_dispatcher_silence_seconds", "Since the dispatcher last showed life.", registry=registry)
    silence.set(seen.silence.total_seconds() if seen.silence is not None else float("inf"))
    paused = Gauge("patella_reminders_pauses", "Pauses of sending in force.", registry=registry)
    paused.set(watching.pauses_in_force())
    late = Gauge("patella_flags_late", "Urgent flags nobody has acknowledged in time.", registry=registry)
    late.set(watching.flags_nobody_acknowledged(now=now))
    return registry
