"""What a therapist found on examining, and what the rules suggest once they know it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.models import Case, Examination, Suggestion, SymptomReport
from cases.rules.exam_tests import SIDES
from cases.rules.examination import Examined, later_over_earlier, tidy, wrong_in
from cases.rules.judgement import Judgement, judge
from cases.rules.measures import report_of
from cases.rules.version import RULES_VERSION
from cases.services.errors import WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import open_case_locked, save_change
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


@one_transaction
def record_examination(
    case: Case,
    *,
    results: Mapping[str, Any],
    note: str = "",
    expected_version: int | None = None,
    by: User,
    now: datetime,
) -> Examination:
    """Append an examination to an open case, and work the suggestion out again beside the earlier one.

    results: id of a test of `cases.rules.exam_tests.TESTS` to {"left": …, "right": …, "unit": …}, or {"value": …}.
    What earlier examinations of the case found still counts where a test was not done again.
    Raises CaseEnded, Stale, WrongInput (which names each field: "results.hip_abductor_strength.left").
    """
    stored = open_case_locked(case, expected_version=expected_version)
    if wrong := wrong_in(results):
        raise WrongInput(wrong)
    examination = Examination.objects.create(
        case=stored,
        therapist=by,
        examined_at=now,
        results=tidy(results),
        rules_version=RULES_VERSION,
        note=note.strip(),
    )
    report = stored.reports.exclude(source=SymptomReport.Source.CHECK_IN).order_by("-reported_at", "-pk").first()
    # None where no whole form was ever sent: a check-in asks too little to say anything about causes.
    suggestion = None if report is None else suggest_examined(stored, report, examination, now=now)
    save_change(stored, [], now=now)
    record(
        stored,
        EventKind.EXAMINED,
        by=by,
        now=now,
        examination=examination.pk,
        suggestion=suggestion.pk if suggestion else None,
    )
    return examination


def judge_examined(report: SymptomReport, examined: Examined) -> Judgement:
    """What the rules say of a whole form together with what was found since. report: with its case and site.

    Red flags of the form that a clinician has cleared no longer withhold the causes: somebody looked.
    """
    zone = ZoneInfo(report.case.site.time_zone)
    cleared = report.flags.filter(cleared_at__isnull=False).values_list("rule_id", flat=True)
    asked = report_of(
        report.answers,
        # The form speaks of the day it was sent: "three weeks ago" does not move with the visit.
        report.reported_at.astimezone(zone).date(),
        shown=report.shown,
        exam=examined,
    )
    return judge(asked, settled=frozenset(cleared))


def suggest_examined(case: Case, report: SymptomReport, examination: Examination, *, now: datetime) -> Suggestion:
    """Keep what a whole form suggests together with what every examination of the case found.

    examination: the latest of the case. The case is locked by the caller.
    """
    report.case = case
    found = case.examinations.in_order().values_list("results", flat=True)
    sides = tuple(side for side in SIDES if side in case.knees)
    judged = judge_examined(report, Examined(later_over_earlier(list(found)), sides))
    return Suggestion.objects.create(
        case=case,
        report=report,
        examination=examination,
        rules_version=judged.rules_version,
        likelihood=judged.likelihood.value.value,
        causes=[suspected.cause.value for suspected in judged.causes],
        body=judged.as_data(),
        made_at=now,
    )
