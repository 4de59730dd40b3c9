"""What is done to a sender on purpose: shorter times, a kill at a chosen stage, or a saboteur's broken variant.

Lives in the worker's process, put there by the nursery; the program itself has no such switch.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery.signals import worker_init, worker_ready
from django.conf import settings
from kombu.transport import redis

from cases.messages import email
from cases.messages.results import Outcome, Sent
from cases.rules import sending
from cases.services import claims, dispatch, gate, turns
from cases.services.turns import Turn
from clinic.celery import app, look_at_once, refuse_a_forgetful_broker
from tests.faults import send_harm

STAGES = ("after_claim", "before_send", "during_send", "after_accept", "before_mark")


def install(
    *,
    saboteur: str,
    stages: Path,
    keeps_keys: bool,
    lease: float,
    rate: str,
    conditions: dict[str, Any],
    email_url: str,
    sms_gateway_url: str,
) -> None:
    mail = urlsplit(email_url)
    settings.EMAIL_HOST, settings.EMAIL_PORT = mail.hostname, mail.port
    settings.SMS_GATEWAY_URL = sms_gateway_url
    settings.SMS_GATEWAY_KEEPS_KEYS = keeps_keys
    settings.EMAIL_RATE = settings.SMS_RATE = rate
    # A lease of two minutes would make every kill cost two minutes of the test.
    sending.LEASE = timedelta(seconds=lease)
    sending.LONGEST_SEND = timedelta(seconds=0.6)
    sending.FIRST_PAUSE = timedelta(milliseconds=300)
    send_harm.set_conditions(**conditions)
    if saboteur:
        SABOTEURS[saboteur]()
    _kill_at_stages(stages)


# -- kills


def _kill_at_stages(tickets: Path) -> None:
    """Each file `<stage>.<n>` in the directory is one kill: whoever takes it away dies there."""

    def has_ticket(stage: str) -> bool:
        for ticket in sorted(tickets.glob(f"{stage}.*")):
            with contextlib.suppress(FileNotFoundError):
                ticket.unlink()
                return True
        return False

    def perhaps_die(stage: str) -> None:
        if has_ticket(stage):
            os.kill(os.getpid(), signal.SIGKILL)

    claim_due, start, deliver, record = dispatch.claim_due, dispatch.start, dispatch.deliver, dispatch._record

    def claim(**values: Any) -> tuple[list[Turn], int]:
        found = claim_due(**values)
        if found[0]:
            perhaps_die("after_claim")
        return found

    def begin(batch: Sequence[Turn], *, now: datetime) -> list[Turn]:
        begun = start(batch, now=now)
        if begun:
            perhaps_die("before_send")
        return begun

    def send(turn: Turn) -> Sent:
        sent = deliver(turn)
        if sent.outcome is Outcome.ACCEPTED:
            perhaps_die("after_accept")
        return sent

    def note(results: Sequence[tuple[Turn, Sent]], *, now: datetime) -> int:
        if any(sent.outcome is Outcome.ACCEPTED for _, sent in results):
            perhaps_die("before_mark")
        return record(results, now=now)

    dispatch.claim_due, dispatch.start, dispatch.deliver, dispatch._record = claim, begin, send, note
    _kill_in_the_middle(has_ticket)


def _kill_in_the_middle(has_ticket: Callable[[str], bool]) -> None:
    """Half of a message is out, over a line that then breaks: it arrives nowhere, and nobody here can know that."""

    def half(whole: Callable[[Any, bytes], None], line: Any, told: bytes) -> None:
        if has_ticket("during_send"):
            whole(line, told[: len(told) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        whole(line, told)

    mail, text = email._Watched.send, http.client.HTTPConnection.send

    def send_mail(line: Any, told: Any) -> None:
        if isinstance(told, bytes) and told.endswith(email.FINAL_DOT):
            half(mail, line, told)
        else:
            mail(line, told)

    email._Watched.send = send_mail
    http.client.HTTPConnection.send = lambda line, told: half(text, line, told)


# -- saboteurs: what a hasty colleague might have written


def _mark_before_send() -> None:
    start = dispatch.start

    def begin(batch: Sequence[Turn], *, now: datetime) -> list[Turn]:
        begun = start(batch, now=now)
        turns.mark([(turn, Sent(Outcome.ACCEPTED)) for turn in begun], now=now)
        return begun

    dispatch.start = begin


def _plain_select() -> None:
    """Whoever sees a due row sends it: no lock, no lease."""
    lock = " FOR NO KEY UPDATE SKIP LOCKED"
    assert claims._TAKE.count(lock) == 1
    claims._TAKE = claims._TAKE.replace(lock, "")
    claims._LEASE = "SELECT 1"
    claims._give_new_token = lambda *_, **__: None
    lease = claims._lease

    def no_lease(*found: Any) -> list[Turn]:
        # The token nobody raised.
        return [turn._replace(fencing_token=turn.fencing_token - 1) for turn in lease(*found)]

    claims._lease = no_lease
    dispatch.start = lambda batch, *, now: list(batch)


def _new_key_per_attempt() -> None:
    render = dispatch.render
    dispatch.render = lambda **words: render(**{**words, "key": str(uuid.uuid4())})


def _mark_without_token() -> None:
    guard = "r.fencing_token = mark.token AND r.status = 'waiting'"
    assert turns._MARK.count(guard) == 1
    turns._MARK = turns._MARK.replace(guard, "true")


def _rely_on_the_messages_alone() -> None:
    """The list of what is due is in Redis: a worker that starts has nowhere else to look."""
    worker_ready.disconnect(look_at_once)


def _send_what_the_message_names() -> None:
    """What is named by a message in Redis is sent, whether or not it was sent before."""
    worker_ready.disconnect(look_at_once)
    from tests.faults import published

    published.REOPEN = True


def _count_for_itself() -> None:
    """Each sender thinks that it has the provider for itself."""
    gate.configured_rates = dict


def _leave_at_once() -> None:
    """Told to end, a worker ends, whatever its children have in hand."""
    from celery.apps import worker

    worker.install_worker_term_handler = worker.install_worker_term_hard_handler


def _believe_the_file() -> None:
    """Beat as it is shipped."""
    app.conf.beat_scheduler = "celery.beat:PersistentScheduler"


def _read_whatever_comes() -> None:
    """As kombu has it."""
    redis.Transport.Channel = redis.Channel


def _lease_for_ever() -> None:
    """Whoever took a row will surely bring it back."""
    end = "(r.leased_until IS NULL OR r.leased_until <= %(now)s)"
    assert claims._TAKE.count(end) == 1
    claims._TAKE = claims._TAKE.replace(end, "r.leased_until IS NULL")


def _take_any_redis() -> None:
    """Whether Redis keeps what it is given is nobody's business."""
    worker_init.disconnect(refuse_a_forgetful_broker)


SABOTEURS: dict[str, Callable[[], None]] = {
    "mark_before_send": _mark_before_send,
    "plain_select": _plain_select,
    "new_key_per_attempt": _new_key_per_attempt,
    "mark_without_token": _mark_without_token,
    # Everything a request enqueued is in Redis and nowhere else: see the rig, which then starts no beat.
    "publish_in_the_request": _rely_on_the_messages_alone,
    "send_what_the_message_names": _send_what_the_message_names,
    "count_for_itself": _count_for_itself,
    "leave_at_once": _leave_at_once,
    "believe_the_file": _believe_the_file,
    "lease_for_ever": _lease_for_ever,
    "take_any_redis": _take_any_redis,
    "read_whatever_comes": _read_whatever_comes,
    **send_harm.SABOTEURS,
}
