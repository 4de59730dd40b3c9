"""One visit as an entry of the patient's own calendar: when, where, whom to call; nothing of why."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from cases.models import Visit
from cases.rules.terms import VisitStatus

CALENDAR_TYPE = "text/calendar; charset=utf-8"


def calendar_entry(visit: Visit, *, now: datetime) -> bytes:
    """The entry (RFC 5545). The same visit keeps its UID, and each change of it has a higher SEQUENCE.

    Whoever keeps it may show it to anybody: it names the clinic and never the patient, the case or the knee.
    now: when the entry was written, as the format wants it said.
    """
    site = visit.case.site
    cancelled = visit.status == VisitStatus.CANCELLED.value
    entry = Event()
    entry.add("uid", f"visit-{visit.pk}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}")
    entry.add("sequence", visit.moved_count + cancelled)
    entry.add("dtstamp", now.astimezone(UTC))
    entry.add("dtstart", visit.starts_at.astimezone(UTC))
    entry.add("dtend", visit.ends_at.astimezone(UTC))
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    entry.add("summary", _("Appointment at %(clinic)s") % {"clinic": site.name})
    entry.add("location", ", ".join(part for part in (site.name, site.address) if part))
    entry.add("description", _("To change it, call %(phone)s.") % {"phone": site.phone})
    entry.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", "-//Patella//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(entry)
    return calendar.to_ical()
