"""One section made ready for a template: each question with its input names, values, options and errors decided."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from .definition import Kind, Question, Section

Field = dict[str, Any]


def fields(
    section: Section,
    values: Mapping[str, Any],
    *,
    shown: Collection[str],
    errors: Mapping[str, Sequence[str]] | None = None,
    sites: Mapping[str, str] | None = None,
    by_staff: bool = False,
) -> list[Field]:
    """Every question of the section a page may hold, in order.

    values: stored answers, or after a refused post what `from_form` read, so that wrong input is shown again.
    shown: from `Cleaned.shown`. A question not in it has `shown` False: keep it in the page, hidden, so that a
        script can reveal it by `condition`; without a script it comes once the section is saved.
    sites: slug to name, the options of the site question.

    A field: name, id, kind, text, hint, required, value, errors, shown, condition (JSON text or ""), options
    (value, label, id, checked, exclusive), unit, ends, max_length, autocomplete, inputmode; `units` of a number,
    `pieces` of a date, `rows` (a list of title and fields) of rows.
    """
    found = errors or {}
    return [
        _field(question, question.name, values.get(question.name), found, question.name in shown, sites)
        for question in section.questions
        if by_staff or not question.staff_only
    ]


def _field(
    question: Question,
    name: str,
    value: Any,
    errors: Mapping[str, Sequence[str]],
    is_shown: bool,
    sites: Mapping[str, str] | None,
) -> Field:
    ready: Field = {
        "name": name,
        "id": f"q-{name}",
        "kind": question.kind.value,
        "text": question.text,
        "hint": question.hint,
        "required": question.required,
        "value": "" if value is None else value,
        "errors": list(errors.get(name, ())),
        "shown": is_shown,
        "condition": "" if question.shown_when is None else json.dumps(question.shown_when.as_data()),
        "options": _options(question, name, value, sites),
        "unit": question.unit,
        "ends": question.ends,
        "low": question.low,
        "high": question.high,
        "max_length": question.max_length,
        "autocomplete": question.autocomplete,
        "inputmode": question.inputmode,
    }
    match question.kind:
        case Kind.BIRTH_DATE | Kind.DATE:
            ready["pieces"] = _pieces(question, name, value)
        case Kind.NUMBER | Kind.INTEGER:
            ready["units"] = [{"value": unit.value, "label": unit.label} for unit in question.entry_units]
        case Kind.ROWS:
            ready["rows"] = _rows(question, name, value, errors)
    return ready


def _options(question: Question, name: str, value: Any, sites: Mapping[str, str] | None) -> list[Field]:
    if question.kind is Kind.SCALE and not question.options:
        assert question.low is not None
        assert question.high is not None
        numbers = range(int(question.low), int(question.high) + 1)
        known: list[tuple[str, Any, bool]] = [(str(number), number, False) for number in numbers]
    elif question.options_from == "sites":
        known = [(slug, label, False) for slug, label in (sites or {}).items()]
    else:
        known = [(option.value, option.label, option.exclusive) for option in question.options]
    chosen = {str(each) for each in value} if isinstance(value, list | tuple) else {str(value)}
    return [
        {"value": each, "label": label, "id": f"q-{name}-{each}", "checked": each in chosen, "exclusive": exclusive}
        for each, label, exclusive in known
    ]


def _pieces(question: Question, name: str, value: Any) -> list[Field]:
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    if isinstance(value, str) and value.count("-") == 2:
        given = dict(zip(("year", "month", "day"), value.split("-"), strict=True))
    whole = question.kind is Kind.BIRTH_DATE
    labels = {"month": _("Month"), "day": _("Day"), "year": _("Year")}
    return [
        {
            "name": f"{name}-{piece}",
            "id": f"q-{name}-{piece}",
            "label": label,
            "value": given.get(piece) or "",
            "required": question.required and (whole or piece == "year"),
            "autocomplete": f"{question.autocomplete}-{piece}" if question.autocomplete else "",
            "max_length": 4 if piece == "year" else 10,
        }
        for piece, label in labels.items()
    ]


def _rows(question: Question, name: str, value: Any, errors: Mapping[str, Sequence[str]]) -> list[Field]:
    given = [row if isinstance(row, Mapping) else {} for row in value] if isinstance(value, list | tuple) else []
    return [
        {
            "index": place,
            "title": _("%(number)d of %(most)d") % {"number": place + 1, "most": question.max_rows},
            # The first row is open; the others open once they hold something, or by the patient.
            "open": place == 0 or place < len(given),
            "errors": list(errors.get(f"{name}-{place}", ())),
            # Without a script every question of a row is there, and those that do not fit stay blank.
            "fields": [
                _field(
                    sub,
                    f"{name}-{place}-{sub.name}",
                    given[place].get(sub.name) if place < len(given) else None,
                    errors,
                    True,
                    None,
                )
                for sub in question.questions
            ],
        }
        for place in range(question.max_rows)
    ]
