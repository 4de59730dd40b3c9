"""May this message go now, and what follows when sending it went wrong: no computer in the sentence but the clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.rules.terms import Channel

LEASE = timedelta(seconds=120)
# What a send may take at most, all time-outs together: less than a third of the lease.
LONGEST_SEND = timedelta(seconds=35)
MOST_TRIES = 8
FIRST_PAUSE = timedelta(seconds=30)
JITTER = 0.25
# A gateway forgets keys after a day; well before that we stop repeating what may have arrived.
KEYS_HOLD = timedelta(hours=6)
MOST_EMAIL_COPIES = 2


class Why(StrEnum):
    """Why a message was not sent, in the words staff read."""

    EXPIRED = "too late to send"
    NOT_CALLED = "nobody called in time"
    CASE_ENDED = "the case has ended"
    FLAG_STANDS = "a red flag stands: staff call instead"
    ANSWERED = "answered already"
    CHECK_IN_OVER = "the check-in is no longer asked for"
    VISIT_OVER = "the visit is no longer planned for then"
    LINK_EXPIRED = "the link has expired"
    OTHER_CHANNEL = "the patient prefers another channel"
    PROVISIONAL = "staff have not accepted this patient yet"
    NO_CONSENT = "no consent for this channel"
    NO_ADDRESS = "no address for this channel"
    NO_GATEWAY = "text messages are not set up at this clinic"
    STOPPED_BY_STAFF = "stopped by staff"


@dataclass(frozen=True)
class Facts:
    """What decides whether one message may go, read when its turn comes.

    consent: in force on the message's channel. refused: it was withdrawn there.
    asked_for: staff sent it on the patient's word (the form), so that silence on consent is not a no.
    """

    case_ended: bool = False
    flag_stands: bool = False
    answered: bool = False
    check_in_over: bool = False
    visit_over: bool = False
    link_expired: bool = False
    provisional: bool = False
    consent: bool = True
    refused: bool = False
    asked_for: bool = False
    address: bool = True


def why_not(facts: Facts) -> Why | None:
    """The first reason not to send; None when it may go."""
    if facts.case_ended:
        return Why.CASE_ENDED
    if facts.answered:
        return Why.ANSWERED
    if facts.check_in_over:
        return Why.CHECK_IN_OVER
    if facts.visit_over:
        return Why.VISIT_OVER
    if facts.flag_stands:
        return Why.FLAG_STANDS
    if facts.link_expired:
        return Why.LINK_EXPIRED
    if facts.provisional and not facts.asked_for:
        return Why.PROVISIONAL
    if not facts.consent and (facts.refused or not facts.asked_for):
        return Why.NO_CONSENT
    return None if facts.address else Why.NO_ADDRESS


def pause_after(tries: int, *, key: str, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many tries: 30 s doubling, spread by a quarter either way, or longer if asked to.

    key: spreads the messages of one outage apart, the same way every time.
    """
    spread = int.from_bytes(hashlib.sha256(f"{key}:{tries}".encode()).digest()[:4]) / 2**32
    pause = FIRST_PAUSE * 2 ** max(tries - 1, 0) * (1 - JITTER + 2 * JITTER * spread)
    return max(pause, asked) if asked else pause


def may_repeat(
    channel: Channel, *, doubtful: int, doubtful_since: datetime | None, now: datetime, gateway_keeps_keys: bool
) -> bool:
    """May a message that perhaps arrived be sent once more?

    doubtful: how many turns ended so; doubtful_since: when the first of them began.
    A text goes again only to a gateway that knows our key, for six hours; an e-mail once, under the same Message-ID.
    """
    if doubtful == 0 or doubtful_since is None:
        return True
    if channel is Channel.EMAIL:
        return doubtful < MOST_EMAIL_COPIES
    return gateway_keeps_keys and now - doubtful_since < KEYS_HOLD
