"""Claiming what is due: one short transaction that asks everything again and leases what may go."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings as installed
from django.db import connection
from django.db.models import Count, F, Min

from cases.models import Reminder, ReminderAttempt
from cases.rules import reminder_settings, sending
from cases.rules.follow_up import goes_on_after
from cases.rules.quiet_hours import next_opening
from cases.rules.reminder_settings import ASKED_FOR, IMPORTANT, PURPOSE, Settings
from cases.rules.schedule import open_day
from cases.rules.sending import Facts, Hold, Why
from cases.rules.terms import STOPPING, CaseStatus, Channel, MessageKind, Purpose
from cases.rules.time_zones import opening_in_all, zones_to_respect
from cases.services import gate, links
from cases.services.message_templates import own_words
from cases.services.transactions import one_transaction
from cases.services.turns import Turn, listed

BATCH = 100
SENDER_DIED = "the sender's time ran out after it had begun"
# A paused row is looked at again after this; whoever releases the pause makes it due at once.
PAUSED_FOR = timedelta(minutes=10)


class Due(NamedTuple):
    """What a claim reads of one row, in the order of `_READ`."""

    id: UUID
    kind: str
    channel: str
    fencing_token: int
    attempts_made: int
    expires_at: datetime
    patient_id: int
    phone: str
    email: str
    language: str
    is_provisional: bool
    patient_zone: str
    email_failed: bool
    phone_failed: bool
    site_id: int
    clinic: str
    clinic_phone: str
    site_zone: str
    case_status: str | None
    step: str | None
    is_answered: bool
    is_cancelled: bool
    visit_over: bool | None
    link_id: UUID | None
    link_purpose: str | None
    link_expired: bool | None
    link_used: bool
    flag_stands: bool
    agreed: list[str]
    withdrawn: list[str]
    said_at: list[datetime]
    stop_link: UUID | None
    leased_until: datetime | None
    claimed_at: datetime | None
    begun_at: datetime | None
    started_at: datetime | None

    @property
    def has_begun(self) -> bool:
        """Of a turn whose lease ran out. Before turns stood on the row, `started_at` alone said it."""
        return (self.begun_at if self.claimed_at else self.started_at) is not None


# Each channel has its own place in the index and its own limit, so that a slow provider holds nobody else up.
# A row that is leased keeps its place: a claim then changes no indexed column, which is most of what it would cost.
_TAKE = """
SELECT due.id
  FROM unnest(%(channels)s::text[], %(limits)s::int[]) AS lane(channel, most)
 CROSS JOIN LATERAL (
    SELECT r.id FROM cases_reminder r
     WHERE r.status = 'waiting' AND r.channel = lane.channel AND r.try_at <= %(now)s
       AND (r.leased_until IS NULL OR r.leased_until <= %(now)s)
     ORDER BY r.try_at LIMIT lane.most FOR NO KEY UPDATE SKIP LOCKED
 ) due
"""

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
       ARRAY(SELECT a.purpose FROM cases_contactconsent a
              WHERE a.patient_id = p.id AND a.channel = r.channel AND a.withdrawn_at IS NULL),
       ARRAY(SELECT w.purpose FROM cases_contactconsent w
              WHERE w.patient_id = p.id AND w.channel = r.channel AND w.withdrawn_at IS NOT NULL),
       ARRAY(SELECT said.settled_at FROM cases_reminder said
              WHERE said.patient_id = p.id AND said.status IN ('accepted', 'unknown')
                AND said.settled_at > %(week_ago)s AND said.channel <> 'phone'
              ORDER BY said.settled_at),
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
 WHERE r.id = ANY(%(ids)s::uuid[])
 ORDER BY r.try_at, r.id
"""

# A turn that ran out before it had begun was no try.
_LEASE = """
UPDATE cases_reminder r
   SET fencing_token = r.fencing_token + 1, leased_until = %(until)s, claimed_at = %(now)s, begun_at = NULL,
       held_for = '', attempts_made = r.attempts_made + CASE WHEN mine.counts THEN 1 ELSE 0 END
  FROM unnest(%(ids)s::uuid[], %(counts)s::boolean[]) AS mine(id, counts)
 WHERE r.id = mine.id
"""


@dataclass(frozen=True)
class Past:
    """Earlier turns of one row. unstarted, interrupted: the last one ran out before, or after, it had begun."""

    doubtful: int = 0
    doubtful_since: datetime | None = None
    unstarted: bool = False
    interrupted: bool = False


