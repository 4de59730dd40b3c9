"""Claiming what is due: one short transaction that asks everything again and leases what may go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Min

from cases.models import Reminder, ReminderAttempt
from cases.rules import sending
from cases.rules.terms import STOPPING, Channel
from cases.services import gate, links
from cases.services.message_templates import own_words
from cases.services.transactions import one_transaction
from cases.services.turns import Turn, listed
from cases.services.verdicts import NO_PAST, SENDER_DIED, Due, Ground, Past, address_on, language_of, sort_rows

BATCH = 100


# Each channel has its own place in the index and its own limit, so that a slow provider holds nobody else up.
# A row that is leased keeps its place: a claim then changes no indexed column, which is most of what it would cost.
# One claim at a time has a patient in hand, so that two cannot both find room for one more message this week. Whoever
# comes second leaves the patient to the first: waiting would cost more than the next look, and a row's lock the disk.
_TAKE = """
SELECT due.id
  FROM unnest(%(channels)s::text[], %(limits)s::int[]) AS lane(channel, most)
 CROSS JOIN LATERAL (
    SELECT r.id, r.patient_id FROM cases_reminder r
     WHERE r.status = 'waiting' AND r.channel = lane.channel AND r.try_at <= %(now)s
       AND (r.leased_until IS NULL OR r.leased_until <= %(now)s)
     ORDER BY r.try_at LIMIT lane.most FOR NO KEY UPDATE SKIP LOCKED
 ) due
 WHERE pg_try_advisory_xact_lock(%(patients)s, (due.patient_id %% 2147483647)::int)
"""
# What PostgreSQL knows our locks of patients by; nobody else in this database takes such locks.
_PATIENTS = 1

# By what they are about, not by their key: of two that are due together the same one must get the last turn of a week
# whenever it was planned.
_READ = """
SELECT r.id, r.kind, r.channel, r.fencing_token, r.attempts_made, r.expires_at,
       p.id, p.phone, p.email, p.language, p.is_provisional, p.time_zone,
       p.email_failed_at IS NOT NULL, p.phone_failed_at IS NOT NULL,
       s.id, s.name, s.phone, s.time_zone,
       c.status, ci.step, ci.answered_at IS NOT NULL, ci.cancelled_at IS NOT NULL,
       v.status <> 'planned' OR v.starts_at <= %(now)s,
       l.id, l.purpose, l.expires_at <= %(now)s, l.used_at IS NOT NULL,
       EXISTS (SELECT FROM cases_flag f
                WHERE f.case_id = r.case_id AND f.cleared_at IS NULL AND f.level = ANY(%(stopping)s)),
       consent.agreed, consent.withdrawn,
       ARRAY(SELECT said.settled_at FROM cases_reminder said
              WHERE said.patient_id = p.id AND said.status IN ('accepted', 'unknown')
                AND said.settled_at > %(week_ago)s AND said.channel <> 'phone'
              ORDER BY said.settled_at),
       (SELECT count(*) FROM cases_reminder under_way
         WHERE under_way.patient_id = p.id AND under_way.status = 'waiting' AND under_way.channel <> 'phone'
           AND under_way.id <> r.id AND (under_way.leased_until > %(now)s OR under_way.started_at IS NOT NULL)),
       (SELECT stop.id FROM cases_link stop
         WHERE stop.patient_id = p.id AND stop.purpose = 'contact' AND stop.expires_at >= %(lasting)s
         ORDER BY stop.made_at DESC, stop.id DESC LIMIT 1),
       r.leased_until, r.claimed_at, r.begun_at, r.started_at
  FROM cases_reminder r
  JOIN cases_patient p ON p.id = r.patient_id
  JOIN accounts_site s ON s.id = p.site_id
  LEFT JOIN cases_case c ON c.id = r.case_id
  LEFT JOIN cases_checkin ci ON ci.id = r.check_in_id
  LEFT JOIN cases_visit v ON v.id = r.visit_id
  LEFT JOIN cases_link l ON l.id = r.link_id
 CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(a.purpose) FILTER (WHERE a.withdrawn_at IS NULL), '{}') AS agreed,
           coalesce(array_agg(a.purpose) FILTER (WHERE a.withdrawn_at IS NOT NULL), '{}') AS withdrawn
      FROM cases_contactconsent a WHERE a.patient_id = p.id AND a.channel = r.channel
 ) consent
 WHERE r.id = ANY(%(ids)s::uuid[])
 ORDER BY r.try_at, r.dedupe_key
"""

# A turn that ran out before it had begun was no try.
_LEASE = """
UPDATE cases_reminder r
   SET fencing_token = r.fencing_token + 1, leased_until = %(until)s, claimed_at = %(now)s, begun_at = NULL,
       held_for = '', attempts_made = r.attempts_made + CASE WHEN mine.counts THEN 1 ELSE 0 END
  FROM unnest(%(ids)s::uuid[], %(counts)s::boolean[]) AS mine(id, counts)
 WHERE r.id = mine.id
