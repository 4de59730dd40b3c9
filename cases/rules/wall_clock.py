"""Days and hours on somebody's wall, as moments in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(*names: str) -> ZoneInfo:
    """The zone of the first IANA name that is known; UTC when none is."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a name that is a directory of zones
            continue
    return ZoneInfo("UTC")


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, when clocks in the zone show that time of that day.

    A time skipped in spring moves forward by as much as the clocks do; of a repeated one in autumn the first counts.
    """
    # fold=0 is both: the first of two, and the offset before the gap.
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)
