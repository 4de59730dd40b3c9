"""Dry needling: screened today, planned beside exercise with a reason and consent, recorded session by session.

The rules are `cases.rules.needling` (the screen) and `cases.rules.needling_sessions` (when to stop). What is refused
here by name is refused by the database as well, where it can be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.models import Case, NeedlingScreening, NeedlingSession, Plan, PlanItem, SymptomReport, Visit
from cases.rules.conditions import Report
from cases.rules.measures import report_of
from cases.rules.needling import CONSENT_VERSION, SCREEN_HOLDS_DAYS, therapist_screen, wrong_answers
from cases.rules.needling_sessions import (
    NEEDS_A_NOTE,
    READ,
    SERIOUS,
    AdverseEvent,
    Score,
    SessionsSoFar,
    Standing,
    sessions_so_far,
)
from cases.rules.terms import EXERCISE, Instrument, Intervention, NeedlingResult, Urgency, worst
from cases.rules.triage import FiredRule
from cases.rules.version import RULES_VERSION
from cases.services import reminders
from cases.services.alarms import flag_of, raise_flags
from cases.services.errors import Refusal, WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import open_case_locked, save_change
from cases.services.transactions import one_transaction
from clinic.accounts.models import Membership, Role, Site, User

MOST_MUSCLES = 12
# A session is recorded on the day or soon after: whoever waits longer writes a note [G].
RECORDED_WITHIN = timedelta(days=7)
_SESSION_TEXTS = {"needle": 80, "batch": 80, "response": 2000}


class NotCertified(Refusal):
    """This therapist has no certificate for dry needling at this site, or it has run out; or the site offers none."""

    code = "not_certified"


class ScreenNeeded(Refusal):
    """There is no needling screen that still holds: make one today."""

    code = "needling_screen_needed"


class NeedlingContraindicated(Refusal):
    """The latest screen, or a flag that stands, says no."""

    code = "needling_contraindicated"


class NeedlingNotPlanned(Refusal):
    """The plan in force holds no dry needling."""

    code = "needling_not_planned"


class NeedlingStopped(Refusal):
    """Enough sessions went by without an important change."""

    code = "needling_stopped"


def is_certified(user: User, site: Site, *, now: datetime) -> bool:
    """Does the person's certificate for dry needling at that site still hold on the site's calendar day?"""
    there = Membership.objects.filter(user=user, site=site, role=Role.THERAPIST)
    return there.filter(needling_certified_until__gte=_today(site, now)).exists()


@one_transaction
def screen_for_needling(
    case: Case, *, answers: Mapping[str, Any], expected_version: int | None = None, by: User, now: datetime
) -> NeedlingScreening:
    """Keep today's safety screen: the form's answers with the therapist's own, and every reason to hold back.

    answers: by question of `THERAPIST_QUESTIONS`; blank counts as reference 9.2 says. Raises CaseEnded, WrongInput,
    Stale. A contraindicated screen is kept like any other.
    """
    wrong = wrong_answers(answers)
    if wrong:
        raise WrongInput({f"answers.{name}": [text] for name, text in wrong.items()})
    stored = open_case_locked(case, expected_version=expected_version)
    latest = stored.reports.order_by("-pk").first()
    levels = stored.flags.standing().values_list("level", flat=True)
    screen = therapist_screen(
        _told(stored, now=now),
        answers,
        urgency=worst(*map(Urgency, levels)),
        offered=stored.site.offers_dry_needling,
        certified=is_certified(by, stored.site, now=now),
    )
    kept = NeedlingScreening.objects.create(
        case=stored,
        report=latest,
        therapist=by,
        screened_at=now,
        result=screen.result.value,
        answers={name: value for name, value in answers.items() if value not in (None, "", [])},
        body=screen.as_data(),
        rules_version=RULES_VERSION,
    )
    save_change(stored, [], now=now)
    record(stored, EventKind.NEEDLING_SCREENED, by=by, now=now, screening=kept.pk, status=kept.result)
    return kept


def passed_screening(case: Case, *, by: User, now: datetime) -> NeedlingScreening:
    """The latest screen, if needling may go by it now.

    Raises NotCertified, NeedlingContraindicated, ScreenNeeded (none, or something new was learned since, or it is more
    than `SCREEN_HOLDS_DAYS` old).
    """
    if not case.site.offers_dry_needling:
        raise NotCertified("This site does not offer dry needling.")
    if not is_certified(by, case.site, now=now):
        raise NotCertified("You have no certificate for dry needling at this site that holds today.")
    if case.flags.standing().stopping().exists():
        raise NeedlingContraindicated("A red flag stands: no needling until a clinician has cleared it.")
    screening = case.needling_screenings.order_by("-pk").first()
    if screening is None:
        raise ScreenNeeded("Make the needling screen first: its questions are answered on the day.")
    why = why_stale(screening, now=now)
    if why:
        raise ScreenNeeded(f"{why} Make the needling screen again.")
    if screening.result == NeedlingResult.CONTRAINDICATED:
        raise NeedlingContraindicated(f"The screen of {screening.screened_at:%d %B %Y} says: contraindicated.")
    return screening


def why_stale(screening: NeedlingScreening, *, now: datetime) -> str:
    """Why a screen no longer holds, in a sentence; empty while it does. A report, a flag, or time [G]."""
    case = screening.case
    if case.reports.filter(pk__gt=screening.report_id or 0).exists():
        return "The patient has reported since the last screen."
    if case.flags.filter(raised_at__gt=screening.screened_at).exists():
        return "A red flag was raised since the last screen."
    if now - screening.screened_at > timedelta(days=SCREEN_HOLDS_DAYS):
        return f"The last screen is more than {SCREEN_HOLDS_DAYS} days old."
    return ""


def planned_needling(
    case: Case, item: Mapping[str, Any], *, interventions: Sequence[str], by: User, now: datetime
) -> dict[str, Any]:
    """What reference 9 asks before needling may stand in a plan, as columns of the item.

    interventions: of all items of the plan. Never alone: the plan itself holds exercise. Never first line: an earlier
    approved plan of the case held exercise too, so that exercise was given its chance before [G].
    Raises WrongInput naming what is missing.
    """
    wrong: dict[str, list[str]] = {}
    screening = None
    exercise = {each.value for each in EXERCISE}
    if not exercise.intersection(interventions):
        wrong["intervention"] = ["Dry needling is never planned alone: exercise is the core of every plan."]
    elif not _had_exercise(case):
        wrong["intervention"] = ["Dry needling is never first line: approve a plan with exercise first."]
    else:
        try:
            screening = passed_screening(case, by=by, now=now)
        except Refusal as refusal:
            wrong["intervention"] = [str(refusal)]
    reason = str(item.get("needling_reason") or "").strip()
    adaptation = str(item.get("needling_adaptation") or "").strip()
    if not reason:
        wrong["needling_reason"] = ["Write why: guidelines advise against dry needling for this problem."]
    if item.get("needling_consent") is not True:
        wrong["needling_consent"] = ["Record that the patient read the consent text and agreed to needling."]
    if screening is not None and screening.result == NeedlingResult.PRECAUTION and not adaptation:
        wrong["needling_adaptation"] = ["The screen found a precaution. Write what you do otherwise because of it."]
    if wrong or screening is None:
        raise WrongInput(wrong)
    return {
        "needling_screening": screening,
        "needling_screen": screening.result,
        "needling_reason": reason,
        "needling_adaptation": adaptation,
        "needling_consented_at": now,
        "needling_consent_version": CONSENT_VERSION,
    }


def sessions_of(case: Case) -> SessionsSoFar:
    """How many sessions there were, under whatever plan, and what changed since before the first."""
    performed = list(case.needling_sessions.values_list("performed_at", flat=True))
    if not performed:
        return sessions_so_far([], [])
    wanted = case.outcomes.counting().filter(instrument__in=[each.value for each in READ])
    rows = wanted.order_by("taken_at", "pk").values_list("instrument", "score", "taken_at")
    return sessions_so_far(performed, [Score(Instrument(name), float(score), at) for name, score, at in rows])


@one_transaction
def record_session(
    case: Case,
    *,
    muscles: Sequence[str],
    needle: str,
    batch: str,
    response: str,
    adverse_events: Sequence[str],
    consent: bool,
    adverse_note: str = "",
    adaptation: str = "",
    performed_at: datetime | None = None,
    visit: Visit | None = None,
    expected_version: int | None = None,
    by: User,
    now: datetime,
) -> NeedlingSession:
    """Record one session under the plan in force; a serious adverse event raises a flag with its deadline.

    performed_at: when, at most a week ago; None: now. adverse_events: values of `AdverseEvent`, empty for none.
    consent: the patient agreed again today. Raises CaseEnded, NeedlingNotPlanned, NeedlingContraindicated,
    NotCertified, ScreenNeeded (the screen holds for a plan, but a session wants one of its own day), NeedlingStopped,
    WrongInput, Stale.
    """
    stored = open_case_locked(case, expected_version=expected_version)
    item = _needling_in_force(stored)
    screening = passed_screening(stored, by=by, now=now)
    _refuse_a_session_too_many(stored)
    session = NeedlingSession(
        case=stored,
        plan_item=item,
        screening=screening,
        screening_result=screening.result,
        therapist=by,
        visit=visit,
        performed_at=now if performed_at is None else performed_at,
        recorded_at=now,
        muscles=[muscle.strip() for muscle in muscles],
        needle=needle.strip(),
        batch=batch.strip(),
        response=response.strip(),
        adaptation=adaptation.strip(),
        adverse_events=sorted(set(adverse_events)),
        adverse_note=adverse_note.strip(),
        consent_version=CONSENT_VERSION,
    )
    _refuse_what_is_wrong(session, consent=consent)
    session.save(force_insert=True)
    record(stored, EventKind.NEEDLING_RECORDED, by=by, now=now, session=session.pk, muscles=len(session.muscles))
    _alarm(stored, session, now=now)
    # The check-in one to two days after follows from the session itself.
    reminders.plan_for_case(stored, now=now)
    return session


def _told(case: Case, *, now: datetime) -> Report:
    """What the patient told: the last whole form, and over it the check-in that came after."""
    whole = case.reports.exclude(source=SymptomReport.Source.CHECK_IN).order_by("-pk").first()
    later = case.reports.filter(source=SymptomReport.Source.CHECK_IN, pk__gt=whole.pk if whole else 0)
    parts = [each for each in (whole, later.order_by("-pk").first()) if each is not None]
    answers: dict[str, Any] = {}
    shown: set[str] = set()
    for part in parts:
        answers |= part.answers
        shown |= set(part.shown)
    return report_of(answers, _today(case.site, now), shown=frozenset(shown), complete=True)


def _had_exercise(case: Case) -> bool:
    settled = PlanItem.objects.filter(plan__case=case).exclude(plan__status=Plan.Status.DRAFT)
    return settled.filter(intervention__in=[each.value for each in EXERCISE]).exists()


def _needling_in_force(case: Case) -> PlanItem:
    items = PlanItem.objects.filter(plan__case=case, plan__status=Plan.Status.APPROVED)
    needling = items.filter(intervention=Intervention.DRY_NEEDLING.value)
    item = needling.select_related("plan").order_by("position").first()
    if item is None:
        raise NeedlingNotPlanned(f"The plan in force of {case} holds no dry needling.")
    return item


def _refuse_a_session_too_many(case: Case) -> None:
    so_far = sessions_of(case)
    if so_far.standing is Standing.STOP:
        raise NeedlingStopped(f"{Standing.STOP.label}. {_numbers(so_far)}")


def _refuse_what_is_wrong(session: NeedlingSession, *, consent: bool) -> None:
    """Raises WrongInput, naming every field, and ScreenNeeded once the moment is right."""
    wrong = _wrong_in_texts(session) | _wrong_in_moment(session)
    if "performed_at" not in wrong:
        _check_screen_of_the_day(session)
    if consent is not True:
        wrong["consent"] = ["Record that the patient agreed again today."]
    if session.screening_result == NeedlingResult.PRECAUTION and not session.adaptation:
        wrong["adaptation"] = ["The screen found a precaution. Write what you did otherwise because of it."]
    if wrong:
        raise WrongInput(wrong)


def _wrong_in_texts(session: NeedlingSession) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for name, most in _SESSION_TEXTS.items():
        text = getattr(session, name)
        if not text:
            wrong[name] = ["Write this down: it belongs to the record of a session."]
        elif len(text) > most:
            wrong[name] = [f"At most {most} characters."]
    muscles = session.muscles
    if not 1 <= len(muscles) <= MOST_MUSCLES or not all(0 < len(muscle) <= 80 for muscle in muscles):
        wrong["muscles"] = [f"Name 1 to {MOST_MUSCLES} muscles, each in at most 80 characters."]
    known = {each.value for each in AdverseEvent}
    if not set(session.adverse_events) <= known:
        wrong["adverse_events"] = [f"Choose among {', '.join(sorted(known))}, or leave the list empty."]
    elif {each.value for each in NEEDS_A_NOTE}.intersection(session.adverse_events) and not session.adverse_note:
        wrong["adverse_note"] = ["Write what happened and what was done."]
    return wrong


def _wrong_in_moment(session: NeedlingSession) -> dict[str, list[str]]:
    case, at, now = session.case, session.performed_at, session.recorded_at
    approved_at = session.plan_item.plan.approved_at
    wrong: dict[str, list[str]] = {}
    if at > now:
        wrong["performed_at"] = ["A session is recorded once it is over."]
    elif at < now - RECORDED_WITHIN:
        wrong["performed_at"] = [f"Record a session within {RECORDED_WITHIN.days} days."]
    elif approved_at is not None and at < approved_at:
        wrong["performed_at"] = ["That was before the plan was approved."]
    elif _today(case.site, at) in {
        _today(case.site, each) for each in case.needling_sessions.values_list("performed_at", flat=True)
    }:
        # Whoever presses twice must not use up the sessions after which needling stops; one names up to 12 muscles [G].
        wrong["performed_at"] = ["The session of this day is recorded already: there is one a day."]
    if session.visit is not None and session.visit.case_id != case.pk:
        wrong["visit"] = ["This visit is of another case."]
    return wrong


def _check_screen_of_the_day(session: NeedlingSession) -> None:
    """Fever, skin and a hot joint of last week say nothing of today's: screened that day, before the needles [G]."""
    site, screened_at, at = session.case.site, session.screening.screened_at, session.performed_at
    if screened_at > at or _today(site, screened_at) != _today(site, at):
        raise ScreenNeeded(
            "There is no needling screen of that day from before the session: "
            "fever, skin and the joint are asked about on the day."
        )


