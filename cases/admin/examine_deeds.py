"""What a therapist writes down in the admin: an examination side by side, and a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from cases.admin.fields import words
from cases.admin.small_forms import Deed, SmallForm
from cases.models import Case, choices_of
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.exam_tests import TESTS, ExamTest, Kind
from cases.rules.examination import wrong_in
from cases.rules.terms import Confidence, FoundCause
from cases.services import examinations, findings
from clinic.accounts.models import User
from clinic.accounts.permissions import Action


@dataclass(frozen=True)
class TestRow:
    """One test on the form: its places beside each other, each with its field, and its unit."""

    test: ExamTest
    places: list[tuple[str, BoundField]]
    unit: BoundField | None

    @property
    def ranges(self) -> str:
        """What a number may be, in each unit; empty where options are chosen."""
        return "; ".join(f"{unit.name} from {unit.low:g} to {unit.high:g}" for unit in self.test.units)


class ExamForm(SmallForm):
    """Every test, none of them required; gives `results` and `note`."""

    template = "admin/parts/exam_fields.html"
    note = words("Note", required=False)

    def prepare(self) -> None:
        for test in TESTS:
            for place in test.places:
                self.fields[_name(test, place)] = _field(test, place)
            if len(test.units) > 1:
                units = [(unit.name, unit.name) for unit in test.units]
                self.fields[_name(test, "unit")] = forms.ChoiceField(
                    label=f"{test.label}: unit", choices=units, required=False
                )
        self.order_fields([name for name in self.fields if name != "note"] + ["note"])

    @property
    def affected(self) -> list[str]:
        return [side for side in ("left", "right") if getattr(self.row, f"affects_{side}")]

    def groups(self) -> Iterator[tuple[str, list[TestRow]]]:
        for group, tests in groupby(TESTS, key=lambda test: test.group):
            yield group.label, [self._row(test) for test in tests]

    def _row(self, test: ExamTest) -> TestRow:
        unit = _name(test, "unit")
        places = [(place, self[_name(test, place)]) for place in test.places]
        return TestRow(test, places, self[unit] if unit in self.fields else None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        results = {test.id: result for test in TESTS if (result := _result(test, cleaned))}
        if not self.errors:
            for place, texts in wrong_in(results).items():
                _, _, where = place.partition(".")
                name = where.replace(".", "-")
                self.add_error(name if name in self.fields else None, ValidationError(texts))
        return {name: value for name, value in cleaned.items() if name in ("note", "version")} | {"results": results}


class FindingForm(SmallForm):
    causes = forms.MultipleChoiceField(
        label="What it is", choices=choices_of(FoundCause), widget=forms.CheckboxSelectMultiple
    )
    differential = forms.ChoiceField(
        label="Which other problem",
        required=False,
        choices=[("", "None of these"), *((row.id, row.think_of) for row in DIFFERENTIALS)],
        help_text="With “Something else”.",
    )
    other = words("The other problem in words", required=False, rows=2, help_text="With “Something else”.")
    confidence = forms.ChoiceField(label="How sure", choices=[("", "Choose …"), *choices_of(Confidence)])
    reason = words("Why it differs from the suggestion", required=False, help_text="Only where it does.")


def _name(test: ExamTest, place: str) -> str:
    return f"{test.id}-{place}"


def _field(test: ExamTest, place: str) -> forms.Field:
    label = f"{test.label}: {place}" if test.sided else test.label
    if test.kind is Kind.NUMBER:
        step = "1" if test.units[0].whole else "0.1"
        return forms.FloatField(label=label, required=False, widget=forms.NumberInput(attrs={"step": step}))
    options = [(option.value, option.label) for option in test.options]
    if test.kind is Kind.CHOICES:
        return forms.MultipleChoiceField(
            label=label, choices=options, required=False, widget=forms.CheckboxSelectMultiple
        )
    return forms.ChoiceField(label=label, choices=[("", "not done"), *options], required=False)


def _result(test: ExamTest, cleaned: dict[str, Any]) -> dict[str, Any]:
    """What was filled in of a test; empty where nothing was."""
    found = {place: value for place in test.places if (value := cleaned.get(_name(test, place))) not in (None, "", [])}
    unit = cleaned.get(_name(test, "unit"))
    return found | {"unit": unit} if found and unit else found


def _examine(case: Case, *, by: User, now: datetime, **given: Any) -> str:
    examinations.record_examination(case, by=by, now=now, **given)
    return f"The examination of {case} is recorded, and the suggestion worked out again."


def _find(case: Case, *, by: User, now: datetime, **given: Any) -> str:
    findings.record_finding(case, by=by, now=now, **given)
    return f"Your finding in {case} is recorded."


EXAMINE_DEEDS = (
    Deed(
        "examine",
        "Record an examination",
        Action.RECORD_EXAMINATION,
        _examine,
        ExamForm,
        versioned=True,
        explain="Fill in what you did; leave the rest. It is kept as it is, and the suggestion is worked out again.",
        button="Record",
    ),
    Deed(
        "find",
        "Record your finding",
        Action.RECORD_FINDING,
        _find,
        FindingForm,
        versioned=True,
        explain="Beside the suggestion, never over it. The latest finding counts; earlier ones stay.",
        button="Record",
    ),
)
