"""Whose turn it is to send: rows claimed for a while, begun, and marked by whoever still holds them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from cases.messages.render import Words
from cases.messages.results import Outcome, Sent
from cases.models import Reminder, ReminderAttempt
from cases.rules import sending
from cases.rules.reminder_settings import ASKED_FOR, PURPOSE
from cases.rules.terms import Channel, Purpose
from cases.services import links
from cases.services.transactions import one_transaction

log = logging.getLogger(__name__)


class Turn(NamedTuple):
    """One claimed reminder. fencing_token: the proof that it is ours. link: its purpose and id.

    closes_at: when the day ends where the patient is, or may be: it begins before then or not at all.
    doubtful: earlier turns that may have sent it; doubtful_since: when the first of them began.
    own: the site's own words for it, None for the shipped ones.
    """

    reminder_id: UUID
    fencing_token: int
    kind: str
    channel: Channel
    to: str
    language: str
    clinic: str
    phone: str
    link: tuple[str, UUID] | None
    stop_link: UUID
    expires_at: datetime
    closes_at: datetime
    tries: int
    doubtful: int = 0
    doubtful_since: datetime | None = None
    site_id: int = 0
    own: Words | None = None

    @property
    def address(self) -> str:
        """Where the message leads, "" for one that leads nowhere; its secret is derived only now."""
        return links.address_of(*self.link) if self.link else ""

    @property
    def stop_address(self) -> str:
        return links.address_of("contact", self.stop_link)


def database_now() -> datetime:
    """The database's clock: the one every worker agrees on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


# The rows are locked in order of their key first, as planning does: else two could wait for each other.
# Begun only once: a claim does not wait for the disk, and what a crash took back is claimed again under the same token.
_START = """
WITH mine AS (
    SELECT r.id, CASE r.channel WHEN 'email' THEN p.email ELSE p.phone END AS address
      FROM cases_reminder r
      JOIN unnest(%(ids)s::uuid[], %(tokens)s::bigint[], %(closings)s::timestamptz[]) AS turn(id, token, closes_at)
        ON r.id = turn.id
      JOIN cases_patient p ON p.id = r.patient_id
     WHERE r.fencing_token = turn.token AND r.status = 'waiting' AND r.begun_at IS NULL AND r.leased_until > %(enough)s
       AND CASE r.channel WHEN 'email' THEN p.email ELSE p.phone END <> ''
       AND (r.kind = ANY(%(asked_for)s) OR EXISTS (
            SELECT FROM cases_contactconsent c
             WHERE c.patient_id = r.patient_id AND c.channel = r.channel AND c.withdrawn_at IS NULL
               AND c.purpose IN ('all', CASE WHEN r.kind = ANY(%(visits)s) THEN 'visits' ELSE 'follow_up' END)))
       AND r.expires_at > %(now)s AND turn.closes_at > %(now)s
       AND NOT EXISTS (SELECT FROM cases_pause z WHERE z.released_at IS NULL
            AND (z.site_id IS NULL OR z.site_id = p.site_id) AND z.kind IN ('', r.kind))
     ORDER BY r.id FOR NO KEY UPDATE OF r
)
UPDATE cases_reminder r SET begun_at = %(now)s, started_at = coalesce(r.started_at, %(now)s)
  FROM mine WHERE r.id = mine.id
RETURNING r.id, mine.address
"""


_ASKED_FOR = sorted(kind.value for kind in ASKED_FOR)
_VISITS = sorted(kind.value for kind, purpose in PURPOSE.items() if purpose is Purpose.VISITS)


@one_transaction
def start(turns: Sequence[Turn], *, now: datetime) -> list[Turn]:
    """Commit that sending begins; the turns that may go on, each to the address the patient has at this moment.

    The others were taken back or paused meanwhile, lost their consent or their address, came too late in the day or
    altogether, or have too little of their lease left. Give them back: the next claim says which.
    """
    values: dict[str, Any] = {
        "ids": listed(turn.reminder_id for turn in turns),
        "tokens": listed(turn.fencing_token for turn in turns),
        "closings": listed(turn.closes_at for turn in turns),
        "now": now,
        "enough": now + sending.LONGEST_SEND,
        "asked_for": _ASKED_FOR,
        "visits": _VISITS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_START, values)
        begun = dict(cursor.fetchall())
    return [_to(begun[turn.reminder_id], turn) for turn in turns if turn.reminder_id in begun]


