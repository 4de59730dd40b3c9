"""Judges what a patient sent against the questionnaire: what is stored, what is wrong, what was shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.rules.conditions import Report
from cases.rules.measures import fields_behind, report_of
from cases.rules.safety_answers import CONTRADICTIONS

from .questionnaire.checks import Asking, Wrong, check, is_blank, missing
from .questionnaire.dates import age_on
from .questionnaire.definition import Kind, Question, Questionnaire
from .questionnaire.form import from_form

__all__ = ["Cleaned", "clean", "contradictions", "from_form", "shown", "split"]


@dataclass(frozen=True)
class Cleaned:
    """What one set of answers comes to.

    answers: what may be stored, by question name; blank ones are absent. Good answers are here even when others fail.
    errors: messages by input name (`phone`, `activities-0-type`); empty when everything judged is right.
    shown: the questions this patient is asked, answered or not.
    dropped: answers to questions not shown, None where the answer was not even a possible one. A draft may keep
        them, so that a changed mind does not cost an answer; nothing else reads them.
    contradictory: the fields that speak against each other. Both sides are in `answers`, for the rules to mark.
    """

    answers: dict[str, Any]
    errors: dict[str, list[str]]
    shown: frozenset[str]
    dropped: dict[str, Any] = field(default_factory=dict)
    contradictory: frozenset[str] = frozenset()


def clean(
    questionnaire: Questionnaire,
    raw: Any,
    *,
    on: date,
    section: str | None = None,
    sites: Collection[str] | None = None,
    by_staff: bool = False,
    facts: Mapping[str, Any] | None = None,
    region: str = "US",
) -> Cleaned:
    """Judge answers by the definition.

    raw: question name to value, as JSON sends it or `from_form` reads it; all the answers so far, not only those of
        `section`, because conditions look back.
    on: the patient's day.
    section: judge only this section (a page of the form); None judges all of it, as on submit.
    sites: slugs a patient may choose; None accepts any.
    by_staff: staff are typing, and see their own questions too.
    facts: what conditions read that is not asked here: `age` in years (where the birth date is known already) and
        `needling_offered`, "yes" or "no".
    region: the country of a telephone number without one.
    """
    if not isinstance(raw, Mapping):
        return Cleaned({}, {"answers": [_("Send the answers as an object: question name to answer.")]}, frozenset())
    walk = _Walk(Asking(on=on, sites=sites, region=region), dict(facts or {}), by_staff)
    judged = None if section is None else {each.name for each in questionnaire.section(section).questions}
    walk.through(questionnaire.questions, raw, judged=judged)
    if section is None:
        walk.refuse_unknown(questionnaire.by_name, raw)
    everything = {**walk.dropped, **walk.answers}
    contradictory = _contradictory(everything, on)
    # Reference 2: contradictory answers are both kept, also where one of them has hidden the other.
    answers = {name: value for name, value in everything.items() if name in walk.answers or name in contradictory}
    dropped = {name: value for name, value in walk.dropped.items() if name not in contradictory}
    return Cleaned(answers, walk.errors, frozenset(walk.shown), dropped, contradictory)


def shown(
    questionnaire: Questionnaire,
    answers: Mapping[str, Any],
    *,
    on: date,
    by_staff: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> frozenset[str]:
    """The questions that these answers (as stored) let a patient see."""
    seen = dict(facts or {})
    report = Report(answers=seen, on=on)
    asked = set()
    for question in questionnaire.questions:
        if not _is_asked(question, report, by_staff):
            continue
        asked.add(question.name)
        value = answers.get(question.name)
        if value is not None:
            _see(seen, question, value, on)
    return frozenset(asked)


def split(
    questionnaire: Questionnaire, answers: Mapping[str, Any], *, on: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is kept with the patient, and what is kept with the report, with `age` in whole years worked out.

    answers: as `clean` returned them.
    """
    personal = {question.name for question in questionnaire.questions if question.personal}
    contact = {name: value for name, value in answers.items() if name in personal}
    clinical = {name: value for name, value in answers.items() if name not in personal}
    for question in questionnaire.questions:
        if question.kind is Kind.BIRTH_DATE and question.name in answers:
            clinical["age"] = age_on(date.fromisoformat(answers[question.name]), on)
    return contact, clinical


def contradictions(answers: Mapping[str, Any], *, on: date) -> dict[str, str]:
    """What to ask once about answers that contradict each other: message by contradiction id; then keep both.

    A page shows these beside "yes, that is right" and goes on when that is pressed; the rules mark the report (C10).
    """
    report = report_of(answers, on)
    return {each.id: str(_CONTRADICTION_ASKED[each.id]) for each in CONTRADICTIONS if each.when.holds(report)}


_CONTRADICTION_ASKED = {
    "K1": gettext_lazy("You said the worst pain of the week was less than the pain right now. Is that right?"),
    "K2": gettext_lazy("You said you cannot take 4 steps, and also that you run or jump now. Is that right?"),
    "K3": gettext_lazy("You said you did not hurt the knee lately, and also told us about an injury. Is that right?"),
}


def _contradictory(answers: Mapping[str, Any], on: date) -> frozenset[str]:
    report = report_of(answers, on)
    names = frozenset().union(*(each.when.because(report) for each in CONTRADICTIONS))
    return fields_behind(names, report)


def _is_asked(question: Question, report: Report, by_staff: bool) -> bool:
    if question.staff_only and not by_staff:
        return False
    return question.shown_when is None or question.shown_when.holds(report)


