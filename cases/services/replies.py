"""What goes back by itself to a text: each answer once, never twice, never late."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from cases.messages.render import Message, reply
from cases.messages.results import Outcome, Sent
from cases.messages.send import send
from cases.models import InboundMessage
from cases.rules.sending import LEASE, pause_after
from cases.rules.terms import Channel
from cases.services import gate
from cases.services.dispatch import SECONDS_FOR_TOKENS
from cases.services.inbound import REPLY_WITHIN
from cases.services.turns import database_now

log = logging.getLogger(__name__)

# With the longest send on top this ends before the task's soft limit; the next tick goes on.
LONGEST_DRAIN = timedelta(seconds=40)
# A gateway that takes few in a while is not waited for longer: other jobs want the worker.
LONGEST_THROTTLED = timedelta(seconds=10)
MOST_TRIES = 4


def send_replies(*, clock: Callable[[], datetime] = database_now) -> int:
    """Send the answers that are due; how many were tried. Safe to run many at a time.

    clock: the database's, because workers' own clocks differ; a test passes the moment it wants.
    """
    _give_up_lost_ones(now=clock())
    begun_at = time.monotonic()
    end, patience = (begun_at + span.total_seconds() for span in (LONGEST_DRAIN, LONGEST_THROTTLED))
    tried = 0
    while time.monotonic() < end:
        row, is_throttled = _claim(now=clock())
        if row is not None:
            _mark(row, _deliver(row), now=clock())
            tried += 1
        elif is_throttled and time.monotonic() < patience:
            time.sleep(SECONDS_FOR_TOKENS)
        else:
            break
    return tried


@transaction.atomic
def _claim(*, now: datetime) -> tuple[InboundMessage | None, bool]:
    """The next answer that may still go; those that came too late are settled on the way.

    It passes the gate that every message passes. True: nothing but the gateway's rate holds one back.
    """
    waiting = InboundMessage.objects.filter(reply_status=InboundMessage.ReplyStatus.WAITING)
    waiting.filter(sent_at__lt=now - REPLY_WITHIN).update(reply_status=InboundMessage.ReplyStatus.FAILED)
    due = waiting.filter(reply_try_at__lte=now)
    if not due.exists():
        return None, False
    opened = gate.pass_gate(now=now, limit=1, waits_for_disk=True)
    if opened is None or Channel.SMS in opened.shut:
        return None, False
    due = due.exclude(site__in=[site_id for site_id, kind in opened.pauses if kind == ""])
    if Channel.SMS not in opened.limits:
        return None, due.exists()
    row = (
        due.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("patient", "site")
        .order_by("reply_try_at", "pk")
        .first()
    )
    if row is not None:
        # Committed before the network is touched: whoever dies after this leaves a doubt, and that is not sent again.
        row.reply_status = InboundMessage.ReplyStatus.SENDING
        row.reply_try_at = now + LEASE
        row.reply_tries += 1
        row.save(update_fields=["reply_status", "reply_try_at", "reply_tries"])
        gate.spend({Channel.SMS: 1}, opened, now=now)
    return row, False


def _give_up_lost_ones(*, now: datetime) -> None:
    lost = InboundMessage.objects.filter(reply_status=InboundMessage.ReplyStatus.SENDING, reply_try_at__lte=now)
    lost.update(reply_status=InboundMessage.ReplyStatus.UNKNOWN)


def _deliver(row: InboundMessage) -> Sent:
    try:
        return send(_message(row))
    except Exception as error:
        # Ours, and nobody can say how far it came. Not its text: that may hold a number.
        log.error("answer to inbound message %s ended in an unforeseen %s", row.pk, type(error).__name__)
        return Sent(Outcome.AMBIGUOUS, f"unforeseen: {type(error).__name__}")


def _message(row: InboundMessage) -> Message:
    language = row.language or (row.patient.language if row.patient else "")
    site = row.site
    return reply(
        key=f"reply-{row.pk}",
        answer=row.reply,
        to=row.sender,
        language=language,
        clinic=site.name if site else "Patella",
        phone=site.phone if site else "",
    )


def _mark(row: InboundMessage, sent: Sent, *, now: datetime) -> None:
    status = {
        Outcome.ACCEPTED: InboundMessage.ReplyStatus.SENT,
        Outcome.REFUSED: InboundMessage.ReplyStatus.FAILED,
        Outcome.AMBIGUOUS: InboundMessage.ReplyStatus.UNKNOWN,
        Outcome.RETRY: InboundMessage.ReplyStatus.WAITING,
    }[sent.outcome]
    if status is InboundMessage.ReplyStatus.WAITING and row.reply_tries >= MOST_TRIES:
        status = InboundMessage.ReplyStatus.FAILED
    try_at = now + pause_after(row.reply_tries, key=f"reply-{row.pk}", asked=sent.wait)
    InboundMessage.objects.filter(pk=row.pk, reply_status=InboundMessage.ReplyStatus.SENDING).update(
        reply_status=status, reply_try_at=try_at
    )
    if sent.outcome is Outcome.RETRY and sent.wait is not None:
        gate.leave_alone(Channel.SMS, until=now + sent.wait, now=now)
