"""Every rule in one list of tables, to be printed, held against the reference and signed off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cases.rules.at_visit import ASK_AT_VISIT
from cases.rules.call_back import CALL_WITHIN, WORKING_DAYS, WORKING_DAYS_FOR
from cases.rules.causes import CAUSE_UNCLEAR, SCREENING_QUESTIONS, TIE_ORDER
from cases.rules.codes import BOTH_SIDES, CODES, CODES_VERSION, SYMPTOM_FIRST
from cases.rules.conditions import Condition
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.evidence import FINDINGS, MOBILITY_THRESHOLD, MODERATE_FROM_ABOVE_THRESHOLD, THRESHOLDS
from cases.rules.follow_up import CALL_AFTER_DAYS, REPEAT_AFTER_DAYS, STEPS
from cases.rules.home_programme import FIRST_DAYS, ON_YOUR_OWN, RUNNING, RUNNING_EXERCISE, WHEN_TO_STOP
from cases.rules.instruments import AKPS_ITEMS, INSTRUMENTS
from cases.rules.lifecycle import MOVES
from cases.rules.likelihood import A_RED_FLAG, CRITERIA, STRONG_POINTERS, UNCERTAIN_RULES, UNLIKELY_RULES
from cases.rules.measures import MEASURES, fields_read
from cases.rules.needling import (
    NEEDLING_RULES,
    NOT_CERTIFIED,
    NOT_OFFERED,
    OPEN_RED_FLAG,
    THERAPIST_RULES,
)
from cases.rules.needling_sessions import SERIOUS, STOP_AFTER, WARN_AFTER
from cases.rules.plan_templates import LOAD_RULES, NEEDLING_ITEM, NOT_ALONE, PLAN_ITEMS
from cases.rules.prognosis import PROGNOSIS
from cases.rules.progress import PROGRESS_RULES, SCORE_HOLDS_FOR_DAYS
from cases.rules.safety_answers import CONTRADICTIONS
from cases.rules.terms import FoundCause
from cases.rules.triage import RED_FLAGS
from cases.rules.version import RULES_VERSION
from cases.rules.visit_plan import USUAL_WEEKS, OffPlan, usual_visit_weeks


@dataclass(frozen=True)
class RuleRow:
    """One rule as people read it.

    statement: what it is about. condition: the trigger, in the field names of the reference; a measure stands in words,
    in [brackets]. effect: its level, weight or result.
    reads: the answer fields it looks at; empty for what an exam or an outcome decides.
    """

    id: str
    statement: str
    condition: str
    effect: str
    source: str
    reads: frozenset[str] = frozenset()

    @property
    def is_ours(self) -> bool:
        """No row of the reference: our own addition, which a lead therapist signs off like the rest."""
        return self.id in OURS

    @property
    def version(self) -> str:
        return RULES_VERSION


@dataclass(frozen=True)
class Section:
    """One table of rules. name: for programs and the command line."""

    name: str
    title: str
    rows: Callable[[], Iterable[RuleRow]]


# What no row of the reference asks for, and why it is there.
OURS = {
    "CC": "the contributor's sum is not in the reference: as for the causes seen on examining",
    "CF4": "tests of control that contradict each other make nothing surer",
    "Q4": "a date left out is asked for",
    "Q5": "tests of control that contradict each other are repeated",
    "Q6": "a clear effusion is explained before load or strength is treated",
    "N22": "a blood thinner in the free text of medicines weighs like one that was ticked",
    "NA2": "serious events after needling that the reference does not name",
    "NA3": "serious events after needling that the reference does not name",
    "NA4": "serious events after needling that the reference does not name",
    "G10": "a status for the weeks before anything can be said",
    **dict.fromkeys((rule.value for rule in OffPlan), "off plan: the reference names visit patterns only"),
    **dict.fromkeys(MOVES, "the life of a case is the clinic's own; its guards come from the reference"),
}
# Rows of the reference that no rule here is, and why.
LEFT_OUT = (
    RuleRow(
        "koos_pf",
        "KOOS-PF",
        "0 to 100, an alternative to AKPS",
        "not offered: terms of electronic use to be checked, and items must not be altered",
        "reference 10",
    ),
    RuleRow("lefs", "LEFS", "0 to 80, optional", "not offered: its authors hold the copyright", "reference 10"),
    RuleRow("tsk_11", "TSK-11", "11 to 44, if fear is suspected", "not offered: licence unclear", "reference 10"),
)


def all_rules() -> tuple[RuleRow, ...]:
    """Every rule of every table, in the order a report meets them."""
    return tuple(row for section in SECTIONS for row in section.rows())


def _red_flags() -> Iterator[RuleRow]:
    for flag in RED_FLAGS:
        # The condition of C10 names every other rule: its own words say it better.
        told = flag.text if flag.id == "C10" else in_words(flag.when)
        yield RuleRow(flag.id, f"{flag.suspicion}: {flag.text}", told, flag.level.value, flag.source, _read(flag.when))
    for clash in CONTRADICTIONS:
        yield RuleRow(
            *(clash.id, "Answers that cannot both be meant", in_words(clash.when), "C10", clash.source),
            _read(clash.when),
        )
    for level, within in CALL_WITHIN.items():
        told = f"within {within.total_seconds() / 60:g} minutes of opening time"
        name = level.value.replace("_", "-")
        yield RuleRow(f"call-{name}", "Somebody calls", f"a flag of level {level.value}", told, "reference 3.3 [G]")
    days = f"within {WORKING_DAYS} working days"
    yield RuleRow("call-review", "Somebody calls", "a flag of level clinician_review", days, "reference 3.1")
    for rule_id, soon in WORKING_DAYS_FOR.items():
        told = f"within {soon} working day"
        yield RuleRow(f"call-{rule_id}", "Somebody calls", f"the flag {rule_id}", told, f"reference 3.1 {rule_id} [G]")


def _likelihood() -> Iterator[RuleRow]:
    tables = ((CRITERIA, "for PFP"), (UNLIKELY_RULES, "unlikely"), (UNCERTAIN_RULES, "uncertain"))
    for table, effect in tables:
        yield from (_of_report(rule, rule.statement, effect) for rule in table)
    yield RuleRow(
        *(A_RED_FLAG, "A red flag comes first", "urgency = same_day or emergency", "never likely"),
        "reference 4 and 3.3",
    )


def _pointers() -> Iterator[RuleRow]:
    return (_of_report(rule, rule.statement, "uncertain") for rule in STRONG_POINTERS)


def _evidence() -> Iterator[RuleRow]:
    for finding in FINDINGS:
        cause = "no cause" if finding.cause is None else finding.cause.value
        seen = "by exam" if finding.from_exam else "from the form"
        yield _of_report(finding, _without_figures(finding.statement), f"{cause} {finding.weight:+d}, {seen}")
    sums = {cause.value: sum_ for cause, sum_ in THRESHOLDS.items()}
    sums[FoundCause.MOBILITY_CONTRIBUTOR.value] = MOBILITY_THRESHOLD
    for id, (cause, sum_) in zip(("CO", "CM", "CS", "CC"), sums.items(), strict=True):
        load = ", one of them OV1 to OV6" if cause == FoundCause.OVERUSE.value else ""
        told = f"the weights of its rows that are met add up to {sum_} or more{load}"
        yield RuleRow(id, FoundCause(cause).label, told, f"{cause} suspected", "reference 6 scoring [G]")
    yield from _confidence()
    for ask in ASK_AT_VISIT:
        yield RuleRow(
            *(ask.id, ask.question, in_words(ask.when), "ask or test at the visit", "reference 6 scoring"),
            _read(ask.when),
        )


def _confidence() -> Iterator[RuleRow]:
    scoring = "reference 6 scoring"
    above = f"the sum lies {MODERATE_FROM_ABOVE_THRESHOLD} or more above the threshold"
    order = ", ".join(cause.value for cause in TIE_ORDER)
    rows = (
        ("CF1", "How sure", "the sum reaches the threshold", "low", scoring),
        ("CF2", "How sure", above, "moderate", scoring),
        ("CF3", "How sure", "a row met by exam speaks for the cause", "one step more; high by exam alone", scoring),
        ("CF4", "How sure", "tests of control contradict each other", "no step more for movement", f"{scoring} [G]"),
        ("tie-order", "Order", "by the sum; with equal sums they share a rank", order, scoring),
        ("cause-unclear", "Abstaining", "no cause reaches its threshold", CAUSE_UNCLEAR, scoring),
    )
    yield from (RuleRow(*row) for row in rows)
    yield RuleRow(
        "overuse-only",
        "Overuse and nothing else",
        f"overuse is the only cause suspected, and each of {', '.join(SCREENING_QUESTIONS)} was answered no, or good "
        "control or normal strength settled it [G]",
        "overuse_only",
        "reference 6 co-occurrence",
        frozenset(SCREENING_QUESTIONS),
    )


def _differentials() -> Iterator[RuleRow]:
    return (_of_report(rule, f"{rule.think_of}. {rule.note}", "think of it") for rule in DIFFERENTIALS)


def _needling() -> Iterator[RuleRow]:
    stop = "contraindicated"
    yield RuleRow(
        *(OPEN_RED_FLAG, "An emergency or same-day flag that nobody cleared", "urgency = same_day or emergency", stop),
        "reference 9.2 and 3.3",
    )
    for screen in NEEDLING_RULES:
        yield _of_report(screen, f"From the form: {screen.statement}", screen.result.value)
    for screen in THERAPIST_RULES:
        yield _of_report(screen, f"At the screening: {screen.statement}", screen.result.value)
    yield RuleRow(
        "needle-rules",
        "Needling in a plan",
        "exercise in the same plan, and in an approved one before; a typed reason; consent; a screen that holds",
        "else refused",
        "reference 9.1; an earlier plan [G]",
    )
    yield RuleRow(NOT_OFFERED, "Local rules", "the site does not offer dry needling", stop, "reference 9.2")
    yield RuleRow(NOT_CERTIFIED, "Local rules", "the therapist is not certified there", stop, "reference 9.2")
    for event, flag in SERIOUS.items():
        source = flag.source if flag.source.startswith("reference") else f"reference 9.3; {flag.source}"
        yield RuleRow(flag.rule_id, flag.suspicion, f"adverse event = {event.value}", flag.level.value, source)


def _plan() -> Iterator[RuleRow]:
    for load in LOAD_RULES:
        yield RuleRow(f"load-{load.colour}", f"Load rule: {load.colour}", load.meaning, load.action, load.source)
    for item in PLAN_ITEMS:
        for_whom = ", ".join(sorted(cause.value for cause in item.causes)) or "every plan"
        yield _of_plan(item, f"{for_whom}{', runners' if item.runners_only else ''}")
    yield _of_plan(
        NEEDLING_ITEM,
        f"never proposed: a therapist adds it; looked at after {WARN_AFTER} and stopped after {STOP_AFTER} sessions "
        "without an important change",
    )
    weeks = ", ".join(map(str, usual_visit_weeks(USUAL_WEEKS)))
    sheet = "on the patient's sheet"
    rows = (
        ("pain-ceiling", "Pain on one's own", ON_YOUR_OWN, sheet, "reference 8.2 [G]"),
        ("first-days", "The first days", FIRST_DAYS, sheet, "reference 8.2"),
        ("running", "Runners", RUNNING, f"{sheet}, with {RUNNING_EXERCISE}", "reference 8.2; Esculier 2018 [S]; [G]"),
        ("when-to-stop", "Stop and tell us", WHEN_TO_STOP, sheet, "reference 8.3"),
        ("not-alone", "Not alone, not by default", NOT_ALONE, "proposed by no template", "reference 8.3"),
        ("plan-length", "How long", f"{USUAL_WEEKS} weeks", "proposed; 6 to 12 in the reference", "reference 8.1"),
        ("visit-pattern", "Visits", f"in weeks {weeks}", "proposed", "reference 8.1 [G]; week 4: reference 11"),
    )
    yield from (RuleRow(*row) for row in rows)
    for rule in OffPlan:
        yield RuleRow(rule.value, "Off plan", rule.label, "on the list of cases off plan", "reference 8.1 [G]")


def _instruments() -> Iterator[RuleRow]:
    for row in INSTRUMENTS.values():
        better = "higher is better" if row.higher_is_better else "lower is better"
        change = "none defined" if row.important_change is None else f"{row.important_change:g}"
        yield RuleRow(
            row.instrument.value,
            row.instrument.label,
            f"{row.low:g} to {row.high:g}, {better}; {row.scoring}; {row.cadence}",
            f"important change: {change}",
            row.source,
        )
    for number, item in enumerate(AKPS_ITEMS, start=1):
        points = ", ".join(f"{value} {each}" for value, each in item.options.items())
        yield RuleRow(f"akps-{number}", f"AKPS: {item.label}", points, "points", "reference 10.1")
    missing = "an item was not answered"
    yield RuleRow("akps-missing", "AKPS: an item missing", missing, "incomplete: no total", "reference 10.1")
    yield from LEFT_OUT


def _follow_up() -> Iterator[RuleRow]:
    for step in STEPS:
        when = f"day {step.days} after {step.start.value}, for {step.answer_days} days"
        asks = f"asks {', '.join(step.asks)} and the red flags"
        yield RuleRow(step.name, step.label, when, asks, step.source)
    told = "a check-in nobody answered"
    yield RuleRow("repeat", "One repeat", told, f"after {REPEAT_AFTER_DAYS} days", "reference 11")
    yield RuleRow("call", "The staff's list", told, f"after {CALL_AFTER_DAYS} days", "reference 11 [G]")


def _progress() -> Iterator[RuleRow]:
    for rule_id, (status, action) in PROGRESS_RULES.items():
        yield RuleRow(rule_id, status.label, PROGRESS_IN_WORDS[rule_id], f"{status.value}: {action}", "reference 11")


def _prognosis() -> Iterator[RuleRow]:
    for flag in PROGNOSIS:
        yield RuleRow(flag.id, flag.statement, flag.condition, "told to staff", flag.source)


def _codes() -> Iterator[RuleRow]:
    for code in CODES:
        side = f", {code.side}" if code.side else ""
        yield RuleRow(
            code.id,
            f"{code.concept.label}{side}",
            code.system.label,
            code.status,
            f"reference 12, table {CODES_VERSION}",
        )
    for id, sentence in (SYMPTOM_FIRST, BOTH_SIDES):
        yield RuleRow(id, "Which code", sentence, "shown with the case", "reference 12")


# The comparisons of `cases.rules.progress`, for people: each has tests on both sides of every number.
PROGRESS_IN_WORDS = {
    "G1": "worst pain up >= 2, or AKPS down >= 10, against the baseline or the last check-in; or GROC <= -2",
    "G2": "after improved or resolved: worst pain up >= 2 and >= 3, or told that it came back for a week or longer",
    "G9": "two check-ins in a row without a reply, the weekly ones aside",
    "G3": "worst pain <= 1, and AKPS >= 95 or every goal >= 9, on two check-ins 14 days apart or more",
    "G4": "two or more of: worst pain down >= 2, AKPS up >= 10, PSFS up >= 2.3, GROC >= +2; of each the latest score, "
    f"of at most {SCORE_HOLDS_FOR_DAYS} days ago [G]",
    "G5": "exactly one of the four of G4",
    "G6": "none of the four of G4, also not in older scores (one alone gives way to newer worst pain [G]), "
    "week 12 or later",
    "G7": "as G6, week 6 or later, adherence >= 50 %",
    "G8": "as G6, week 6 or later, adherence < 50 % or not known",
    "G10": "none of the others",
}


def _lifecycle() -> Iterator[RuleRow]:
    for move in MOVES.values():
        starts = " or ".join(sorted(status.value for status in move.starts))
        guards = " ".join(guard.sentence for guard in move.guards) or "always"
        told = f"status = {starts}. {guards}"
        yield RuleRow(move.name, move.label, told, f"status {move.ends.value}", "reference 1 and 3.3; [G]")


SECTIONS = (
    Section("red-flags", "Red flags", _red_flags),
    Section("likelihood", "Likelihood of PFP", _likelihood),
    Section("pointers", "Strong competing pointers", _pointers),
    Section("evidence", "Evidence for each cause", _evidence),
    Section("differentials", "Other conditions to think of", _differentials),
    Section("needling", "Screen before dry needling", _needling),
    Section("plan", "Load rules and plan items", _plan),
    Section("instruments", "Outcome instruments", _instruments),
    Section("follow-up", "Follow-up", _follow_up),
    Section("progress", "Progress", _progress),
    Section("prognosis", "Prognosis", _prognosis),
    Section("codes", "Codes", _codes),
    Section("lifecycle", "Life of a case", _lifecycle),
)


def in_words(when: Condition) -> str:
    """The condition in the field names of the reference; what is worked out from answers stands in [words]."""
    text = str(when)
    for flag in RED_FLAGS:
        # "and not E1" is how the reference has it; written out it fills the page.
        text = text.replace(f"not ({flag.when})", f"not {flag.id}")
    told = [name for name in when.reads if name in MEASURES]
    if not told:
        return text
    named = re.compile(rf"\b({'|'.join(sorted(map(re.escape, told), key=len, reverse=True))})\b")
    return named.sub(lambda name: f"[{MEASURES[name[0]].says}]", text)


def _of_report(rule: Any, statement: str, effect: str) -> RuleRow:
    """A rule with an id, a condition on the report and a source."""
    return RuleRow(rule.id, statement, in_words(rule.when), effect, rule.source, _read(rule.when))


def _of_plan(item: Any, for_whom: str) -> RuleRow:
    dose = f"{item.dose}. {item.frequency}. {item.duration_weeks} weeks. Progress: {item.progression}"
    return RuleRow(item.id, f"{item.title} ({for_whom})", dose, item.evidence, item.source)


def _read(when: Condition) -> frozenset[str]:
    return fields_read(when)


def _without_figures(statement: str) -> str:
    """A statement that is filled in from the report, before it is."""
    return re.sub(r"\{[a-z_]+\}", "…", re.sub(r": \{[a-z_]+\}$", "", statement))
