"""What a questionnaire is made of: sections (one screen each), questions, options."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from cases.rules.conditions import Condition

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    # What a patient reads: translated when it is shown, not when it is written here.
    Words: TypeAlias = str | _StrPromise


class Kind(StrEnum):
    """How a question is answered; the value each kind stores is in brackets."""

    TEXT = "text"  # one line [str]
    LONG_TEXT = "long_text"  # several lines [str]
    EMAIL = "email"  # [str]
    PHONE = "phone"  # [str, E.164]
    TIME_ZONE = "time_zone"  # IANA name, filled in by the browser, never typed [str]
    BIRTH_DATE = "birth_date"  # low and high are ages in years [YYYY-MM-DD]
    DATE = "date"  # a past day, perhaps remembered only as a month or year [YYYY-MM-DD]
    INTEGER = "integer"  # [int]
    NUMBER = "number"  # [int or float]
    SCALE = "scale"  # every whole number from low to high as its own button [int]
    CHOICE = "choice"  # one option [str]
    CHOICES = "choices"  # any number of options [list of str]
    CONSENT = "consent"  # a box that must be ticked [yes]
    ROWS = "rows"  # the same few questions several times over [list of dict]
    EACH = "each"  # the same few questions for each option chosen in another one [dict: option to dict]


@dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """One possible answer. exclusive: it says "none of the others", so it stands alone."""

    value: str
    label: Words
    exclusive: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class EntryUnit:
    """A unit a patient may answer in; `times` turns it into the unit that is stored."""

    value: str
    label: Words
    times: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """One question, one idea.

    name: the answer's name everywhere: form, API, database, rules (reference section 2).
    low, high: bounds of a number, both included; of a birth date, the age in years.
    ends: what the lowest and the highest number of a scale mean.
    entry_units: the units a form offers for a number; the first is preselected. JSON always uses `unit`.
    options_from: "sites" when the clinic, not the definition, knows the options.
    required_when: also required when this holds, of the same form's answers.
    shown_when: asked only when this holds; it may read questions that come earlier, and the facts in `FACTS`.
    safety: an emergency or same-day rule reads it, so "not sure" and blank are never taken for "no".
    personal: kept with the patient, never with the report.
    row: the row of the reference's section 2 that asks for it.
    questions, min_rows, max_rows: of the kind ROWS; a question inside a row sees that row only.
    each_of: of the kind EACH, the multiple choice before it whose options it has too; what was not chosen there is not
        asked here. Its questions are short choices and small scales, none required.
    """

    name: str
    kind: Kind
    text: Words
    hint: Words = ""
    row: int | None = None
    options: tuple[Option, ...] = ()
    options_from: str = ""
    unit: Words = ""
    entry_units: tuple[EntryUnit, ...] = ()
    low: float | None = None
    high: float | None = None
    ends: tuple[Words, Words] | None = None
    max_length: int = 200
    required: bool = False
    required_when: Condition | None = None
    shown_when: Condition | None = None
    safety: bool = False
    staff_only: bool = False
    personal: bool = False
    autocomplete: str = ""
    inputmode: str = ""
    questions: tuple[Question, ...] = ()
    each_of: str = ""
    min_rows: int = 0
    max_rows: int = 0

    @cached_property
    def values(self) -> frozenset[str]:
        """Every value an option stores."""
        return frozenset(option.value for option in self.options)

    @cached_property
    def exclusive(self) -> frozenset[str]:
        return frozenset(option.value for option in self.options if option.exclusive)

    def name_of(self, option: str) -> str:
        """Of the kind EACH: where the questions about one option stand, as an input's name begins."""
        return f"{self.name}-{option}"

    @cached_property
    def nothing(self) -> str | None:
        """The option that says "no", for the button that says no to a whole screen."""
        return next((option.value for option in self.options if option.value in ("no", "none")), None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Section:
    """One screen.

    no_to_all: the screen may offer one button that answers "no" to each of its questions left blank.
    """

    name: str
    title: Words
    questions: tuple[Question, ...]
    intro: Words = ""
    no_to_all: bool = False


# What a condition may read besides questions: `age` (whole years, from the birth date) and whether the clinic offers
# needling ("yes" or "no"; unknown counts as yes).
FACTS = frozenset({"age", "needling_offered"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Questionnaire:
    """One version of one form. Its wording never changes once a patient has seen it: a change is a new version."""

    name: str
    version: str
    title: Words
    sections: tuple[Section, ...]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question in the order asked, those inside rows left out."""
        return tuple(question for section in self.sections for question in section.questions)

    @cached_property
    def by_name(self) -> dict[str, Question]:
        return {question.name: question for question in self.questions}

    @cached_property
    def section_of(self) -> dict[str, Section]:
        """The section each question stands in."""
        return {question.name: section for section in self.sections for question in section.questions}

    def section(self, name: str) -> Section:
        """Raises KeyError when there is no such section."""
        for section in self.sections:
            if section.name == name:
                return section
        raise KeyError(name)

    def screens(self, shown: frozenset[str]) -> tuple[Section, ...]:
        """The sections that have something to ask, given the questions shown."""
        return tuple(s for s in self.sections if any(question.name in shown for question in s.questions))
