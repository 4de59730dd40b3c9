"""One answer against one question: the value as stored, or a message that says what to do."""

from __future__ import annotations

import math
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

from .dates import Ambiguous, NotADate, age_on, latest_date, pieces_of, whole_date
from .definition import Kind, Question


class Wrong(Exception):
    """An answer that cannot be stored; the message tells the patient what to do."""


@dataclass(frozen=True)
class Asking:
    """What a check needs to know besides the question.

    on: the day the form is filled in.
    sites: the slugs a patient may choose from; None accepts any slug.
    region: the country of a telephone number without one, as two capital letters.
    """

    on: date
    sites: Collection[str] | None = None
    region: str = "US"


# C0 without \t \n \r, DEL, C1, lone surrogates: PostgreSQL or a printer would choke on them.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")
_is_email = EmailValidator()
EARLIEST_YEAR = 1900


def check(question: Question, value: Any, asking: Asking) -> Any:
    """The answer as it is stored. Raises Wrong. Rows are checked by their caller."""
    return _CHECKS[question.kind](question, value, asking)


def is_blank(value: Any) -> bool:
    """No answer: nothing, spaces only, an empty list, or a date without any piece."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list | tuple):
        return not value
    return isinstance(value, Mapping) and all(is_blank(each) for each in value.values())


def _line(question: Question, value: Any, asking: Asking) -> str:
    return " ".join(_text(question, value).split())


def _lines(question: Question, value: Any, asking: Asking) -> str:
    return _text(question, value).replace("\r\n", "\n").replace("\r", "\n").strip()


def _text(question: Question, value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(_("Write your answer as text."))
    if len(value) > question.max_length:
        raise Wrong(_("Shorten this to %(most)d characters.") % {"most": question.max_length})
    if UNPRINTABLE.search(value):
        raise Wrong(_("This holds a character that is not text. Type it again."))
    # Composed letters: the same name typed on two phones must be the same text.
    return unicodedata.normalize("NFC", value)


def _email(question: Question, value: Any, asking: Asking) -> str:
    address = _line(question, value, asking)
    try:
        _is_email(address)
    except ValidationError:
        raise Wrong(_("Write an e-mail address such as name@example.com.")) from None
    name, _at, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}"


def _phone(question: Question, value: Any, asking: Asking) -> str:
    text = _line(question, value, asking)
    try:
        number = phonenumbers.parse(text, asking.region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Wrong(_("Check this phone number. Write it with the area code."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _time_zone(question: Question, value: Any, asking: Asking) -> str:
    name = _line(question, value, asking)
    if name not in time_zones():
        raise Wrong(_("Choose a time zone such as America/New_York."))
    return name


def _birth_date(question: Question, value: Any, asking: Asking) -> str:
    try:
        born = whole_date(pieces_of(value))
    except Ambiguous:
        raise Wrong(_ambiguous()) from None
    except NotADate:
        raise Wrong(_("Write the day, the month and the year with 4 digits.")) from None
    if born > asking.on:
        raise Wrong(_("This date is in the future. Check the year."))
    low, high = _bounds(question)
    if not low <= age_on(born, asking.on) <= high:
        raise Wrong(
            _("Check the year: this form is for people from %(low)d to %(high)d years of age.")
            % {"low": low, "high": high}
        )
    return born.isoformat()


def _past_date(question: Question, value: Any, asking: Asking) -> str:
    try:
        day = latest_date(pieces_of(value), asking.on)
    except Ambiguous:
        raise Wrong(_ambiguous()) from None
    except NotADate:
        raise Wrong(_("Write a date. The year with 4 digits alone is fine.")) from None
    if day > asking.on:
        raise Wrong(_("This date is in the future. Check the year."))
    if day.year < EARLIEST_YEAR:
        raise Wrong(_("Check the year: it is too long ago."))
    return day.isoformat()


def _ambiguous() -> str:
    return _("This can mean two dates. Write the month as a word, for example 3 April 1990.")


def _number(question: Question, value: Any, asking: Asking) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(_("Write a number, with digits only."))
    # Not of an int: one too large for a float would raise OverflowError.
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(_("Write a number, with digits only."))
    low, high = _bounds(question)
    if not low <= value <= high:
        raise Wrong(_("Write a number from %(low)d to %(high)d.") % {"low": low, "high": high})
    return int(value) if value == int(value) else value


def _integer(question: Question, value: Any, asking: Asking) -> int:
    number = _number(question, value, asking)
    if not isinstance(number, int):
        raise Wrong(_("Write a whole number."))
    return number


def _scale(question: Question, value: Any, asking: Asking) -> int:
    try:
        return _integer(question, value, asking)
    except Wrong:
        raise Wrong(_scale_wanted(question)) from None


def _scale_wanted(question: Question) -> str:
    if question.options:
        # Shown as words: nobody sees the number behind "a little better".
        return _("Choose an answer.")
    low, high = _bounds(question)
    return _("Choose a number from %(low)d to %(high)d.") % {"low": low, "high": high}


def _bounds(question: Question) -> tuple[float, float]:
    assert question.low is not None
    assert question.high is not None
    return question.low, question.high


def _choice(question: Question, value: Any, asking: Asking) -> str:
    if not isinstance(value, str) or not _is_option(question, value, asking):
        raise Wrong(_("Choose one of the answers shown."))
    return value


def _is_option(question: Question, value: str, asking: Asking) -> bool:
    if question.options_from != "sites":
        return value in question.values
    return value in asking.sites if asking.sites is not None else bool(_SLUG.fullmatch(value))


def _choices(question: Question, value: Any, asking: Asking) -> list[str]:
    if not isinstance(value, list | tuple):
        raise Wrong(_("Choose from the answers shown; send them as a list."))
    if not all(isinstance(each, str) and each in question.values for each in value):
        raise Wrong(_("Choose only from the answers shown."))
    chosen = set(value)
    if len(chosen) > 1 and chosen & question.exclusive:
        alone = next(option for option in question.options if option.value in chosen and option.exclusive)
        raise Wrong(_("You chose “%(alone)s” and something else. Keep only one of the two.") % {"alone": alone.label})
    # In the order shown: the same answers are the same list, whatever was ticked first.
    return [option.value for option in question.options if option.value in chosen]


def _consent(question: Question, value: Any, asking: Asking) -> str:
    if value != "yes":
        raise Wrong(_("We need your consent to go on. Tick the box, or call us instead."))
    return "yes"


_CHECKS: dict[Kind, Callable[[Question, Any, Asking], Any]] = {
    Kind.TEXT: _line,
    Kind.LONG_TEXT: _lines,
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.TIME_ZONE: _time_zone,
    Kind.BIRTH_DATE: _birth_date,
    Kind.DATE: _past_date,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.SCALE: _scale,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.CONSENT: _consent,
}


def missing(question: Question) -> str:
    """What to say where an answer is needed and none was given."""
    match question.kind:
        case Kind.CHOICE if "not_sure" in question.values:
            return _("Choose an answer. If you do not know, choose “Not sure”.")
        case Kind.CHOICE:
            return _("Choose an answer.")
        case Kind.CHOICES:
            return _("Choose at least one answer.")
        case Kind.SCALE:
            return _scale_wanted(question)
        case Kind.INTEGER | Kind.NUMBER:
            return _("Write a number. A guess is fine.")
        case Kind.BIRTH_DATE | Kind.DATE:
            return _("Write the day, the month and the year with 4 digits.")
        case Kind.EMAIL:
            return _("Write your e-mail address, or choose another way to be reminded.")
        case Kind.CONSENT:
            return _("We need your consent to go on. Tick the box, or call us instead.")
        case Kind.ROWS:
            return _("Name at least one.")
        case _:
            return _("Write an answer.")
