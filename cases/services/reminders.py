"""Which messages are due: planned in the transaction of their cause, taken back when it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import CharField, DateTimeField, F, Func, QuerySet, Value
from django.db.models.functions import Greatest, Least

from cases.models import Case, CheckIn, Link, Patient, Plan, Reminder
from cases.rules.follow_up import Times, goes_on_after
from cases.rules.reminder_settings import ASKED_FOR, NEVER_TELEPHONED
from cases.rules.schedule import form_messages
from cases.rules.schedule_facts import PlanFacts, Planned, Schedule, VisitFacts
from cases.rules.sending import Hold, Why
from cases.rules.terms import CaseStatus, Channel, MessageKind, Purpose, VisitStatus
from cases.rules.wall_clock import zone_of
from cases.services import links
from cases.services.check_in_plan import keep_check_ins
from cases.services.circumstances import channel_now, circumstances_of, purpose_of
from cases.services.errors import Refusal
from cases.services.events import EventKind, record, record_of_patient
from cases.services.locking import locked_case
from cases.services.planned_messages import ADJUSTED, AGAIN, changes_of, first_try, key_of, schedule_from, subject_of
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


class CannotBeReached(Refusal):
    """No channel is left: no address, or the patient stopped messages there."""

    code = "cannot_be_reached"


class NotToBeSent(Refusal):
    """There is nothing to send any more, or it is on its way already."""

    code = "not_to_be_sent"


def plan_for_case(case: Case, *, now: datetime, is_new: bool = False) -> None:
    """Make check-ins and messages what the schedule says now; call it in the transaction of whatever changed the case.

    Harmless to repeat. What is no longer wanted is suppressed with its reason; what is being sent at this moment is
    left to the sender. is_new: opened by this very transaction, so nothing is planned yet (four statements in all).
    """
    if not is_new:
        # Without the parent's lock two changes at once plan the same message twice. Read again even if the caller has
        # the lock: the patient that came with a case one had to wait for is as it was before the wait.
        case = locked_case(case)
    stored = [] if is_new else list(case.check_ins.select_related("link").order_by("pk"))
    schedule = schedule_of(case, stored=stored, now=now, is_new=is_new)
    check_ins = keep_check_ins(case, schedule.check_ins, stored=stored, now=now)
    existing = [] if is_new else list(_in_order(case.reminders.filter(kind__in=_PLANNED_KINDS)))
    if not schedule.messages and not existing:
        return

    changes = changes_of(case, schedule, existing=existing, check_ins=check_ins, now=now)
    for reason, rows in changes.taken_back.items():
        _settle_suppressed([row.pk for row in rows], reason, now=now)
    if changes.adjusted:
        Reminder.objects.bulk_update(changes.adjusted, ADJUSTED)
    Reminder.objects.bulk_create(changes.made)


def schedule_of(
    case: Case, *, stored: Sequence[CheckIn] | None = None, now: datetime, is_new: bool = False
) -> Schedule:
    """What `cases.rules.schedule` makes of a case as it is stored. is_new: it has nothing beside its report yet."""
    around = circumstances_of(case.patient, now=now)
    if stored is None:
        stored = list(case.check_ins.order_by("pk"))
    return schedule_from(
        case,
        around,
        is_stopped=case.is_alarming if is_new else case.flags.standing().stopping().exists(),
        plan=_plan_facts(case),
        visits=[] if is_new else _visit_facts(case),
        check_ins=stored,
        needlings=[] if is_new else _needlings(case),
    )


def plan_for_patient(patient: Patient, *, now: datetime) -> None:
    """`plan_for_case` for every case of a patient whose contact or consent changed; discharged ones are asked on."""
    for case in patient.cases.exclude(status=CaseStatus.CLOSED.value).order_by("pk"):
        plan_for_case(case, now=now)


def suppress_waiting(patient: Patient, *, reason: str, now: datetime, channel: Channel | None = None) -> int:
    """Take back everything that still waits for a patient, on one channel or all; how many rows there were.

    A row claimed by a sender that has not begun is taken from it.
    """
    rows = patient.reminders.waiting().filter(started_at__isnull=True)
    if channel is not None:
        rows = rows.filter(channel=channel.value)
    return _settle_suppressed([row.pk for row in _in_order(rows)], reason, now=now)


def look_again(rows: QuerySet[Reminder], *, now: datetime) -> None:
    """Let the next claim judge anew what waits for an hour, a day or room in the week: that may have changed.

    Call it in the transaction of whatever changed. What is paused, backing off or with a sender is left alone.
    """
    held = rows.filter(
        status=Reminder.Status.WAITING,
        held_for__in=[Hold.QUIET_HOURS, Hold.CLOSED_DAY, Hold.ENOUGH_THIS_WEEK],
        leased_until__isnull=True,
    )
    keys = [row.pk for row in _in_order(held)]
    # Due again now, not late since it was held: nobody forgot it.
    moment = Value(now, output_field=DateTimeField())
    Reminder.objects.filter(pk__in=keys).update(
        try_at=Least(Greatest(F("due_at"), moment), F("expires_at")), held_for=""
    )


@one_transaction
def send_form(patient: Patient, *, by: User | None, now: datetime) -> Link:
    """Send the patient a link to the form, and once more if it is not used. Raises CannotBeReached.

    by None: the patient told a check-in after discharge that the pain came back.
    """
    stored = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=patient.pk)
    link = _send_form(stored, by=by, now=now)
    if link is None:
        raise CannotBeReached(f"{stored} has no address for messages, or stopped them. Telephone instead.")
    return link


def offer_form(patient: Patient, *, now: datetime) -> Link | None:
    """`send_form` without anybody asking; None when the patient cannot be written to. In the caller's transaction."""
    return _send_form(patient, by=None, now=now)


