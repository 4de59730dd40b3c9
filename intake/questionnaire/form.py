"""A posted page as the same plain values JSON sends, so that both doors share one validation."""

from __future__ import annotations

import re
from typing import Any, Protocol

from .checks import time_zones
from .definition import Kind, Question, Section

# The button that answers "no" to every question of the page left blank.
NO_TO_ALL = "no_to_all"

_WHOLE = re.compile(r"[+-]?\d{1,12}")
_DECIMAL = re.compile(r"[+-]?\d{1,12}[.,]\d{1,12}")


class Posted(Protocol):
    """What a page sends; Django's QueryDict is one."""

    def get(self, key: str, default: Any = None) -> Any: ...

    def getlist(self, key: str) -> list[Any]: ...

    def __contains__(self, key: object) -> bool: ...


def from_form(section: Section, data: Posted) -> dict[str, Any]:
    """Every question of the section by name; None where the page was left blank.

    Input names: `name`; of a date `name-day`, `name-month`, `name-year` (or `name` in one piece); of a number with
    a choice of units `name` and `name-unit`; of row 0 `name-0-sub`; of what is asked of each option `name-option-sub`.
    What is no number stays text, so that the check can say so and the page can show it again. Fields the section does
    not ask for are not looked at.
    """
    raw = {question.name: _value(question, data, question.name) for question in section.questions}
    if section.no_to_all and NO_TO_ALL in data:
        for question in section.questions:
            if raw[question.name] is None and not question.staff_only:
                raw[question.name] = question.nothing
    return raw


def _value(question: Question, data: Posted, name: str) -> Any:
    match question.kind:
        case Kind.CHOICES:
            return [each for each in data.getlist(name) if each] or None
        case Kind.ROWS:
            return _rows(question, data, name)
        case Kind.EACH:
            return _each(question, data) or None
        case Kind.DATE | Kind.BIRTH_DATE:
            return _date(data, name)
        case Kind.INTEGER | Kind.NUMBER | Kind.SCALE:
            return _number(question, data, name)
        case Kind.TIME_ZONE:
            # Filled in by the browser where nobody sees it: a name we do not know must not hold the patient up.
            return data.get(name) if data.get(name) in time_zones() else None
    return data.get(name) or None


def _rows(question: Question, data: Posted, name: str) -> list[dict[str, Any]]:
    rows = []
    # One more than allowed, so that a page with too many rows is refused rather than cut.
    for place in range(question.max_rows + 1):
        if given := _given(question, data, f"{name}-{place}"):
            rows.append(given)
    return rows


def _each(question: Question, data: Posted) -> dict[str, dict[str, Any]]:
    found = {option.value: _given(question, data, question.name_of(option.value)) for option in question.options}
    return {option: given for option, given in found.items() if given}


def _given(question: Question, data: Posted, prefix: str) -> dict[str, Any]:
    answers = {sub.name: _value(sub, data, f"{prefix}-{sub.name}") for sub in question.questions}
    return {sub: answer for sub, answer in answers.items() if answer is not None and str(answer).strip()}


def _date(data: Posted, name: str) -> Any:
    pieces = {piece: data.get(f"{name}-{piece}") or "" for piece in ("day", "month", "year")}
    if any(pieces.values()):
        return pieces
    return data.get(name) or None


def _number(question: Question, data: Posted, name: str) -> Any:
    text = (data.get(name) or "").strip()
    if _WHOLE.fullmatch(text):
        number: int | float = int(text)
    elif _DECIMAL.fullmatch(text):
        number = float(text.replace(",", "."))
    else:
        return text or None
    chosen = data.get(f"{name}-unit")
    times = next((unit.times for unit in question.entry_units if unit.value == chosen), 1)
    # A tenth of a unit is finer than anybody remembers, and keeps "2 months" from becoming 8.696428 weeks.
    return number if times == 1 else round(number * times, 1)
