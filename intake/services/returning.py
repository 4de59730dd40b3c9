"""A patient who was here before: the last answers to be confirmed or changed, and what changed since.

Never filled in beforehand: the consent, every answer a red flag rests on, and how bad it is now, which is a
measurement. "No" to fever three months ago says nothing of today, and a screen that is already answered gets a tired
"continue". What was told about safety is not shown either: the link and a birth date open this page, and family knows
both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override

from cases.models import Patient, SymptomReport
from intake.models import Draft
from intake.questionnaire.consent import CONSENT
from intake.questionnaire.contact import CONTACT
from intake.questionnaire.definition import Kind, Question, Questionnaire
from intake.questionnaire.safety import KNEE_SIGNS, MORE_SIGNS, URGENT_SIGNS
from intake.questionnaire.wording import label_of, wording

_ANEW = (CONSENT, URGENT_SIGNS, KNEE_SIGNS, MORE_SIGNS)


@dataclass(frozen=True)
class Earlier:
    """What the patient answered last to the questions of one screen, and on which of their days."""

    answers: Mapping[str, Any]
    on: date


@lru_cache(maxsize=8)
def prefillable(questionnaire: Questionnaire) -> frozenset[str]:
    """The questions whose last answer is offered again."""
    anew = {question.name for section in _ANEW for question in section.questions}
    return frozenset(
        question.name
        for question in questionnaire.questions
        if question.name not in anew
        and not (question.safety or question.personal or question.staff_only)
        and question.kind not in (Kind.SCALE, Kind.EACH)
    )


def last_whole_report(patient: Patient, *, before: datetime | None = None) -> SymptomReport | None:
    """The latest report that asked everything; a check-in asks too little to be compared with."""
    whole = SymptomReport.objects.filter(case__patient=patient).exclude(source=SymptomReport.Source.CHECK_IN)
    if before is not None:
        whole = whole.filter(reported_at__lt=before)
    return whole.order_by("-reported_at", "-pk").first()


def earlier_answers(draft: Draft, questions: Iterable[Question], *, asked: Questionnaire) -> Earlier | None:
    """Of one screen that was not saved yet; None where there is nothing to offer, or nobody known to offer it to.

    Only a link that staff sent, and the tablet they handed out, know whom they speak to.
    """
    names = [question.name for question in questions]
    if draft.link is None or any(name in draft.answers for name in names):
        return None
    offered = prefillable(asked)
    wanted = [name for name in names if name in offered]
    if not wanted:
        return None
    report = last_whole_report(draft.link.patient)
    if report is None:
        return None
    found = {name: report.answers[name] for name in wanted if name in report.answers}
    zone = ZoneInfo(draft.link.patient.site.time_zone)
    return Earlier(found, report.reported_at.astimezone(zone).date()) if found else None


def changes_since(
    before: SymptomReport | None,
    answers: Mapping[str, Any],
    *,
    asked: Questionnaire,
    shown: Iterable[str],
    language: str,
) -> dict[str, Any] | None:
    """What a whole report says differently from the one before, in words; None without one before.

    Answers that are reckoned, such as the age, are no answers; a question this form did not ask is left out.
    """
    if before is None:
        return None
    then_said = {entry["name"]: entry for entry in before.wording}
    seen = set(shown)
    lines = []
    with override(language):
        now_said = {entry["name"]: entry for entry in wording(asked, answers, language, shown=seen)}
        for question in asked.questions:
            name = question.name
            if name in {each.name for each in (*CONSENT.questions, *CONTACT.questions) if each.personal}:
                continue
            then, now = before.answers.get(name), answers.get(name)
            if then == now or (name not in seen and now is None) or question in CONSENT.questions:
                continue
            lines.append(
                {
                    "name": name,
                    "question": str(question.text),
                    "then": _said(question, then, then_said.get(name)),
                    "now": _said(question, now, now_said.get(name)),
                }
            )
    return {"since": before.reported_at.isoformat(), "report": before.pk, "lines": lines}


def _said(question: Question, answer: Any, entry: Mapping[str, Any] | None) -> str:
    """In the words shown then, where they were kept."""
    if answer is None:
        return _("not answered")
    if entry and entry.get("answer") == answer:
        return str(entry["answer_label"])
    return label_of(question, answer) if not isinstance(answer, list) or not question.questions else str(len(answer))
