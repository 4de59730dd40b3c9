"""What patients answer: stopping at once, a yes to a visit, a number that was asked for; the rest is for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers
from django.conf import settings

from cases.models import ContactConsent, InboundMessage, Patient, Reminder
from cases.rules.follow_up import STEP
from cases.rules.inbound import Intent, Reply, means, plain, read
from cases.rules.terms import Channel, Instrument, VisitStatus
from cases.services.errors import Refusal
from cases.services.events import EventKind, record, record_of_patient
from cases.services.outcomes import record_outcome
from cases.services.patients import opt_in, opt_out
from cases.services.transactions import one_transaction
from clinic.accounts.models import User

# An answer belongs to the last message of these hours; what comes later is for a person to understand.
ANSWERS_FOR = timedelta(hours=48)
# Clocks of providers and ours differ a little.
SLACK = timedelta(minutes=5)
# A reply that comes long after the word would only confuse.
REPLY_WITHIN = timedelta(hours=1)
HELP_AGAIN_AFTER = timedelta(hours=24)
MOST_TEXT = 4_000
ASKS_PAIN = "pain_now"
# Words that stop messages, and that somebody with a visit tomorrow may mean otherwise.
_TWO_MEANINGS = frozenset({"cancel", "cancelar", "cancele", "cancelen"})


class NotInInbox(Refusal):
    """Somebody has seen to it already."""

    code = "not_in_inbox"


@dataclass(frozen=True)
class Known:
    """Who has the number, and what they were last sent there."""

    patients: Sequence[Patient]
    asked: Reminder | None

    @property
    def only(self) -> Patient | None:
        """The one patient it can be; None when nobody or several have the number."""
        return self.patients[0] if len(self.patients) == 1 else None

    @property
    def about_visit(self) -> bool:
        visit = self.asked.visit if self.asked and self.asked.kind == Reminder.Kind.VISIT else None
        return visit is not None and visit.status == VisitStatus.PLANNED

    @property
    def for_number(self) -> bool:
        check_in = self.asked.check_in if self.asked else None
        if check_in is None or check_in.answered_at is not None or check_in.cancelled_at is not None:
            return False
        return check_in.step in STEP and ASKS_PAIN in STEP[check_in.step].asks


@one_transaction
def take_message(
    channel: Channel, *, message_id: str, sender: str, text: str, sent_at: datetime | None, now: datetime
) -> InboundMessage:
    """Keep one answer and do what it says; a repeat of it gives the first row back and does nothing.

    sender: as the provider gives it. sent_at: by the provider's clock, None where it does not say.
    """
    number = normal_sender(channel, sender)
    sent_at = min(sent_at or now, now)
    # The people first, as every other service locks them: two answers of one number then come one after the other.
    people = _people(channel, number)
    row, is_new = InboundMessage.objects.get_or_create(
        provider=channel.value,
        message_id=message_id,
        defaults={
            "channel": channel.value,
            "sender": number,
            "text": text[:MOST_TEXT],
            "sent_at": sent_at,
            "received_at": now,
            "intent": Intent.FREE_TEXT.value,
            "status": InboundMessage.Status.UNREAD,
        },
    )
    if not is_new:
        return row
    known = Known(people, _last_message(people, channel, at=sent_at))
    said = means(
        read(_first_words(channel, row.text)),
        asked_about_visit=known.about_visit,
        asked_for_number=known.for_number,
    )
    _place(row, known, said)
    _act(row, known, said, now=now)
    row.save()
    if known.only is not None:
        details = {"inbound": row.pk, "intent": row.intent, "channel": channel.value}
        if row.case is None:
            record_of_patient(known.only, EventKind.ANSWER_RECEIVED, by=None, now=now, **details)
        else:
            record(row.case, EventKind.ANSWER_RECEIVED, by=None, now=now, **details)
    return row


@one_transaction
def mark_answered(row: InboundMessage, *, by: User, now: datetime) -> InboundMessage:
    """Somebody has read it and seen to it. Raises NotInInbox unless it is unread."""
    stored = _unread(row)
    stored.status = InboundMessage.Status.ANSWERED
    stored.answered_by, stored.answered_at = by, now
    stored.version += 1
    stored.save(update_fields=["status", "answered_by", "answered_at", "version"])
    if stored.patient is not None:
        record_of_patient(stored.patient, EventKind.ANSWER_SEEN_TO, by=by, now=now, inbound=stored.pk)
    return stored


@one_transaction
def take_over(row: InboundMessage, *, by: User, now: datetime) -> InboundMessage:
    """Say that one sees to it oneself. Raises NotInInbox unless it is unread."""
    stored = _unread(row)
    stored.assigned_to = by
    stored.version += 1
    stored.save(update_fields=["assigned_to", "version"])
    return stored


@one_transaction
def put_back(row: InboundMessage, *, by: User, now: datetime) -> InboundMessage:
    """Back into the inbox: it was not seen to after all, or what was done by itself was not what was meant."""
    stored = _locked(row)
    if stored.status == InboundMessage.Status.UNREAD:
        raise NotInInbox("It is in the inbox already.")
    stored.status = InboundMessage.Status.UNREAD
    stored.answered_by = stored.answered_at = None
    stored.version += 1
    stored.save(update_fields=["status", "answered_by", "answered_at", "version"])
    return stored


def normal_sender(channel: Channel, sender: str) -> str:
    """A number in E.164 where it is one, an address in lower case; anything else as it came, cut."""
    if channel is Channel.EMAIL:
        return sender.strip().lower()[:254]
    try:
        number = phonenumbers.parse(sender, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return sender.strip()[:254]
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _people(channel: Channel, number: str) -> list[Patient]:
    if not number:
        return []
    has_it = {"email__iexact": number} if channel is Channel.EMAIL else {"phone": number}
    # Always by key: two that lock several rows in different orders wait for each other for ever.
    rows = Patient.objects.filter(**has_it).select_for_update(of=("self",), no_key=True)
    return list(rows.select_related("site").order_by("pk"))


def _last_message(people: Sequence[Patient], channel: Channel, *, at: datetime) -> Reminder | None:
    return (
        Reminder.objects.filter(
            patient__in=people,
            channel=channel.value,
            status__in=[Reminder.Status.ACCEPTED, Reminder.Status.UNKNOWN],
            settled_at__gte=at - ANSWERS_FOR,
            settled_at__lte=at + SLACK,
        )
        .select_related("visit", "check_in", "case")
        .order_by("-settled_at", "-pk")
        .first()
    )


def _first_words(channel: Channel, text: str) -> str:
    """A text whole; of an e-mail the first line somebody wrote, because mail programs quote what they answer."""
    if channel is not Channel.EMAIL:
        return text
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith(">")), "")


def _place(row: InboundMessage, known: Known, said: Reply) -> None:
    """Whose it is, as far as that is certain."""
    row.intent, row.language = said.intent.value, said.language.value if said.language else ""
    sites = {patient.site_id for patient in known.patients}
    row.site_id = sites.pop() if len(sites) == 1 else None
    patient = known.only
    if patient is not None:
        row.patient = patient
        row.in_reply_to = known.asked
        row.case = known.asked.case if known.asked else None
        if row.case is None:
            row.case = patient.cases.open().order_by("-opened_at", "-pk").first()


def _act(row: InboundMessage, known: Known, said: Reply, *, now: datetime) -> None:
    if said.intent is Intent.STOP:
        _stop(row, known, now=now)
    elif said.intent is Intent.HELP and known.patients:
        # Who we are is the same for everybody who has the number.
        _help(row, now=now)
    elif known.only is None:
        has = f"{len(known.patients)} patients have this number" if known.patients else "nobody here has this number"
        row.note = has
    elif said.intent is Intent.START:
        _start(row, known.only, now=now)
    elif said.intent in {Intent.CONFIRM, Intent.RESCHEDULE}:
        _about_visit(row, known, said, now=now)
    elif said.intent is Intent.NUMBER and said.number is not None:
        _number(row, known, said.number, now=now)


def _stop(row: InboundMessage, known: Known, *, now: datetime) -> None:
    """At once, for everybody who has the number; whoever stops a family's telephone stops it for all of them."""
    if _overtaken(row, by=Intent.START):
        row.status, row.note = InboundMessage.Status.DONE, "sent before a later START; nothing changed"
        return
    if not known.patients:
        row.note = "nobody here has this number"
        return
    channel = Channel(row.channel)
    agreed = ContactConsent.objects.filter(patient__in=known.patients, channel=row.channel, withdrawn_at=None).exists()
    for patient in known.patients:
        opt_out(patient, channel=channel, by=None, now=now, source=f"stop by {row.channel}, answer {row.pk}")
    row.status, row.note = InboundMessage.Status.DONE, f"stopped for {_patients(len(known.patients))}"
    if known.about_visit and plain(row.text) in _TWO_MEANINGS:
        row.status = InboundMessage.Status.UNREAD
        row.note += "; the visit may be meant"
    if agreed:
        _send_back(row, "stopped", now=now)


