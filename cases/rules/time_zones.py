"""Where somebody may be whose zone nobody told: every zone of the clinic's country."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.rules.quiet_hours import Window, closing, is_quiet, next_opening
from cases.rules.wall_clock import zone_of

# One zone for each offset a country lives by (tzdata's zone1970.tab). A country that is not here has one.
_COUNTRIES: tuple[tuple[str, ...], ...] = (
    (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "America/Los_Angeles",
        "America/Anchorage",
        "Pacific/Honolulu",
        "America/Detroit",
        "America/Indiana/Indianapolis",
        "America/Kentucky/Louisville",
        "America/Boise",
        "America/Adak",
    ),
    (
        "America/St_Johns",
        "America/Halifax",
        "America/Toronto",
        "America/Winnipeg",
        "America/Regina",
        "America/Edmonton",
        "America/Vancouver",
    ),
    ("America/Mexico_City", "America/Cancun", "America/Hermosillo", "America/Mazatlan", "America/Tijuana"),
    ("Europe/Madrid", "Atlantic/Canary", "Africa/Ceuta"),
    ("Europe/Lisbon", "Atlantic/Azores", "Atlantic/Madeira"),
    (
        "Australia/Sydney",
        "Australia/Melbourne",
        "Australia/Brisbane",
        "Australia/Adelaide",
        "Australia/Darwin",
        "Australia/Perth",
        "Australia/Hobart",
        "Australia/Lord_Howe",
    ),
    ("America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha"),
    ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    ("Pacific/Auckland", "Pacific/Chatham"),
)
ZONES_OF_COUNTRY: Mapping[str, tuple[str, ...]] = {name: zones for zones in _COUNTRIES for name in zones}
# Hours a country's zones do not share are looked for this long; then the clinic's own zone has to do.
LOOK_AHEAD = timedelta(days=1)
STEP = timedelta(minutes=15)


def zones_to_respect(patient_zone: str, site_zone: str) -> tuple[ZoneInfo, ...]:
    """The patient's zone when it is known; otherwise every zone of the clinic's country, its own among them."""
    if patient_zone:
        known = zone_of(patient_zone, "")
        if known.key == patient_zone:
            return (known,)
    names = ZONES_OF_COUNTRY.get(site_zone, ())
    return (zone_of(site_zone), *(zone_of(name) for name in names if name != site_zone))


def opening_in_all(now: datetime, zones: tuple[ZoneInfo, ...], window: Window) -> datetime:
    """The first moment from `now` on when it is day in every one of the zones; that of the first zone when none is."""
    if len(zones) == 1:
        return next_opening(now, zones[0], window)
    moment = next_opening(now, zones[0], window)
    end = now + LOOK_AHEAD + timedelta(hours=2)
    while moment < end:
        # The latest opening is a moment before which some zone is asleep; where nothing moves, all are awake.
        latest = max(next_opening(moment, zone, window) for zone in zones)
        if latest == moment:
            return moment
        moment = latest
    return next_opening(now, zones[0], window)


def closing_in_all(now: datetime, zones: tuple[ZoneInfo, ...], window: Window) -> datetime:
    """The first moment after `now`, when `opening_in_all` lets it go, at which the day ends in one of the zones."""
    return min(closing(now, zone, window) for zone in zones if not is_quiet(now, zone, window))


def is_quiet_somewhere(now: datetime, zones: tuple[ZoneInfo, ...], window: Window) -> bool:
    return any(is_quiet(now, zone, window) for zone in zones)
