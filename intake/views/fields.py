"""Questions made ready for a page: every decision made here, so that templates only print."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import dates
from django.utils.translation import gettext as _

from cases.rules.conditions import AllOf, AnyOf, Condition, Not, Report, is_
from intake.questionnaire.definition import Kind, Option, Question
from intake.views.field import Choice, Field, Piece, Row, as_text

Errors = Mapping[str, Sequence[str]]

_BIRTHDAY_PARTS = {"day": "bday-day", "month": "bday-month", "year": "bday-year"}


def fields_of(
    questions: Sequence[Question],
    values: Mapping[str, Any],
    *,
    errors: Errors,
    report: Report,
    by_staff: bool = False,
    sites: Sequence[tuple[str, str]] = (),
    rows_wanted: Mapping[str, int] | None = None,
    on_screen: Collection[str] | None = None,
) -> tuple[Field, ...]:
    """The questions of one screen, those it may come to ask included.

    report: the answers and facts so far, which decide what is shown now.
    sites: slug and name of each clinic to choose from.
    rows_wanted: how many rows to offer of a repeated question.
    on_screen: the names of everything on the page, where it holds more than these questions.
    """
    on_screen = on_screen or {question.name for question in questions}
    found = []
    for question in questions:
        if question.staff_only and not by_staff:
            continue
        shown = question.shown_when is None or question.shown_when.holds(report)
        depends = question.shown_when is not None and bool(question.shown_when.reads & on_screen)
        if not shown and not depends:
            continue
        if question.options_from == "sites" and len(sites) == 1:
            values = {**values, question.name: sites[0][0]}
        if question.kind is Kind.ROWS:
            wanted = (rows_wanted or {}).get(question.name, 0)
            found.append(_repeated(question, values.get(question.name), errors, wanted, report.on))
            continue
        if question.kind is Kind.EACH:
            place = next(place for place, field in enumerate(found) if field.name == question.each_of)
            each = _each(question, values.get(question.name), errors, report)
            found[place] = replace(found[place], each=each)
            continue
        condition = ""
        if depends and question.shown_when is not None:
            condition = _as_data(for_browser(question.shown_when, on_screen, report))
        found.append(
            _field(
                question, question.name, values.get(question.name), errors, sites, hidden=not shown, condition=condition
            )
        )
    return tuple(found)


def for_browser(condition: Condition, on_screen: Collection[str], report: Report) -> dict[str, Any]:
    """The condition as data, with everything that is not on this screen already decided: no earlier answer is sent."""
    if not condition.reads & set(on_screen):
        return {"const": condition.holds(report)}
    match condition:
        case AllOf(parts):
            return {"all": [for_browser(part, on_screen, report) for part in parts]}
        case AnyOf(parts):
            return {"any": [for_browser(part, on_screen, report) for part in parts]}
        case Not(part):
            return {"not": for_browser(part, on_screen, report)}
    return condition.as_data()


def with_each(fields: Iterable[Field]) -> Iterator[Field]:
    """The fields in the order of the page, and what opens under their options."""
    for field in fields:
        yield field
        if field.each is not None:
            yield field.each


def _as_data(condition: dict[str, Any]) -> str:
    return json.dumps(condition, separators=(",", ":"))


def summary_of(fields: Sequence[Field], errors: Errors) -> list[tuple[str, str]]:
    """The messages of a page in its order, each with the id of the input it is about."""
    found = []
    inputs = _inputs(fields)
    for name, first_id, question in inputs:
        # The question goes along: "Write an answer." six times over helps nobody.
        found += [(first_id, f"{question} {text}") for text in errors.get(name, ())]
    known = {name for name, _id, _question in inputs}
    found += [("main", text) for name, texts in errors.items() if name not in known for text in texts]
    return found


def _inputs(fields: Sequence[Field]) -> list[tuple[str, str, str]]:
    found = []
    for field in with_each(fields):
        ends_like_a_sentence = field.text.endswith(("?", ".", ":"))
        found.append((field.name, field.first_id, field.text if ends_like_a_sentence else f"{field.text}:"))
        for row in field.rows:
            found.append((row.id, row.id, f"{row.title}:"))
            inputs = _inputs(row.fields)
            # The rows of a list are told apart by their links alone; those of a place are best called by its name.
            named = field.question.kind is Kind.EACH
            found += [(name, id_, f"{row.title}, {text}" if named else text) for name, id_, text in inputs]
    return found


def _field(
    question: Question,
    name: str,
    value: Any,
    errors: Errors,
    sites: Sequence[tuple[str, str]] = (),
    *,
    hidden: bool = False,
    condition: str = "",
    prefix: str = "",
    is_small: bool = False,
) -> Field:
    value, units = in_entry_unit(question, value)
    return Field(
        question=question,
        name=name,
        value=value,
        errors=tuple(errors.get(name, ())),
        hidden=hidden,
        condition=condition,
        prefix=prefix,
        is_small=is_small,
        options=_choices(question, name, value, sites),
        pieces=_pieces(question, name, value) if question.kind in (Kind.DATE, Kind.BIRTH_DATE) else (),
        units=units,
    )


def _choices(question: Question, name: str, value: Any, sites: Sequence[tuple[str, str]]) -> tuple[Choice, ...]:
    chosen = {as_text(each) for each in (value if isinstance(value, list | tuple) else [value])}
    if question.kind is Kind.SCALE and not question.options:
        return _scale(question, name, chosen)
    options: Sequence[Option] = question.options
    if question.options_from == "sites":
        options = [Option(value=slug, label=label) for slug, label in sites]
    return tuple(
        Choice(
            value=option.value,
            label=str(option.label),
            id=f"id_{name}-{option.value}",
            checked=option.value in chosen,
            alone=option.exclusive,
            # A language stands in its own words, and is to be read aloud in its own voice.
            lang=option.value if question.name == "language" else "",
        )
        for option in options
    )


def _scale(question: Question, name: str, chosen: set[str]) -> tuple[Choice, ...]:
    low, high = int(question.low or 0), int(question.high or 0)
    ends = question.ends or ("", "")
    meaning = {low: str(ends[0]), high: str(ends[1])}
    return tuple(
        Choice(
            value=str(number),
            label=str(number),
            id=f"id_{name}-{number}",
            checked=str(number) in chosen,
            meaning=meaning.get(number, ""),
        )
        for number in range(low, high + 1)
    )


def _pieces(question: Question, name: str, value: Any) -> tuple[Piece, ...]:
    given = _date_parts(value)
    born = question.kind is Kind.BIRTH_DATE
    labels = {"month": _("Month"), "day": _("Day"), "year": _("Year")}
    months = tuple(
        Choice(value=str(number), label=str(label), id="", checked=str(number) == given["month"])
        for number, label in dates.MONTHS.items()
    )
    return tuple(
        Piece(
            part=part,
            label=label,
            id=f"id_{name}-{part}",
            name=f"{name}-{part}",
            value=given[part],
            autocomplete=_BIRTHDAY_PARTS[part] if born else "off",
            options=months if part == "month" else (),
        )
        for part, label in labels.items()
    )


def _date_parts(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        given = {part: as_text(value.get(part)).strip() for part in ("day", "month", "year")}
    else:
        year, month, day = ([*str(value or "").split("-"), "", "", ""])[:3]
        given = {"day": day, "month": month, "year": year}
    return {part: text.lstrip("0") if part != "year" else text for part, text in given.items()}


def in_entry_unit(question: Question, value: Any) -> tuple[Any, tuple[Choice, ...]]:
    """The number in the unit it was probably typed in: 156.5 weeks were 3 years."""
    if not question.entry_units:
        return value, ()
    chosen = question.entry_units[0]
    if isinstance(value, int | float) and not isinstance(value, bool):
        for unit in sorted(question.entry_units, key=lambda unit: -unit.times):
            count = round(value / unit.times)
            # Stored to a tenth of the unit of storage: half a tenth is as near as it can come.
            if count >= 1 and abs(value - count * unit.times) <= 0.051:
                chosen, value = unit, count
                break
    units = tuple(
        Choice(value=unit.value, label=str(unit.label), id="", checked=unit is chosen) for unit in question.entry_units
    )
    return value, units


def _repeated(question: Question, value: Any, errors: Errors, wanted: int, on: date) -> Field:
    given = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []
    count = min(max(len(given), wanted, 1), question.max_rows)
    rows = tuple(
        _row(question, place, given[place] if place < len(given) else {}, errors, on) for place in range(count)
    )
    return Field(
        question=question,
        name=question.name,
        value=value,
        errors=tuple(errors.get(question.name, ())),
        rows=rows,
        may_add=count < question.max_rows,
    )


def _each(question: Question, value: Any, errors: Errors, report: Report) -> Field:
    """A row for every option there is: the page shows those that are chosen, as they are chosen."""
    given = value if isinstance(value, Mapping) else {}
    rows = []
    for option in question.options:
        id_ = question.name_of(option.value)
        answers = given.get(option.value)
        answers = answers if isinstance(answers, Mapping) else {}
        chosen = is_(question.each_of, option.value)
        fields = tuple(
            _field(sub, f"{id_}-{sub.name}", answers.get(sub.name), errors, prefix=f"{id_}-", is_small=True)
            for sub in question.questions
        )
        rows.append(
            Row(
                id=id_,
                title=str(option.label),
                fields=fields,
                errors=tuple(errors.get(id_, ())),
                filled=bool(answers),
                hidden=not chosen.holds(report),
                condition=_as_data(chosen.as_data()),
            )
        )
    name = question.name
    return Field(question=question, name=name, value=value, errors=tuple(errors.get(name, ())), rows=tuple(rows))


def _row(question: Question, place: int, answers: Mapping[str, Any], errors: Errors, on: date) -> Row:
    prefix = f"{question.name}-{place}-"
    # A row sees only itself, so the browser can decide all of its conditions.
    report = Report(answers=answers, on=on)
    fields = tuple(
        _field(
            sub,
            prefix + sub.name,
            answers.get(sub.name),
            errors,
            hidden=sub.shown_when is not None and not sub.shown_when.holds(report),
            condition="" if sub.shown_when is None else _as_data(sub.shown_when.as_data()),
            prefix=prefix,
        )
        for sub in question.questions
    )
    id_ = f"{question.name}-{place}"
    title = _("%(place)d of up to %(most)d") % {"place": place + 1, "most": question.max_rows}
    return Row(id=id_, title=title, fields=fields, errors=tuple(errors.get(id_, ())), filled=bool(answers))
