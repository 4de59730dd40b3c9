"""What was found on examining: results checked against the table of tests, tidied, put together and told in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.rules.exam_tests import BY_ID, TESTS, ExamTest, Kind, Unit

Result = Mapping[str, Any]
Results = Mapping[str, Result]


@dataclass(frozen=True)
class Examined:
    """What was found on examining, and which knees the case is about.

    results: test id to its result, as `tidy` gives it. affected: "left", "right" or both.
    """

    results: Results
    affected: tuple[str, ...]

    def result(self, id: str) -> Result:
        return self.results.get(id, {})

    def as_data(self) -> dict[str, Any]:
        return {"results": {id: dict(result) for id, result in self.results.items()}, "affected": list(self.affected)}


def examined_from(data: Mapping[str, Any] | None) -> Examined | None:
    """The reverse of `Examined.as_data`; None where nothing was examined."""
    return None if not data else Examined(data["results"], tuple(data["affected"]))


def later_over_earlier(results: Sequence[Results]) -> dict[str, Result]:
    """What stands after several examinations, earliest first: a test counts until it is done again [G]."""
    standing: dict[str, Result] = {}
    for each in results:
        standing |= each
    return {test.id: standing[test.id] for test in TESTS if test.id in standing}


def wrong_in(results: Any) -> dict[str, list[str]]:
    """What cannot be used, by place: "results.hip_abductor_strength.left"; empty when all of it can."""
    if not isinstance(results, Mapping):
        return {"results": ["Give an object: the id of each test with its result."]}
    if not results:
        return {"results": ["Record the result of at least one test."]}
    wrong: dict[str, list[str]] = {}
    for id, result in results.items():
        test = BY_ID.get(id) if isinstance(id, str) else None
        if test is None:
            wrong[f"results.{id}"] = ["There is no such test; see the list of examination tests."]
            continue
        for place, text in _wrong_in_result(test, result):
            wrong.setdefault(f"results.{id}{place}", []).append(text)
    return wrong


def tidy(results: Results) -> dict[str, Result]:
    """Right results in the order of the tests, each as it is stored. Ask `wrong_in` first."""
    return {test.id: _tidied(test, results[test.id]) for test in TESTS if test.id in results}


def said(id: str, result: Result) -> str:
    """A result in words: "Hip abductors, dynamometer: left 95 N, right 120 N"."""
    test = BY_ID[id]
    return f"{test.label}: {', '.join(_said_places(test, result))}"


def said_at(test: ExamTest, result: Result, place: str) -> str:
    """One side of a result in words; empty where it was not recorded."""
    value = result.get(place)
    if value is None:
        return ""
    if test.kind is Kind.NUMBER:
        return f"{value:g} {result['unit']}"
    chosen = (value,) if isinstance(value, str) else tuple(value)
    return " and ".join(option.label.lower() for option in test.options if option.value in chosen)


def _said_places(test: ExamTest, result: Result) -> Iterator[str]:
    for place in test.places:
        if words := said_at(test, result, place):
            yield f"{place} {words}" if test.sided else words


def _wrong_in_result(test: ExamTest, result: Any) -> Iterator[tuple[str, str]]:
    """Pairs of a place within the result ("" for all of it) and what is wrong there."""
    if not isinstance(result, Mapping):
        yield "", f"Give an object with {' and '.join(test.places)}."
        return
    known = {*test.places, *(("unit",) if test.kind is Kind.NUMBER else ())}
    for name in result:
        if name not in known:
            yield f".{name}", f"Not known here; there {'are' if test.sided else 'is'} {' and '.join(test.places)}."
    unit = _unit_of(test, result)
    if test.kind is Kind.NUMBER and unit is None:
        names = ", ".join(each.name for each in test.units)
        yield ".unit", f"Give the unit: {names}." if len(test.units) > 1 else f"The unit is {names}."
    given = [place for place in test.places if result.get(place) is not None]
    if not given:
        yield "", f"Nothing recorded: give {' or '.join(test.places)}."
    for place in given:
        text = _wrong_number(result[place], unit) if test.kind is Kind.NUMBER else _wrong_choice(test, result[place])
        if text:
            yield f".{place}", text


def _unit_of(test: ExamTest, result: Result) -> Unit | None:
    if not test.units:
        return None
    name = result.get("unit")
    if name is None and len(test.units) == 1:
        return test.units[0]
    return next((unit for unit in test.units if unit.name == name), None)


def _wrong_number(value: Any, unit: Unit | None) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "Give a number."
    if unit is None:
        return ""  # said at the unit
    if not unit.low <= value <= unit.high:
        return f"Cannot be: {unit.name} from {unit.low:g} to {unit.high:g}."
    if unit.whole and value != int(value):
        return f"Whole {unit.name} only." if unit.name != "grade" else "Whole grades only."
    if round(value, 1) != value:
        return "Write at most one decimal."
    return ""


def _wrong_choice(test: ExamTest, value: Any) -> str:
    values = [option.value for option in test.options]
    if test.kind is Kind.CHOICE:
        return "" if isinstance(value, str) and value in values else f"Choose one of {', '.join(values)}."
    if not isinstance(value, list | tuple) or not value or any(each not in values for each in value):
        return f"Choose among {', '.join(values)}."
    if len(set(value)) != len(value):
        return "Each only once."
    alone = [option.value for option in test.options if option.alone and option.value in value]
    return f"'{alone[0]}' cannot stand beside another." if alone and len(value) > 1 else ""


def _tidied(test: ExamTest, result: Result) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for place in test.places:
        value = result.get(place)
        if value is None:
            continue
        if test.kind is Kind.NUMBER:
            value = int(value) if value == int(value) else float(value)
        elif test.kind is Kind.CHOICES:
            value = [option.value for option in test.options if option.value in value]
        kept[place] = value
    if test.kind is Kind.NUMBER:
        unit = _unit_of(test, result)
        assert unit is not None
        kept["unit"] = unit.name
    return kept
