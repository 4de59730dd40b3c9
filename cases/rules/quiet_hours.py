"""When a message may reach somebody: the hours of the day where they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.rules.wall_clock import moment

EARLIEST = time(8)
LATEST = time(21)


@dataclass(frozen=True)
class Window:
    """Messages go from `opens` until just before `closes`, wall time; never wider than 08:00 to 21:00."""

    opens: time = time(9)
    closes: time = time(20)

    def __post_init__(self) -> None:
        if not EARLIEST <= self.opens < self.closes <= LATEST:
            raise ValueError(f"Messages go from {EARLIEST:%H:%M} to {LATEST:%H:%M}, not {self.opens}-{self.closes}.")


DEFAULT = Window()


def is_quiet(now: datetime, zone: ZoneInfo, window: Window = DEFAULT) -> bool:
    """Is it too early or too late in the zone to send anything?"""
    return not window.opens <= now.astimezone(zone).time() < window.closes


def next_opening(now: datetime, zone: ZoneInfo, window: Window = DEFAULT) -> datetime:
    """The first moment from `now` on, in UTC, when something may be sent in the zone."""
    local = now.astimezone(zone)
    if not is_quiet(now, zone, window):
        return now.astimezone(UTC)
    day = local.date() if local.time() < window.opens else local.date() + timedelta(days=1)
    opening = moment(day, window.opens, zone)
    # A zone that crosses the date line skips a whole day.
    return opening if opening > now else moment(day + timedelta(days=1), window.opens, zone)


def closing(now: datetime, zone: ZoneInfo, window: Window = DEFAULT) -> datetime:
    """The moment, in UTC, from which nothing may be sent in the zone any more today; at `now` it may."""
    return moment(now.astimezone(zone).date(), window.closes, zone)
