"""Many cases by bulk SQL: copies of one case that the services made, under other names and at other times."""

from __future__ import annotations

from django.db import connection, models

from cases.models import (
    Case,
    CaseEvent,
    CheckIn,
    ContactConsent,
    Link,
    Outcome,
    Patient,
    Reminder,
    Suggestion,
    SymptomReport,
)
from intake.models import Submission

# Far above what the template took, so that a copy's id says which copy it is.
BASE = 1_000_000
COPY = f"({BASE} + n)"
_LINK = "md5('link' || n)::uuid"
_OPENED = "now() - n * interval '1 minute'"
# Of ten cases: six ended, two in treatment, one scheduled, one new.
_STATUS = (
    "(ARRAY['discharged','discharged','discharged','discharged','closed','closed','in_treatment','in_treatment',"
    "'scheduled','new'])[1 + n % 10]"
)
_ENDED = "(n % 10 < 6)"


def copy_case(template: Case, *, times: int, site_ids: list[int], therapist_ids: list[int]) -> None:
    """Copies of the template with its whole record; therapists in the order of their sites."""
    sites, therapists = f"ARRAY{site_ids}::bigint[]", f"ARRAY{therapist_ids}::bigint[]"
    own = f"case_id = {template.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")

        def copy(model: type[models.Model], where: str, **columns: str) -> None:
            _copy(cursor, model, where, times, columns)

        copy(
            Patient,
            f"id = {template.patient_id}",
            id=COPY,
            reference="'P-B' || lpad(n::text, 9, '0')",
            family_name="'Copy' || n",
            email="'copy' || n || '@example.org'",
            site_id=f"({sites})[1 + n % 2]",
            is_provisional="false",
            registered_at=_OPENED,
        )
        copy(ContactConsent, f"patient_id = {template.patient_id}", patient_id=COPY)
        copy(
            Case,
            f"id = {template.pk}",
            id=COPY,
            reference="'K-B' || lpad(n::text, 7, '0')",
            patient_id=COPY,
            site_id=f"({sites})[1 + n % 2]",
            therapist_id=f"({therapists})[1 + n % 2]",
            status=_STATUS,
            opened_at=_OPENED,
            status_since=_OPENED,
            updated_at=_OPENED,
            ended_at=f"CASE WHEN {_ENDED} THEN now() END",
            close_reason=f"CASE WHEN {_STATUS} = 'closed' THEN 'declined' ELSE '' END",
        )
        # Its wording is many times as long as all the rest, and nothing measured reads it.
        copy(SymptomReport, own, id=COPY, case_id=COPY, reported_at=_OPENED, wording="'[]'::jsonb")
        copy(Suggestion, own, case_id=COPY, report_id=COPY, made_at=_OPENED)
        copy(Outcome, own, case_id=COPY, report_id=COPY, taken_at=_OPENED)
        copy(CaseEvent, own, case_id=COPY, patient_id=COPY, at=_OPENED)
        copy(
            Link,
            f"patient_id = {template.patient_id}",
            id=_LINK,
            patient_id=COPY,
            digest="md5('a' || n) || md5('b' || n)",
        )
        copy(CheckIn, own, id=COPY, case_id=COPY, link_id=_LINK)
        copy(
            Reminder,
            own,
            id="gen_random_uuid()",
            case_id=COPY,
            patient_id=COPY,
            check_in_id=COPY,
            link_id=_LINK,
            dedupe_key="'copy:' || n || ':' || t.kind",
            status=f"CASE WHEN {_ENDED} THEN 'accepted' ELSE 'waiting' END",
            settled_at=f"CASE WHEN {_ENDED} THEN now() END",
        )
        copy(Submission, own, key="'copy:' || n", case_id=COPY, patient_id=COPY)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def _copy(cursor: object, model: type[models.Model], where: str, times: int, columns: dict[str, str]) -> None:
    table = model._meta.db_table
    names = [field.column for field in model._meta.concrete_fields if field.column != "id" or "id" in columns]
    values = [columns.get(name, f"t.{name}") for name in names]
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" FROM generate_series(1, {times}) AS n CROSS JOIN (SELECT * FROM {table} WHERE {where}) AS t"
    )
