"""The clinic's places as a page names them: telephone as people read it, and as a phone dials it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import phonenumbers
from django.conf import settings

from clinic.accounts.models import Site


@dataclass(frozen=True)
class Place:
    slug: str
    name: str
    phone: str
    phone_shown: str
    opens_at: time
    closes_at: time
    emergency_number: str
    urgent_care: str
    zone: ZoneInfo

    def is_open(self, now: datetime) -> bool:
        """Monday to Friday within opening hours, as the call-back rule counts them."""
        there = now.astimezone(self.zone)
        return there.weekday() < 5 and self.opens_at <= there.time() < self.closes_at


def place_of(site: Site) -> Place:
    return Place(
        slug=site.slug,
        name=site.name,
        phone=site.phone,
        phone_shown=readable(site.phone),
        opens_at=site.opens_at,
        closes_at=site.closes_at,
        emergency_number=site.emergency_number,
        urgent_care=site.urgent_care,
        zone=ZoneInfo(site.time_zone),
    )


def all_places() -> list[Place]:
    return [place_of(site) for site in Site.objects.order_by("name", "pk")]


def readable(phone: str) -> str:
    """The number as people of this country write it; a foreign one keeps its +, a short one stays as it is."""
    try:
        number = phonenumbers.parse(phone, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return phone
    home = phonenumbers.region_code_for_number(number) == settings.PHONE_REGION
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)
