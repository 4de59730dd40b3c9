"""Claiming what is due: one short transaction that asks everything again and leases what may go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q

from cases.models import Flag, Reminder, ReminderAttempt
from cases.models.choices import values_of
from cases.rules import sending
from cases.rules.lifecycle import ENDED
from cases.rules.quiet_hours import next_opening
from cases.rules.sending import Facts, Why
from cases.rules.terms import Channel, VisitStatus
from cases.rules.wall_clock import zone_of
from cases.services import links
from cases.services.message_templates import own_words
from cases.services.reminders import consents_of
from cases.services.turns import Turn

BATCH = 100
SENDER_DIED = "the sender's time ran out after it had begun"


class Due(NamedTuple):
    """What a claim reads of one row, in the order of `_COLUMNS`."""

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
    site_id: int
    clinic: str
    clinic_phone: str
    site_zone: str
    case_status: str | None
    check_in_id: int | None
    answered_at: datetime | None
    cancelled_at: datetime | None
    visit_status: str | None
    visit_starts_at: datetime | None
    link_id: UUID | None
    link_purpose: str | None
    link_expires_at: datetime | None
    flag_stands: bool


_COLUMNS = (
    "id",
    "kind",
    "channel",
    "fencing_token",
    "attempts_made",
    "expires_at",
    "patient_id",
    "patient__phone",
    "patient__email",
    "patient__language",
    "patient__is_provisional",
    "patient__time_zone",
    "patient__site_id",
    "patient__site__name",
    "patient__site__phone",
    "patient__site__time_zone",
    "case__status",
    "check_in_id",
    "check_in__answered_at",
    "check_in__cancelled_at",
    "visit__status",
    "visit__starts_at",
    "link_id",
    "link__purpose",
    "link__expires_at",
    "flag_stands",
)


@dataclass(frozen=True)
class Past:
    """Earlier turns of one row. unstarted, interrupted: the last one ran out before, or after, it had begun."""

    doubtful: int = 0
    doubtful_since: datetime | None = None
    unstarted: bool = False
    interrupted: bool = False


@dataclass
class _Sorted:
    """What a claim decided: to send, to try later, or settled with a reason."""

    ready: list[tuple[Due, Past]] = field(default_factory=list)
    later: dict[datetime, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    settled: dict[tuple[Reminder.Status, str], list[UUID]] = field(default_factory=lambda: defaultdict(list))


@transaction.atomic
def claim_due(*, now: datetime, limit: int = BATCH) -> tuple[list[Turn], int]:
    """Lease up to `limit` rows that are due, and settle those that may not go; the turns, and how many rows were met.

    Everything that speaks against sending is asked again here, of rows that are locked. No row is waited for: what
    another sender has in hand is skipped.
    """
    due_ids = _take_due(now=now, limit=limit)
    if not due_ids:
        return [], 0
    rows = _read(due_ids)
    past = _past_of([row for row in rows if row.attempts_made])
    _close_interrupted(past, now=now)
    sorted_ = _sort(rows, past, now=now)
    for (status, reason), ids in sorted_.settled.items():
        _give_new_token(ids, status=status, reason=reason, settled_at=now, leased_until=None)
    for try_at, ids in sorted_.later.items():
        _give_new_token(ids, try_at=try_at, leased_until=None)
    return _lease(sorted_.ready, now=now), len(due_ids)


def _take_due(*, now: datetime, limit: int) -> list[UUID]:
    # Locked first and read afterwards, so that what is read was committed before nobody else could take the row.
    due = Reminder.objects.waiting().filter(try_at__lte=now).order_by("try_at", "pk")
    return list(due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit])


def _read(ids: Sequence[UUID]) -> list[Due]:
    flags = Flag.objects.standing().stopping().filter(case=OuterRef("case"))
    rows = Reminder.objects.filter(pk__in=ids).annotate(flag_stands=Exists(flags)).order_by("try_at", "pk")
    return [Due(*row) for row in rows.values_list(*_COLUMNS)]


def _past_of(rows: Sequence[Due]) -> dict[UUID, Past]:
    if not rows:
        return {}
    begun = Q(result=ReminderAttempt.Result.AMBIGUOUS) | Q(result=ReminderAttempt.Result.OPEN, started_at__isnull=False)
    found = (
        ReminderAttempt.objects.filter(reminder__in=[row.id for row in rows])
        .values("reminder")
        .annotate(
            doubtful=Count("pk", filter=begun),
            since=Min("started_at", filter=begun),
            unstarted=Count("pk", filter=Q(result=ReminderAttempt.Result.OPEN, started_at__isnull=True)),
            interrupted=Count("pk", filter=Q(result=ReminderAttempt.Result.OPEN, started_at__isnull=False)),
        )
        .values_list("reminder", "doubtful", "since", "unstarted", "interrupted")
    )
    return {
        reminder: Past(doubtful, since, unstarted > 0, interrupted > 0)
        for reminder, doubtful, since, unstarted, interrupted in found
    }


def _close_interrupted(past: dict[UUID, Past], *, now: datetime) -> None:
    open_ = ReminderAttempt.objects.filter(result=ReminderAttempt.Result.OPEN)
    unstarted = [reminder for reminder, turns in past.items() if turns.unstarted]
    if unstarted:
        open_.filter(reminder__in=unstarted, started_at__isnull=True).update(
            result=ReminderAttempt.Result.NEVER_STARTED, ended_at=now
        )
    interrupted = [reminder for reminder, turns in past.items() if turns.interrupted]
    if interrupted:
        open_.filter(reminder__in=interrupted, started_at__isnull=False).update(
            result=ReminderAttempt.Result.AMBIGUOUS, ended_at=now, detail=SENDER_DIED
        )


def _sort(rows: Sequence[Due], past: dict[UUID, Past], *, now: datetime) -> _Sorted:
    consents = consents_of(sorted({row.patient_id for row in rows}))
    result = _Sorted()
    for row in rows:
        turns = past.get(row.id, Past())
        against = _against(row, turns, consents[row.patient_id], now=now)
        if against is not None:
            status, reason = against
            if turns.doubtful and status is not Reminder.Status.UNKNOWN:
                # It may have arrived before it was stopped: saying that it did not would be a guess.
                status, reason = Reminder.Status.UNKNOWN, f"perhaps sent; then {reason}"
            result.settled[status, reason].append(row.id)
            continue
        opening = next_opening(now, zone_of(row.patient_zone, row.site_zone))
        if row.channel == Channel.PHONE:
            # A person makes the call; the clock only notices when nobody did.
            result.later[row.expires_at].append(row.id)
        elif opening > now:
            result.later[min(opening, row.expires_at)].append(row.id)
        else:
            result.ready.append((row, turns))
    return result


def _against(
    row: Due, turns: Past, consents: tuple[set[str], set[str]], *, now: datetime
) -> tuple[Reminder.Status, str] | None:
    """The status and reason to settle the row with; None when it may go as soon as the hour is right."""
    if now >= row.expires_at:
        why = Why.NOT_CALLED if row.channel == Channel.PHONE else Why.EXPIRED
        return Reminder.Status.EXPIRED, why.value
    reason = sending.why_not(_facts(row, consents, now=now))
    if reason is not None:
        return Reminder.Status.SUPPRESSED, reason.value
    channel = Channel(row.channel)
    if channel is Channel.SMS and not settings.SMS_GATEWAY_URL:
        return Reminder.Status.FAILED, Why.NO_GATEWAY.value
    if not sending.may_repeat(
        channel,
        doubtful=turns.doubtful,
        doubtful_since=turns.doubtful_since,
        now=now,
        gateway_keeps_keys=settings.SMS_GATEWAY_KEEPS_KEYS,
    ):
        return Reminder.Status.UNKNOWN, f"perhaps sent; {SENDER_DIED}"
    if row.attempts_made >= sending.MOST_TRIES and not turns.unstarted:
        return Reminder.Status.FAILED, f"given up after {row.attempts_made} tries"
    return None


def _facts(row: Due, consents: tuple[set[str], set[str]], *, now: datetime) -> Facts:
    agreed, refused = consents
    return Facts(
        case_ended=row.case_status in values_of(ENDED),
        flag_stands=row.flag_stands,
        answered=row.answered_at is not None,
        check_in_over=row.cancelled_at is not None,
        visit_over=row.visit_status is not None
        and (row.visit_status != VisitStatus.PLANNED or row.visit_starts_at is None or row.visit_starts_at <= now),
        link_expired=row.link_expires_at is not None and row.link_expires_at <= now,
        provisional=row.is_provisional,
        consent=row.channel in agreed,
        refused=row.channel in refused,
        asked_for=row.kind == Reminder.Kind.FORM,
        address=bool(_address_on(row)),
    )


def _address_on(row: Due) -> str:
    return row.email if row.channel == Channel.EMAIL else row.phone


def _lease(ready: Sequence[tuple[Due, Past]], *, now: datetime) -> list[Turn]:
    if not ready:
        return []
    until = now + sending.LEASE
    # A turn that ran out before it had begun was no try.
    again = [row.id for row, turns in ready if turns.unstarted]
    counted = [row.id for row, turns in ready if not turns.unstarted]
    _give_new_token(again, try_at=until, leased_until=until)
    _give_new_token(counted, try_at=until, leased_until=until, attempts_made=F("attempts_made") + 1)
    ReminderAttempt.objects.bulk_create(
        ReminderAttempt(reminder_id=row.id, fencing_token=row.fencing_token + 1, claimed_at=now) for row, _ in ready
    )
    stops = links.stop_links({row.patient_id for row, _ in ready}, now=now)
    own = own_words({row.site_id for row, _ in ready})
    return [
        Turn(
            reminder_id=row.id,
            fencing_token=row.fencing_token + 1,
            kind=row.kind,
            channel=Channel(row.channel),
            to=_address_on(row),
            language=row.language,
            clinic=row.clinic,
            phone=row.clinic_phone,
            address=links.address_of(row.link_purpose, row.link_id) if row.link_id and row.link_purpose else "",
            stop_address=links.address_of("contact", stops[row.patient_id]),
            expires_at=row.expires_at,
            tries=row.attempts_made + (0 if turns.unstarted else 1),
            doubtful=turns.doubtful,
            doubtful_since=turns.doubtful_since,
            own=own.get((row.site_id, row.kind, row.language, row.channel)),
        )
        for row, turns in ready
    ]


def _give_new_token(ids: Sequence[UUID], **columns: object) -> None:
    """Change locked rows; whoever held them before can no longer mark them."""
    if ids:
        Reminder.objects.filter(pk__in=ids).update(fencing_token=F("fencing_token") + 1, **columns)