def _to(address: str, turn: Turn) -> Turn:
    return turn if turn.to == address else turn._replace(to=address)


_GIVE_BACK = """
WITH mine AS (
    SELECT r.id
      FROM cases_reminder r JOIN unnest(%(ids)s::uuid[], %(tokens)s::bigint[]) AS turn(id, token) ON r.id = turn.id
     WHERE r.fencing_token = turn.token AND r.status = 'waiting' AND r.begun_at IS NULL
     ORDER BY r.id FOR NO KEY UPDATE OF r
)
UPDATE cases_reminder r SET leased_until = %(now)s FROM mine WHERE r.id = mine.id
"""


@one_transaction
def give_back(turns: Sequence[Turn], *, now: datetime) -> None:
    """Turns that were claimed and will not begin here: whoever comes next takes them, and no try is counted."""
    values: dict[str, Any] = {
        "ids": listed(turn.reminder_id for turn in turns),
        "tokens": listed(turn.fencing_token for turn in turns),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, values)


def listed(values: Iterable[UUID | int | datetime | bool | None]) -> str:
    """An array as PostgreSQL reads it, of values without a comma: ten times as fast as one parameter each."""
    return "{" + ",".join([_as_text(value) for value in values]) + "}"


def _as_text(value: UUID | int | datetime | bool | None) -> str:
    # Without its dashes a key is written in a third of the time.
    if isinstance(value, UUID):
        return value.hex
    return "NULL" if value is None else str(value)


class Mark(NamedTuple):
    """What a finished turn makes of its reminder. try_at: when it is looked at again, if it still waits."""

    turn: Turn
    result: ReminderAttempt.Result
    status: Reminder.Status
    reason: str = ""
    try_at: datetime | None = None
    detail: str = ""


def mark_of(turn: Turn, sent: Sent, *, now: datetime) -> Mark:
    """Accepted, refused for good, to be tried again after a pause, or in doubt and handled by its channel's rule."""
    detail = sent.detail[:200]
    match sent.outcome:
        case Outcome.ACCEPTED:
            return Mark(turn, ReminderAttempt.Result.ACCEPTED, Reminder.Status.ACCEPTED, detail=detail)
        case Outcome.REFUSED:
            return _over(turn, ReminderAttempt.Result.REFUSED, detail, doubtful=turn.doubtful)
        case Outcome.RETRY:
            if turn.tries >= sending.MOST_TRIES:
                reason = f"{detail}; given up after {turn.tries} tries"
                return _over(turn, ReminderAttempt.Result.RETRY, reason, doubtful=turn.doubtful)
            result = ReminderAttempt.Result.RETRY
        case Outcome.AMBIGUOUS:
            may = sending.may_repeat(
                turn.channel,
                doubtful=turn.doubtful + 1,
                doubtful_since=turn.doubtful_since or now,
                now=now,
                gateway_keeps_keys=settings.SMS_GATEWAY_KEEPS_KEYS,
            )
            if not may or turn.tries >= sending.MOST_TRIES:
                return _over(turn, ReminderAttempt.Result.AMBIGUOUS, detail, doubtful=turn.doubtful + 1)
            result = ReminderAttempt.Result.AMBIGUOUS
    pause = sending.pause_after(turn.tries, key=str(turn.reminder_id), asked=sent.wait)
    # Never past its end, so that its end is noticed on time.
    return Mark(turn, result, Reminder.Status.WAITING, try_at=min(now + pause, turn.expires_at), detail=detail)


