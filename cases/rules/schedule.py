"""What is due to a patient, when and by which channel: one pure function of a case and of the clinic's settings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cases.rules.closed_days import open_day
from cases.rules.follow_up import (
    STEP,
    Start,
    Step,
    Times,
    call_by_staff,
    check_in_times,
    days_later,
    repeat_message,
    steps_of,
    visit_message,
)
from cases.rules.reminder_settings import IMPORTANT, NEVER_TELEPHONED, PURPOSE, Settings
from cases.rules.schedule_facts import (
    CaseFacts,
    CheckInFacts,
    LeftOut,
    PatientFacts,
    PlanFacts,
    Planned,
    Schedule,
    VisitFacts,
)
from cases.rules.sending import Hold, Why
from cases.rules.terms import CaseStatus, Channel, MessageKind, VisitStatus
from cases.rules.wall_clock import moment

# A patient who moves shifts every due time by hours; a treatment begun anew shifts them by days.
SAME_TREATMENT = timedelta(days=3)
# How long it makes sense to write about a missed visit or a plan that stands still, and to nudge [G].
MISSED_FOR = timedelta(days=7)
OFF_PLAN_FOR = timedelta(days=7)
NUDGE_FOR = timedelta(days=2)
# A knee that gets hot after needling waits for nobody: the staff's list a day after the message [G].
NEEDLING_CALL_AFTER_DAYS = 1


def messages_due(
    case: CaseFacts,
    *,
    plan: PlanFacts | None = None,
    visits: Sequence[VisitFacts] = (),
    check_ins: Sequence[CheckInFacts] = (),
    needlings: Sequence[datetime] = (),
    settings: Settings,
    closed_days: Collection[date] = (),
    patient: PatientFacts,
) -> Schedule:
    """Everything that is or was due in the case as it stands; what is past is for the caller to leave alone.

    check_ins: as stored. needlings: when each session took place, in their order. The same facts give the same list:
    the stored rows are its result, and a simulation is the same call with later facts.
    """
    due = _check_ins_due(case, check_ins, needlings, settings, patient)
    answered = {(each.step, each.round) for each in check_ins if each.is_answered}
    drafts: list[_Draft] = []
    for key, times in due.items():
        if key not in answered:
            drafts += _about_check_in(case, key, times, settings, patient.zone)
    if case.status not in {CaseStatus.DISCHARGED, CaseStatus.CLOSED}:
        drafts += _about_visits(visits, settings, patient.zone)
        drafts += _about_plan(case, plan, due, drafts, settings, patient)
    if case.is_stopped:
        return Schedule(
            due,
            [],
            is_stopped=True,
            left_out=tuple(_without(draft, Why.FLAG_STANDS) for draft in drafts if not draft.by),
        )
    off = [draft for draft in drafts if draft.kind in settings.kinds_off]
    drafts = [draft for draft in drafts if draft.kind not in settings.kinds_off]
    placed = list(_placed(drafts, patient, settings, frozenset(closed_days)))
    return Schedule(
        due,
        [each for each in placed if isinstance(each, Planned)],
        frozenset(draft.subject for draft in drafts),
        kinds_off=settings.kinds_off,
        left_out=(
            *(_without(draft, Why.SWITCHED_OFF) for draft in off),
            *(each for each in placed if isinstance(each, LeftOut)),
        ),
    )


def form_messages(
    link: UUID, *, sent_at: datetime, expires_at: datetime, channel: Channel, settings: Settings, zone: ZoneInfo
) -> list[Planned]:
    """A link to the form that staff send now, and once more after two days if it was not used by then [G]."""
    found = [Planned(f"form:{link}", MessageKind.FORM, channel, sent_at, expires_at)]
    day = sent_at.astimezone(zone).date() + timedelta(days=settings.form_repeat_days)
    again_at = moment(day, settings.hour, zone)
    if MessageKind.FORM_REPEAT not in settings.kinds_off and again_at < expires_at:
        found.append(Planned(f"form-repeat:{link}", MessageKind.FORM_REPEAT, channel, again_at, expires_at))
    return found


@dataclass(frozen=True)
class _Draft:
    """A message before its channel. by: the one channel it can go by; None for whichever the patient has."""

    subject: str
    kind: MessageKind
    times: Times
    check_in: tuple[str, int] | None = None
    visit: int | None = None
    by: Channel | None = None


# -- check-ins


def _check_ins_due(
    case: CaseFacts,
    stored: Sequence[CheckInFacts],
    needlings: Sequence[datetime],
    settings: Settings,
    patient: PatientFacts,
) -> dict[tuple[str, int], Times]:
    due: dict[tuple[str, int], Times] = {}
    zone = patient.zone
    # Switched off it is not asked at all: a check-in that nobody was told of would count as asked. Nor is it asked of
    # who is telephoned.
    kind = MessageKind.WEEKLY_CHECK_IN
    weekly = kind not in settings.kinds_off and not _would_be_telephoned(kind, patient)
    steps = [step for step in steps_of(case.status, case.urgency) if weekly or not step.is_weekly]
    round_ = _treatment(case, stored, settings, zone) if any(step.start is Start.TREATMENT for step in steps) else 1
    for step in steps:
        if step.start is Start.OPENING:
            times = check_in_times(step, case.opened_at, zone, settings.hour, settings.rest_check_days)
            due[step.name, 1] = times
        elif step.start is Start.NEEDLING:
            for number, performed_at in enumerate(needlings, 1):
                due[step.name, number] = check_in_times(step, performed_at, zone, settings.hour)
        elif case.status is CaseStatus.DISCHARGED:
            # The day was fixed when the treatment began; the discharge moved nothing.
            due |= {
                (each.step, each.round): _from_day(step, each.due_at, zone, settings)
                for each in stored
                if (each.step, each.round) == (step.name, round_)
            }
        else:
            due[step.name, round_] = check_in_times(step, case.status_since, zone, settings.hour)
    return due


def _treatment(case: CaseFacts, stored: Sequence[CheckInFacts], settings: Settings, zone: ZoneInfo) -> int:
    """Which treatment of the case this is: the last one known, or the next when its times are others."""
    treated = [each for each in stored if STEP[each.step].start is Start.TREATMENT]
    last = max((each.round for each in treated), default=0)
    if case.status is CaseStatus.DISCHARGED:
        return last
    for each in treated:
        expected = check_in_times(STEP[each.step], case.status_since, zone, settings.hour).due_at
        if each.round == last and abs(each.due_at - expected) < SAME_TREATMENT:
            return last
    return last + 1


def _from_day(step: Step, due_at: datetime, zone: ZoneInfo, settings: Settings) -> Times:
    day = due_at.astimezone(zone).date()
    return Times(moment(day, settings.hour, zone), moment(day + timedelta(days=step.answer_days), settings.hour, zone))


def _about_check_in(
    case: CaseFacts, key: tuple[str, int], times: Times, settings: Settings, zone: ZoneInfo
) -> Iterator[_Draft]:
    step, round_ = key
    about = f"{case.id}:{step}:{round_}"
    if STEP[step].start is Start.NEEDLING:
        call = days_later(times, NEEDLING_CALL_AFTER_DAYS, zone, settings.hour)
        yield _Draft(f"check-in:{about}", MessageKind.NEEDLING_CHECK, Times(times.due_at, call.due_at), key)
        yield _Draft(f"check-in-call:{about}", MessageKind.CHECK_IN_CALL, call, key, by=Channel.PHONE)
        return
    ended = case.status is CaseStatus.DISCHARGED
    repeat = repeat_message(times, zone, settings.hour, settings.repeat_after_days)
    if STEP[step].is_weekly:
        yield _Draft(f"check-in:{about}", MessageKind.WEEKLY_CHECK_IN, Times(times.due_at, repeat.due_at), key)
        yield _Draft(f"check-in-repeat:{about}", MessageKind.WEEKLY_CHECK_IN, repeat, key)
        return
    kind = MessageKind.AFTER_DISCHARGE if ended else MessageKind.CHECK_IN
    yield _Draft(f"check-in:{about}", kind, Times(times.due_at, repeat.due_at), key)
    yield _Draft(f"check-in-repeat:{about}", MessageKind.CHECK_IN_REPEAT, repeat, key)
    if not ended:
        call = call_by_staff(times, zone, settings.hour, settings.call_after_days)
        yield _Draft(f"check-in-call:{about}", MessageKind.CHECK_IN_CALL, call, key, by=Channel.PHONE)


# -- visits and the plan


def _about_visits(visits: Sequence[VisitFacts], settings: Settings, zone: ZoneInfo) -> Iterator[_Draft]:
    for visit in visits:
        if visit.status is VisitStatus.PLANNED:
            times = visit_message(
                visit.starts_at, zone, booked_at=visit.booked_at, at=settings.hour, window=settings.window
            )
            if times is not None:
                # The moment is part of the subject: a visit that moved is announced again.
                subject = f"visit:{visit.id}:{int(visit.starts_at.timestamp())}"
                yield _Draft(subject, MessageKind.VISIT, times, visit=visit.id)
    last = max(visits, key=lambda visit: (visit.starts_at, visit.id), default=None)
    # Whoever has another visit has spoken with the clinic since.
    if last is not None and last.status is VisitStatus.MISSED and last.settled_at is not None:
        day = last.settled_at.astimezone(zone).date() + timedelta(days=1)
        times = _for_a_while(moment(day, settings.hour, zone), MISSED_FOR)
        yield _Draft(f"missed-visit:{last.id}", MessageKind.MISSED_VISIT, times, visit=last.id)


def _about_plan(
    case: CaseFacts,
    plan: PlanFacts | None,
    check_ins: Mapping[tuple[str, int], Times],
    drafts: Sequence[_Draft],
    settings: Settings,
    patient: PatientFacts,
) -> Iterator[_Draft]:
    if case.status is not CaseStatus.IN_TREATMENT:
        return
    zone = patient.zone
    if case.off_plan_from is not None:
        day = case.off_plan_from.astimezone(zone).date() + timedelta(days=1)
        times = _for_a_while(moment(day, settings.hour, zone), OFF_PLAN_FOR)
        # A missed visit is written about already, in the same words: please call.
        missed = any(each.kind is MessageKind.MISSED_VISIT and each.times.expires_at > times.due_at for each in drafts)
        if not missed:
            about = f"{case.id}:{int(case.off_plan_from.timestamp())}"
            yield _Draft(f"off-plan:{about}", MessageKind.OFF_PLAN, times)
    if plan is None or _would_be_telephoned(MessageKind.NUDGE, patient):
        return
    asked_on = {times.due_at.astimezone(zone).date() for times in check_ins.values()}
    start = plan.approved_at.astimezone(zone).date()
    for number, days in enumerate(range(settings.nudge_every_days, plan.weeks * 7, settings.nudge_every_days), 1):
        day = start + timedelta(days=days)
        # The check-in of the day asks about the exercises too.
        if day not in asked_on:
            times = _for_a_while(moment(day, settings.hour, zone), NUDGE_FOR)
            yield _Draft(f"nudge:{case.id}:{plan.number}:{number}", MessageKind.NUDGE, times)


def _for_a_while(due_at: datetime, span: timedelta) -> Times:
    return Times(due_at, due_at + span)


# -- channel, and days on which nobody is there


def _would_be_telephoned(kind: MessageKind, patient: PatientFacts) -> bool:
    """Is it a message nobody telephones for, to a patient who is telephoned?"""
    return kind in NEVER_TELEPHONED and patient.channels.get(PURPOSE[kind]) is Channel.PHONE


def _placed(
    drafts: Sequence[_Draft], patient: PatientFacts, settings: Settings, closed: frozenset[date]
) -> Iterator[Planned | LeftOut]:
    for draft in drafts:
        usual = patient.channels.get(PURPOSE[draft.kind])
        channel = draft.by or usual
        if channel is None or usual is None:
            # Nor is anybody called about what was never written.
            if draft.by is None:
                yield _without(draft, patient.unreachable.get(PURPOSE[draft.kind], Why.NO_CONSENT))
            continue
        if draft.by is not None and (usual is Channel.PHONE or not patient.has_phone):
            # Who is telephoned anyway needs no third turn.
            continue
        due_at = draft.times.due_at
        if draft.kind not in IMPORTANT:
            due_at = open_day(due_at, patient.zone, settings, closed)
        if due_at < draft.times.expires_at:
            yield Planned(
                draft.subject,
                draft.kind,
                channel,
                due_at,
                draft.times.expires_at,
                draft.check_in,
                draft.visit,
                draft.times.due_at if due_at != draft.times.due_at else None,
            )
        else:
            yield _without(draft, Hold.CLOSED_DAY)


def _without(draft: _Draft, why: Why | Hold) -> LeftOut:
    return LeftOut(draft.subject, draft.kind, draft.times.due_at, draft.times.expires_at, why.value)
