"""May anything be sent at all just now? Pauses, whose database this is, and how much each provider still takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings as installed
from django.db import connection

from cases.models import Heartbeat, Installation, Pause, ProviderRate, Reminder
from cases.rules.rates import Rate
from cases.rules.reminder_settings import Settings
from cases.rules.terms import Channel
from cases.services import sent_log
from cases.services.circumstances import settings_from_json

# Signs of life: of the dispatcher, and the last of them that came with a copy.
HEARTBEAT, OF_COPY = "dispatch", "dispatch, in the copy"
# Which closed days a claim looks at: today, anywhere, and how far a message may be put off.
CLOSED_FROM, CLOSED_TO = timedelta(days=2), timedelta(days=70)
RESTORED = "This database was restored from a copy. Release sending once you know what was sent since."
# A cluster, its timeline, the database and the table: a copy of any kind keeps at most some of them.
_WHOSE = """
SELECT (SELECT system_identifier FROM pg_control_system()) || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
       || ':' || (SELECT oid FROM pg_database WHERE datname = current_database())
       || ':' || 'cases_reminder'::regclass::oid
"""
# All that the rows of a claim share, in one statement. What is joined next is a hundred rows by their keys: without
# these three the planner reads whole tables while they are small, and thinks for longer than it works. The fourth: a
# claim need not wait for the disk, where nothing is sent before `start`, whose commit waits and takes the claim along:
# what a crash takes back is claimed again.
_STANDING = f"""
SELECT ({_WHOSE}), (SELECT identity FROM cases_installation), (SELECT since FROM cases_installation),
       ARRAY(SELECT coalesce(site_id, 0) || '/' || kind FROM cases_pause WHERE released_at IS NULL),
       (SELECT json_agg(s) FROM cases_remindersettings s),
       (SELECT json_agg(json_build_array(d.site_id, d.day)) FROM cases_closedday d
         WHERE d.day BETWEEN %(from)s AND %(to)s),
       ARRAY(SELECT channel FROM cases_providerrate WHERE closed_until > %(now)s),
       EXISTS (SELECT FROM cases_messagetemplate),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('join_collapse_limit', '1', true),
       set_config('synchronous_commit',
                  CASE WHEN %(waits)s THEN current_setting('synchronous_commit') ELSE 'off' END, true)
"""  # noqa: S608 - nothing in it comes from outside


@dataclass(frozen=True)
class Opened:
    """What may be claimed: the most rows of each channel, what is paused as pairs of site and kind, and by site what it
    decided. own_words: some site writes messages of its own. shut: channels whose provider asked to be left alone.
    """

    limits: Mapping[Channel, int]
    pauses: frozenset[tuple[int | None, str]]
    rates: Mapping[Channel, Rate]
    settings: Mapping[int, Settings]
    closed_days: Mapping[int, frozenset[date]]
    own_words: bool
    shut: frozenset[Channel] = frozenset()


def pass_gate(*, now: datetime, limit: int, waits_for_disk: bool = False) -> Opened | None:
    """Call it first in a claim's transaction. None: everything is paused, or has just been because of a restore.

    waits_for_disk: the claim is all that is written down before the network is touched.
    """
    values: dict[str, Any] = {
        "now": now,
        "from": (now - CLOSED_FROM).date(),
        "to": (now + CLOSED_TO).date(),
        "waits": waits_for_disk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, values)
        ours, known, since, paused, decided, closed, shut, own_words, *_ = cursor.fetchone()
    if known is None:
        Installation.objects.bulk_create([Installation(identity=ours, since=now)], ignore_conflicts=True)
    pauses = frozenset((int(site) or None, kind) for site, _, kind in (each.partition("/") for each in paused))
    # Before any pause that came with the copy: whoever releases it must know what it is.
    if (known is not None and known != ours) or sent_log.knows_more_than_the_database(since):
        pause_after_restore(now=now)
        return None
    if (None, "") in pauses:
        return None
    rates = configured_rates()
    limits = dict.fromkeys(Channel, limit) | {Channel(channel): 0 for channel in shut}
    if rates:
        for channel, bucket in _locked_buckets(rates, now=now).items():
            tokens = int(rates[channel].filled(bucket.tokens, now - bucket.filled_at))
            limits[channel] = min(limits[channel], tokens)
    return Opened(
        {channel: most for channel, most in limits.items() if most},
        pauses,
        rates,
        {row["site_id"]: settings_from_json(row) for row in decided or ()},
        _by_site(closed or ()),
        own_words,
        frozenset(Channel(channel) for channel in shut),
    )


def _by_site(days: Iterable[tuple[int, str]]) -> dict[int, frozenset[date]]:
    found: dict[int, set[date]] = {}
    for site_id, day in days:
        found.setdefault(site_id, set()).add(date.fromisoformat(day))
    return {site_id: frozenset(each) for site_id, each in found.items()}


def whose() -> str:
    """What tells this database from every copy of it."""
    with connection.cursor() as cursor:
        cursor.execute(_WHOSE)
        return str(cursor.fetchone()[0])


def is_a_copy() -> bool:
    """Was the database restored from a copy that nobody has released yet? Then the next claim pauses everything."""
    known = Installation.objects.values_list("identity", "since").first()
    if known is None:
        return False
    return known[0] != whose() or sent_log.knows_more_than_the_database(known[1])


def pause_after_restore(*, now: datetime) -> None:
    """Everything stops until a person releases it. The last sign of life that came with the copy is kept for them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_heartbeat (name, beat_at) SELECT %s, beat_at FROM cases_heartbeat WHERE name = %s"
            " ON CONFLICT DO NOTHING",
            [OF_COPY, HEARTBEAT],
        )
    Pause.objects.bulk_create([Pause(reason=RESTORED, paused_at=now)], ignore_conflicts=True)


def last_beat() -> datetime | None:
    """When a sender last showed life; in a copy that nobody has released, before it was made."""
    found = dict(Heartbeat.objects.filter(name__in=[HEARTBEAT, OF_COPY]).values_list("name", "beat_at"))
    return found.get(OF_COPY) or found.get(HEARTBEAT)


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


def _locked_buckets(rates: Mapping[Channel, Rate], *, now: datetime) -> dict[Channel, ProviderRate]:
    # Until the claim commits: two senders must not spend the same token.
    full = [
        ProviderRate(channel=channel.value, tokens=rate.most_at_once, filled_at=now) for channel, rate in rates.items()
    ]
    ProviderRate.objects.bulk_create(full, ignore_conflicts=True)
    found = ProviderRate.objects.filter(channel__in=[channel.value for channel in rates]).order_by("pk")
    return {Channel(row.channel): row for row in found.select_for_update(no_key=True)}
