"""Whole calendar days of each site, as moments in a filter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from cases.rules.wall_clock import moment
from clinic.accounts.models import Site


def between_days(sites: Iterable[Site], column: str, *, site: str, since: date | None, until: date | None) -> Q:
    """Rows of those sites whose `column` lies in the days since..until, both included, on each site's own calendar.

    site: the lookup path from the row to its site. None leaves a side open.
    """
    days = Q(pk__in=[])
    for each in sites:
        zone = ZoneInfo(each.time_zone)
        there = Q(**{site: each.pk})
        if since is not None:
            there &= Q(**{f"{column}__gte": moment(since, time(0), zone)})
        if until is not None:
            there &= Q(**{f"{column}__lt": moment(until + timedelta(days=1), time(0), zone)})
        days |= there
    return days
