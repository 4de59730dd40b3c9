"""May anything be sent at all just now? Pauses, whose database this is, and how much each provider still takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings as installed
from django.db import connection

from cases.models import Installation, Pause, ProviderRate, Reminder
from cases.rules.rates import Rate
from cases.rules.terms import Channel
from cases.services import sent_log

RESTORED = "This database was restored from a copy. Release sending once you know what was sent since."
# A cluster, its timeline, the database and the table: a copy of any kind keeps at most some of them.
_WHOSE = """
SELECT (SELECT system_identifier FROM pg_control_system()) || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
       || ':' || (SELECT oid FROM pg_database WHERE datname = current_database())
       || ':' || 'cases_reminder'::regclass::oid
"""
_STANDING = f"""
SELECT ({_WHOSE}), (SELECT identity FROM cases_installation),
       ARRAY(SELECT coalesce(site_id, 0) || '/' || kind FROM cases_pause WHERE released_at IS NULL)
"""  # noqa: S608 - nothing in it comes from outside


@dataclass(frozen=True)
class Opened:
    """What may be claimed: the most rows of each channel, and what is paused as pairs of site and kind."""

    limits: Mapping[Channel, int]
    pauses: frozenset[tuple[int | None, str]]
    rates: Mapping[Channel, Rate]


def pass_gate(*, now: datetime, limit: int) -> Opened | None:
    """Call it first in a claim's transaction. None: everything is paused, or has just been because of a restore."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        ours, known, paused = cursor.fetchone()
    if known is None:
        Installation.objects.bulk_create([Installation(identity=ours, since=now)], ignore_conflicts=True)
    pauses = frozenset((int(site) or None, kind) for site, _, kind in (each.partition("/") for each in paused))
    if (None, "") in pauses:
        return None
    if (known is not None and known != ours) or sent_log.knows_more_than_the_database():
        pause_after_restore(now=now)
        return None
    rates = configured_rates()
    limits = dict.fromkeys(Channel, limit)
    buckets = _locked_buckets(now=now)
    for channel, bucket in buckets.items():
        if bucket.closed_until is not None and bucket.closed_until > now:
            limits[channel] = 0
        elif channel in rates:
            limits[channel] = min(limit, int(rates[channel].filled(bucket.tokens, now - bucket.filled_at)))
    return Opened({channel: most for channel, most in limits.items() if most}, pauses, rates)


def whose() -> str:
    """What tells this database from every copy of it."""
    with connection.cursor() as cursor:
        cursor.execute(_WHOSE)
        return str(cursor.fetchone()[0])


def pause_after_restore(*, now: datetime) -> None:
    """Everything stops until a person releases it."""
    Pause.objects.bulk_create([Pause(reason=RESTORED, paused_at=now)], ignore_conflicts=True)


def spend(counts: Mapping[Channel, int], opened: Opened, *, now: datetime) -> None:
    """Take a token for each message about to go, in the transaction that locked the buckets."""
    for channel, rate in opened.rates.items():
        if counts.get(channel):
            bucket = ProviderRate.objects.get(pk=channel.value)
            bucket.tokens = max(0.0, rate.filled(bucket.tokens, now - bucket.filled_at) - counts[channel])
            bucket.filled_at = now
            bucket.save(update_fields=["tokens", "filled_at"])


def leave_alone(channel: Channel, *, until: datetime, now: datetime) -> None:
    """The provider asked for a pause: nobody else tries there before it is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO cases_providerrate AS known (channel, tokens, filled_at, closed_until)
            VALUES (%(channel)s, 0, %(now)s, %(until)s)
            ON CONFLICT (channel) DO UPDATE SET closed_until = greatest(known.closed_until, excluded.closed_until)
            """,
            {"channel": channel.value, "until": until, "now": now},
        )


def is_throttled(*, now: datetime) -> bool:
    """Does nothing but a provider's rate hold back what is due? Then there is room for more within a second."""
    channels = [channel.value for channel in configured_rates()]
    if not channels:
        return False
    closed = ProviderRate.objects.filter(closed_until__gt=now).values_list("channel", flat=True)
    left = set(channels) - set(closed)
    return Reminder.objects.to_take(now=now).filter(channel__in=sorted(left)).exists() if left else False


def configured_rates() -> dict[Channel, Rate]:
    """Channels whose provider takes only so many in a while; the others take as many as there are senders."""
    given = {Channel.EMAIL: installed.EMAIL_RATE, Channel.SMS: installed.SMS_RATE}
    return {channel: Rate.read(text) for channel, text in given.items() if text}


def _locked_buckets(*, now: datetime) -> dict[Channel, ProviderRate]:
    rates = configured_rates()
    if rates:
        full = [
            ProviderRate(channel=channel.value, tokens=rate.most_at_once, filled_at=now)
            for channel, rate in rates.items()
        ]
        ProviderRate.objects.bulk_create(full, ignore_conflicts=True)
    found = ProviderRate.objects.order_by("pk")
    # Where no rate is set nobody spends, so nobody need wait.
    rows = found.select_for_update(no_key=True) if rates else found
    return {Channel(row.channel): row for row in rows}
