"""Which questions one check-in asks, and what its answers come to together with those that still hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings

from cases.models import CheckIn, SymptomReport
from cases.rules.follow_up import STEP
from cases.rules.measures import report_of
from cases.rules.terms import STOPPING, Urgency, worst
from cases.rules.triage import triage
from cases.services.reports import known_to_the_record
from intake.answers import Cleaned, clean
from intake.questionnaire.check_in import check_in as questions_for
from intake.questionnaire.check_in import is_short, report_answers
from intake.questionnaire.dates import age_on
from intake.questionnaire.definition import Questionnaire
from intake.questionnaire.wording import wording
from intake.services.drafts import today_at


@dataclass(frozen=True)
class CheckInForm:
    """One check-in as it is asked today. earlier: the answers of the report it follows."""

    asked: Questionnaire
    goals: tuple[str, ...]
    earlier: Mapping[str, Any]
    weeks_later: int
    facts: Mapping[str, Any]
    now: datetime
    check_in: CheckIn
    is_short: bool = False

    @cached_property
    def on_record(self) -> Mapping[str, Any]:
        """What the record says beside the answers; asked for only once there are any."""
        case = self.check_in.case
        return known_to_the_record(case.patient, knees=case.knees, now=self.now)

    def judge(self, raw: Mapping[str, Any]) -> Cleaned:
        on = today_at(self.check_in.case.site, self.now)
        return clean(self.asked, raw, on=on, facts=self.facts, region=settings.PHONE_REGION)

    def urgency(self, cleaned: Cleaned) -> Urgency:
        """What the answers given today ask for; what was told before alarms nobody anew."""
        on = today_at(self.check_in.case.site, self.now)
        found = triage(report_of(self.whole(cleaned), on, shown=cleaned.shown, complete=False))
        return worst(*(rule.level for rule in found.fired if not cleaned.shown.isdisjoint(rule.answers)))

    def stops(self, cleaned: Cleaned) -> bool:
        """Does an answer given today ask for help today? Then no mistake elsewhere on the page may hold it up."""
        return self.urgency(cleaned) in STOPPING

    def whole(self, cleaned: Cleaned) -> dict[str, Any]:
        """What is filed: today's answers, the goals scored again, and what was said before and still holds."""
        found = report_answers(cleaned.answers, goals=self.goals, before=self.earlier, weeks_later=self.weeks_later)
        return {**found, **self.on_record, "age": self.facts["age"]}

    def told(self, cleaned: Cleaned) -> dict[str, Any]:
        """What `answer_check_in` files of it: the answers, what was shown, and the words it was asked in."""
        language = self.check_in.case.patient.language
        return {
            "answers": self.whole(cleaned),
            "shown": cleaned.shown,
            "wording": wording(self.asked, cleaned.answers, language, shown=cleaned.shown),
            "questionnaire_version": self.asked.version,
        }


def form_of(check_in: CheckIn, *, now: datetime) -> CheckInForm:
    case = check_in.case
    step = STEP[check_in.step]
    first = (
        SymptomReport.objects.filter(case=case)
        .exclude(source=SymptomReport.Source.CHECK_IN)
        .order_by("-reported_at", "-pk")
        .first()
    )
    earlier: Mapping[str, Any] = first.answers if first else {}
    since = first.reported_at if first else case.opened_at
    named = tuple(str(row["activity"]) for row in earlier.get("goals") or () if row.get("activity"))
    goals = named if "goals" in step.asks else ()
    return CheckInForm(
        asked=questions_for(step.asks, goals=goals),
        goals=goals,
        earlier=earlier,
        weeks_later=max((now - since).days // 7, 0),
        facts={"age": age_on(case.patient.date_of_birth, today_at(case.site, now)), "needling_offered": "no"},
        now=now,
        check_in=check_in,
        is_short=is_short(step.asks),
    )
