"""How a case goes: its history read once for every door, and each judgement of it kept with the rule that said so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from cases.models import Case, CheckIn, ProgressPoint, SymptomReport
from cases.rules.follow_up import WEEKLY
from cases.rules.load_history import number
from cases.rules.prognosis import Baseline, PrognosisFlag, prognosis_of
from cases.rules.progress import LOST_AFTER_MISSED_CHECK_INS, Progress, ProgressFinding, Scores, progress_of
from cases.rules.terms import Instrument, ProgressStatus, Urgency
from cases.rules.triage import FiredRule
from cases.rules.version import RULES_VERSION
from cases.services.alarms import flag_of, raise_flags
from cases.services.events import EventKind, record
from cases.services.locking import locked_case
from cases.services.transactions import one_transaction

# A check-in that ran out is looked at for so long: the clock may have stood still over a long weekend.
LOOK_BACK = timedelta(days=14)
MOST_CASES_AT_ONCE = 500
# What a worsening is read from, and the answers of it that the flag quotes.
_TELL_OF_WORSENING = {Instrument.NPRS_WORST.value, Instrument.AKPS.value, Instrument.GROC.value}
_QUOTED = ("pain_worst", "groc")
_READ_BY_PROGRESS = {
    Instrument.NPRS_WORST.value: "worst_pain",
    Instrument.AKPS.value: "akps",
    Instrument.PSFS.value: "psfs",
    Instrument.GROC.value: "groc",
    Instrument.ADHERENCE.value: "adherence",
}


def outcomes_of(case: Case, *, now: datetime) -> list[Any]:
    """Every score of the case that counts, oldest first, with what progress reads beside them; one statement.

    Each row also carries `goals`, `came_back`, and `missed_check_ins`, the same on every row.
    """
    return list(
        case.outcomes.counting()
        .annotate(
            goals=F("report__answers__goals"),
            came_back=F("report__answers__pain_came_back"),
            missed_check_ins=_missed(Value(case.pk), now),
        )
        .order_by("taken_at", "pk")
    )


def history_of(case: Case, *, now: datetime, outcomes: Sequence[Any] | None = None) -> list[Scores]:
    """The days on which something was measured, oldest first: what `progress_of` judges.

    outcomes: as `outcomes_of` reads them, when the caller has them. On one day the latest of an instrument counts.
    """
    zone = ZoneInfo(case.site.time_zone)
    rows = outcomes_of(case, now=now) if outcomes is None else outcomes
    # A day with nothing but pain right now says nothing of progress: it must not read as "none of the four".
    read = sorted(
        (row for row in rows if row.instrument in _READ_BY_PROGRESS), key=lambda row: (row.taken_at, row.pk or 0)
    )
    days = groupby(read, key=lambda row: row.taken_at.astimezone(zone).date())
    return [Scores(on=on, **dict(pair for row in taken for pair in _read(row))) for on, taken in days]


def progress_now(case: Case, *, now: datetime, outcomes: Sequence[Any] | None = None) -> Progress | None:
    """How the case stands at this moment; None before anything was measured."""
    rows = outcomes_of(case, now=now) if outcomes is None else outcomes
    history = history_of(case, now=now, outcomes=rows)
    return progress_of(history, missed_check_ins=rows[0].missed_check_ins) if history else None


def first_told_weeks(case: Any) -> Subquery:
    """How many weeks the pain had lasted at the first whole form of a case. case: its key, or a reference to it."""
    whole = SymptomReport.objects.filter(case=case).exclude(source=SymptomReport.Source.CHECK_IN)
    return Subquery(whole.order_by("reported_at", "pk").values("answers__duration_weeks")[:1])


def prognosis_from(outcomes: Iterable[Any], *, weeks: Any) -> tuple[PrognosisFlag, ...]:
    """What speaks for a poorer outcome. outcomes: as `outcomes_of` reads them. weeks: as `first_told_weeks` does."""
    akps = (float(row.score) for row in outcomes if row.instrument == Instrument.AKPS.value)
    return prognosis_of(Baseline(number(weeks), next(akps, None)))


def note_progress(case: Case, *, report: SymptomReport | None, now: datetime) -> ProgressPoint | None:
    """Keep how the locked case stands after scores were stored or struck out, inside the caller's transaction.

    report: the check-in or form that brought them. A worsening it tells of raises a flag, and with it the urgency; one
    that a therapist measured is in the hands of that therapist already, and one told earlier was raised then.
    Returns None when nothing has been measured yet.
    """
    outcomes = outcomes_of(case, now=now)
    progress = progress_now(case, now=now, outcomes=outcomes)
    if progress is None:
        return None
    missed = outcomes[0].missed_check_ins
    point = _keep(case, progress, report=report, missed=missed, now=now)
    worse = next((each for each in progress.findings if each.status is ProgressStatus.WORSENING), None)
    if worse is not None and report is not None and _tells_of_worsening(report, outcomes):
        _raise(case, worse, report, now=now)
    return point


def _tells_of_worsening(report: SymptomReport, outcomes: Iterable[Any]) -> bool:
    return any(row.report_id == report.pk and row.instrument in _TELL_OF_WORSENING for row in outcomes)


def note_lost_cases(*, now: datetime) -> int:
    """Keep "lost to follow-up" for each open case whose last check-ins ran out unanswered; how many were new.

    Safe to repeat: a case is lost once, until somebody answers again.
    """
    found = _lost_lately(now=now).order_by("pk").values_list("pk", flat=True)[:MOST_CASES_AT_ONCE]
    return sum(_note_lost(Case(pk=pk), now=now) for pk in list(found))


@one_transaction
def _note_lost(case: Case, *, now: datetime) -> bool:
    stored = locked_case(case)
    # Asked again under the lock: the patient may have answered, or another clock may have been faster.
    missed = _lost_lately(now=now).filter(pk=stored.pk).values_list("missed_check_ins", flat=True).first()
    if missed is None:
        return False
    zone = ZoneInfo(stored.site.time_zone)
    # Lost before anything was measured is lost, too.
    history = history_of(stored, now=now) or [Scores(on=stored.opened_at.astimezone(zone).date())]
    _keep(stored, progress_of(history, missed_check_ins=missed), report=None, missed=missed, now=now)
    record(stored, EventKind.LOST_TO_FOLLOW_UP, by=None, now=now, missed=missed)
    return True


def _lost_lately(*, now: datetime) -> QuerySet[Any]:
    """Open cases with a check-in that ran out these days, too many without a reply, and nobody has noted it yet."""
    unanswered = CheckIn.objects.filter(case=OuterRef("pk"), answered_at__isnull=True, cancelled_at__isnull=True)
    answered_at = CheckIn.objects.filter(case=OuterRef("case")).values("case").annotate(at=Max("answered_at"))
    noted = ProgressPoint.objects.filter(case=OuterRef("pk"), missed_check_ins__gte=LOST_AFTER_MISSED_CHECK_INS).alias(
        answered=Subquery(answered_at.values("at"))
    )
    return (
        Case.objects.open()
        .filter(Exists(unanswered.filter(expires_at__lte=now, expires_at__gt=now - LOOK_BACK)))
        .filter(~Exists(noted.filter(Q(answered__isnull=True) | Q(taken_at__gt=F("answered")))))
        .annotate(missed_check_ins=_missed(OuterRef("pk"), now))
        .filter(missed_check_ins__gte=LOST_AFTER_MISSED_CHECK_INS)
    )


def _missed(case: Any, now: datetime) -> Coalesce:
    """How many check-ins ran out since the last one that was answered; a week without its few taps is not silence [G].

    case: its key, or a reference to it.
    """
    of_case = CheckIn.objects.filter(case=case).exclude(step__in=WEEKLY).order_by()
    answered = CheckIn.objects.filter(case=OuterRef("case"), answered_at__isnull=False).order_by()
    last = Subquery(answered.values("case").annotate(due=Max("due_at")).values("due"))
    over = of_case.filter(answered_at__isnull=True, cancelled_at__isnull=True, expires_at__lte=now).alias(last=last)
    since = over.filter(Q(last__isnull=True) | Q(due_at__gt=F("last")))
    counted = since.values("case").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _keep(case: Case, progress: Progress, *, report: SymptomReport | None, missed: int, now: datetime) -> ProgressPoint:
    return ProgressPoint.objects.create(
        case=case,
        report=report,
        taken_at=now,
        status=progress.status.value,
        rule_id=progress.findings[0].rule_id,
        findings=[each.as_data() for each in progress.findings],
        missed_check_ins=missed,
        rules_version=RULES_VERSION,
    )


def _raise(case: Case, worse: ProgressFinding, report: SymptomReport, *, now: datetime) -> None:
    """Contact within 2 working days (reference 11): a flag with its deadline, and at least that urgency."""
    fired = FiredRule(
        rule_id=worse.rule_id,
        level=Urgency.CLINICIAN_REVIEW,
        suspicion=f"Worsening: {'; '.join(worse.because)}",
        answers={name: report.answers[name] for name in _QUOTED if name in report.answers},
        source=worse.source,
    )
    flag = flag_of(case, fired, report=report, rules_version=RULES_VERSION, now=now)
    raise_flags(case, [flag], by=None, now=now)


def _read(outcome: Any) -> Iterable[tuple[str, Any]]:
    """What progress reads of one outcome. Its mean hides a goal left behind: the lowest comes from the answers."""
    yield _READ_BY_PROGRESS[outcome.instrument], float(outcome.score)
    if outcome.instrument == Instrument.PSFS.value:
        goals = outcome.goals or outcome.items.get("activities")
        if goals:
            yield "lowest_goal", min(goal["score"] for goal in goals)
    if outcome.came_back in {"yes", "no", "never_better"}:
        yield "pain_came_back", outcome.came_back == "yes"
