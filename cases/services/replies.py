"""What goes back by itself to a text: each answer once, never twice, never late."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction

from cases.messages.render import Message, reply
from cases.messages.results import Outcome, Sent
from cases.messages.send import send
from cases.models import InboundMessage
from cases.rules.sending import LEASE, pause_after
from cases.services.inbound import REPLY_WITHIN

log = logging.getLogger(__name__)

# With the longest send on top this ends before the task's soft limit; the next tick goes on.
LONGEST_DRAIN = timedelta(seconds=40)
MOST_TRIES = 4


def send_replies(*, now: datetime) -> int:
    """Send the answers that are due; how many were tried. Safe to run many at a time."""
    _give_up_lost_ones(now=now)
    end = time.monotonic() + LONGEST_DRAIN.total_seconds()
    tried = 0
    while time.monotonic() < end:
        row = _claim(now=now)
        if row is None:
            break
        _mark(row, _deliver(row), now=now)
        tried += 1
    return tried


@transaction.atomic
def _claim(*, now: datetime) -> InboundMessage | None:
    """The next answer that may still go; those that came too late are settled on the way."""
    due = InboundMessage.objects.filter(reply_status=InboundMessage.ReplyStatus.WAITING)
    due.filter(sent_at__lt=now - REPLY_WITHIN).update(reply_status=InboundMessage.ReplyStatus.FAILED)
    row = (
        due.filter(reply_try_at__lte=now)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
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
    return row


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
