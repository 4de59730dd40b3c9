"""Fields the small forms share: days, times, therapists, names and telephone numbers, read forgivingly."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from cases.admin.search import read_birth_date, read_phone
from clinic.accounts.models import Role, Site, User


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class ClockField(forms.TimeField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I %p"])
        super().__init__(widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"), **kwargs)


class BirthDateField(forms.CharField):
    """A birth date the way people say it: 1990-02-28, 2/28/1990, 28 Feb 1990."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        found = read_birth_date(text, today=timezone.localdate())
        if found is None:
            raise ValidationError("Write the date of birth as 1990-02-28 or 2/28/1990.")
        return found


class PhoneField(forms.CharField):
    """A telephone number as people write it; becomes E.164."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}), **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        found = read_phone(text)
        if not found:
            raise ValidationError("This is not a whole telephone number. Write it with its area code.")
        return found


class TherapistField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), **kwargs)

    def work_at(self, site: Site) -> None:
        self.queryset = User.objects.filter(
            is_active=True, memberships__role=Role.THERAPIST, memberships__site=site
        ).order_by("name", "pk")


def words(label: str, *, help_text: str = "", required: bool = True, rows: int = 3) -> forms.CharField:
    """A few sentences."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )
