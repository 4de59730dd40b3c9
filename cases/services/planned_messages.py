"""What planning makes of a case's messages: which rows are new, which move, which are taken back, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.models import Case, CheckIn, Reminder
from cases.rules.follow_up import Times, goes_on_after
from cases.rules.schedule import messages_due
from cases.rules.schedule_facts import CaseFacts, CheckInFacts, PlanFacts, Planned, Schedule, VisitFacts
from cases.rules.sending import Why
from cases.rules.terms import CaseStatus, Channel, MessageKind, Urgency
from cases.services.circumstances import Circumstances, patient_facts

AGAIN = ":again:"
# Once one of these is known of a message, the same thing is not said again on another channel.
SAID = frozenset({Reminder.Status.ACCEPTED, Reminder.Status.UNKNOWN, Reminder.Status.EXPIRED, Reminder.Status.FAILED})


@dataclass
class Changes:
    """What planning changes, done to the rows in hand and not written. taken_back: as they were, by reason."""

    made: list[Reminder] = field(default_factory=list)
    adjusted: list[Reminder] = field(default_factory=list)
    taken_back: dict[Why, list[Reminder]] = field(default_factory=dict)


def schedule_from(
    case: Case,
    around: Circumstances,
    *,
    is_stopped: bool,
    plan: PlanFacts | None,
    visits: Sequence[VisitFacts],
    check_ins: Sequence[CheckIn],
    needlings: Sequence[datetime],
) -> Schedule:
    """`messages_due` for rows that are read already. is_stopped: an emergency or same-day flag stands."""
    return messages_due(
        CaseFacts(
            id=case.pk,
            status=CaseStatus(case.status),
            urgency=Urgency(case.urgency),
            opened_at=case.opened_at,
            status_since=case.status_since,
            is_stopped=is_stopped,
            off_plan_from=case.off_plan_from,
        ),
        plan=plan if case.status == CaseStatus.IN_TREATMENT else None,
        visits=visits,
        check_ins=[
            CheckInFacts(each.step, each.round, each.due_at, each.answered_at is not None) for each in check_ins
        ],
        needlings=needlings,
        settings=around.settings,
        closed_days=around.closed_days,
        patient=patient_facts(case.patient, around),
    )


def changes_of(
    case: Case,
    schedule: Schedule,
    *,
    existing: Sequence[Reminder],
    check_ins: Mapping[tuple[str, int], CheckIn],
    now: datetime,
) -> Changes:
    """Bring a case's rows to its schedule: take back, move, bring back, and make what is missing."""
    changes = Changes()
    said = {subject_of(row) for row in existing if row.status in SAID}
    wanted = {key_of(each): each for each in schedule.messages}
    for row in existing:
        # A copy sent again goes with its original.
        if _in_hand(row) and row.expires_at > now and row.dedupe_key.split(AGAIN)[0] not in wanted:
            changes.taken_back.setdefault(_reason(case, row, schedule), []).append(row)
    known = {row.dedupe_key: row for row in existing}
    changes.adjusted = _adjust(known, wanted, now=now)
    changes.made = [
        _row(case, each, check_ins, now=now)
        for key, each in wanted.items()
        if key not in known and each.subject not in said and each.expires_at > now
    ]
    return changes


def first_try(channel: Channel, times: Times) -> datetime:
    """When the sweep first looks at a row: a call is made by people, and only runs out."""
    return times.expires_at if channel is Channel.PHONE else times.due_at


def key_of(message: Planned) -> str:
    """What makes a row one: its subject on its channel."""
    return f"{message.subject}:{message.channel.value}"


def subject_of(reminder: Reminder) -> str:
    """What a row is about, whatever its channel and however often it was sent."""
    return reminder.dedupe_key.split(AGAIN)[0].rpartition(":")[0]


def _row(case: Case, message: Planned, check_ins: Mapping[tuple[str, int], CheckIn], *, now: datetime) -> Reminder:
    check_in = check_ins.get(message.check_in) if message.check_in else None
    return Reminder(
        case=case,
        patient=case.patient,
        check_in=check_in,
        visit_id=message.visit,
        link_id=check_in.link_id if check_in else None,
        kind=message.kind.value,
        channel=message.channel.value,
        dedupe_key=key_of(message),
        due_at=message.due_at,
        try_at=first_try(message.channel, Times(message.due_at, message.expires_at)),
        expires_at=message.expires_at,
        planned_at=now,
    )


def _reason(case: Case, row: Reminder, schedule: Schedule) -> Why:
    if not goes_on_after(CaseStatus(case.status), row.check_in.step if row.check_in else None):
        return Why.CASE_ENDED
    if row.check_in is not None and row.check_in.answered_at is not None:
        return Why.ANSWERED
    if schedule.is_stopped:
        return Why.FLAG_STANDS
    if MessageKind(row.kind) in schedule.kinds_off:
        return Why.SWITCHED_OFF
    if subject_of(row) not in schedule.wanted:
        if row.check_in is not None:
            return Why.CHECK_IN_OVER
        return Why.VISIT_OVER if row.visit_id is not None else Why.NOT_WANTED
    return Why.OTHER_CHANNEL if subject_of(row) in {each.subject for each in schedule.messages} else Why.NO_CONSENT


def _adjust(known: Mapping[str, Reminder], wanted: Mapping[str, Planned], *, now: datetime) -> list[Reminder]:
    """Bring rows that are there already to the times wanted, and back if they were suppressed and are wanted again."""
    changed = []
    for key, each in wanted.items():
        row = known.get(key)
        if row is None or each.expires_at <= now:
            continue
        is_back = row.status == Reminder.Status.SUPPRESSED and row.reason != Why.STOPPED_BY_STAFF
        planned = (each.kind.value, each.due_at, each.expires_at)
        is_moved = _in_hand(row) and (row.kind, row.due_at, row.expires_at) != planned
        if is_back or is_moved:
            row.status, row.reason, row.settled_at, row.held_for = Reminder.Status.WAITING, "", None, ""
            row.kind, row.due_at, row.expires_at = planned
            row.try_at, row.leased_until = first_try(each.channel, Times(each.due_at, each.expires_at)), None
            row.fencing_token += 1
            changed.append(row)
    return changed


ADJUSTED = [
    *("status", "reason", "settled_at", "held_for", "kind", "due_at", "expires_at"),
    *("try_at", "leased_until", "fencing_token"),
]


def _in_hand(row: Reminder) -> bool:
    """It waits, and no sender has begun with it: what has begun may have arrived and is the sender's to settle."""
    return row.status == Reminder.Status.WAITING and row.started_at is None
