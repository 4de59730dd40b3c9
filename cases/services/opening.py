"""From a report to a case: a new one, or the one that is open for this knee."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.models import Case, CaseEvent, Patient, SymptomReport
from cases.models.cases import KNEES
from cases.rules.judgement import Judgement
from cases.rules.terms import CaseStatus
from cases.services import reminders
from cases.services.events import EventKind, event
from cases.services.outcomes import record_outcomes, scores_of
from cases.services.progress import note_progress
from cases.services.references import new_case_reference
from cases.services.reports import file_report, judge_answers, known_to_the_record
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


@dataclass(frozen=True)
class Opened:
    case: Case
    report: SymptomReport
    judgement: Judgement
    is_new: bool


def knees_of(answers: Mapping[str, Any]) -> frozenset[str]:
    """left, right or both; a report that does not say (a form stopped early) counts for both knees."""
    side = answers.get("knee_side")
    return frozenset({side}) if side in KNEES else frozenset(KNEES)


@one_transaction
def open_case(
    patient: Patient,
    *,
    source: SymptomReport.Source,
    answers: Mapping[str, Any],
    shown: Iterable[str],
    questionnaire_version: str,
    by: User | None,
    now: datetime,
    wording: Sequence[Mapping[str, Any]] = (),
    changes: Mapping[str, Any] | None = None,
) -> Opened:
    """File the report into the patient's open case for that knee, or open one.

    The patient's row is locked first: two forms sent together would otherwise both look before either wrote.
    A patient this very transaction registered is seen by nobody else and needs no lock.
    """
    shown = sorted(shown)
    knees = knees_of(answers)
    case, is_new = None, True
    if not patient.is_provisional or patient.registered_at != now:
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        case = (
            Case.objects.open()
            .affecting(knees)
            .filter(patient=patient)
            .select_for_update(of=("self",), no_key=True)
            .select_related("site", "patient")
            .order_by("-opened_at", "-pk")
            .first()
        )
        answers = {**answers, **known_to_the_record(patient, knees=knees, now=now)}
    judgement = judge_answers(answers, shown=shown, site=patient.site, now=now)
    if case is None:
        case = _new_case(patient, knees, judgement, by=by, now=now)
    else:
        is_new = False
    report = file_report(
        case,
        source=source,
        answers=answers,
        shown=shown,
        questionnaire_version=questionnaire_version,
        by=by,
        now=now,
        wording=wording,
        changes=changes,
        judgement=judgement,
    )
    record_outcomes(case, scores=scores_of(answers), report=report, by=by, now=now)
    if not is_new:
        # The form that opens a case is the baseline: there is nothing yet to hold it against.
        note_progress(case, report=report, now=now)
    reminders.plan_for_case(case, now=now, is_new=is_new)
    return Opened(case, report, judgement, is_new)


def _new_case(patient: Patient, knees: frozenset[str], judgement: Judgement, *, by: User | None, now: datetime) -> Case:
    previous = None
    if not patient.is_provisional:
        previous = Case.objects.affecting(knees).filter(patient=patient).order_by("-opened_at", "-pk").first()
    case = Case.objects.create(
        reference=new_case_reference(),
        site=patient.site,
        patient=patient,
        affects_left="left" in knees,
        affects_right="right" in knees,
        status=CaseStatus.NEW.value,
        urgency=judgement.triage.urgency.value,
        opened_at=now,
        status_since=now,
        updated_at=now,
        previous_case=previous,
    )
    CaseEvent.objects.bulk_create(
        [event(case, EventKind.CASE_OPENED, by=by, now=now, urgency=case.urgency, knees=sorted(knees))]
    )
    return case
