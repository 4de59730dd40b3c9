"""What is worked out from the answers: ages, days since, load. Each measure names the answers it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.rules import exam_findings, load_history
from cases.rules.conditions import Answers, Condition, Report
from cases.rules.exam_tests import BY_ID, CONTROL_TESTS, FLEXIBILITY_TESTS, GRADE_TESTS, STRENGTH_TESTS
from cases.rules.examination import Examined
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


def _of_exam(
    says: str, compute: Callable[[Examined], Any], quotes: Callable[[Examined], Iterable[str]], tests: Iterable[str]
) -> Measure:
    """A measure of the examination; None before there was one. quotes: the tests that decided."""

    def worked_out(report: Report) -> Any:
        return None if report.exam is None else compute(report.exam)

    def quoted_tests(report: Report) -> Iterable[str]:
        return () if report.exam is None else _fields(quotes(report.exam))

    return Measure(says, frozenset(_fields(tests)), worked_out, quoted_tests)


def _fields(tests: Iterable[str]) -> tuple[str, ...]:
    return tuple(BY_ID[test].field for test in tests)


def _in_words(says: str, tell: Callable[[Examined], str], tests: Iterable[str]) -> Measure:
    return _of_exam(f"{says} in words", tell, lambda exam: (), tests)


def _found(says: str, find: Callable[[Examined], tuple[str, ...]], *tests: str) -> Measure:
    """How many of these tests found it."""
    return _of_exam(says, lambda exam: len(find(exam)), find, tests)


def _outcome(test: str) -> Measure:
    """The results of one test on the affected sides, as a multiple choice."""

    def seen(exam: Examined) -> list[str]:
        result = exam.result(test)
        return [result[side] for side in exam.affected if isinstance(result.get(side), str)]

    return _of_exam(f"{BY_ID[test].label.lower()} on the affected side", seen, lambda exam: (test,), (test,))


_STRENGTH = (*STRENGTH_TESTS, exam_findings.NORMS)
_NORMAL = (*_STRENGTH, *GRADE_TESTS)
_KNEECAP = ("j_sign", "patellar_glide", "patellar_tilt")
_FLAT = ("foot_posture", "joint_flexibility")
_TIGHT = (*FLEXIBILITY_TESTS, "foot_mobility")


def _done(exam: Examined, tests: Iterable[str]) -> tuple[str, ...]:
    return tuple(test for test in tests if exam.result(test))


def strength_measures(cut: float) -> dict[str, Measure]:
    """What depends on how much weaker a side must be."""

    def normal(exam: Examined) -> str | None:
        return "yes" if exam_findings.strength_is_normal(exam, cut) else None

    def deciding(exam: Examined) -> Iterable[str]:
        return sorted(frozenset().union(*exam_findings.weak(exam, cut).values()))

    def measured(exam: Examined) -> Iterable[str]:
        return _done(exam, _STRENGTH)

    return {
        "exam_weak": _of_exam(
            f"muscle groups below {cut:g} % of the other side, or below norms",
            lambda exam: len(exam_findings.weak(exam, cut)),
            deciding,
            _STRENGTH,
        ),
        "exam_weak_told": _in_words("those muscle groups", lambda exam: exam_findings.weak_told(exam, cut), _STRENGTH),
        "exam_strength_normal": _of_exam("strength alike on both sides and within norms", normal, measured, _NORMAL),
    }


EXAM_MEASURES: dict[str, Measure] = {
    **strength_measures(exam_findings.STRENGTH_PERCENT),
    "exam_strength_done": _found("strength tests done", lambda exam: _done(exam, STRENGTH_TESTS), *STRENGTH_TESTS),
    "exam_kneecap_done": _found("kneecap tests done", lambda exam: _done(exam, _KNEECAP), *_KNEECAP),
    "exam_strength_told": _in_words("strength", exam_findings.strength_told, _STRENGTH),
    "exam_poor_control": _found("control tests with a fault", exam_findings.poor_control, *CONTROL_TESTS),
    "exam_good_control": _found(
        "control tests done, where all of them were good", exam_findings.good_control, *CONTROL_TESTS
    ),
    "exam_control_told": _in_words("control tests", exam_findings.control_told, CONTROL_TESTS),
    "exam_control_differs": _of_exam(
        "good control on one test and a fault on another",
        lambda exam: "yes" if exam_findings.control_differs(exam) else None,
        lambda exam: _done(exam, CONTROL_TESTS),
        CONTROL_TESTS,
    ),
    "exam_kneecap_abnormal": _found(
        "J-sign, abnormal glide, tilt with too much play", exam_findings.kneecap_abnormal, *_KNEECAP
    ),
    "exam_kneecap_told": _in_words(
        "those tests of the kneecap",
        lambda exam: exam_findings.told(exam, exam_findings.kneecap_abnormal(exam)),
        _KNEECAP,
    ),
    "exam_tilt_stiff": _of_exam(
        "tilt with too little play",
        lambda exam: "yes" if exam_findings.tilt_is_stiff(exam) else None,
        lambda exam: ("patellar_tilt",),
        ("patellar_tilt",),
    ),
    "exam_tilt_told": _in_words(
        "the tilt test", lambda exam: exam_findings.told(exam, ("patellar_tilt",)), ("patellar_tilt",)
    ),
    "exam_flat_or_flexible": _found("flat feet, very flexible joints", exam_findings.flat_or_flexible, *_FLAT),
    "exam_flat_told": _in_words(
        "those", lambda exam: exam_findings.told(exam, exam_findings.flat_or_flexible(exam)), _FLAT
    ),
    "exam_tight": _found("tight muscles, high foot mobility", exam_findings.tight_or_mobile_foot, *_TIGHT),
    "exam_tight_told": _in_words(
        "those", lambda exam: exam_findings.told(exam, exam_findings.tight_or_mobile_foot(exam)), _TIGHT
    ),
    **{f"exam_{test}": _outcome(test) for test in ("squat_pain", "patellar_tilt", "apprehension", "effusion")},
}


_contradictable = frozenset().union(*(each.when.reads for each in CONTRADICTIONS)) - {
    "worst_pain_below_pain_now",
    "runs_or_jumps",
}

MEASURES: dict[str, Measure] = {
    **EXAM_MEASURES,
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


def measures_with(rule: LoadRule, strength_percent: float) -> dict[str, Measure]:
    """Every measure, with another idea of a jump of load and of a weak side."""
    return MEASURES | load_measures(rule) | strength_measures(strength_percent)


def report_of(
    answers: Answers,
    on: date,
    shown: Iterable[str] | None = None,
    complete: bool = True,
    exam: Examined | None = None,
) -> Report:
    """The report of one day with every measure at hand; takes odd or missing answers without raising.

    answers: field name to value, as the questionnaire stores them, with `age` in whole years.
    shown: the questions put; None where that is not known.
    complete: False while the form is still being filled in.
    exam: what the therapist found since; None before anybody examined.
    """
    return Report(
        answers={name: value for name, value in answers.items() if value is not None},
        on=on,
        shown=None if shown is None else frozenset(shown),
        complete=complete,
        measures=MEASURES,
        exam=exam,
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
    return {name: report.told(name) for name in sorted(fields_behind(condition.because(report), report))}
