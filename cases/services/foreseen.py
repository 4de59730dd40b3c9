"""One message of the weeks to come, as a forecast tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from cases.rules.terms import Channel, MessageKind


class Outcome(StrEnum):
    """What is to become of one message."""

    GOES = "goes"
    CALL = "call"
    NOT_SENT = "not_sent"
    WAITS = "waits"


@dataclass(frozen=True)
class Foreseen:
    """One message. at: when it goes, is due to be called, or is settled. due_at: when the rules first want it.

    about: the reference of the case, or of the patient where there is none. zone: of the patient's wall.
    why: of one that is not sent. held: why it goes later than due, in order. reminder: the row, once it is stored.
    """

    at: datetime
    due_at: datetime
    zone: str
    about: str
    case_id: int | None
    subject: str
    kind: MessageKind
    channel: Channel | None
    outcome: Outcome
    why: str = ""
    held: tuple[str, ...] = ()
    reminder: UUID | None = None

    @property
    def local(self) -> datetime:
        """On the patient's wall."""
        return self.at.astimezone(ZoneInfo(self.zone))
