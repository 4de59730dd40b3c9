"""What is worked out from the answers: ages, days since, load. Each measure names the answers it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.rules import load_history
from cases.rules.conditions import Answers, Condition, Report
from cases.rules.load_history import LOAD_RULE, LoadRule, number
from cases.rules.safety_answers import CONTRADICTIONS, SAFETY_QUESTIONS, contradicted, unsettled


@dataclass(frozen=True)
class Measure:
    """A number or word derived from answers.

    says: what it is, with its unit.
    reads: the answer fields it looks at.
    quotes: the fields worth quoting for one report, where that is not simply `reads`.
    """

    says: str
    reads: frozenset[str]
    compute: Callable[[Report], Any]
    quotes: Callable[[Report], Iterable[str]] | None = None

    def __call__(self, report: Report) -> Any:
        return self.compute(report)

    def quoted(self, report: Report) -> frozenset[str]:
        return self.reads if self.quotes is None else frozenset(self.quotes(report))


HISTORY_ITEMS = (
    "kneecap_dislocation",
    "ligament",
    "meniscus",
    "fracture",
    "knee_surgery",
    "joint_replacement_or_metal_in_leg",
    "cast_or_immobilised",
)
# Words in the free text of medicines that make "none" doubtful [G]; generic and common trade names.
BLOOD_THINNERS = (
    "apixaban",
    "eliquis",
    "rivaroxaban",
    "xarelto",
    "dabigatran",
    "pradaxa",
    "edoxaban",
    "warfarin",
    "coumadin",
    "acenocoumarol",
    "heparin",
    "enoxaparin",
    "aspirin",
    "clopidogrel",
    "plavix",
    "ticagrelor",
    "prasugrel",
)


def _age_years(report: Report) -> int | None:
    age = number(report.answers.get("age"))
    return int(age) if age is not None and 0 <= age <= 130 else None


def _worst_below_now(report: Report) -> str | None:
    now, worst = number(report.answers.get("pain_now")), number(report.answers.get("pain_worst"))
    return "yes" if now is not None and worst is not None and worst < now else None


def _had(report: Report, item: str) -> bool:
    history = report.answers.get("prior_injury_surgery")
    return isinstance(history, list | tuple) and item in history


def days_since(report: Report, item: str) -> int | None:
    """Days from the date given for a history item to the report; 0 for a date still to come; None without a date."""
    text = report.answers.get(f"{item}_on")
    if not _had(report, item) or not isinstance(text, str):
        return None
    try:
        return max(0, (report.on - date.fromisoformat(text)).days)
    except ValueError:
        return None


def _undated(report: Report, item: str) -> str | None:
    # While the form is being filled in the date may simply not have been asked yet.
    return "yes" if report.complete and _had(report, item) and days_since(report, item) is None else None


_LEG_RESTED = ("cast_or_immobilised", "knee_surgery")
LEG_RESTED_DAYS = 730  # 24 months, reference 6 [G]


def _leg_rested(report: Report) -> tuple[str, ...]:
    return tuple(
        item for item in _LEG_RESTED if (days := days_since(report, item)) is not None and days <= LEG_RESTED_DAYS
    )


def _leg_rested_quotes(report: Report) -> tuple[str, ...]:
    items = _leg_rested(report)
    # Of two dates neither is what makes it hold: without the one the other still does.
    return ("prior_injury_surgery", f"{items[0]}_on") if len(items) == 1 else ("prior_injury_surgery",)


def _blood_thinner_named(report: Report) -> str | None:
    text = report.answers.get("medications")
    return "yes" if isinstance(text, str) and any(word in text.casefold() for word in BLOOD_THINNERS) else None


def _of(says: str, compute: Callable[[Report], Any], *reads: str) -> Measure:
    return Measure(says, frozenset(reads), compute)


def _since(item: str) -> Measure:
    return _of(
        f"days since the {item} in the history", lambda report: days_since(report, item), "prior_injury_surgery",
        f"{item}_on",
    )  # fmt: skip


def _without_date(item: str) -> Measure:
    return _of(
        f"a {item} in the history without a usable date", lambda report: _undated(report, item),
        "prior_injury_surgery", f"{item}_on",
    )  # fmt: skip


def load_measures(rule: LoadRule) -> dict[str, Measure]:
    """What depends on where a jump of load begins."""
    window = f"within {rule.window_weeks:g} weeks before onset or today"
    reads = ("activities", "duration_weeks")
    return {
        "load_jumps": Measure(
            f"activities up {rule.increase_percent:g} % or more, or new, {window}",
            frozenset(reads),
            lambda report: load_history.load_jumps(report, rule),
            lambda report: load_history.load_jump_quotes(report, rule),
        ),
        "load_jumps_told": _of(
            "those activities in words", lambda report: load_history.load_jumps_told(report, rule), *reads
        ),
        "largest_increase_percent": _of(
            "largest increase of load within the window, percent",
            lambda report: load_history.largest_increase_percent(report, rule),
            *reads,
        ),
    }


_contradictable = frozenset().union(*(each.when.reads for each in CONTRADICTIONS)) - {
    "worst_pain_below_pain_now",
    "runs_or_jumps",
}

MEASURES: dict[str, Measure] = {
    "age_years": _of("whole years of age", _age_years, "age"),
    "worst_pain_below_pain_now": _of(
        "worst pain of the week given lower than pain now", _worst_below_now, "pain_now", "pain_worst"
    ),
    **{f"{item}_days": _since(item) for item in HISTORY_ITEMS},
    **{f"{item}_undated": _without_date(item) for item in HISTORY_ITEMS},
    "leg_rested": Measure(
        "casts, immobilisations and surgery of this leg within 24 months",
        frozenset({"prior_injury_surgery", *(f"{item}_on" for item in _LEG_RESTED)}),
        lambda report: len(_leg_rested(report)),
        _leg_rested_quotes,
    ),
    "blood_thinner_named": _of("a blood thinner in the list of medicines", _blood_thinner_named, "medications"),
    **load_measures(LOAD_RULE),
    "weeks_off_before_return": _of(
        "weeks off before an activity was taken up again", load_history.weeks_off_before_return, "activities"
    ),
    "weeks_without_exercise": _of(
        "weeks without any of the listed activities", load_history.weeks_without_exercise, "activities"
    ),
    "impact_increase": _of("impact activity rose, is new or resumed", load_history.impact_increase, "activities"),
    "any_increase": _of("any activity rose, is new or resumed", load_history.any_increase, "activities"),
    "new_ground": _of("new hills, stairs, surface or shoes", load_history.new_ground, "activities"),
    "load_changed": Measure(
        "whether load went up at all",
        frozenset({"activities", "work_load"}),
        load_history.load_changed,
        lambda report: {"activities"},
    ),
    "endurance_or_jumping": _of(
        "an endurance or jumping activity is listed", load_history.endurance_or_jumping, "activities"
    ),
    "impact_sessions_per_week": _of("impact sessions per week", load_history.impact_sessions_per_week, "activities"),
    "sessions_per_week": _of("sessions per week of all activities", load_history.sessions_per_week, "activities"),
    "teams": _of("teams played for", load_history.teams, "activities"),
    "rest_days_per_week": _of("rest days per week", load_history.rest_days_per_week, "activities"),
    "runs_or_jumps": _of("runs or jumps at present", load_history.runs_or_jumps, "activities"),
    "unsettled_safety_answers": Measure(
        "safety questions blank at submit or answered not sure",
        frozenset(SAFETY_QUESTIONS),
        lambda report: len(unsettled(report)),
        unsettled,
    ),
    "contradictory_answers": Measure(
        "answers that contradict each other",
        _contradictable | {"pain_now", "pain_worst", "activities"},
        lambda report: len(contradicted(report)),
        lambda report: fields_behind(contradicted(report), report),
    ),
}


def measures_with(rule: LoadRule) -> dict[str, Measure]:
    """Every measure, with another idea of a jump of load."""
    return MEASURES | load_measures(rule)


def report_of(answers: Answers, on: date, shown: Iterable[str] | None = None, complete: bool = True) -> Report:
    """The report of one day with every measure at hand; takes odd or missing answers without raising.

    answers: field name to value, as the questionnaire stores them, with `age` in whole years.
    shown: the questions put; None where that is not known.
    complete: False while the form is still being filled in.
    """
    return Report(
        answers={name: value for name, value in answers.items() if value is not None},
        on=on,
        shown=None if shown is None else frozenset(shown),
        complete=complete,
        measures=MEASURES,
    )


def fields_read(condition: Condition) -> frozenset[str]:
    """The answer fields a condition looks at, measures resolved."""
    return frozenset().union(*(MEASURES[name].reads if name in MEASURES else {name} for name in condition.reads))


def fields_behind(names: Iterable[str], report: Report) -> frozenset[str]:
    """The answer fields to quote for the names a condition gave as its grounds."""
    behind: set[str] = set()
    for name in names:
        measure = report.measures.get(name)
        behind.update((name,) if measure is None else measure.quoted(report))
    return frozenset(behind)


def quoted(condition: Condition, report: Report) -> dict[str, Any]:
    """The answers that made the condition hold, by field name in order; None for one left blank."""
    return {name: report.answers.get(name) for name in sorted(fields_behind(condition.because(report), report))}
