"""What people type into a search box: a reference, a name, some digits of a telephone number, a birth date."""

from __future__ import annotations

import re
from datetime import date, datetime

import phonenumbers
from django.conf import settings
from django.db.models import Q

MOST_WORDS = 6
_REFERENCE = re.compile(r"^[KP]-?[0-9A-Z]{4,10}$", re.IGNORECASE)
_LOCAL = re.compile(r"^\d{3}[ .-]\d{4}$")
_NOT_DIGITS = re.compile(r"[\s().+/-]")
# As Americans write it first, then as everybody sorts it, then as Europeans point it.
BIRTH_DATE_FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m-%d-%Y",
    "%m/%d/%y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%m%d%Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d %b %Y",
    "%d %B %Y",
)


def read_birth_date(text: str, *, today: date) -> date | None:
    """The day somebody meant, or None. Two-digit years lie in the hundred years before `today`."""
    plain = " ".join(text.replace(",", " ").split())
    for form in BIRTH_DATE_FORMATS:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if "%y" in form and found > today:
            found = found.replace(year=found.year - 100)
        if found.year >= 1880 and found <= today:
            return found
    return None


def read_phone(text: str) -> str:
    """The number in E.164, or "" when it is not a whole telephone number."""
    try:
        number = phonenumbers.parse(text, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def words_of(text: str, *, today: date) -> list[str | date]:
    """The search text in pieces: each a birth date or a word. A date may hold spaces; a telephone number too."""
    plain = " ".join(text.split())
    whole = read_birth_date(plain, today=today)
    if whole:
        return [whole]
    digits = _NOT_DIGITS.sub("", plain)
    # "9876 1987" is the end of a number and a year; "555 0123" and whole numbers are one.
    if digits.isascii() and digits.isdigit() and (len(digits) >= 10 or _LOCAL.match(plain)):
        return [digits]
    return [read_birth_date(word, today=today) or word for word in plain.split()[:MOST_WORDS]]


def is_reference(word: str) -> bool:
    return bool(_REFERENCE.match(word)) and any(character.isdigit() or character == "-" for character in word)


def by_reference(word: str, *, column: str = "reference") -> Q:
    plain = word.upper()
    return Q(**{f"{column}__startswith": plain if plain[1:2] == "-" else f"{plain[0]}-{plain[1:]}"})


def by_person(word: str | date, *, prefix: str = "") -> Q:
    """Patients the word fits: birth date, birth year, end of the telephone number, or beginning of a name or e-mail."""
    if isinstance(word, date):
        return Q(**{f"{prefix}date_of_birth": word})
    digits = _NOT_DIGITS.sub("", word)
    if digits.isascii() and digits.isdigit():
        whole = read_phone(word) if len(digits) >= 10 else ""
        found = Q(**{f"{prefix}phone": whole}) if whole else Q(**{f"{prefix}phone__endswith": digits})
        if len(digits) == 4 and 1880 <= int(digits) <= 2100:
            year = int(digits)
            found |= Q(**{f"{prefix}date_of_birth__range": (date(year, 1, 1), date(year, 12, 31))})
        return found
    if "@" in word:
        return Q(**{f"{prefix}email__istartswith": word})
    return Q(**{f"{prefix}family_name__istartswith": word}) | Q(**{f"{prefix}given_name__istartswith": word})
