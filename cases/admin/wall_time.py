"""Moments as the clocks of a site show them, and back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import dateformat

from cases.services.visits import MOST_AHEAD
from clinic.accounts.models import Site


def at_site(moment: datetime, site: Site) -> datetime:
    return moment.astimezone(ZoneInfo(site.time_zone))


def said(moment: datetime, site: Site) -> str:
    """Such as 'Mon 23 Nov, 2:30 p.m.'."""
    return dateformat.format(at_site(moment, site), "D j M, P")


def day_at(site: Site, now: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of today at the site; 23 or 25 hours apart when its clocks change."""
    zone = ZoneInfo(site.time_zone)
    today = now.astimezone(zone).date()
    return datetime.combine(today, time(0), zone), datetime.combine(today + timedelta(days=1), time(0), zone)


def moment_of(day: date, clock: time, site: Site, *, now: datetime) -> datetime:
    """The moment when the site's clocks show that day and time; of a repeated hour the first.

    Raises ValidationError for an hour that the clocks leave out, and for days more than two years ahead.
    """
    zone = ZoneInfo(site.time_zone)
    if abs(day - now.astimezone(zone).date()) > MOST_AHEAD:
        raise ValidationError({"day": "Choose a day within the next two years."})
    found = datetime.combine(day, clock, zone)
    if found.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != found.replace(tzinfo=None):
        raise ValidationError({"clock": "The clocks leave out this hour that night. Choose another time."})
    return found
