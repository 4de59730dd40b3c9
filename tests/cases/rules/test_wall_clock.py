"""Wall time: spring's gap moves forward, autumn's repeat counts once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from cases.rules.wall_clock import moment, zone_of


@pytest.mark.parametrize(
    ("zone", "day", "at", "shown"),
    [
        ("America/Chicago", date(2026, 11, 2), time(10), "2026-11-02 10:00"),
        ("America/Chicago", date(2027, 3, 14), time(2, 30), "2027-03-14 03:30"),  # skipped
        ("America/Chicago", date(2026, 11, 1), time(1, 30), "2026-11-01 01:30"),  # twice
        ("Europe/Madrid", date(2027, 3, 28), time(2, 15), "2027-03-28 03:15"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), "2026-10-04 02:40"),  # half an hour
        ("America/Phoenix", date(2027, 3, 14), time(2, 30), "2027-03-14 02:30"),
        ("Pacific/Kiritimati", date(2026, 11, 2), time(10), "2026-11-02 10:00"),
    ],
)
def test_a_time_of_day_is_a_moment(zone: str, day: date, at: time, shown: str):
    found = moment(day, at, ZoneInfo(zone))

    assert found.tzinfo is UTC
    assert f"{found.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == shown


def test_of_a_repeated_hour_the_first_counts():
    assert moment(date(2026, 11, 1), time(1, 30), ZoneInfo("America/Chicago")) == datetime(
        2026, 11, 1, 6, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("America/Denver", "America/Chicago"), "America/Denver"),
        (("", "America/Chicago"), "America/Chicago"),
        (("Nowhere/Town", "America/Chicago"), "America/Chicago"),
        (("../etc/passwd", "America/Chicago"), "America/Chicago"),
        (("America", "America/Chicago"), "America/Chicago"),
        (("", ""), "UTC"),
    ],
)
def test_the_first_known_zone_counts(names: tuple[str, ...], found: str):
    assert zone_of(*names).key == found
