"""Quiet hours hold in every zone and on every day the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.quiet_hours import DEFAULT, EARLIEST, LATEST, Window, closing, is_quiet, next_opening

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("wall", "quiet"),
    [
        ("2026-11-02 00:00", True),
        ("2026-11-02 08:59", True),
        ("2026-11-02 09:00", False),
        ("2026-11-02 19:59", False),
        ("2026-11-02 20:00", True),
        ("2026-11-02 23:59", True),
    ],
)
def test_messages_go_from_nine_to_eight(wall: str, quiet: bool):
    assert is_quiet(datetime.fromisoformat(wall).replace(tzinfo=CHICAGO), CHICAGO) is quiet


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-11-02 08:00", "2026-11-02 09:00"),
        ("2026-11-02 09:00", "2026-11-02 09:00"),
        ("2026-11-02 12:34", "2026-11-02 12:34"),
        ("2026-11-02 20:00", "2026-11-03 09:00"),
        ("2027-03-13 22:00", "2027-03-14 09:00"),  # the clocks go forward in between
        ("2026-10-31 22:00", "2026-11-01 09:00"),  # and back
    ],
)
def test_the_next_opening(now: str, opening: str):
    found = next_opening(datetime.fromisoformat(now).replace(tzinfo=CHICAGO), CHICAGO)

    assert f"{found.astimezone(CHICAGO):%Y-%m-%d %H:%M}" == opening


def test_a_zone_that_lost_a_day_opens_on_the_next():
    apia = ZoneInfo("Pacific/Apia")

    found = next_opening(datetime(2011, 12, 29, 21, 0, tzinfo=apia), apia)

    assert f"{found.astimezone(apia):%Y-%m-%d %H:%M}" == "2011-12-31 09:00"


@pytest.mark.parametrize("wall", ["2026-11-02 09:00", "2026-11-02 19:59:59", "2026-11-01 12:00", "2027-03-14 09:00"])
def test_the_day_ends_at_the_closing_hour_of_that_day(wall: str):
    found = closing(datetime.fromisoformat(wall).replace(tzinfo=CHICAGO), CHICAGO)

    assert f"{found.astimezone(CHICAGO):%Y-%m-%d %H:%M}" == f"{wall[:10]} 20:00"
    assert is_quiet(found, CHICAGO)
    assert not is_quiet(found - timedelta(microseconds=1), CHICAGO)


@pytest.mark.parametrize(("opens", "closes"), [(time(7, 59), time(20)), (time(9), time(21, 1)), (time(12), time(12))])
def test_no_clinic_can_widen_the_outer_bound(opens: time, closes: time):
    with pytest.raises(ValueError, match="Messages go from 08:00 to 21:00"):
        Window(opens, closes)


ZONES = sorted(available_timezones() - {"localtime", "Factory"})
# The days around both changes of the clocks in the United States, the European Union and on Lord Howe.
CHANGES = [
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2026, 10, 31, tzinfo=UTC),
    datetime(2027, 3, 13, tzinfo=UTC),
    datetime(2027, 3, 27, tzinfo=UTC),
    datetime(2027, 4, 3, tzinfo=UTC),
    datetime(2027, 10, 30, tzinfo=UTC),
]


@settings(max_examples=2_000, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(0, 3 * 24 * 60))
def test_an_opening_is_never_quiet_never_early_and_within_a_day(zone_name: str, start: datetime, minutes: int):
    zone = ZoneInfo(zone_name)
    now = start + timedelta(minutes=minutes)

    opening = next_opening(now, zone)

    assert not is_quiet(opening, zone)
    assert EARLIEST <= opening.astimezone(zone).time() < LATEST
    assert now <= opening <= now + timedelta(hours=15)
    assert opening == now or opening.astimezone(zone).time() == DEFAULT.opens