def _send_form(stored: Patient, *, by: User | None, now: datetime) -> Link | None:
    around = circumstances_of(stored, now=now)
    channel = channel_now(stored, around, purpose=Purpose.VISITS, asked_for=by is not None)
    if channel is None or channel is Channel.PHONE:
        return None
    link = links.make_link(stored, purpose=Link.Purpose.INTAKE, expires_at=now + links.INTAKE_LASTS, now=now)
    messages = form_messages(
        link.pk,
        sent_at=now,
        expires_at=link.expires_at,
        channel=channel,
        settings=around.settings,
        zone=zone_of(stored.time_zone, stored.site.time_zone),
    )
    Reminder.objects.bulk_create(_row_of_patient(stored, each, link, now=now) for each in messages)
    record_of_patient(stored, EventKind.FORM_SENT, by=by, now=now, link=str(link.pk), channel=channel.value)
    return link


@one_transaction
def resend_reminder(reminder: Reminder, *, by: User, now: datetime) -> Reminder:
    """Send a settled message once more, on the channel the patient has now; the new row.

    Raises NotToBeSent while it or another copy of it still waits or when its time is over, CannotBeReached.
    """
    return _send_again(reminder, by=by, now=now)


def _send_again(reminder: Reminder, *, by: User | None, now: datetime) -> Reminder:
    _hold_others_back(reminder)
    stored = _locked(reminder)
    subject = subject_of(stored)
    status_of = dict(Reminder.objects.filter(dedupe_key__startswith=f"{subject}:").values_list("dedupe_key", "status"))
    if Reminder.Status.WAITING in status_of.values():
        raise NotToBeSent("This message is still to be sent.")
    expires_at = _useful_until(stored, now=now)
    if expires_at <= now:
        raise NotToBeSent("It is too late for this message, or it is no longer wanted.")
    channel = channel_for(stored.patient, kind=stored.kind, now=now)
    if stored.kind == Reminder.Kind.CHECK_IN_CALL:
        channel = Channel.PHONE
    if channel is None:
        raise CannotBeReached(f"{stored.patient} has no address for messages, or stopped them. Telephone instead.")
    if channel is Channel.PHONE and stored.kind in NEVER_TELEPHONED:
        raise NotToBeSent("Nobody is telephoned for this message, and the patient is reached by telephone only.")
    key = f"{subject}:{channel.value}{AGAIN}"
    times = Times(now, expires_at)
    again = Reminder.objects.create(
        case=stored.case,
        patient=stored.patient,
        check_in=stored.check_in,
        visit=stored.visit,
        link=stored.link,
        kind=stored.kind,
        channel=channel.value,
        dedupe_key=f"{key}{sum(each.startswith(key) for each in status_of) + 1}",
        due_at=times.due_at,
        try_at=first_try(channel, times),
        expires_at=times.expires_at,
        planned_at=now,
    )
    details = {"reminder": str(again.pk), "again": str(stored.pk), "channel": channel.value}
    if stored.case is None:
        record_of_patient(stored.patient, EventKind.REMINDER_RESENT, by=by, now=now, **details)
    else:
        record(stored.case, EventKind.REMINDER_RESENT, by=by, now=now, **details)
    return again


def fall_back(reminder: Reminder, *, now: datetime) -> Reminder | None:
    """The same message on the next channel the patient agreed to, after an address failed; None when there is none.

    Call it when the failure stands on the patient, in that transaction. A patient who has no channel left stands on the
    front desk's list, because the row failed; nobody is telephoned in place of what is never telephoned for.
    """
    try:
        return _send_again(reminder, by=None, now=now)
    except (NotToBeSent, CannotBeReached):
        return None


def settle_bounced(reminder_id: UUID, *, detail: str, now: datetime) -> bool:
    """An accepted message came back. False when it is settled otherwise: a bounce that comes twice changes nothing."""
    accepted = Reminder.objects.filter(pk=reminder_id, status=Reminder.Status.ACCEPTED)
    reason = f"came back: {detail}"[:120] if detail else "came back"
    return accepted.update(status=Reminder.Status.FAILED, reason=reason, settled_at=now) > 0


