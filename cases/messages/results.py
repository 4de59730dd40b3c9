"""What became of one attempt to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """accepted: the provider has it. refused: for good. retry: certainly not sent. ambiguous: perhaps sent."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    RETRY = "retry"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True)
class Sent:
    """detail: for staff and logs, never an address. wait: how long the provider asked us to wait.

    wrong_address: it was refused because of whom it was for, so that the address is to be mended.
    provider_id: what the provider calls the message. words: which words went out.
    """

    outcome: Outcome
    detail: str = ""
    wait: timedelta | None = None
    wrong_address: bool = False
    provider_id: str = ""
    words: str = ""
