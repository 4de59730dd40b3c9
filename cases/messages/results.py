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
    """detail: for staff and logs, never an address. wait: how long the provider asked us to wait."""

    outcome: Outcome
    detail: str = ""
    wait: timedelta | None = None
