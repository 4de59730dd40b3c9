"""Dates as people write them, read without guessing: a date with two meanings is asked again."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

# The first three letters of each month, English and Spanish.
_MONTHS = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6},
    **{"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12},
    **{"ene": 1, "abr": 4, "ago": 8, "dic": 12},
}
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_NUMBERS = re.compile(r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[./ -](\d{4})")
_WORDS = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?\.? (?:de )?)?([^\W\d]{3,12})\.?,? (?:de )?(?:del )?(\d{4})")
_WORDS_MONTH_FIRST = re.compile(r"([^\W\d]{3,12})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")


class Ambiguous(ValueError):
    """The text can mean two days."""


class NotADate(ValueError):
    """The text means no day at all."""


Pieces = tuple[int, int | None, int | None]


def age_on(born: date, on: date) -> int:
    """Whole years of age on a day; somebody born on 29 February has a birthday on 1 March in common years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def pieces_of(value: Any) -> Pieces:
    """Year, month and day, the last two None where not given. Raises Ambiguous or NotADate.

    value: a text, or a mapping with `day`, `month` and `year`, as numbers or digits.
    """
    if isinstance(value, Mapping):
        return _from_mapping(value)
    if not isinstance(value, str):
        raise NotADate
    text = " ".join(value.split()).casefold()
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
        return int(year), _whole(month), _whole(day)
    if found := _NUMBERS.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        return _day_and_month(first, second, year)
    if found := _MONTH_YEAR.fullmatch(text):
        return int(found[2]), int(found[1]), None
    if found := _WORDS.fullmatch(text):
        return int(found[3]), _month(found[2]), _whole(found[1])
    if found := _WORDS_MONTH_FIRST.fullmatch(text):
        return int(found[3]), _month(found[1]), int(found[2])
    raise NotADate


def whole_date(pieces: Pieces) -> date:
    """The day, of which every piece must be given. Raises NotADate."""
    year, month, day = pieces
    if month is None or day is None:
        raise NotADate
    return _date(year, month, day)


def latest_date(pieces: Pieces, on: date) -> date:
    """The last day the pieces allow that is not after `on`: where only a year is remembered, the more recent
    end is the more careful one for every rule that asks "how long ago". Raises NotADate.
    """
    year, month, day = pieces
    if day is not None and month is not None:
        return _date(year, month, day)
    first = _date(year, month or 1, 1)
    last_month = month or 12
    last = _date(year, last_month, calendar.monthrange(first.year, last_month)[1])
    return min(last, on) if first <= on else last


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate from None


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def _day_and_month(first: int, second: int, year: int) -> Pieces:
    if first == second or (first > 12 and second <= 12):
        return year, second, first
    if second > 12 >= first:
        return year, first, second
    if first > 12:
        raise NotADate
    raise Ambiguous


def _month(text: str) -> int:
    try:
        return _MONTHS[text[:3]]
    except KeyError:
        raise NotADate from None


def _from_mapping(value: Mapping[Any, Any]) -> Pieces:
    if set(value) - {"day", "month", "year"}:
        raise NotADate
    year, month, day = (_piece(value.get(name)) for name in ("year", "month", "day"))
    if year is None or year < 1000 or (day is not None and month is None):
        raise NotADate
    return year, month, day


def _piece(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if not isinstance(value, str):
        raise NotADate
    text = value.strip().casefold()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 4:
        return int(text)
    return _month(text)
