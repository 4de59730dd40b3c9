"""The progress picture of a case, read from its rows: four statements however much it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.charts.picture import Happening, Mark, Picture
from cases.models import Case, Plan
from cases.rules.terms import STOPPING, Instrument, VisitStatus
from cases.services.progress import outcomes_of

_MARKS = {
    VisitStatus.ATTENDED.value: Mark.CAME,
    VisitStatus.PLANNED.value: Mark.BOOKED,
    VisitStatus.MISSED.value: Mark.MISSED,
}


def picture_of(
    case: Case,
    *,
    now: datetime,
    outcomes: Sequence[Any] | None = None,
    for_patient: bool = False,
) -> Picture:
    """The scores of the case by day on the site's wall, with visits, plans that came into force, and flags.

    outcomes: as `outcomes_of` reads them, when the caller has them.
    for_patient: the scores alone; nothing that staff noted is even read.
    """
    zone = ZoneInfo(case.site.time_zone)

    def day(at: datetime) -> date:
        return at.astimezone(zone).date()

    scores: dict[Instrument, dict[date, float]] = {}
    for row in outcomes_of(case, now=now) if outcomes is None else outcomes:
        # The latest of a day stands, as in the history that progress is judged by.
        scores.setdefault(Instrument(row.instrument), {})[day(row.taken_at)] = float(row.score)
    return Picture(
        case.reference,
        day(now),
        {instrument: tuple(sorted(by_day.items())) for instrument, by_day in scores.items()},
        () if for_patient else _happenings(case, zone),
    )


def _happenings(case: Case, zone: ZoneInfo) -> tuple[Happening, ...]:
    found = [
        Happening(starts_at.astimezone(zone).date(), _MARKS[status])
        for starts_at, status in case.visits.filter(status__in=_MARKS).values_list("starts_at", "status")
    ]
    plans = case.plans.exclude(status=Plan.Status.DRAFT).values_list("approved_at", "number")
    found += [Happening(at.astimezone(zone).date(), Mark.PLAN, f"Plan {number}") for at, number in plans if at]
    grave = {level.value for level in STOPPING}
    flags = case.flags.values_list("raised_at", "rule_id", "level")
    found += [Happening(at.astimezone(zone).date(), Mark.FLAG, rule_id, level in grave) for at, rule_id, level in flags]
    return tuple(sorted(found, key=lambda each: (each.on, each.mark, each.label)))
