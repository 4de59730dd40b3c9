"""Check-ins answered: once, judged like any report, and the case told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from cases.models import Case, CheckIn, PlanExercise, SymptomReport
from cases.rules.follow_up import STEP, goes_on_after
from cases.rules.terms import CaseStatus
from cases.services import links, reminders, safety_texts
from cases.services.errors import Refusal
from cases.services.events import EventKind, record
from cases.services.locking import locked_case
from cases.services.outcomes import record_outcomes, scores_of
from cases.services.progress import note_progress
from cases.services.reports import file_report, known_to_the_record
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


class AlreadyAnswered(Refusal):
    """This check-in was answered; there is one answer to each."""

    code = "already_answered"


class CheckInOver(Refusal):
    """Too late, or the case has ended."""

    code = "check_in_over"


def open_check_ins(case: Case, *, now: datetime) -> list[CheckIn]:
    """Those the patient could answer now, the one due first before the others."""
    return list(
        case.check_ins.filter(
            answered_at__isnull=True, cancelled_at__isnull=True, due_at__lte=now, expires_at__gt=now
        ).order_by("due_at", "pk")
    )


@one_transaction
def answer_check_in(
    check_in: CheckIn,
    *,
    answers: Mapping[str, Any],
    shown: Iterable[str],
    questionnaire_version: str,
    now: datetime,
    wording: Sequence[Mapping[str, Any]] = (),
    by: User | None = None,
) -> SymptomReport:
    """File the answers as a report of the case, with its scores, and stop this check-in's other messages.

    A cancelled one too: whoever had it open may be telling of a red flag, and the case is there to hear it.
    After a discharge, whose pain came back is sent the form again: a new case, linked to this one (reference 11).
    Raises AlreadyAnswered, and CheckInOver when it is too late or the case has ended.
    """
    case = locked_case(check_in.case)
    stored = CheckIn.objects.select_for_update(of=("self",), no_key=True).select_related("link").get(pk=check_in.pk)
    if stored.answered_at is not None:
        raise AlreadyAnswered("This check-in was answered already. Thank you.")
    if not goes_on_after(CaseStatus(case.status), stored.step) or now >= stored.expires_at:
        raise CheckInOver("This check-in is over. Call the clinic if something is on your mind.")
    report = file_report(
        case,
        source=SymptomReport.Source.CHECK_IN,
        answers={**answers, **known_to_the_record(case.patient, knees=case.knees, now=now)},
        shown=shown,
        questionnaire_version=questionnaire_version,
        by=by,
        now=now,
        wording=wording,
    )
    record_outcomes(case, scores=scores_of(_with_prescribed(case, stored, answers)), report=report, by=by, now=now)
    stored.answered_at = now
    stored.report = report
    stored.save(update_fields=["answered_at", "report"])
    # Only now: whoever answers is no longer silent.
    note_progress(case, report=report, now=now)
    links.use_link(stored.link, now=now)
    alarms = list(report.flags.stopping().order_by("pk").values_list("rule_id", flat=True))
    if alarms and by is None:
        safety_texts.note_due(case, rules=alarms, now=now, check_in=stored.pk)
    record(case, EventKind.CHECK_IN_ANSWERED, by=by, now=now, step=stored.step, check_in=stored.pk)
    reminders.plan_for_case(case, now=now)
    if not case.is_open and answers.get("pain_came_back") == "yes" and not alarms:
        reminders.offer_form(case.patient, now=now)
    return report


def _with_prescribed(case: Case, check_in: CheckIn, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """A weekly check-in asks only how often the exercises were done: how often is in the plan in force."""
    if not STEP[check_in.step].is_weekly:
        return answers
    of_plan = PlanExercise.objects.filter(plan__in=case.plans.in_force())
    return {**answers, "sessions_prescribed": of_plan.aggregate(most=Max("days_per_week"))["most"]}
