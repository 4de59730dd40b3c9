"""The way through one draft: its screens, how far it has come, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from cases.rules.conditions import Report
from intake.answers import Cleaned
from intake.models import Draft
from intake.questionnaire.dates import age_on
from intake.questionnaire.definition import Questionnaire, Section
from intake.services.drafts import facts_of, questionnaire_of, review, today_at

# Asked on the review page, next to what is agreed to, and never filled in beforehand.
LAST = "consent"


@dataclass(frozen=True)
class Way:
    """One draft at one moment. cleaned: the whole of it, judged as a submission would be."""

    form: Questionnaire
    cleaned: Cleaned
    report: Report

    @cached_property
    def screens(self) -> tuple[Section, ...]:
        return tuple(section for section in self.form.screens(self.cleaned.shown) if section.name != LAST)

    @property
    def consent(self) -> Section:
        return self.form.section(LAST)

    @cached_property
    def wrong(self) -> frozenset[str]:
        """The names of sections that a submission would refuse as they stand; the consent is not among them."""
        names = {self.form.section_of[_question(each)].name for each in self.cleaned.errors}
        return frozenset(names - {LAST})

    @cached_property
    def reached(self) -> int:
        """The number of the furthest screen that may be opened; len(screens) when nothing is missing."""
        return next((at for at, section in enumerate(self.screens) if section.name in self.wrong), len(self.screens))

    @property
    def resume_at(self) -> Section | None:
        """Where somebody who comes back goes on; None when only the review is left."""
        answered = [
            at
            for at, section in enumerate(self.screens)
            if any(question.name in self.cleaned.answers for question in section.questions)
        ]
        # A screen without required questions is never wrong: it must not be skipped because of that.
        at = min(self.reached, max(answered, default=-1) + 1)
        return self.screens[at] if at < len(self.screens) else None

    def number_of(self, section: Section) -> int | None:
        """The place of a section among the screens from 0; None when it is not asked."""
        return next((at for at, each in enumerate(self.screens) if each.name == section.name), None)

    def after(self, section: Section) -> Section | None:
        """The next screen, also where the section itself is no longer asked."""
        names = [each.name for each in self.form.sections]
        place = names.index(section.name)
        return next((each for each in self.screens if names.index(each.name) > place), None)


def way_of(draft: Draft, *, now: datetime, cleaned: Cleaned | None = None) -> Way:
    form = questionnaire_of(draft)
    judged = cleaned if cleaned is not None else review(draft, now=now)
    return Way(form, judged, report_on_screen(draft, judged.answers, now=now))


def report_on_screen(draft: Draft, answers: Mapping[str, Any], *, now: datetime) -> Report:
    """What the conditions of a page read: the answers, and the facts that are not asked."""
    on = today_at(draft.site, now)
    seen = {**facts_of(draft, now=now), **answers}
    if born := answers.get("date_of_birth"):
        seen["age"] = age_on(date.fromisoformat(born), on)
    return Report(answers=seen, on=on)


def _question(error: str) -> str:
    """`activities-0-type` is about the question `activities`."""
    return error.split("-", 1)[0]
