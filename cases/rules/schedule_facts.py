"""What the schedule reads of a case, its plan, its visits and its patient, and what it says is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.rules.follow_up import Times
from cases.rules.sending import Why
from cases.rules.terms import CaseStatus, Channel, MessageKind, Purpose, Urgency, VisitStatus


@dataclass(frozen=True)
class CaseFacts:
    """is_stopped: an emergency or same-day flag stands. off_plan_from: A visit is overdue from then on."""

    id: int
    status: CaseStatus
    urgency: Urgency
    opened_at: datetime
    status_since: datetime
    is_stopped: bool = False
    off_plan_from: datetime | None = None


@dataclass(frozen=True)
class CheckInFacts:
    """One check-in as stored; round counts treatments that began anew, or needling sessions."""

    step: str
    round: int
    due_at: datetime
    is_answered: bool = False


@dataclass(frozen=True)
class VisitFacts:
    id: int
    starts_at: datetime
    booked_at: datetime
    status: VisitStatus
    settled_at: datetime | None = None


@dataclass(frozen=True)
class PlanFacts:
    """The plan in force."""

    number: int
    approved_at: datetime
    weeks: int


@dataclass(frozen=True)
class PatientFacts:
    """channels: by purpose, the one to use now; absent when there is none. has_phone: staff can call.

    unreachable: why there is no channel for a purpose.
    """

    zone: ZoneInfo
    channels: Mapping[Purpose, Channel]
    has_phone: bool = True
    unreachable: Mapping[Purpose, Why] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """One message. subject: what makes it one, whatever its channel; check_in: step and round; visit: its id.

    moved_from: when it would be due were the site not closed then.
    """

    subject: str
    kind: MessageKind
    channel: Channel
    due_at: datetime
    expires_at: datetime
    check_in: tuple[str, int] | None = None
    visit: int | None = None
    moved_from: datetime | None = None


@dataclass(frozen=True)
class LeftOut:
    """A message that nobody plans although its time comes, and why."""

    subject: str
    kind: MessageKind
    due_at: datetime
    expires_at: datetime
    why: str


@dataclass(frozen=True)
class Schedule:
    """The check-ins a case asks for, by step and round, and every message about them and about the visits.

    wanted: the subjects, those too that no channel is left for. is_stopped, kinds_off: why there may be fewer.
    left_out: what would be due and is not planned.
    """

    check_ins: dict[tuple[str, int], Times]
    messages: list[Planned]
    wanted: frozenset[str] = frozenset()
    is_stopped: bool = False
    kinds_off: frozenset[MessageKind] = frozenset()
    left_out: tuple[LeftOut, ...] = ()