def _over(turn: Turn, result: ReminderAttempt.Result, reason: str, *, doubtful: int) -> Mark:
    if doubtful:
        return Mark(turn, result, Reminder.Status.UNKNOWN, f"perhaps sent; {reason}"[:120], detail=reason[:200])
    return Mark(turn, result, Reminder.Status.FAILED, reason[:120], detail=reason[:200])


# started_at stays while it may have been sent, and goes when it certainly was not.
_MARK = """
WITH mine AS (
    SELECT r.id, mark.token, mark.try_at, mark.provider_id, r.claimed_at, r.begun_at
      FROM cases_reminder r JOIN unnest(
            %(ids)s::uuid[], %(tokens)s::bigint[], %(tries_at)s::timestamptz[], %(provider_ids)s::text[]
           ) AS mark(reminder_id, token, try_at, provider_id) ON r.id = mark.reminder_id
     WHERE r.fencing_token = mark.token AND r.status = 'waiting'
     ORDER BY r.id FOR NO KEY UPDATE OF r
), marked AS (
    UPDATE cases_reminder r
       SET status = %(status)s, reason = %(reason)s, leased_until = NULL,
           try_at = coalesce(mine.try_at, r.try_at),
           started_at = CASE WHEN %(waits)s AND NOT %(in_doubt)s THEN NULL ELSE r.started_at END,
           settled_at = CASE WHEN %(waits)s THEN NULL ELSE %(now)s END
      FROM mine WHERE r.id = mine.id
    RETURNING r.id, mine.token, mine.claimed_at, mine.begun_at, mine.provider_id
)
INSERT INTO cases_reminderattempt
       (reminder_id, fencing_token, claimed_at, started_at, ended_at, result, detail, words, provider_id)
SELECT id, token, coalesce(claimed_at, %(now)s), begun_at, %(now)s, %(result)s, %(detail)s, %(words)s, provider_id
  FROM marked
    ON CONFLICT (reminder_id, fencing_token) DO UPDATE
   SET result = excluded.result, detail = excluded.detail, ended_at = excluded.ended_at, words = excluded.words,
       provider_id = excluded.provider_id
RETURNING reminder_id
"""


def _texts(values: list[str]) -> list[str] | str:
    return values if any(values) else "{" + ",".join(['""'] * len(values)) + "}"


@one_transaction
def mark(results: Sequence[tuple[Turn, Sent]], *, now: datetime) -> int:
    """Record what became of turns we still hold; how many there were. A lost turn is logged and changes nothing."""
    marks = [(mark_of(turn, sent, now=now), sent) for turn, sent in results]
    # Most end alike: one statement for all that do.
    alike: dict[tuple[Any, ...], list[tuple[Mark, Sent]]] = defaultdict(list)
    for each, sent in marks:
        in_doubt = each.turn.doubtful > 0 or each.result is ReminderAttempt.Result.AMBIGUOUS
        alike[each.status, each.reason, each.result, each.detail, sent.words[:80], in_doubt].append((each, sent))
    held: set[UUID] = set()
    with connection.cursor() as cursor:
        for ending in sorted(alike):
            status, reason, result, detail, words, in_doubt = ending
            group = alike[ending]
            values: dict[str, Any] = {
                "now": now,
                "ids": listed(each.turn.reminder_id for each, _ in group),
                "tokens": listed(each.turn.fencing_token for each, _ in group),
                "tries_at": listed(each.try_at for each, _ in group),
                "provider_ids": _texts([sent.provider_id[:120] for _, sent in group]),
                "status": status.value,
                "reason": reason,
                "result": result.value,
                "detail": detail,
                "words": words,
                "in_doubt": in_doubt,
                "waits": status is Reminder.Status.WAITING,
            }
            cursor.execute(_MARK, values)
            held.update(row[0] for row in cursor.fetchall())
    for each, _ in marks:
        if each.turn.reminder_id not in held:
            log.warning(
                "reminder %s: turn %s was lost, its %s is not recorded",
                each.turn.reminder_id,
                each.turn.fencing_token,
                each.result.value,
            )
    return len(held)