def _see(seen: dict[str, Any], question: Question, value: Any, on: date) -> None:
    seen[question.name] = value
    if question.kind is Kind.BIRTH_DATE:
        seen["age"] = age_on(date.fromisoformat(value), on)


class _Walk:
    """One pass through the questions in order: a condition sees only good answers to questions that were shown."""

    def __init__(self, asking: Asking, seen: dict[str, Any], by_staff: bool, prefix: str = "") -> None:
        self.asking, self.seen, self.by_staff, self.prefix = asking, seen, by_staff, prefix
        self.answers: dict[str, Any] = {}
        self.errors: dict[str, list[str]] = {}
        self.shown: set[str] = set()
        self.dropped: dict[str, Any] = {}

    def through(self, questions: Iterable[Question], raw: Mapping[str, Any], *, judged: Collection[str] | None) -> None:
        report = Report(answers=self.seen, on=self.asking.on)
        blank = []
        for question in questions:
            value = raw.get(question.name)
            # An empty list of rows is an answer: this patient does no sport.
            is_empty = is_blank(value) and not (value == [] and question.kind is Kind.ROWS and not question.min_rows)
            if not _is_asked(question, report, self.by_staff):
                if not is_empty:
                    self._drop(question, value)
                continue
            self.shown.add(question.name)
            is_judged = judged is None or question.name in judged
            if is_empty:
                if is_judged:
                    blank.append(question)
                continue
            self._take(question, value, is_judged)
        # Only now: "required when" may look at questions that come later on the page.
        for question in blank:
            if question.required or (question.required_when is not None and question.required_when.holds(report)):
                self._refuse(question.name, missing(question))

    def refuse_unknown(self, known: Collection[str], raw: Mapping[Any, Any]) -> None:
        for name in raw:
            if name not in known:
                # Cut and made printable: the name itself came from outside.
                readable = "".join(letter if letter.isprintable() else "?" for letter in str(name)[:80])
                self._refuse(readable, _("This form has no such question. Remove it."))

    def _take(self, question: Question, value: Any, is_judged: bool) -> None:
        chosen = self.seen.get(question.each_of, ())
        found, errors = _judge(question, value, self.asking, self.by_staff, self.prefix + question.name, chosen)
        if is_judged:
            self.errors.update(errors)
        if found is not None:
            self.answers[question.name] = found
            _see(self.seen, question, found, self.asking.on)

    def _drop(self, question: Question, value: Any) -> None:
        found, _errors = _judge(question, value, self.asking, self.by_staff, question.name, question.values)
        self.dropped[question.name] = found

    def _refuse(self, name: str, message: str) -> None:
        self.errors.setdefault(self.prefix + name, []).append(message)


def _judge(
    question: Question, value: Any, asking: Asking, by_staff: bool, name: str, chosen: Collection[str]
) -> tuple[Any, dict[str, list[str]]]:
    """The value as stored (None when it cannot be) and the messages by input name. chosen: of the kind EACH."""
    if question.kind is Kind.ROWS:
        return _judge_rows(question, value, asking, by_staff, name)
    if question.kind is Kind.EACH:
        return _judge_each(question, value, asking, by_staff, name, chosen)
    try:
        return check(question, value, asking), {}
    except Wrong as wrong:
        return None, {name: [str(wrong)]}


def _judge_rows(
    question: Question, value: Any, asking: Asking, by_staff: bool, name: str
) -> tuple[list[dict[str, Any]] | None, dict[str, list[str]]]:
    # A row that is half right keeps its good half, in its place, so that a page can show it again.
    if not isinstance(value, list | tuple):
        return None, {name: [_("Send a list of rows.")]}
    if len(value) > question.max_rows:
        return None, {name: [_("Keep at most %(most)d.") % {"most": question.max_rows}]}
    rows: list[dict[str, Any]] = []
    errors: dict[str, list[str]] = {}
    for place, row in enumerate(value):
        if not isinstance(row, Mapping):
            errors[f"{name}-{place}"] = [_("Send each row as an object: question name to answer.")]
            rows.append({})
            continue
        answers, wrong = _judge_row(question, row, asking, by_staff, f"{name}-{place}")
        errors.update(wrong)
        rows.append(answers)
    return rows, errors


def _judge_each(
    question: Question, value: Any, asking: Asking, by_staff: bool, name: str, chosen: Collection[str]
) -> tuple[dict[str, dict[str, Any]] | None, dict[str, list[str]]]:
    """In the order of the options. What is said of an option that was not chosen was not asked: it is left out."""
    if not isinstance(value, Mapping):
        return None, {name: [_("Send an object: each option chosen to its answers.")]}
    rows: dict[str, dict[str, Any]] = {}
    errors: dict[str, list[str]] = {}
    for option in (option.value for option in question.options if option.value in chosen):
        row = value.get(option)
        if is_blank(row):
            continue
        if not isinstance(row, Mapping):
            errors[question.name_of(option)] = [_("Send each row as an object: question name to answer.")]
            continue
        answers, wrong = _judge_row(question, row, asking, by_staff, question.name_of(option))
        errors.update(wrong)
        if answers:
            rows[option] = answers
    walk = _Walk(asking, {}, by_staff, prefix=f"{name}-")
    walk.refuse_unknown(question.values, value)
    return rows or None, errors | walk.errors


def _judge_row(
    question: Question, row: Mapping[Any, Any], asking: Asking, by_staff: bool, prefix: str
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    walk = _Walk(asking, {}, by_staff, prefix=f"{prefix}-")
    walk.through(question.questions, row, judged=None)
    walk.refuse_unknown({sub.name for sub in question.questions}, row)
    return walk.answers, walk.errors