@dataclass
class _Sorted:
    """What a claim decided: to send, to try later and why, or settled with a reason."""

    ready: list[tuple[Due, Past]] = field(default_factory=list)
    later: dict[tuple[datetime, str], list[UUID]] = field(default_factory=lambda: defaultdict(list))
    settled: dict[tuple[Reminder.Status, str], list[UUID]] = field(default_factory=lambda: defaultdict(list))

    def ready_by_channel(self) -> dict[Channel, int]:
        found = Counter(row.channel for row, _ in self.ready)
        return {Channel(channel): count for channel, count in found.items()}


@dataclass
class _Ground:
    """What the rows of one claim share. said: when each patient was written to within a week, and will be now."""

    now: datetime
    opened: gate.Opened
    said: dict[int, list[datetime]] = field(default_factory=dict)
    openings: dict[tuple[str, str, int], datetime] = field(default_factory=dict)

    def settings_at(self, site_id: int) -> Settings:
        return self.opened.settings.get(site_id, reminder_settings.DEFAULT)

    def is_paused(self, row: Due) -> bool:
        pauses = self.opened.pauses
        return bool(pauses) and not pauses.isdisjoint({(row.site_id, ""), (None, row.kind), (row.site_id, row.kind)})

    def opening(self, row: Due) -> datetime:
        """When it is day where the patient is: reckoned once for everybody who lives by the same clock."""
        key = row.patient_zone, row.site_zone, row.site_id
        if key not in self.openings:
            zones = zones_to_respect(row.patient_zone, row.site_zone)
            self.openings[key] = opening_in_all(self.now, zones, self.settings_at(row.site_id).window)
        return self.openings[key]


@one_transaction
def claim_due(*, now: datetime, limit: int = BATCH) -> tuple[list[Turn], int]:
    """Lease up to `limit` rows of each channel that are due, and settle those that may not go.

    Returns the turns, and how many rows were met. Everything that speaks against sending is asked again here, of rows
    that are locked. No row is waited for: what another sender has in hand is skipped.
    """
    opened = gate.pass_gate(now=now, limit=limit)
    if opened is None:
        return [], 0
    due_ids = _take_due(now=now, limits=opened.limits)
    if not due_ids:
        return [], 0
    rows = _read(due_ids, now=now)
    past = _past_of([row for row in rows if row.attempts_made])
    _close_interrupted(rows, past, now=now)
    ground = _Ground(now, opened)
    sorted_ = _sort(rows, past, ground)
    for (status, reason), ids in sorted_.settled.items():
        _give_new_token(ids, status=status, reason=reason, settled_at=now, leased_until=None, held_for="")
    for (try_at, why), ids in sorted_.later.items():
        _give_new_token(ids, try_at=try_at, leased_until=None, held_for=why)
    gate.spend(sorted_.ready_by_channel(), opened, now=now)
    return _lease(sorted_.ready, ground), len(due_ids)


