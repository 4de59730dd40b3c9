"""Which messages are due: planned in the transaction of their cause, taken back when it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import CharField, F, Func, QuerySet, Value

from cases.models import Case, CheckIn, ContactConsent, Link, Patient, Reminder, Visit
from cases.rules.follow_up import Times, call_by_staff, first_message, repeat_message, visit_message
from cases.rules.sending import Why
from cases.rules.terms import Channel, VisitStatus
from cases.rules.wall_clock import zone_of
from cases.services import links
from cases.services.check_in_plan import plan_check_ins
from cases.services.errors import Refusal
from cases.services.events import EventKind, record, record_of_patient
from cases.services.locking import locked_case
from cases.services.transactions import one_transaction
from clinic.accounts.models import User

AGAIN = ":again:"
# Once one of these is known of a message, the same thing is not said again on another channel.
SAID = frozenset({Reminder.Status.ACCEPTED, Reminder.Status.UNKNOWN, Reminder.Status.EXPIRED, Reminder.Status.FAILED})


class CannotBeReached(Refusal):
    """No channel is left: no address, or the patient stopped messages there."""

    code = "cannot_be_reached"


class NotToBeSent(Refusal):
    """There is nothing to send any more, or it is on its way already."""

    code = "not_to_be_sent"


@dataclass(frozen=True)
class Wanted:
    """One message a case asks for. subject: what it is about, whatever the channel.

    by: the one channel it can go by; None for whichever the patient has.
    """

    subject: str
    kind: Reminder.Kind
    times: Times
    check_in: CheckIn | None = None
    visit: Visit | None = None
    by: Channel | None = None

    def key_on(self, channel: Channel) -> str:
        return f"{self.subject}:{(self.by or channel).value}"

    def row(self, case: Case, channel: Channel, *, now: datetime) -> Reminder:
        channel = self.by or channel
        return Reminder(
            case=case,
            patient=case.patient,
            check_in=self.check_in,
            visit=self.visit,
            link_id=self.check_in.link_id if self.check_in else None,
            kind=self.kind,
            channel=channel.value,
            dedupe_key=self.key_on(channel),
            due_at=self.times.due_at,
            try_at=first_try(channel, self.times),
            expires_at=self.times.expires_at,
            planned_at=now,
        )


def first_try(channel: Channel, times: Times) -> datetime:
    """When the sweep first looks at a row: a call is made by people, and only runs out."""
    return times.expires_at if channel is Channel.PHONE else times.due_at


def plan_for_case(case: Case, *, now: datetime, is_new: bool = False) -> None:
    """Make check-ins and messages what the case asks for now; call it in the transaction of whatever changed the case.

    Harmless to repeat. What is no longer wanted is suppressed with its reason; what is being sent at this moment is
    left to the sender. is_new: opened by this very transaction, so nothing is planned yet (four statements in all).
    """
    if not is_new:
        # Without the parent's lock two changes at once plan the same message twice. Read again even if the caller has
        # the lock: the patient that came with a case one had to wait for is as it was before the wait.
        case = locked_case(case)
    zone = zone_of(case.patient.time_zone, case.site.time_zone)
    check_ins = plan_check_ins(case, zone=zone, now=now, existing=[] if is_new else None)
    stopped = case.is_alarming if is_new else case.flags.standing().stopping().exists()
    visits = [] if is_new else case.visits.filter(status=VisitStatus.PLANNED, starts_at__gt=now)
    wanted = {} if stopped or not case.is_open else {each.subject: each for each in _wanted(check_ins, visits, zone)}
    existing = [] if is_new else list(_in_order(case.reminders.filter(kind__in=_PLANNED_KINDS)))
    said = {subject_of(row) for row in existing if row.status in SAID}
    if not wanted and not existing:
        return

    channel = channel_for(case.patient)
    if channel is Channel.PHONE or not case.patient.phone:
        # Who is telephoned anyway needs no third turn.
        wanted = {subject: each for subject, each in wanted.items() if each.by is None}
    keys = {each.key_on(channel) for each in wanted.values()} if channel else set()
    _suppress(existing, keys, lambda row: _reason(case, row, wanted, stopped, channel), now=now)
    if channel:
        known = {row.dedupe_key: row for row in existing}
        _adjust(known, wanted.values(), channel, now=now)
        Reminder.objects.bulk_create(
            each.row(case, channel, now=now)
            for each in wanted.values()
            if each.key_on(channel) not in known and each.subject not in said and each.times.expires_at > now
        )


def plan_for_patient(patient: Patient, *, now: datetime) -> None:
    """`plan_for_case` for every open case of a patient whose contact or consent changed."""
    for case in patient.cases.open().order_by("pk"):
        plan_for_case(case, now=now)


def suppress_waiting(patient: Patient, *, reason: str, now: datetime, channel: Channel | None = None) -> int:
    """Take back everything that still waits for a patient, on one channel or all; how many rows there were.

    A row claimed by a sender that has not begun is taken from it.
    """
    rows = patient.reminders.waiting().filter(started_at__isnull=True)
    if channel is not None:
        rows = rows.filter(channel=channel.value)
    return _settle_suppressed([row.pk for row in _in_order(rows)], reason, now=now)


@one_transaction
def send_form(patient: Patient, *, by: User, now: datetime) -> Link:
    """Send the patient a link to the form, at the next sane hour. Raises CannotBeReached."""
    stored = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=patient.pk)
    channel = channel_for(stored, asked_for=True)
    if channel is None or channel is Channel.PHONE:
        raise CannotBeReached(f"{stored} has no address for messages, or stopped them. Telephone instead.")
    link = links.make_link(stored, purpose=Link.Purpose.INTAKE, expires_at=now + links.INTAKE_LASTS, now=now)
    Reminder.objects.create(
        patient=stored,
        link=link,
        kind=Reminder.Kind.FORM,
        channel=channel.value,
        dedupe_key=f"form:{link.pk}:{channel.value}",
        due_at=now,
        try_at=now,
        expires_at=link.expires_at,
        planned_at=now,
    )
    record_of_patient(stored, EventKind.FORM_SENT, by=by, now=now, link=str(link.pk), channel=channel.value)
    return link


@one_transaction
def resend_reminder(reminder: Reminder, *, by: User, now: datetime) -> Reminder:
    """Send a settled message once more, on the channel the patient has now; the new row.

    Raises NotToBeSent while it or another copy of it still waits or when its time is over, CannotBeReached.
    """
    _hold_others_back(reminder)
    stored = _locked(reminder)
    subject = subject_of(stored)
    status_of = dict(Reminder.objects.filter(dedupe_key__startswith=f"{subject}:").values_list("dedupe_key", "status"))
    if Reminder.Status.WAITING in status_of.values():
        raise NotToBeSent("This message is still to be sent.")
    expires_at = _useful_until(stored, now=now)
    if expires_at <= now:
        raise NotToBeSent("It is too late for this message, or it is no longer wanted.")
    channel = channel_for(stored.patient, asked_for=stored.kind == Reminder.Kind.FORM)
    if stored.kind == Reminder.Kind.CHECK_IN_CALL:
        channel = Channel.PHONE
    if channel is None:
        raise CannotBeReached(f"{stored.patient} has no address for messages, or stopped them. Telephone instead.")
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


def channel_for(patient: Patient, *, asked_for: bool = False) -> Channel | None:
    """The channel to use: the preferred one, else another the patient agreed to; None when there is none.

    Who agreed to texts where none can be sent is called, unless they refused that: silence would tell nobody.
    asked_for: staff send it on the patient's word, so a channel that was never talked about will do.
    """
    agreed, refused = consents_of([patient.pk])[patient.pk]
    order = sorted(Channel, key=lambda channel: channel.value != patient.preferred_channel)
    for channel in order:
        if not patient.reachable_by(channel.value) or (channel is Channel.SMS and not settings.SMS_GATEWAY_URL):
            continue
        if channel.value in agreed or (asked_for and channel.value not in refused):
            return channel
    no_gateway = patient.phone and Channel.SMS.value in agreed
    return Channel.PHONE if no_gateway and Channel.PHONE.value not in refused else None


def consents_of(patient_ids: Sequence[int]) -> dict[int, tuple[set[str], set[str]]]:
    """For each patient the channels agreed to, and those where consent was withdrawn and not given again."""
    found: dict[int, tuple[set[str], set[str]]] = {patient_id: (set(), set()) for patient_id in patient_ids}
    rows = ContactConsent.objects.filter(patient__in=patient_ids).values_list("patient_id", "channel", "withdrawn_at")
    for patient_id, channel, withdrawn_at in rows:
        found[patient_id][0 if withdrawn_at is None else 1].add(channel)
    return {patient_id: (agreed, refused - agreed) for patient_id, (agreed, refused) in found.items()}


def subject_of(reminder: Reminder) -> str:
    """What a row is about, whatever its channel and however often it was sent."""
    return reminder.dedupe_key.split(AGAIN)[0].rpartition(":")[0]


def subject_in(dedupe_key: F) -> Func:
    """`subject_of`, read by the database."""
    channel = Value(rf":[a-z]+({AGAIN}\d+)?$")
    return Func(dedupe_key, channel, Value(""), function="regexp_replace", output_field=CharField())


_PLANNED_KINDS = [
    Reminder.Kind.CHECK_IN,
    Reminder.Kind.CHECK_IN_REPEAT,
    Reminder.Kind.CHECK_IN_CALL,
    Reminder.Kind.VISIT,
]


def _wanted(check_ins: Iterable[CheckIn], visits: Iterable[Visit], zone: ZoneInfo) -> Iterator[Wanted]:
    for check_in in check_ins:
        if check_in.answered_at is None and check_in.cancelled_at is None:
            times = Times(check_in.due_at, check_in.expires_at)
            about = f"{check_in.case_id}:{check_in.step}:{check_in.round}"
            first, repeat = first_message(times, zone), repeat_message(times, zone)
            yield Wanted(f"check-in:{about}", Reminder.Kind.CHECK_IN, first, check_in=check_in)
            yield Wanted(f"check-in-repeat:{about}", Reminder.Kind.CHECK_IN_REPEAT, repeat, check_in=check_in)
            call = call_by_staff(times, zone)
            yield Wanted(
                f"check-in-call:{about}", Reminder.Kind.CHECK_IN_CALL, call, check_in=check_in, by=Channel.PHONE
            )
    for visit in visits:
        day_before = visit_message(visit.starts_at, zone, booked_at=visit.booked_at)
        if day_before is not None:
            # The moment is part of the subject: a visit that moved is announced again.
            subject = f"visit:{visit.pk}:{int(visit.starts_at.timestamp())}"
            yield Wanted(subject, Reminder.Kind.VISIT, day_before, visit=visit)


def _reason(case: Case, row: Reminder, wanted: dict[str, Wanted], stopped: bool, channel: Channel | None) -> Why:
    if not case.is_open:
        return Why.CASE_ENDED
    if row.check_in is not None and row.check_in.answered_at is not None:
        return Why.ANSWERED
    if stopped:
        return Why.FLAG_STANDS
    if subject_of(row) not in wanted:
        return Why.VISIT_OVER if row.kind == Reminder.Kind.VISIT else Why.CHECK_IN_OVER
    return Why.NO_CONSENT if channel is None else Why.OTHER_CHANNEL


def _suppress(rows: Iterable[Reminder], keys: set[str], reason_of: Callable[[Reminder], Why], *, now: datetime) -> None:
    """Take back each row that still waits and whose message nobody wants; a copy sent again goes with its original."""
    reasons: dict[Why, list[UUID]] = {}
    for row in rows:
        if _in_hand(row) and row.expires_at > now and row.dedupe_key.split(AGAIN)[0] not in keys:
            reasons.setdefault(reason_of(row), []).append(row.pk)
    for reason, ids in reasons.items():
        _settle_suppressed(ids, reason, now=now)


def _adjust(known: Mapping[str, Reminder], wanted: Iterable[Wanted], channel: Channel, *, now: datetime) -> None:
    """Bring rows that are there already to the times wanted, and back if they were suppressed and are wanted again."""
    changed = []
    for each in wanted:
        row = known.get(each.key_on(channel))
        if row is None or each.times.expires_at <= now:
            continue
        is_back = row.status == Reminder.Status.SUPPRESSED and row.reason != Why.STOPPED_BY_STAFF
        is_moved = _in_hand(row) and (row.due_at, row.expires_at) != (each.times.due_at, each.times.expires_at)
        if is_back or is_moved:
            row.status, row.reason, row.settled_at = Reminder.Status.WAITING, "", None
            row.due_at, row.expires_at = each.times.due_at, each.times.expires_at
            row.try_at, row.leased_until = first_try(Channel(row.channel), each.times), None
            row.fencing_token += 1
            changed.append(row)
    if changed:
        columns = ["status", "reason", "settled_at", "due_at", "expires_at", "try_at", "leased_until", "fencing_token"]
        Reminder.objects.bulk_update(changed, columns)


def _in_hand(row: Reminder) -> bool:
    """It waits, and no sender has begun with it: what has begun may have arrived and is the sender's to settle."""
    return row.status == Reminder.Status.WAITING and row.started_at is None


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
    if case is not None and (not case.is_open or case.flags.standing().stopping().exists()):
        return now
    if reminder.check_in is not None:
        is_over = reminder.check_in.answered_at is not None or reminder.check_in.cancelled_at is not None
        return now if is_over else reminder.check_in.expires_at
    if reminder.visit is not None:
        return reminder.visit.starts_at if reminder.visit.status == VisitStatus.PLANNED else now
    return reminder.link.expires_at if reminder.link is not None else now
