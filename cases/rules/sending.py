"""May this message go now, and what follows when sending it went wrong: no computer in the sentence but the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

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


# Over how long the messages to one patient are counted.
WEEK = timedelta(days=7)


class Hold(StrEnum):
    """Why a message waits longer than until it is due, in the words staff read."""

    QUIET_HOURS = "it is night where the patient is, or may be"
    PAUSED = "sending is paused"
    CLOSED_DAY = "the site is closed"
    ENOUGH_THIS_WEEK = "enough messages this week"


class Why(StrEnum):
    """Why a message was not sent, in the words staff read."""

    EXPIRED = "too late to send"
    NOT_CALLED = "nobody called in time"
    CASE_ENDED = "the case has ended"
    FLAG_STANDS = "a red flag stands: staff call instead"
    ANSWERED = "answered already"
    CHECK_IN_OVER = "the check-in is no longer asked for"
    VISIT_OVER = "the visit is no longer planned for then"
    NOT_WANTED = "there is no reason for it any more"
    SWITCHED_OFF = "the clinic does not send this kind of message"
    LINK_USED = "the form was sent back"
    CONTACT_FAILED = "this address refused messages: it needs correcting"
    BEFORE_RESTORE = "perhaps sent before the database was restored"
    LINK_EXPIRED = "the link has expired"
    OTHER_CHANNEL = "the patient prefers another channel"
    PROVISIONAL = "staff have not accepted this patient yet"
    NO_CONSENT = "no consent for this channel"
    OPTED_OUT = "the patient stopped messages"
    NO_ADDRESS = "no address for this channel"
    NO_GATEWAY = "text messages are not set up at this clinic"
    STOPPED_BY_STAFF = "stopped by staff"


class Facts(NamedTuple):
    """What decides whether one message may go, read when its turn comes.

    consent: in force on the message's channel. refused: it was withdrawn there.
    asked_for: staff sent it on the patient's word (the form), so that silence on consent is not a no.
    switched_off: the site sends no such messages. contact_failed: the address refused us for good.
    """

    case_ended: bool = False
    flag_stands: bool = False
    answered: bool = False
    form_sent_back: bool = False
    check_in_over: bool = False
    visit_over: bool = False
    link_expired: bool = False
    switched_off: bool = False
    provisional: bool = False
    consent: bool = True
    refused: bool = False
    asked_for: bool = False
    address: bool = True
    contact_failed: bool = False


def why_not(facts: Facts) -> Why | None:
    """The first reason not to send; None when it may go."""
    if facts.case_ended:
        return Why.CASE_ENDED
    if facts.answered:
        return Why.ANSWERED
    if facts.form_sent_back:
        return Why.LINK_USED
    if facts.check_in_over:
        return Why.CHECK_IN_OVER
    if facts.visit_over:
        return Why.VISIT_OVER
    if facts.flag_stands:
        return Why.FLAG_STANDS
    if facts.link_expired:
        return Why.LINK_EXPIRED
    if facts.switched_off:
        return Why.SWITCHED_OFF
    if facts.provisional and not facts.asked_for:
        return Why.PROVISIONAL
    if not facts.consent and (facts.refused or not facts.asked_for):
        return Why.NO_CONSENT
    if not facts.address:
        return Why.NO_ADDRESS
    return Why.CONTACT_FAILED if facts.contact_failed else None


def room_for_one_more(said_at: Sequence[datetime], *, most: int, now: datetime) -> datetime:
    """The first moment from `now` on when fewer than `most` messages lie within the week before it."""
    recent = sorted(moment for moment in said_at if moment > now - WEEK)
    return now if len(recent) < most else recent[len(recent) - most] + WEEK


def pause_after(tries: int, *, key: str, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many tries: 30 s doubling, spread by a quarter either way, or longer if asked to.

    asked: never shorter than that, and up to a quarter longer: everybody was asked the same.
    key: spreads the messages of one outage apart, the same way every time.
    """
    spread = int.from_bytes(hashlib.sha256(f"{key}:{tries}".encode()).digest()[:4]) / 2**32
    pause = FIRST_PAUSE * 2 ** max(tries - 1, 0) * (1 - JITTER + 2 * JITTER * spread)
    return max(pause, asked * (1 + JITTER * spread)) if asked else pause


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
