"""What the list of activities says about load: increases, breaks, impact, rest. Numbers from reference 6."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cases.rules.conditions import Report

# Tuples, not sets: an answer of an odd type is then simply not among them, where a set would raise.
IMPACT = ("running", "jumping_sport", "team_sport", "court_sport", "dance")
ENDURANCE_OR_JUMPING = (*IMPACT, "cycling", "hiking")
# Swimming is what patients are sent to instead (reference 8.2): more of it is no knee load [G].
NOT_KNEE_LOADING = ("swimming",)
INCREASES = ("increase", "new", "returned_after_break")


@dataclass(frozen=True)
class LoadRule:
    """What counts as a jump of load (reference 6 [G]): an increase in percent, within weeks before onset or today."""

    increase_percent: float = 30
    window_weeks: float = 8


LOAD_RULE = LoadRule()

Activity = Mapping[str, Any]


def number(value: Any) -> float | None:
    """The finite number answered, else None: a truth value or a text is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def activities_of(report: Report) -> tuple[Activity, ...] | None:
    """The activities listed; empty when the patient does none, None when not answered."""
    rows = report.answers.get("activities")
    if not isinstance(rows, list | tuple):
        return None
    return tuple(row for row in rows if isinstance(row, Mapping))


def load_jumps(report: Report, rule: LoadRule = LOAD_RULE) -> int:
    """How many knee-loading activities rose by 30 % or more, or are new, within 8 weeks before onset or today."""
    return len(_jumps(report, _duration(report), rule))


def load_jump_quotes(report: Report, rule: LoadRule = LOAD_RULE) -> frozenset[str]:
    """The duration is quoted only where the window before onset, not before today, made it count."""
    if _jumps(report, None, rule) or not load_jumps(report, rule):
        return frozenset({"activities"})
    return frozenset({"activities", "duration_weeks"})


def load_jumps_told(report: Report, rule: LoadRule = LOAD_RULE) -> str:
    """The jumps in words: "running up 60 % 4 weeks ago; gym new"."""
    told = []
    for row in _jumps(report, _duration(report), rule):
        percent, weeks = number(row.get("change_percent")), number(row.get("changed_weeks_ago"))
        change = "new" if row.get("recent_change") == "new" else f"up {percent:g} %"
        told.append(f"{row.get('type')} {change}" + ("" if weeks is None else f" {weeks:g} weeks ago"))
    return "; ".join(sorted(told))


def largest_increase_percent(report: Report, rule: LoadRule = LOAD_RULE) -> float | None:
    """The largest increase within the window, in percent; None when there is none with a figure."""
    duration = _duration(report)
    figures = [
        percent
        for row in _loading(report)
        if row.get("recent_change") == "increase" and _within_window(row, duration, rule)
        if (percent := number(row.get("change_percent"))) is not None
    ]
    return max(figures, default=None)


def weeks_off_before_return(report: Report) -> float | None:
    """The longest break, in weeks, from a loading activity now taken up again."""
    return max(_breaks(_loading(report)), default=None)


def weeks_without_exercise(report: Report) -> float | None:
    """Weeks without any of the listed activities: known only where every one was taken up again after a break."""
    rows = activities_of(report) or ()
    breaks = _breaks(rows)
    return min(breaks) if breaks and len(breaks) == len(rows) else None


def impact_increase(report: Report) -> str | None:
    """Yes where running, jumping, team or court sport or dance rose, is new, or was taken up again."""
    return _yes(row.get("recent_change") in INCREASES and row.get("type") in IMPACT for row in _rows(report))


def any_increase(report: Report) -> str | None:
    return _yes(row.get("recent_change") in INCREASES for row in _rows(report))


def new_ground(report: Report) -> str | None:
    return _yes(row.get("new_hills_stairs_surface_shoes") == "yes" for row in _rows(report))


def load_changed(report: Report) -> str | None:
    """Yes or no: more, new or resumed load, new ground, or heavier work; None when activities are blank."""
    if activities_of(report) is None:
        return None
    heavier_work = report.answers.get("work_load") == "kneel_squat_climb_increased"
    return "yes" if heavier_work or any_increase(report) or new_ground(report) else "no"


def endurance_or_jumping(report: Report) -> str | None:
    return _yes(row.get("type") in ENDURANCE_OR_JUMPING for row in _rows(report))


def impact_sessions_per_week(report: Report) -> float | None:
    rows = activities_of(report)
    return None if rows is None else _sessions(row for row in rows if row.get("type") in IMPACT)


def runs_or_jumps(report: Report) -> str | None:
    """Yes where running or a jumping sport has sessions in the present week."""
    return _yes(
        row.get("type") in ("running", "jumping_sport") and (number(row.get("sessions_per_week")) or 0) > 0
        for row in _rows(report)
    )


def sessions_per_week(report: Report) -> float | None:
    rows = activities_of(report)
    return None if rows is None else _sessions(rows)


def teams(report: Report) -> float | None:
    return max((count for row in _rows(report) if (count := number(row.get("teams"))) is not None), default=None)


def rest_days_per_week(report: Report) -> float | None:
    """The fewest rest days named; where none is, seven less the sessions."""
    named = [days for row in _rows(report) if (days := number(row.get("rest_days_per_week"))) is not None]
    if named:
        return min(named)
    sessions = sessions_per_week(report)
    return None if sessions is None else max(0, 7 - sessions)


def _rows(report: Report) -> tuple[Activity, ...]:
    return activities_of(report) or ()


def _loading(report: Report) -> tuple[Activity, ...]:
    return tuple(row for row in _rows(report) if row.get("type") not in NOT_KNEE_LOADING)


def _duration(report: Report) -> float | None:
    return number(report.answers.get("duration_weeks"))


def _jumps(report: Report, duration: float | None, rule: LoadRule) -> tuple[Activity, ...]:
    return tuple(
        row
        for row in _loading(report)
        if _within_window(row, duration, rule)
        and (
            row.get("recent_change") == "new"
            or (
                row.get("recent_change") == "increase"
                and (number(row.get("change_percent")) or 0) >= rule.increase_percent
            )
        )
    )


def _within_window(row: Activity, duration: float | None, rule: LoadRule) -> bool:
    weeks = number(row.get("changed_weeks_ago"))
    # The question asks for recent changes: one without a week still counts [G].
    if weeks is None or weeks <= rule.window_weeks:
        return True
    return duration is not None and 0 <= weeks - duration <= rule.window_weeks


def _breaks(rows: tuple[Activity, ...]) -> list[float]:
    return [
        weeks
        for row in rows
        if row.get("recent_change") == "returned_after_break" and (weeks := number(row.get("weeks_off"))) is not None
    ]


def _sessions(rows: Iterable[Activity]) -> float:
    return sum(number(row.get("sessions_per_week")) or 0 for row in rows)


def _yes(facts: Iterable[bool]) -> str | None:
    return "yes" if any(facts) else None
