"""Is the clock at work? What readiness, metrics and the front desk's banner look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from cases.models import Case, Flag, Pause, Reminder
from cases.services.gate import HEARTBEAT

LONGEST_SILENCE = timedelta(minutes=2)
LONGEST_DELAY = timedelta(minutes=5)


@dataclass(frozen=True)
class Watch:
    """last_beat: when the dispatcher last showed life. behind: how late the oldest message is that nobody took.

    paused: why a person, or a restore, holds everything back; "" when nothing does.
    """

    last_beat: datetime | None
    behind: timedelta
    now: datetime
    paused: str = ""

    @property
    def silence(self) -> timedelta | None:
        return None if self.last_beat is None else max(self.now - self.last_beat, timedelta())

    @property
    def trouble(self) -> str:
        """One sentence for people; "" when all is well."""
        if self.silence is None:
            return "Messages are not being sent: no sender has started yet."
        if self.silence > LONGEST_SILENCE:
            return f"Messages are not being sent: no sender was seen for {_minutes(self.silence)}."
        if self.behind > LONGEST_DELAY and not self.paused:
            return f"Messages are late by {_minutes(self.behind)}."
        return ""

    @property
    def notice(self) -> str:
        """What everybody in the admin should know: trouble, or that sending is paused."""
        return self.trouble or (f"Sending is paused everywhere: {self.paused}" if self.paused else "")


# Calls wait for people. What is backing off or held by quiet hours has a later `try_at`.
_SEEN = """
SELECT (SELECT beat_at FROM cases_heartbeat WHERE name = %(name)s),
       (SELECT min(try_at) FROM cases_reminder WHERE status = 'waiting' AND channel IN ('email', 'sms')
           AND try_at <= %(now)s AND (leased_until IS NULL OR leased_until <= %(now)s)),
       (SELECT reason FROM cases_pause WHERE released_at IS NULL AND site_id IS NULL AND kind = '')
"""


def watch(*, now: datetime) -> Watch:
    """One statement on small indexes: it stands in the way of every page of the admin."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"name": HEARTBEAT, "now": now})
        beat, oldest, paused = cursor.fetchone()
    return Watch(beat, now - oldest if oldest else timedelta(), now, paused or "")


def pauses_in_force() -> int:
    return Pause.objects.in_force().count()


def reminders_by_status() -> Mapping[str, int]:
    found = dict(Reminder.objects.values_list("status").annotate(Count("pk")))
    return {status: found.get(status, 0) for status in Reminder.Status.values}


def open_cases_by_urgency() -> Mapping[str, int]:
    return dict(Case.objects.open().values_list("urgency").annotate(Count("pk")))


def flags_nobody_acknowledged(*, now: datetime) -> int:
    """Emergency and same-day flags past the moment when somebody must have called."""
    late = Flag.objects.standing().stopping().filter(acknowledged_at__isnull=True, act_by__lt=now)
    return late.count()


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} min"
