"""One language for "when": what a rule tests, a question's condition and a browser's script all read the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from cases.rules.exam_tests import EXAM
from cases.rules.examination import Examined

Answers = Mapping[str, Any]


class Derived(Protocol):
    """A number or word worked out from the answers, and the fields to quote for it."""

    def __call__(self, report: Report) -> Any: ...

    def quoted(self, report: Report) -> frozenset[str]: ...


@dataclass(frozen=True)
class Report:
    """What one patient reports about the knee on one day.

    answers: field name to value as `intake.questionnaire` stores it: text, a number, or a list.
    on: the day of the report, for "days since".
    shown: the questions the patient was shown; None means "not known", every question counts as shown.
    complete: False while the form is still being filled in: nothing unanswered is held against it yet.
    measures: derived numbers and facts by name, see `cases.rules.measures`.
    exam: what the therapist found; None before anybody examined.
    """

    answers: Answers
    on: date
    shown: frozenset[str] | None = None
    complete: bool = True
    measures: Mapping[str, Derived] = field(default_factory=dict, repr=False)
    exam: Examined | None = None

    def value(self, name: str) -> Any:
        """The answer, or the measure of that name; None when blank."""
        if name in self.measures:
            return self.measures[name](self)
        return self.answers.get(name)

    def told(self, name: str) -> Any:
        """What was told in a field, to quote it: an answer, or the result of a test of the examination."""
        if name.startswith(EXAM):
            return None if self.exam is None else self.exam.results.get(name.removeprefix(EXAM))
        return self.answers.get(name)


class Condition:
    """Something a report meets or does not; combine with `&`, `|` and `~`.

    A blank answer meets no test, so `~yes("trauma")` is true of a blank one: no injury *reported*.
    """

    def holds(self, report: Report) -> bool:
        raise NotImplementedError

    @property
    def reads(self) -> frozenset[str]:
        """Every field or measure the condition looks at."""
        raise NotImplementedError

    def because(self, report: Report) -> frozenset[str]:
        """The fields whose answers made it hold: what an explanation quotes. Empty when it does not hold."""
        raise NotImplementedError

    def as_data(self) -> dict[str, Any]:
        """The same test as plain JSON, for browsers and other systems."""
        raise NotImplementedError

    def __and__(self, other: Condition) -> Condition:
        return AllOf((self, other))

    def __or__(self, other: Condition) -> Condition:
        return AnyOf((self, other))

    def __invert__(self) -> Condition:
        return Not(self)


@dataclass(frozen=True)
class _OfOne(Condition):
    """A test of one field or measure."""

    name: str

    @property
    def reads(self) -> frozenset[str]:
        return frozenset({self.name})

    def because(self, report: Report) -> frozenset[str]:
        return self.reads if self.holds(report) else frozenset()


@dataclass(frozen=True)
class _OfParts(Condition):
    """Several conditions together."""

    parts: tuple[Condition, ...]

    @property
    def reads(self) -> frozenset[str]:
        return frozenset().union(*(part.reads for part in self.parts))

    def because(self, report: Report) -> frozenset[str]:
        if not self.holds(report):
            return frozenset()
        return frozenset().union(*(part.because(report) for part in self.parts))


@dataclass(frozen=True)
class Is(_OfOne):
    """The answer is one of `values`; of a multiple choice, it includes one of them."""

    values: tuple[str, ...]

    def holds(self, report: Report) -> bool:
        value = report.value(self.name)
        if isinstance(value, list | tuple | frozenset | set):
            return any(each in self.values for each in value)
        return value in self.values

    def as_data(self) -> dict[str, Any]:
        return {"is": self.name, "values": list(self.values)}

    def __str__(self) -> str:
        return f"{self.name} = {' or '.join(self.values)}"


@dataclass(frozen=True)
class Between(_OfOne):
    """The number answered (or measured) lies in low..high, both included; None leaves a side open."""

    low: float | None = None
    high: float | None = None

    def holds(self, report: Report) -> bool:
        value = report.value(self.name)
        if value is None or isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def as_data(self) -> dict[str, Any]:
        return {"between": self.name, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        if self.low is None:
            return f"{self.name} <= {self.high}"
        return f"{self.name} >= {self.low}" if self.high is None else f"{self.name} {self.low}-{self.high}"


@dataclass(frozen=True)
class Includes(_OfOne):
    """At least `at_least` and at most `at_most` of `values` were chosen in a multiple choice."""

    values: tuple[str, ...]
    at_least: int
    at_most: int | None = None

    def holds(self, report: Report) -> bool:
        answer = report.value(self.name)
        given = answer if isinstance(answer, list | tuple | frozenset | set) else (answer,)
        chosen = sum(1 for value in self.values if value in given)
        return chosen >= self.at_least and (self.at_most is None or chosen <= self.at_most)

    def as_data(self) -> dict[str, Any]:
        return {"includes": self.name, "values": list(self.values), "low": self.at_least, "high": self.at_most}

    def __str__(self) -> str:
        most = "" if self.at_most is None else f" and at most {self.at_most}"
        return f"{self.name} has at least {self.at_least}{most} of {', '.join(self.values)}"


@dataclass(frozen=True)
class Blank(_OfOne):
    """There is no answer. An unfinished form has no blanks yet, unless `unfinished` says that it has.

    if_shown: only a question that was put counts as blank.
    """

    if_shown: bool = False
    unfinished: bool = False

    def holds(self, report: Report) -> bool:
        if not (report.complete or self.unfinished):
            return False
        if self.if_shown and report.shown is not None and self.name not in report.shown:
            return False
        return is_blank(report.value(self.name))

    def as_data(self) -> dict[str, Any]:
        return {"blank": self.name, "if_shown": self.if_shown, "unfinished": self.unfinished}

    def __str__(self) -> str:
        return f"{self.name} is blank"


@dataclass(frozen=True)
class AllOf(_OfParts):
    def holds(self, report: Report) -> bool:
        return all(part.holds(report) for part in self.parts)

    def as_data(self) -> dict[str, Any]:
        return {"all": [part.as_data() for part in self.parts]}

    def __str__(self) -> str:
        return " AND ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@dataclass(frozen=True)
class AnyOf(_OfParts):
    def holds(self, report: Report) -> bool:
        return any(part.holds(report) for part in self.parts)

    def as_data(self) -> dict[str, Any]:
        return {"any": [part.as_data() for part in self.parts]}

    def __str__(self) -> str:
        return " OR ".join(f"({part})" if isinstance(part, AllOf) else str(part) for part in self.parts)


@dataclass(frozen=True)
class Not(Condition):
    part: Condition

    def holds(self, report: Report) -> bool:
        return not self.part.holds(report)

    @property
    def reads(self) -> frozenset[str]:
        return self.part.reads

    def because(self, report: Report) -> frozenset[str]:
        # What is absent is not quoted: an explanation shows answers given.
        return frozenset()

    def as_data(self) -> dict[str, Any]:
        return {"not": self.part.as_data()}

    def __str__(self) -> str:
        return f"not ({self.part})"


def is_blank(value: Any) -> bool:
    """Nothing was answered: absent, empty text, or a multiple choice with nothing chosen."""
    return value is None or (isinstance(value, str | list | tuple | frozenset | set | Mapping) and not value)


def is_(name: str, *values: str) -> Condition:
    return Is(name, values)


def yes(*names: str) -> Condition:
    """Any of the named questions was answered yes."""
    return any_of(*(Is(name, ("yes",)) for name in names))


def at_least(name: str, low: float) -> Condition:
    return Between(name, low=low)


def at_most(name: str, high: float) -> Condition:
    return Between(name, high=high)


def between(name: str, low: float, high: float) -> Condition:
    return Between(name, low, high)


def blank(name: str, *, if_shown: bool = False, unfinished: bool = False) -> Condition:
    return Blank(name, if_shown, unfinished)


def count_of(name: str, values: Iterable[str], at_least: int, at_most: int | None = None) -> Condition:
    return Includes(name, tuple(values), at_least, at_most)


def all_of(*parts: Condition) -> Condition:
    return parts[0] if len(parts) == 1 else AllOf(parts)


def any_of(*parts: Condition) -> Condition:
    return parts[0] if len(parts) == 1 else AnyOf(parts)