def _take_due(*, now: datetime, limits: Mapping[Channel, int]) -> list[UUID]:
    # Locked first and read afterwards, so that what is read was committed before nobody else could take the row.
    values: dict[str, Any] = {
        "channels": [channel.value for channel in limits],
        "limits": list(limits.values()),
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


def _past_of(rows: Sequence[Due]) -> dict[UUID, Past]:
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
        turns = past.get(row.id, _NO_PAST)
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


_NO_PAST = Past()


def _sort(rows: Sequence[Due], past: dict[UUID, Past], ground: _Ground) -> _Sorted:
    result = _Sorted()
    for row in rows:
        turns = past.get(row.id, _NO_PAST)
        against = _against(row, turns, ground)
        if against is not None:
            status, reason = against
            if turns.doubtful and status is not Reminder.Status.UNKNOWN:
                # It may have arrived before it was stopped: saying that it did not would be a guess.
                status, reason = Reminder.Status.UNKNOWN, f"perhaps sent; then {reason}"
            result.settled[status, reason].append(row.id)
            continue
        hold = _hold(row, turns, ground)
        if hold is None:
            result.ready.append((row, turns))
        else:
            until, why = hold
            result.later[min(until, row.expires_at), why].append(row.id)
    return result


def _against(row: Due, turns: Past, ground: _Ground) -> tuple[Reminder.Status, str] | None:
    """The status and reason to settle the row with; None when it may go as soon as the hour is right."""
    now = ground.now
    if now >= row.expires_at:
        why = Why.NOT_CALLED if row.channel == _PHONE else Why.EXPIRED
        return Reminder.Status.EXPIRED, why.value
    reason = sending.why_not(_facts(row, ground))
    if reason is not None:
        return Reminder.Status.SUPPRESSED, reason.value
    if row.channel == _SMS and not installed.SMS_GATEWAY_URL:
        return Reminder.Status.FAILED, Why.NO_GATEWAY.value
    if turns is _NO_PAST:
        return None
    if not sending.may_repeat(
        Channel(row.channel),
        doubtful=turns.doubtful,
        doubtful_since=turns.doubtful_since,
        now=now,
        gateway_keeps_keys=installed.SMS_GATEWAY_KEEPS_KEYS,
    ):
        return Reminder.Status.UNKNOWN, f"perhaps sent; {SENDER_DIED}"
    if row.attempts_made >= sending.MOST_TRIES and not turns.unstarted:
        return Reminder.Status.FAILED, f"given up after {row.attempts_made} tries"
    return None


def _facts(row: Due, ground: _Ground) -> Facts:
    settings = ground.settings_at(row.site_id)
    purpose = _PURPOSE.get(row.kind, Purpose.FOLLOW_UP)
    consent = Purpose.ALL in row.agreed or purpose in row.agreed
    return Facts(
        case_ended=row.case_status in _ENDED and not goes_on_after(CaseStatus(row.case_status), row.step),
        flag_stands=row.flag_stands,
        answered=row.is_answered,
        form_sent_back=row.link_used and row.kind == MessageKind.FORM_REPEAT,
        check_in_over=row.is_cancelled,
        visit_over=row.kind == MessageKind.VISIT and row.visit_over is not False,
        link_expired=row.link_expired is True,
        switched_off=row.kind in settings.kinds_off or (row.channel == _SMS and not settings.sms_allowed),
        provisional=row.is_provisional,
        consent=consent,
        refused=not consent and (Purpose.ALL in row.withdrawn or purpose in row.withdrawn),
        asked_for=row.kind in ASKED_FOR,
        address=bool(_address_on(row)),
        contact_failed=row.email_failed if row.channel == _EMAIL else row.channel == _SMS and row.phone_failed,
    )


def _hold(row: Due, turns: Past, ground: _Ground) -> tuple[datetime, str] | None:
    """Until when the row waits, and why; None when it may go now."""
    now = ground.now
    if row.channel == _PHONE:
        # A person makes the call; the clock only notices when nobody did.
        return row.expires_at, ""
    if ground.is_paused(row):
        return now + PAUSED_FOR, Hold.PAUSED
    opening = ground.opening(row)
    if opening > now:
        return opening, Hold.QUIET_HOURS
    if row.kind in IMPORTANT or turns.doubtful:
        # What perhaps arrived already is no further message.
        return None
    settings = ground.settings_at(row.site_id)
    closed = ground.opened.closed_days.get(row.site_id)
    if closed:
        zone = zones_to_respect(row.patient_zone, row.site_zone)[0]
        opens = open_day(now, zone, settings, closed)
        if opens > now:
            return next_opening(opens, zone, settings.window), Hold.CLOSED_DAY
    said = ground.said.setdefault(row.patient_id, list(row.said_at))
    free_at = sending.room_for_one_more(said, most=settings.cap_per_week, now=now)
    if free_at > now:
        return free_at, Hold.ENOUGH_THIS_WEEK
    said.append(now)
    return None


def _address_on(row: Due) -> str:
    return row.email if row.channel == _EMAIL else row.phone


def _lease(ready: Sequence[tuple[Due, Past]], ground: _Ground) -> list[Turn]:
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
            to=_address_on(row),
            language=_language(row, ground),
            clinic=row.clinic,
            phone=row.clinic_phone,
            link=(row.link_purpose, row.link_id) if row.link_purpose and row.link_id else None,
            stop_link=row.stop_link or stops[row.patient_id],
            expires_at=row.expires_at,
            tries=row.attempts_made + (0 if turns.unstarted else 1),
            doubtful=turns.doubtful,
            doubtful_since=turns.doubtful_since,
            site_id=row.site_id,
            own=own.get((row.site_id, row.kind, _language(row, ground), row.channel)),
        )
        for row, turns in ready
    ]


def _language(row: Due, ground: _Ground) -> str:
    """The patient's, if the site writes it; otherwise the site's first."""
    spoken = ground.settings_at(row.site_id).languages
    return row.language if row.language in spoken else spoken[0]


def _give_new_token(ids: Sequence[UUID], **columns: object) -> None:
    """Change locked rows; whoever held them before can no longer mark them."""
    if ids:
        Reminder.objects.filter(pk__in=ids).update(fencing_token=F("fencing_token") + 1, **columns)


_PURPOSE = {kind.value: purpose for kind, purpose in PURPOSE.items()}
_EMAIL, _SMS, _PHONE = Channel.EMAIL.value, Channel.SMS.value, Channel.PHONE.value
_ENDED = frozenset({CaseStatus.DISCHARGED.value, CaseStatus.CLOSED.value})
_STOPPING = sorted(level.value for level in STOPPING)
