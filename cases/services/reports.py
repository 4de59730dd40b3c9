"""Filing a report: what the patient said, judged by the rules, flags and suggestion beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.models import Case, NeedlingSession, Patient, Suggestion, SymptomReport
from cases.rules.judgement import Judgement, judge
from cases.rules.measures import report_of
from cases.rules.red_flags import RECORDED_NEEDLING
from cases.rules.triage import FiredRule
from cases.services.alarms import flag_of, raise_flags
from cases.services.events import EventKind, event
from cases.services.examinations import suggest_examined
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User


def judge_answers(
    answers: Mapping[str, Any], *, shown: Iterable[str] | None, site: Site, now: datetime, complete: bool = True
) -> Judgement:
    """What the rules say of these answers on the site's calendar day; nothing is stored."""
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    known = None if shown is None else frozenset(shown)
    return judge(report_of(answers, today, shown=known, complete=complete))


def known_to_the_record(patient: Patient, *, knees: frozenset[str], now: datetime) -> dict[str, int]:
    """What a report need not be asked, under the names the rules read; to be added to its answers.

    The days since the last dry needling of one of these knees, in whichever case, on the site's calendar. Whoever
    forgets a session, or is never asked about one, is judged by it all the same (rules E1 and NS2).
    """
    sessions = NeedlingSession.objects.filter(case__in=Case.objects.affecting(knees).filter(patient=patient))
    last = sessions.order_by("-performed_at").values_list("performed_at", flat=True).first()
    if last is None:
        return {}
    zone = ZoneInfo(patient.site.time_zone)
    return {RECORDED_NEEDLING: (now.astimezone(zone).date() - last.astimezone(zone).date()).days}


@one_transaction
def file_report(
    case: Case,
    *,
    source: SymptomReport.Source,
    answers: Mapping[str, Any],
    shown: Iterable[str],
    questionnaire_version: str,
    by: User | None,
    now: datetime,
    wording: Sequence[Mapping[str, Any]] = (),
    judgement: Judgement | None = None,
    changes: Mapping[str, Any] | None = None,
) -> SymptomReport:
    """Store a report about a locked case, with every flag that fired and the suggestion.

    The case's urgency may rise and never falls: only a clinician who clears the flags brings it down.
    wording: the questions as they were shown, each with its answer as it was read.
    judgement: when the caller has judged these very answers already.
    changes: against the patient's last whole form, as `SymptomReport.changes` holds it.
    """
    shown = sorted(shown)
    judged = judgement or judge_answers(answers, shown=shown, site=case.site, now=now)
    report = SymptomReport.objects.create(
        case=case,
        source=source,
        reported_at=now,
        answers=dict(answers),
        shown=shown,
        wording=list(wording),
        changes=None if changes is None else dict(changes),
        questionnaire_version=questionnaire_version,
        rules_version=judged.rules_version,
        urgency=judged.triage.urgency.value,
        recorded_by=by,
    )
    if source != SymptomReport.Source.CHECK_IN:
        _suggest(report, judged, now=now)
        examination = None if case.opened_at == now else case.examinations.in_order().last()
        if examination is not None:
            # What was found before still counts: without it the latest suggestion would have forgotten it.
            suggest_examined(case, report, examination, now=now)
    flags = [
        flag_of(case, fired, report=report, rules_version=judged.rules_version, now=now)
        for fired in _news(report, judged)
    ]
    filed = event(case, EventKind.REPORT_FILED, by=by, now=now, source=str(source), report=report.pk)
    raise_flags(case, flags, beside=[filed], by=None, now=now)
    return report


def _news(report: SymptomReport, judged: Judgement) -> list[FiredRule]:
    """The rules that fired on something this report asked about.

    A check-in is judged together with what the intake told for good (an old surgery, a cancer): a flag that rests on
    those answers alone was raised then, and a clinician may have cleared it since.
    """
    if report.source != SymptomReport.Source.CHECK_IN:
        return list(judged.triage.fired)
    return [fired for fired in judged.triage.fired if not set(fired.answers).isdisjoint(report.shown)]


def _suggest(report: SymptomReport, judged: Judgement, *, now: datetime) -> None:
    """Keep the suggestion of a whole form. A check-in asks too little to say anything about causes."""
    Suggestion.objects.create(
        case=report.case,
        report=report,
        rules_version=judged.rules_version,
        likelihood=judged.likelihood.value.value,
        causes=[suspected.cause.value for suspected in judged.causes],
        body=judged.as_data(),
        made_at=now,
    )