def _start(row: InboundMessage, patient: Patient, *, now: datetime) -> None:
    if _overtaken(row, by=Intent.STOP):
        row.status, row.note = InboundMessage.Status.DONE, "sent before a later STOP; nothing changed"
        return
    source = f"start by {row.channel}, answer {row.pk}"
    opt_in(patient, channel=Channel(row.channel), by=None, now=now, source=source)
    row.status, row.note = InboundMessage.Status.DONE, "messages allowed again"
    _send_back(row, "started", now=now)


def _help(row: InboundMessage, *, now: datetime) -> None:
    row.status, row.note = InboundMessage.Status.DONE, "told who we are"
    lately = InboundMessage.objects.filter(sender=row.sender, reply="help", received_at__gt=now - HELP_AGAIN_AFTER)
    if lately.exists():
        row.note = "told who we are not long ago"
    else:
        _send_back(row, "help", now=now)


def _about_visit(row: InboundMessage, known: Known, said: Reply, *, now: datetime) -> None:
    visit = known.asked.visit if known.asked else None
    if visit is None or row.case is None or visit.starts_at <= now:
        row.note = "the visit it answers has begun"
        return
    row.visit = visit
    if said.intent is Intent.CONFIRM:
        row.status, row.note = InboundMessage.Status.DONE, "will come"
        kind = EventKind.VISIT_CONFIRMED
    else:
        row.note = "wants another time for the visit"
        kind = EventKind.VISIT_CHANGE_ASKED
    record(row.case, kind, by=None, now=now, visit=visit.pk, inbound=row.pk)