"""


@one_transaction
def claim_due(
    *, now: datetime, limit: int = BATCH, channels: Collection[Channel] | None = None
) -> tuple[list[Turn], int]:
    """Lease up to `limit` rows of each channel (None: of all) that are due, and settle those that may not go.

    Returns the turns, and how many rows were met. Everything that speaks against sending is asked again here, of rows
    that are locked. No row is waited for: what another sender has in hand is skipped.
    """
    opened = gate.pass_gate(now=now, limit=limit)
    if opened is None:
        return [], 0
    limits = {each: most for each, most in opened.limits.items() if channels is None or each in channels}
    due_ids = _take_due(now=now, limits=limits)
    if not due_ids:
        return [], 0
    rows = _read(due_ids, now=now)
    past = past_of([row for row in rows if row.attempts_made])
    _close_interrupted(rows, past, now=now)
    ground = Ground(now, opened)
    sorted_ = sort_rows(rows, past, ground)
    for (status, reason), ids in sorted_.settled.items():
        _give_new_token(ids, status=status, reason=reason, settled_at=now, leased_until=None, held_for="")
    for (try_at, why), ids in sorted_.later.items():
        _give_new_token(ids, try_at=try_at, leased_until=None, held_for=why)
        # Their lease says no longer that the last turn was none.
        uncounted = [each for each in ids if past.get(each, NO_PAST).unstarted]
        if uncounted:
            Reminder.objects.filter(pk__in=uncounted).update(attempts_made=F("attempts_made") - 1)
    gate.spend(sorted_.ready_by_channel(), opened, now=now)
    return _lease(sorted_.ready, ground), len(due_ids)


def _take_due(*, now: datetime, limits: Mapping[Channel, int]) -> list[UUID]:
    # Locked first and read afterwards, so that what is read was committed before nobody else could take the row.
    values: dict[str, Any] = {
        "channels": [channel.value for channel in limits],
        "limits": list(limits.values()),
        "patients": _PATIENTS,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return [row[0] for row in cursor.fetchall()]


def _read(ids: Sequence[UUID], *, now: datetime) -> list[Due]:
    values: dict[str, Any] = {
        "ids": listed(ids),
        "now": now,
        "stopping": _STOPPING,
        "week_ago": now - sending.WEEK,
        "lasting": now + links.STOP_LASTS / 2,
    }
    with connection.cursor() as cursor:
        cursor.execute(_READ, values)
        return [Due(*row) for row in cursor.fetchall()]


def past_of(rows: Sequence[Due]) -> dict[UUID, Past]:
    """What became of the earlier turns of rows that were tried before, in one statement."""
    if not rows:
        return {}
    found = {
        reminder: (doubtful, since)
        for reminder, doubtful, since in ReminderAttempt.objects.filter(
            reminder__in=[row.id for row in rows], result=ReminderAttempt.Result.AMBIGUOUS
        )
        .values("reminder")
        .annotate(doubtful=Count("pk"), since=Min("started_at"))
        .values_list("reminder", "doubtful", "since")
    }
    past = {}
    for row in rows:
        doubtful, since = found.get(row.id, (0, None))
        ran_out = row.leased_until is not None
        if ran_out and row.has_begun:
            doubtful, since = doubtful + 1, since or row.begun_at or row.started_at
        past[row.id] = Past(doubtful, since, ran_out and not row.has_begun, ran_out and row.has_begun)
    return past


def _close_interrupted(rows: Sequence[Due], past: dict[UUID, Past], *, now: datetime) -> None:
    """Write down the turns whose sender never came back."""
    ended = []
    for row in rows:
        turns = past.get(row.id, NO_PAST)
        if turns.interrupted or turns.unstarted:
            result = ReminderAttempt.Result.AMBIGUOUS if turns.interrupted else ReminderAttempt.Result.NEVER_STARTED
            ended.append(
                ReminderAttempt(
                    reminder_id=row.id,
                    fencing_token=row.fencing_token,
                    claimed_at=row.claimed_at or now,
                    started_at=(row.begun_at or row.started_at) if turns.interrupted else None,
                    ended_at=now,
                    result=result,
                    detail=SENDER_DIED if turns.interrupted else "",
                )
            )
    ReminderAttempt.objects.bulk_create(
        ended,
        update_conflicts=True,
        unique_fields=["reminder", "fencing_token"],
        update_fields=["ended_at", "result", "detail"],
    )


def _lease(ready: Sequence[tuple[Due, Past]], ground: Ground) -> list[Turn]:
    if not ready:
        return []
    values: dict[str, Any] = {
        "ids": listed(row.id for row, _ in ready),
        "counts": listed(not turns.unstarted for _, turns in ready),
        "until": ground.now + sending.LEASE,
        "now": ground.now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, values)
    without = {row.patient_id for row, _ in ready if row.stop_link is None}
    stops = links.stop_links(without, now=ground.now) if without else {}
    own = own_words({row.site_id for row, _ in ready}) if ground.opened.own_words else {}
    return [
        Turn(
            reminder_id=row.id,
            fencing_token=row.fencing_token + 1,
            kind=row.kind,
            channel=Channel(row.channel),
            to=address_on(row),
            language=language_of(row, ground),
            clinic=row.clinic,
            phone=row.clinic_phone,
            link=(row.link_purpose, row.link_id) if row.link_purpose and row.link_id else None,
            stop_link=row.stop_link or stops[row.patient_id],
            expires_at=row.expires_at,
            closes_at=ground.closing(row),
            tries=row.attempts_made + (0 if turns.unstarted else 1),
            doubtful=turns.doubtful,
            doubtful_since=turns.doubtful_since,
            site_id=row.site_id,
            own=own.get((row.site_id, row.kind, language_of(row, ground), row.channel)),
        )
        for row, turns in ready
    ]


def _give_new_token(ids: Sequence[UUID], **columns: object) -> None:
    """Change locked rows; whoever held them before can no longer mark them."""
    if ids:
        Reminder.objects.filter(pk__in=ids).update(fencing_token=F("fencing_token") + 1, **columns)


_STOPPING = sorted(level.value for level in STOPPING)
