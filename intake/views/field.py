"""What a template reads about one question: its inputs, options and errors, all decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.charts.knee import draw_view
from cases.rules.knee_map import View
from intake.questionnaire.checks import UNPRINTABLE
from intake.questionnaire.definition import Kind, Question

KNEE_MAP = "pain_location"

_TEMPLATES = {
    Kind.LONG_TEXT: "lines",
    Kind.TIME_ZONE: "hidden",
    Kind.BIRTH_DATE: "date",
    Kind.DATE: "date",
    Kind.SCALE: "scale",
    Kind.CHOICE: "options",
    Kind.CHOICES: "options",
    Kind.CONSENT: "consent",
    Kind.ROWS: "rows",
}
_INPUT_TYPES = {
    Kind.EMAIL: "email",
    Kind.PHONE: "tel",
    Kind.CHOICE: "radio",
    Kind.SCALE: "radio",
    Kind.CHOICES: "checkbox",
}
# Above this many, one question would fill a phone's screen several times inside a repeated row.
_MANY = 7


def as_text(value: Any) -> str:
    match value:
        case None | dict() | list() | tuple():
            return ""
        case float():
            return f"{value:.4f}".rstrip("0").rstrip(".")
    # A sign that is no text was refused at its field: shown again, it would be sent again.
    return UNPRINTABLE.sub("", str(value))


@dataclass(frozen=True)
class Choice:
    """One option of a question. meaning: what an end of a scale stands for, for those who hear the page."""

    value: str
    label: str
    id: str
    checked: bool
    alone: bool = False
    meaning: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Piece:
    """One box of a date; the month is chosen by name, so that no order of numbers can be mistaken."""

    part: str
    label: str
    id: str
    name: str
    value: str
    autocomplete: str
    options: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row of a repeated question. condition, hidden: as of a field, where another answer decides about it."""

    id: str
    title: str
    fields: tuple[Field, ...]
    errors: tuple[str, ...]
    filled: bool
    hidden: bool = False
    condition: str = ""


@dataclass(frozen=True)
class Field:
    """One question on a page.

    name: of the input, `activities-0-type` inside a row. value: as stored, or as it was typed when it was wrong.
    since: the day of the patient's last form, where its answer is filled in for them to confirm.
    elsewhere: what another device saved meanwhile, in words, where it is not what was entered here.
    each: what is asked of each of its options once it is chosen: a row for each, in their order.
    is_small: one of several beside each other, to be chosen from a list that opens.
    condition: JSON for the browser where the question depends on others of the same screen, else "".
    """

    question: Question
    name: str
    value: Any
    errors: tuple[str, ...] = ()
    elsewhere: str = ""
    since: date | None = None
    hidden: bool = False
    condition: str = ""
    prefix: str = ""
    is_small: bool = False
    options: tuple[Choice, ...] = ()
    pieces: tuple[Piece, ...] = ()
    units: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    each: Field | None = None
    may_add: bool = False

    @property
    def id(self) -> str:
        return f"id_{self.name}"

    @property
    def first_id(self) -> str:
        """Where a link of the error summary leads: the first thing to press or type."""
        if self.options and not self.is_select:
            return self.options[0].id
        return self.pieces[0].id if self.pieces else self.id

    @property
    def template(self) -> str:
        name = _TEMPLATES.get(self.question.kind, "line")
        if self.question.name == KNEE_MAP:
            return "fields/knee_map.html"
        if self.is_select:
            name = "select"
        elif self.question.kind is Kind.SCALE and self.question.options:
            name = "options"
        return f"fields/{name}.html"

    @property
    def knees(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Both knees drawn, for the question where the pain is."""
        labels = {option.value: option.label for option in self.options}
        words = {
            View.FRONT: pgettext("side of the knee", "Front"),
            View.BACK: pgettext("side of the knee", "Back"),
            View.INNER: _("Inner side"),
            View.OUTER: _("Outer side"),
        }
        return [
            # Made of our own table and escaped labels only.
            (side, [(words[view], mark_safe(draw_view(view, side, title=words[view], labels=labels))) for view in View])  # noqa: S308
            for side in ("left", "right")
        ]

    @property
    def opening(self) -> list[tuple[Choice, Row | None]]:
        """Each option with the row that opens under it."""
        rows: Sequence[Row | None] = self.each.rows if self.each else [None] * len(self.options)
        return list(zip(self.options, rows, strict=True))

    @property
    def is_select(self) -> bool:
        if self.is_small:
            return True
        if not self.prefix or self.question.kind is not Kind.CHOICE:
            return False
        are_short = all(len(option.label) <= 15 for option in self.options)
        return len(self.options) > (3 if are_short else _MANY)

    @property
    def text(self) -> str:
        return str(self.question.text)

    @property
    def hint(self) -> str:
        return str(self.question.hint)

    @property
    def optional(self) -> bool:
        asked = self.question.required or self.question.required_when is not None
        return not asked and self.question.kind is not Kind.ROWS

    @property
    def required(self) -> bool:
        return self.question.required

    @property
    def described_by(self) -> str:
        ids = [f"{self.id}-hint"] if self.question.hint else []
        ids += [f"{self.id}-error"] if self.errors else []
        ids += [f"{self.each.id}-hint"] if self.each else []
        return " ".join(ids)

    @property
    def input_type(self) -> str:
        return _INPUT_TYPES.get(self.question.kind, "text")

    @property
    def inputmode(self) -> str:
        return self.question.inputmode

    @property
    def autocomplete(self) -> str:
        return self.question.autocomplete

    @property
    def is_number(self) -> bool:
        return self.question.kind in (Kind.INTEGER, Kind.NUMBER)

    @property
    def unit(self) -> str:
        return str(self.question.unit) if self.is_number and self.question.unit else ""

    @property
    def text_value(self) -> str:
        return as_text(self.value)

    @property
    def few(self) -> bool:
        """Short answers stand side by side where the screen is wide enough."""
        return len(self.options) <= 3 and all(len(option.label) <= 12 for option in self.options)

    @property
    def nothing(self) -> str:
        return self.question.nothing or "" if self.question.kind is Kind.CHOICE else ""

    @property
    def low(self) -> str:
        return as_text(self.question.low)

    @property
    def high(self) -> str:
        return as_text(self.question.high)

    @property
    def ends(self) -> tuple[str, str] | None:
        return None if self.question.ends is None else (str(self.question.ends[0]), str(self.question.ends[1]))