def _number(row: InboundMessage, known: Known, number: int, *, now: datetime) -> None:
    asked = known.asked
    if asked is None or asked.case is None or not asked.case.is_open:
        row.note = "the case it answers has ended"
    elif InboundMessage.objects.filter(
        in_reply_to=asked, intent=Intent.NUMBER.value, status=InboundMessage.Status.DONE
    ).exists():
        row.note = "a second number for one question"
    else:
        record_outcome(asked.case, instrument=Instrument.NPRS_NOW.value, score=number, by=None, now=now)
        row.status, row.note = InboundMessage.Status.DONE, "kept as the score of today"


def _overtaken(row: InboundMessage, *, by: Intent) -> bool:
    """Was the opposite said later, and came in before? The word that was sent last holds."""
    return (
        InboundMessage.objects.filter(sender=row.sender, channel=row.channel, intent=by.value, sent_at__gt=row.sent_at)
        .exclude(pk=row.pk)
        .exists()
    )


def _send_back(row: InboundMessage, answer: str, *, now: datetime) -> None:
    if row.channel != Channel.SMS or not settings.SMS_GATEWAY_URL or now - row.sent_at > REPLY_WITHIN:
        return
    row.reply = answer
    row.reply_status = InboundMessage.ReplyStatus.WAITING
    row.reply_try_at = now


def _patients(count: int) -> str:
    return "1 patient" if count == 1 else f"{count} patients"


def _locked(row: InboundMessage) -> InboundMessage:
    rows = InboundMessage.objects.select_for_update(of=("self",), no_key=True).select_related("patient", "case")
    return rows.get(pk=row.pk)


def _unread(row: InboundMessage) -> InboundMessage:
    stored = _locked(row)
    if stored.status != InboundMessage.Status.UNREAD:
        raise NotInInbox("Somebody has seen to this already.")
    return stored
