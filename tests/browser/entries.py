"""Answers as the inputs of a page hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Entries = list[tuple[str, str]]


def entries_of(answers: Mapping[str, Any], *, prefix: str = "") -> Entries:
    """Input name and text of each answer, as they are stored; a blank one is absent."""
    found: Entries = []
    for name, value in answers.items():
        field = f"{prefix}{name}"
        match value:
            case None:
                continue
            case str() if name.endswith("_on") or name == "date_of_birth":
                year, month, day = value.split("-")
                found += [(f"{field}-year", year), (f"{field}-month", str(int(month))), (f"{field}-day", day)]
            case str() | int() | float():
                found.append((field, str(value)))
            case Sequence():
                for place, each in enumerate(value):
                    row = isinstance(each, Mapping)
                    found += entries_of(each, prefix=f"{field}-{place}-") if row else [(field, str(each))]
    return found
