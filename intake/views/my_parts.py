"""Parts of the patient's own page about the form: who read it, how it goes, what was signed, and stopping messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from cases.charts.picture import FOR_PATIENT
from cases.charts.progress import draw
from cases.charts.table import table_of
from cases.models import Case, Patient
from cases.rules.terms import Urgency
from cases.services.pictures import picture_of
from intake.models import SignedConsent
from intake.services.uploads import takes_files
from intake.views.parts import Part
from intake.views.safety import advice


def read_receipt(case: Case | None, *, wall_clock: str) -> str:
    """Who read the form and when, on the patient's wall; "" while nobody has."""
    if case is None or case.first_read_at is None or case.first_read_by is None:
        return ""
    at = case.first_read_at.astimezone(ZoneInfo(wall_clock))
    return _("Your form was read by %(name)s on %(day)s at %(time)s.") % {
        "name": case.first_read_by.name,
        "day": formats.date_format(at, "WEEKDAY"),
        "time": formats.date_format(at, "WALL_CLOCK"),
    }


def form_part(patient: Patient, now: datetime) -> Part | None:
    """The latest case: its reference, and whether somebody has read the form."""
    case = _latest(patient)
    if case is None:
        return None
    shown = {
        "reference": case.reference,
        "read": read_receipt(case, wall_clock=patient.wall_clock),
        "takes_files": takes_files(case),
    }
    return Part("form", _("Your form"), "my/form.html", shown)


def progress_part(patient: Patient, now: datetime) -> Part | None:
    """The patient's own answers over time: pain and goals alone, as a picture and as a table."""
    case = _latest(patient)
    if case is None:
        return None
    picture = picture_of(case, now=now, for_patient=True)
    words = FOR_PATIENT.translated(_)
    table = table_of(picture, for_patient=True, words=words)
    if not table.rows:
        return None
    # Drawn by us from numbers and days alone; the one text in it is escaped where it is drawn.
    svg = mark_safe(draw(picture, for_patient=True, words=words))  # noqa: S308
    return Part("progress", _("How it goes"), "my/progress.html", {"svg": svg, "table": table})


def consents_part(patient: Patient, now: datetime) -> Part | None:
    signed = SignedConsent.objects.filter(patient=patient).defer("copy", "drawn", "body").order_by("-signed_at", "-pk")
    zone = ZoneInfo(patient.wall_clock)
    lines: list[dict[str, Any]] = [
        {"pk": each.pk, "title": each.title, "day": formats.date_format(each.signed_at.astimezone(zone), "DAY")}
        for each in signed[:10]
    ]
    return Part("consent", _("What you signed"), "my/consent.html", lines) if lines else None


def safety_part(patient: Patient, now: datetime) -> Part | None:
    told = advice(Urgency.ROUTINE, site=patient.site, since=now, now=now)
    return Part("safety", _("When to get help"), "my/safety.html", told.texts[-1])


def messages_part(patient: Patient, now: datetime) -> Part | None:
    """One press stops them all."""
    may_come = patient.consents.filter(withdrawn_at__isnull=True).exists()
    return Part("messages", _("Messages from us"), "my/messages.html", may_come)


def _latest(patient: Patient) -> Case | None:
    cases = Case.objects.filter(patient=patient).select_related("site", "first_read_by")
    return cases.order_by("-opened_at", "-pk").first()
