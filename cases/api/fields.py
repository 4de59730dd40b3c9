"""Fields of request bodies that take what they say and nothing like it: no "5" for 5, no true for 1."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MOST_ID = 2**63 - 1


class Body(serializers.Serializer[Any]):
    """A request body. A field it does not know is refused by name: a typing error must not pass as silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text, and nothing that could be turned into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Write text.")
        return super().to_internal_value(data)


class Term(serializers.ChoiceField):
    """One of the words of a closed set."""

    default_error_messages = {"invalid_choice": "Choose among {choices}."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", choices=", ".join(map(str, self.choices)))
        return data


class Whole(serializers.IntegerField):
    """A whole number, written as one."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError("Write a whole number.")
        return data


class Number(serializers.FloatField):
    """A number, written as one."""

    def to_internal_value(self, data: Any) -> float:
        if not isinstance(data, int | float) or isinstance(data, bool):
            raise serializers.ValidationError("Write a number.")
        return float(data)


class YesNo(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Write true or false.")
        return data


class Moment(serializers.DateTimeField):
    """A moment with its offset: without one, nine o'clock could be anywhere."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return moment(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


def moment(value: Any) -> datetime:
    """The moment that a text names, in UTC. Raises ValueError with what to write."""
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError("Write a moment with its offset, such as 2026-03-02T09:00:00-06:00 or 2026-03-02T15:00:00Z.")
    if not EARLIEST.replace(tzinfo=None) <= found.replace(tzinfo=None) <= LATEST.replace(tzinfo=None):
        raise ValueError("Write a moment of this century.")
    return found.astimezone(UTC)