def _alarm(case: Case, session: NeedlingSession, *, now: datetime) -> None:
    """Flags for the serious events of a session, as a report would raise them; without one they stand by themselves."""
    serious = [SERIOUS[AdverseEvent(each)] for each in session.adverse_events if AdverseEvent(each) in SERIOUS]
    report = case.reports.order_by("-pk").first()
    if not serious:
        save_change(case, [], now=now)
        return
    # One report may have been followed by several events: what was raised and cleared is not raised over.
    known = Counter(rule.split(".")[0] for rule in case.flags.filter(report=report).values_list("rule_id", flat=True))
    flags = []
    for each in serious:
        again = known[each.rule_id]
        fired = FiredRule(
            rule_id=f"{each.rule_id}.{again + 1}" if again else each.rule_id,
            level=each.level,
            suspicion=each.suspicion,
            answers={},
            source=each.source,
        )
        flags.append(flag_of(case, fired, report=report, rules_version=RULES_VERSION, now=now))
    raise_flags(case, flags, by=session.therapist, now=now)


def _numbers(so_far: SessionsSoFar) -> str:
    said = [
        f"{each.instrument.label}: {each.before:g} before, {each.now:g} now ({each.important_change:g} would count)"
        for each in so_far.changes
    ]
    return f"{so_far.sessions} sessions. {'; '.join(said) or 'No instrument was taken before and after'}."


def _today(site: Site, now: datetime) -> date:
    return now.astimezone(ZoneInfo(site.time_zone)).date()
