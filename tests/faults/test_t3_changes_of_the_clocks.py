"""T3: thousands of moments around changes of the clocks: by day where the patient is, once a local day, never lost."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.rules import quiet_hours, wall_clock
from cases.rules.quiet_hours import EARLIEST, LATEST, Window, next_opening
from cases.rules.wall_clock import moment

pytestmark = pytest.mark.faults
WINDOW = Window(EARLIEST, LATEST)
# Both nights of the United States and of Europe, half an hour, no change at all, the first zone of the day, and two
# zones that changed their rules lately.
EDGES = [
    ("America/Chicago", date(2026, 11, 1)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Chicago", date(2027, 3, 14)),
    ("America/New_York", date(2027, 3, 14)),
    ("Europe/Madrid", date(2027, 3, 28)),
    ("Europe/Madrid", date(2027, 10, 31)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("America/Phoenix", date(2026, 11, 1)),
    ("Pacific/Kiritimati", date(2027, 3, 14)),
    ("America/Mexico_City", date(2022, 10, 30)),
    ("Asia/Amman", date(2022, 10, 28)),
]
NIGHT = [time(hour, minute) for hour in range(4) for minute in range(0, 60, 5)]
BOUNDS = [time(7, 59), time(8), time(20, 59), time(21), time(21, 1)]
AT_LEAST = 2_000


def wrong_at(zone: ZoneInfo, day: date, at: time) -> str:
    """What is wrong with a message planned for that time on that wall; "" when nothing is."""
    planned = wall_clock.moment(day, at, zone)
    goes = quiet_hours.next_opening(planned, zone, WINDOW)
    wall, wished = goes.astimezone(zone), planned.astimezone(zone)
    if not EARLIEST <= wall.time() < LATEST:
        return f"{zone.key} {day} {at}: goes at {wall:%H:%M}"
    if goes < planned or goes - planned > timedelta(hours=13):
        return f"{zone.key} {day} {at}: goes {goes - planned} after it was planned"
    expected = day if at < LATEST else day + timedelta(days=1)
    if wall.date() != expected:
        return f"{zone.key} {day} {at}: goes on {wall.date()}"
    skipped = wished.replace(tzinfo=None) - datetime.combine(day, at)
    if skipped < timedelta():
        return f"{zone.key} {day} {at}: moved back by {-skipped}"
    if not skipped and planned != min(_both(day, at, zone)):
        return f"{zone.key} {day} {at}: the second of two"
    return ""


def _both(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    return [datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]


def violations() -> tuple[int, list[str]]:
    days = [(zone, edge + timedelta(days=off)) for zone, edge in EDGES for off in (-1, 0, 1, 2)]
    cases = list(itertools.product(days, NIGHT + BOUNDS))
    found = [wrong_at(ZoneInfo(zone), day, at) for (zone, day), at in cases]
    # Once a local day: what is planned for each of four days goes on four days.
    for zone, edge in EDGES:
        goes = [next_opening(moment(edge + timedelta(days=off), time(2, 30), ZoneInfo(zone)), ZoneInfo(zone), WINDOW)
                for off in (-1, 0, 1, 2)]  # fmt: skip
        if len({each.astimezone(ZoneInfo(zone)).date() for each in goes}) != 4:
            found.append(f"{zone} {edge}: not once a day")
    return len(cases), [each for each in found if each]


def test_no_moment_is_at_night_twice_or_never(tell):
    instants, wrong = violations()

    tell("T3", landed=instants, at_least=AT_LEAST, figure=f"{len(wrong)} violations at {instants} instants")
    assert wrong == []


def test_naive_local_time_is_caught(tell, monkeypatch):
    """The saboteur: a wall is taken for UTC plus what the zone's clocks showed in January."""

    def naive(day: date, at: time, zone: ZoneInfo) -> datetime:
        offset = datetime(day.year, 1, 15, tzinfo=zone).utcoffset()
        assert offset is not None
        return datetime.combine(day, at, UTC) - offset

    monkeypatch.setattr(wall_clock, "moment", naive)
    monkeypatch.setattr(quiet_hours, "moment", naive)
    instants, wrong = violations()

    tell("T3 saboteur", landed=instants, at_least=AT_LEAST, figure=f"{len(wrong)} violations: caught")
    assert wrong != []
