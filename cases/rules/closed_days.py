"""Days on which a site is closed: what can wait goes on the next open day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cases.rules.reminder_settings import Settings
from cases.rules.wall_clock import moment

LONGEST_CLOSURE_DAYS = 60


def open_day(due_at: datetime, zone: ZoneInfo, settings: Settings, closed: Collection[date]) -> datetime:
    """The same moment, or the usual hour of the next day on which the site is open."""
    if not closed:
        return due_at
    day = due_at.astimezone(zone).date()
    if day not in closed:
        return due_at
    for _ in range(LONGEST_CLOSURE_DAYS):
        day += timedelta(days=1)
        if day not in closed:
            return moment(day, settings.hour, zone)
    return due_at
