"""What providers report about a message they took, and what follows: a ladder that is only ever climbed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from cases.rules.terms import Term

# Signed moments outside this window are refused: a copy kept for later proves nothing.
WINDOW = timedelta(minutes=5)


class Delivered(Term):
    """How far one message got. note: something else was said of it, which changes nothing."""

    NOTE = "note", "Noted"
    ACCEPTED = "accepted", "Taken by the provider"
    DELAYED = "delayed", "Delayed, still being tried"
    DELIVERED = "delivered", "Delivered"
    UNDELIVERED = "undelivered", "Not delivered this time"
    BOUNCED = "bounced", "Refused for good"
    COMPLAINED = "complained", "Marked as unwanted"
    UNSUBSCRIBED = "unsubscribed", "Stopped at the provider"


# A later report never undoes an earlier one that stands higher, in whatever order the two arrive.
LADDER = (
    Delivered.NOTE,
    Delivered.ACCEPTED,
    Delivered.DELAYED,
    Delivered.DELIVERED,
    Delivered.UNDELIVERED,
    Delivered.BOUNCED,
    Delivered.UNSUBSCRIBED,
    Delivered.COMPLAINED,
)
# The address is wrong: it is marked, and the message goes by the next channel the patient allowed.
WRONG_ADDRESS = frozenset({Delivered.BOUNCED})
# This message did not arrive: it failed, and a person telephones unless the next channel carries it (WRONG_ADDRESS).
NOT_ARRIVED = frozenset({Delivered.UNDELIVERED, Delivered.BOUNCED})
# The person said no, to us or to the provider.
SAID_NO = frozenset({Delivered.COMPLAINED, Delivered.UNSUBSCRIBED})

# The words of providers: our own gateway's, RFC 3464's actions, and the common ones of e-mail and text services.
WORDS: Mapping[str, Delivered] = {
    word: state
    for state, words in {
        Delivered.ACCEPTED: ("accepted", "queued", "sent", "sending", "submitted", "processed", "relayed", "buffered"),
        Delivered.DELAYED: ("delayed", "deferred", "soft_bounce", "softbounce", "soft_bounced", "delivery_delayed"),
        Delivered.DELIVERED: ("delivered", "delivery", "delivrd", "read", "seen"),
        Delivered.UNDELIVERED: (
            *("undelivered", "undeliv", "failed", "failure", "expired", "dropped", "rejected", "rejectd", "blocked"),
        ),
        Delivered.BOUNCED: (
            *("bounced", "bounce", "hard_bounce", "hardbounce", "hard_bounced", "permanent_failure", "invalid_number"),
            *("invalid", "invalid_email", "invalid_address", "unknown_subscriber", "landline", "not_a_mobile"),
            # Numbers that a widely copied gateway has for them: no valid number, and none that takes texts.
            *("21211", "21614"),
        ),
        Delivered.COMPLAINED: ("complained", "complaint", "spam_complaint", "spamreport", "spam", "spam_report"),
        Delivered.UNSUBSCRIBED: ("unsubscribed", "unsubscribe", "opted_out", "opt_out", "stopped"),
    }.items()
    for word in words
}


def state_of(word: str) -> Delivered:
    """What a provider's word means; a word nobody knows is a note, kept by its name and followed by nothing.

    "email.hard-bounce" is read as "hard_bounce": services put the kind of message in front.
    """
    plain = named(word)
    return WORDS.get(plain) or WORDS.get(plain.rpartition(".")[2]) or Delivered.NOTE


def named(word: str) -> str:
    """A provider's word, fit to be stored and shown: lower case, at most 40 of a-z 0-9 . _"""
    return re.sub(r"[^a-z0-9.]+", "_", word.strip().lower())[:40].strip("_")


def climbs(before: Delivered | None, after: Delivered) -> bool:
    """Does the second report say more than all before it?"""
    return before is None or LADDER.index(after) > LADDER.index(before)
