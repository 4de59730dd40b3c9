"""How one case goes, for its page and its print: the picture, the same numbers as a table, and what the rules say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import OuterRef
from django.utils.safestring import mark_safe

from cases.charts.progress import draw
from cases.charts.table import table_of
from cases.models import Case, Plan, Visit
from cases.services.pictures import picture_of
from cases.services.planned_visits import VisitReading, reading_of
from cases.services.progress import first_told_weeks, outcomes_of, prognosis_from, progress_now

MOST_POINTS = 12


def progress_card(case: Case, *, now: datetime) -> dict[str, Any]:
    """Six statements: the scores, what happened beside them, how it was at first, and the points kept so far."""
    outcomes = outcomes_of(case, now=now)
    picture = picture_of(case, now=now, outcomes=outcomes)
    told = progress_now(case, now=now, outcomes=outcomes)
    weeks = Case.objects.filter(pk=case.pk).values_list(first_told_weeks(OuterRef("pk")), flat=True).first()
    return {
        # Drawn by us from numbers and dates, with every word escaped.
        "picture": mark_safe(draw(picture)),  # noqa: S308
        "table": table_of(picture),
        "findings": told.findings if told else (),
        "status": told.status.label if told else "",
        "prognosis": prognosis_from(outcomes, weeks=weeks),
        "points": list(case.progress_points.saying_whether_they_hold().order_by("-taken_at", "-pk")[:MOST_POINTS]),
    }


def visits_card(case: Case, plan: Plan | None, visits: list[Visit], *, now: datetime) -> VisitReading:
    """The counts of the case's visits, the next one the plan wants, and why it is off plan."""
    in_force = plan if plan is not None and plan.status == Plan.Status.APPROVED else None
    return reading_of(case, in_force, visits, now=now)
