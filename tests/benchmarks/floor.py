"""The floor our figures are held against: bare views over psycopg, served by the same gunicorn as the clinic.

No middleware, no ORM, no rules, no sign-in: what is left of a request when nothing but its rows is written or read.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django
import psycopg
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST
from psycopg.types.json import Jsonb

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="floor", USE_TZ=True)
    django.setup()

REMINDERS = 4
_local = threading.local()


def connection() -> psycopg.Connection[Any]:
    """One per thread, kept, its statements prepared."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["DATABASE_URL"], prepare_threshold=1)
    return _local.connection


def answer(content: Any, status: int = 200) -> HttpResponse:
    body = json.dumps(content, default=str).encode()
    return HttpResponse(body, status=status, content_type="application/json", headers={"Content-Length": len(body)})


@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """A patient, a case, a report with its answers, four reminders: one transaction."""
    answers = json.loads(request.body)["answers"]
    now = datetime.now(UTC)
    reference = f"K-{uuid.uuid4().hex[:8].upper()}"
    with connection().transaction(), connection().cursor() as cursor:
        site = cursor.execute("SELECT id FROM accounts_site WHERE slug = %s", [answers["site"]]).fetchone()[0]
        patient = cursor.execute(
            "INSERT INTO cases_patient (reference, given_name, family_name, date_of_birth, phone, email,"
            " preferred_channel, language, time_zone, is_provisional, registered_at, version, site_id)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '', true, %s, 1, %s) RETURNING id",
            [
                f"P-{uuid.uuid4().hex[:10].upper()}",
                answers["given_name"],
                answers["family_name"],
                date.fromisoformat(answers["date_of_birth"]),
                answers["phone"],
                answers["email"],
                answers["preferred_channel"],
                answers["language"],
                now,
                site,
            ],
        ).fetchone()[0]
        case = cursor.execute(
            "INSERT INTO cases_case (reference, site_id, patient_id, affects_left, affects_right, status, urgency,"
            " opened_at, status_since, updated_at, close_reason, ending_note, version)"
            " VALUES (%s, %s, %s, true, false, 'new', 'routine', %s, %s, %s, '', '', 1) RETURNING id",
            [reference, site, patient, now, now, now],
        ).fetchone()[0]
        cursor.execute(
            "INSERT INTO cases_symptomreport (case_id, source, reported_at, answers, shown, wording,"
            " questionnaire_version, rules_version, urgency)"
            " VALUES (%s, 'api', %s, %s, '[]', '[]', 'floor', 'floor', 'routine')",
            [case, now, Jsonb(answers)],
        )
        for day in range(1, REMINDERS + 1):
            due = now + timedelta(days=4 * day)
            cursor.execute(
                "INSERT INTO cases_reminder (id, case_id, patient_id, kind, channel, dedupe_key, due_at, try_at,"
                " expires_at, status, reason, attempts_made, fencing_token, planned_at)"
                " VALUES (%s, %s, %s, 'check_in', 'email', %s, %s, %s, %s, 'waiting', '', 0, 0, %s)",
                [uuid.uuid4(), case, patient, f"floor:{case}:{day}", due, due, due + timedelta(days=3), now],
            )
    return answer({"reference": reference}, 201)


@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """The newest 25 cases of a site, with their patients."""
    rows = (
        connection()
        .execute(
            "SELECT c.reference, c.status, c.urgency, c.affects_left, c.affects_right, c.opened_at, c.updated_at,"
            " c.version, c.therapist_id, p.reference, p.given_name, p.family_name"
            " FROM cases_case c JOIN cases_patient p ON p.id = c.patient_id"
            " WHERE c.site_id = (SELECT min(id) FROM accounts_site) ORDER BY c.opened_at DESC, c.id DESC LIMIT 25"
        )
        .fetchall()
    )
    connection().commit()
    return answer({"results": rows})


@require_GET
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """One case with its patient and latest report."""
    row = (
        connection()
        .execute(
            "SELECT c.reference, c.status, c.urgency, c.affects_left, c.affects_right, c.opened_at, c.updated_at,"
            " c.version, c.therapist_id, p.reference, p.given_name, p.family_name, p.phone, p.email,"
            " r.reported_at, r.answers"
            " FROM cases_case c JOIN cases_patient p ON p.id = c.patient_id"
            " LEFT JOIN LATERAL (SELECT reported_at, answers FROM cases_symptomreport r WHERE r.case_id = c.id"
            " ORDER BY r.reported_at DESC LIMIT 1) r ON true WHERE c.reference = %s",
            [reference],
        )
        .fetchone()
    )
    connection().commit()
    return answer(row)


urlpatterns = [
    path("submit/", submit),
    path("cases/", cases),
    path("cases/<str:reference>/", case),
]

application = get_wsgi_application()
