"""By when somebody must have called: reference 3.3, within the clinic's opening hours, Monday to Friday."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from cases.rules.terms import Urgency

# reference 3.1 and 3.3 [G]; opening time counted, nights and weekends skipped.
CALL_WITHIN = {Urgency.EMERGENCY: timedelta(minutes=15), Urgency.SAME_DAY: timedelta(hours=2)}
# reference 3.1: clinician_review within 2 working days; C10 (missing safety answers) within 1.
WORKING_DAYS = 2
WORKING_DAYS_FOR = {"C10": 1}


def act_by(level: Urgency, raised_at: datetime, *, opens_at: time, closes_at: time, rule_id: str = "") -> datetime:
    """The latest moment for the call, in the zone of `raised_at` (the site's wall clock).

    routine has no such moment and is answered with the moment itself.
    """
    if level is Urgency.ROUTINE:
        return raised_at
    if level in CALL_WITHIN:
        return _after_open_time(raised_at, CALL_WITHIN[level], opens_at, closes_at)
    day = raised_at.date()
    for _ in range(WORKING_DAYS_FOR.get(rule_id, WORKING_DAYS)):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return datetime.combine(day, closes_at, raised_at.tzinfo)


def _after_open_time(start: datetime, needed: timedelta, opens_at: time, closes_at: time) -> datetime:
    at = start
    while True:
        opening = datetime.combine(at.date(), opens_at, at.tzinfo)
        closing = datetime.combine(at.date(), closes_at, at.tzinfo)
        at = max(at, opening)
        if at.weekday() < 5 and at < closing:
            if at + needed <= closing:
                return at + needed
            needed -= closing - at
        at = datetime.combine(at.date() + timedelta(days=1), time.min, at.tzinfo)
