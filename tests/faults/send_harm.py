"""What is done to a sender's clock, patience and manners; put there by the nursery, as `harm` is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from cases.messages import email, sms
from cases.messages.results import Sent
from cases.models import Patient, Reminder
from cases.rules import sending
from cases.services import claims, dispatch, gate, verdicts
from cases.services.turns import Turn


def set_conditions(
    *, patience: float = 1, installed: dict[str, object] | None = None, serializable_claims: bool = False
) -> None:
    """patience: every time-out, as a part of what it is. installed: settings of the program.
    serializable_claims: two that meet are in each other's way, and PostgreSQL takes one back.
    """
    if serializable_claims:
        _claim_serializably()
    if patience != 1:
        email.MOST_SECONDS *= patience
        sms.MOST_SECONDS *= patience
        sms.SECONDS_PER_STEP *= patience
        settings.EMAIL_TIMEOUT *= patience
        sending.LONGEST_SEND = timedelta(seconds=35) * patience
        dispatch.SECONDS_FOR_THE_OTHERS *= patience
    for name, value in (installed or {}).items():
        setattr(settings, name, value)


def _claim_serializably() -> None:
    claim_due = dispatch.claim_due

    def claim(**values: Any) -> tuple[list[Turn], int]:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_isolation = 'serializable'")
            try:
                return claim_due(**values)
            finally:
                cursor.execute("RESET default_transaction_isolation")

    dispatch.claim_due = claim


# -- saboteurs: what a hasty colleague might have written


def _no_backoff() -> None:
    sending.pause_after = lambda *_, **__: timedelta()


def _no_retry_after() -> None:
    """What the provider asked for is not read."""
    pause = sending.pause_after
    sending.pause_after = lambda tries, *, key, asked=None: pause(tries, key=key)
    gate.leave_alone = lambda *_, **__: None


def _a_new_key_is_a_new_message() -> None:
    """Who did not hear an answer sends again, whatever the channel, and calls it another message."""
    render = dispatch.render
    dispatch.render = lambda **words: render(**{**words, "key": str(uuid.uuid4())})
    sending.may_repeat = lambda *_, **__: True


def _one_queue_for_all() -> None:
    """A batch ends with its slowest conversation, whatever else is due."""
    dispatch.SECONDS_FOR_THE_OTHERS = 3600


def _every_refusal_passes() -> None:
    """No answer is a no for good."""
    email.FOR_GOOD = frozenset()
    sms.PASSING = frozenset(range(400, 500))


def _plain_when_refused() -> None:
    """Where there is no TLS, it goes without."""
    settings.EMAIL_USE_TLS = False


def _late_is_better_than_never() -> None:
    """The end of a message is not looked at, when it is claimed or before it is sent, and nobody gives up."""
    _no_second_look()
    sending.MOST_TRIES = 10_000
    sending.pause_after = lambda *_, **__: timedelta(seconds=1)
    against = verdicts._against
    verdicts._against = lambda row, past, ground: against(
        row._replace(expires_at=ground.now + timedelta(days=1)), past, ground
    )
    _no_second_look()


def _no_second_look() -> None:
    """What was claimed is sent."""
    dispatch.start = _all_of_them


def _all_of_them(batch: Sequence[Turn], *, now: datetime) -> list[Turn]:
    Reminder.objects.filter(pk__in=[turn.reminder_id for turn in batch]).update(begun_at=now, started_at=now)
    return list(batch)


def _never_ask_again() -> None:
    """What was planned is sent: nothing that speaks against it is read."""
    sending.why_not = lambda facts: None
    _no_second_look()


def _clock_of_the_worker() -> None:
    dispatch_due = dispatch.dispatch_due
    dispatch.dispatch_due = lambda: dispatch_due(clock=lambda: datetime.now(UTC))


def _address_as_planned() -> None:
    """Who is written to was decided when the message was planned."""
    then = {pk: (mail, phone) for pk, mail, phone in Patient.objects.values_list("pk", "email", "phone")}
    connection.close()
    read = claims._read

    def as_planned(*given: Any, **named: Any) -> list[claims.Due]:
        rows = read(*given, **named)
        return [row._replace(email=then[row.patient_id][0], phone=then[row.patient_id][1]) for row in rows]

    claims._read = as_planned
    _no_second_look()


def _nobody_was_unsure() -> None:
    """No answer counts as a no."""
    deliver = dispatch.deliver

    def sure(turn: Turn) -> Sent:
        sent = deliver(turn)
        return replace(sent, outcome="retry") if sent.outcome == "ambiguous" else sent

    dispatch.deliver = sure


SABOTEURS: dict[str, Callable[[], None]] = {
    "no_backoff": _no_backoff,
    "no_retry_after": _no_retry_after,
    "a_new_key_is_a_new_message": _a_new_key_is_a_new_message,
    "nobody_was_unsure": _nobody_was_unsure,
    "one_queue_for_all": _one_queue_for_all,
    "every_refusal_passes": _every_refusal_passes,
    "plain_when_refused": _plain_when_refused,
    "late_is_better_than_never": _late_is_better_than_never,
    "no_second_look": _no_second_look,
    "never_ask_again": _never_ask_again,
    "clock_of_the_worker": _clock_of_the_worker,
    "address_as_planned": _address_as_planned,
}
