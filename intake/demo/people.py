"""Who the demo's people are: invented names, numbers and addresses that lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clinic.accounts.models import Site
from intake.demo.answers import clinical_answers


@dataclass(frozen=True)
class Person:
    """One patient and the knee they come with.

    age: whole years when the form is filled in, at whatever day the demo is made. knee, alarms: see `answers`.
    number: the last two digits of a telephone number reserved for stories, and unlike anybody else's at the site.
    """

    given_name: str
    family_name: str
    age: int
    sex: str
    site: Site
    number: int
    knee: str = "unclear"
    alarms: tuple[str, ...] = ()
    channel: str = "email"
    language: str = "en"
    time_zone: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def phone(self) -> str:
        return f"{self.site.phone[:-2]}{self.number:02}"

    @property
    def email(self) -> str:
        return f"{self.given_name}.{self.family_name}@example.org".lower()

    def contact(self, at: datetime) -> dict[str, Any]:
        born = self.born(at)
        answers = {
            "given_name": self.given_name,
            "family_name": self.family_name,
            "date_of_birth": born.isoformat(),
            "sex": self.sex,
            "phone": self.phone,
            "email": self.email,
            "preferred_channel": self.channel,
            "language": self.language,
            "site": self.site.slug,
            "time_zone": self.time_zone or None,
        }
        if self.age < 18:
            answers |= {"guardian_name": f"Robin {self.family_name}", "guardian_relation": "parent"}
        return {name: value for name, value in answers.items() if value is not None}

    def born(self, at: datetime) -> date:
        # Some months after the birthday: the age is the same throughout the demo.
        return self.day(at) - timedelta(days=round(365.25 * self.age) + 130 + self.number)

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.site.time_zone)).date()

    def form(self, at: datetime, **changes: Any) -> dict[str, Any]:
        """The whole form as this person fills it in."""
        return self.contact(at) | clinical_answers(self.knee, self.alarms, self.day(at), {**self.changes, **changes})