@one_transaction
def settle_call(reminder: Reminder, *, reached: bool, by: User, now: datetime) -> Reminder:
    """Staff telephoned: the patient was reached, or was not. Raises NotToBeSent unless it waits on the call list."""
    stored = _locked(reminder)
    if stored.channel != Channel.PHONE or stored.status != Reminder.Status.WAITING:
        raise NotToBeSent("This call is not on the list any more.")
    stored.status = Reminder.Status.ACCEPTED if reached else Reminder.Status.FAILED
    stored.reason = "" if reached else "not reached by telephone"
    stored.settled_at = now
    stored.save(update_fields=["status", "reason", "settled_at"])
    if stored.case is None:
        record_of_patient(stored.patient, EventKind.CALL_SETTLED, by=by, now=now, reached=reached)
    else:
        record(stored.case, EventKind.CALL_SETTLED, by=by, now=now, reminder=str(stored.pk), reached=reached)
    return stored


@one_transaction
def stop_reminder(reminder: Reminder, *, by: User, now: datetime) -> Reminder:
    """Staff take back one message that still waits; planning does not bring it back. Raises NotToBeSent."""
    stored = _locked(reminder)
    if stored.status != Reminder.Status.WAITING or stored.started_at is not None:
        raise NotToBeSent("This message is settled, or being sent at this moment.")
    _settle_suppressed([stored.pk], Why.STOPPED_BY_STAFF, now=now)
    return _locked(stored)


def channel_for(patient: Patient, *, kind: str = MessageKind.CHECK_IN.value, now: datetime) -> Channel | None:
    """The channel for a message of that kind: the preferred one, else another the patient agreed to; None: none."""
    around = circumstances_of(patient, now=now)
    return channel_now(patient, around, purpose=purpose_of(kind), asked_for=kind in ASKED_FOR)


def subject_in(dedupe_key: F) -> Func:
    """`subject_of`, read by the database."""
    channel = Value(rf":[a-z]+({AGAIN}\d+)?$")
    return Func(dedupe_key, channel, Value(""), function="regexp_replace", output_field=CharField())


# Those of a case; the others are sent by staff and belong to the patient.
_PLANNED_KINDS = [kind.value for kind in MessageKind if kind not in ASKED_FOR]


def _plan_facts(case: Case) -> PlanFacts | None:
    if case.status != CaseStatus.IN_TREATMENT:
        return None
    plan = Plan.objects.in_force().filter(case=case).values_list("number", "approved_at", "weeks").first()
    return None if plan is None or plan[1] is None else PlanFacts(plan[0], plan[1], plan[2])


def _visit_facts(case: Case) -> list[VisitFacts]:
    rows = case.visits.order_by("pk").values_list("pk", "starts_at", "booked_at", "status", "settled_at")
    return [
        VisitFacts(pk, starts, booked, VisitStatus(status), settled) for pk, starts, booked, status, settled in rows
    ]


def _needlings(case: Case) -> list[datetime]:
    return list(case.needling_sessions.order_by("pk").values_list("performed_at", flat=True))


def _row_of_patient(patient: Patient, message: Planned, link: Link, *, now: datetime) -> Reminder:
    return Reminder(
        patient=patient,
        link=link,
        kind=message.kind.value,
        channel=message.channel.value,
        dedupe_key=key_of(message),
        due_at=message.due_at,
        try_at=message.due_at,
        expires_at=message.expires_at,
        planned_at=now,
    )


def _settle_suppressed(ids: Sequence[UUID], reason: str, *, now: datetime) -> int:
    # The new token takes the row from a sender that claimed it and has not begun.
    return Reminder.objects.filter(pk__in=ids, status=Reminder.Status.WAITING, started_at__isnull=True).update(
        status=Reminder.Status.SUPPRESSED,
        reason=str(reason),
        settled_at=now,
        leased_until=None,
        fencing_token=F("fencing_token") + 1,
    )


def _in_order(rows: QuerySet[Reminder]) -> QuerySet[Reminder]:
    # Always by key: two that lock several rows in different orders wait for each other for ever.
    return rows.select_for_update(of=("self",), no_key=True).select_related("check_in").order_by("pk")


def _hold_others_back(reminder: Reminder) -> None:
    # The parent's lock, as planning takes it, not the row's: two may press on two copies of one message.
    if reminder.case_id is None:
        Patient.objects.select_for_update(no_key=True).only("pk").get(pk=reminder.patient_id)
    else:
        Case.objects.select_for_update(no_key=True).only("pk").get(pk=reminder.case_id)


def _locked(reminder: Reminder) -> Reminder:
    return (
        Reminder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("patient__site", "case", "check_in", "visit", "link")
        .get(pk=reminder.pk)
    )


def _useful_until(reminder: Reminder, *, now: datetime) -> datetime:
    """Until when sending it again makes sense; `now` when it makes none."""
    case = reminder.case
    if case is not None:
        step = reminder.check_in.step if reminder.check_in else None
        if not goes_on_after(CaseStatus(case.status), step) or case.flags.standing().stopping().exists():
            return now
    if reminder.check_in is not None:
        is_over = reminder.check_in.answered_at is not None or reminder.check_in.cancelled_at is not None
        return now if is_over else reminder.check_in.expires_at
    if reminder.kind == Reminder.Kind.VISIT and reminder.visit is not None:
        return reminder.visit.starts_at if reminder.visit.status == VisitStatus.PLANNED else now
    return reminder.link.expires_at if reminder.link is not None else reminder.expires_at
