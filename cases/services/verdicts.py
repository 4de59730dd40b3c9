"""What a claim decides about each row that is due: send it now, look at it later, or settle it with a reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings as installed

from cases.models import Reminder
from cases.rules import reminder_settings, sending
from cases.rules.closed_days import open_day
from cases.rules.follow_up import goes_on_after
from cases.rules.quiet_hours import next_opening
from cases.rules.reminder_settings import ASKED_FOR, IMPORTANT, PURPOSE, Settings
from cases.rules.sending import Facts, Hold, Why
from cases.rules.terms import CaseStatus, Channel, MessageKind, Purpose
from cases.rules.time_zones import closing_in_all, opening_in_all, zones_to_respect
from cases.services.gate import Opened

SENDER_DIED = "the sender's time ran out after it had begun"
# A paused row is looked at again after this; whoever releases the pause makes it due at once.
PAUSED_FOR = timedelta(minutes=10)


class Due(NamedTuple):
    """What a claim reads of one row, in the order of `_READ`.

    under_way: other messages to the patient that a sender has in hand, or that perhaps arrived and are tried again.
    """

    id: UUID
    kind: str
    channel: str
    fencing_token: int
    attempts_made: int
    expires_at: datetime
    patient_id: int
    phone: str
    email: str
    language: str
    is_provisional: bool
    patient_zone: str
    email_failed: bool
    phone_failed: bool
    site_id: int
    clinic: str
    clinic_phone: str
    site_zone: str
    case_status: str | None
    step: str | None
    is_answered: bool
    is_cancelled: bool
    visit_over: bool | None
    link_id: UUID | None
    link_purpose: str | None
    link_expired: bool | None
    link_used: bool
    flag_stands: bool
    agreed: list[str]
    withdrawn: list[str]
    said_at: list[datetime]
    under_way: int
    stop_link: UUID | None
    leased_until: datetime | None
    claimed_at: datetime | None
    begun_at: datetime | None
    started_at: datetime | None

    @property
    def has_begun(self) -> bool:
        """Of a turn whose lease ran out. Before turns stood on the row, `started_at` alone said it."""
        return (self.begun_at if self.claimed_at else self.started_at) is not None


@dataclass(frozen=True)
class Past:
    """Earlier turns of one row. unstarted, interrupted: the last one ran out before, or after, it had begun."""

    doubtful: int = 0
    doubtful_since: datetime | None = None
    unstarted: bool = False
    interrupted: bool = False


@dataclass
class Sorted:
    """What a claim decided: to send, to try later and why, or settled with a reason."""

    ready: list[tuple[Due, Past]] = field(default_factory=list)
    later: dict[tuple[datetime, str], list[UUID]] = field(default_factory=lambda: defaultdict(list))
    settled: dict[tuple[Reminder.Status, str], list[UUID]] = field(default_factory=lambda: defaultdict(list))

    def ready_by_channel(self) -> dict[Channel, int]:
        found = Counter(row.channel for row, _ in self.ready)
        return {Channel(channel): count for channel, count in found.items()}


@dataclass
class Ground:
    """What the rows of one claim share. said: when each patient was written to within a week, and will be now."""

    now: datetime
    opened: Opened
    said: dict[int, list[datetime]] = field(default_factory=dict)
    openings: dict[tuple[str, str, int], datetime] = field(default_factory=dict)
    closings: dict[tuple[str, str, int], datetime] = field(default_factory=dict)

    def settings_at(self, site_id: int) -> Settings:
        return self.opened.settings.get(site_id, reminder_settings.DEFAULT)

    def is_paused(self, row: Due) -> bool:
        pauses = self.opened.pauses
        return bool(pauses) and not pauses.isdisjoint({(row.site_id, ""), (None, row.kind), (row.site_id, row.kind)})

    def opening(self, row: Due) -> datetime:
        """When it is day where the patient is: reckoned once for everybody who lives by the same clock."""
        key = row.patient_zone, row.site_zone, row.site_id
        if key not in self.openings:
            zones = zones_to_respect(row.patient_zone, row.site_zone)
            self.openings[key] = opening_in_all(self.now, zones, self.settings_at(row.site_id).window)
        return self.openings[key]

    def closing(self, row: Due) -> datetime:
        """When the day ends where the patient is, of a row that may go now."""
        key = row.patient_zone, row.site_zone, row.site_id
        if key not in self.closings:
            zones = zones_to_respect(row.patient_zone, row.site_zone)
            self.closings[key] = closing_in_all(self.now, zones, self.settings_at(row.site_id).window)
        return self.closings[key]


NO_PAST = Past()


def sort_rows(rows: Sequence[Due], past: Mapping[UUID, Past], ground: Ground) -> Sorted:
    """What is to become of each, judged in the order given: a turn that one takes is gone for the next."""
    result = Sorted()
    for row in rows:
        turns = past.get(row.id, NO_PAST)
        against = _against(row, turns, ground)
        if against is not None:
            status, reason = against
            if turns.doubtful and status is not Reminder.Status.UNKNOWN:
                # It may have arrived before it was stopped: saying that it did not would be a guess.
                status, reason = Reminder.Status.UNKNOWN, f"perhaps sent; then {reason}"
            result.settled[status, reason].append(row.id)
            continue
        hold = _hold(row, turns, ground)
        if hold is None:
            result.ready.append((row, turns))
        else:
            until, why = hold
            result.later[min(until, row.expires_at), why].append(row.id)
    return result


def _against(row: Due, turns: Past, ground: Ground) -> tuple[Reminder.Status, str] | None:
    """The status and reason to settle the row with; None when it may go as soon as the hour is right."""
    now = ground.now
    if now >= row.expires_at:
        why = Why.NOT_CALLED if row.channel == _PHONE else Why.EXPIRED
        return Reminder.Status.EXPIRED, why.value
    reason = sending.why_not(_facts(row, ground))
    if reason is not None:
        return Reminder.Status.SUPPRESSED, reason.value
    if row.channel == _SMS and not installed.SMS_GATEWAY_URL:
        return Reminder.Status.FAILED, Why.NO_GATEWAY.value
    if turns is NO_PAST:
        return None
    if not sending.may_repeat(
        Channel(row.channel),
        doubtful=turns.doubtful,
        doubtful_since=turns.doubtful_since,
        now=now,
        gateway_keeps_keys=installed.SMS_GATEWAY_KEEPS_KEYS,
    ):
        return Reminder.Status.UNKNOWN, f"perhaps sent; {SENDER_DIED}"
    if row.attempts_made >= sending.MOST_TRIES and not turns.unstarted:
        return Reminder.Status.FAILED, f"given up after {row.attempts_made} tries"
    return None


def _facts(row: Due, ground: Ground) -> Facts:
    settings = ground.settings_at(row.site_id)
    purpose = _PURPOSE.get(row.kind, Purpose.FOLLOW_UP)
    consent = Purpose.ALL in row.agreed or purpose in row.agreed
    return Facts(
        case_ended=row.case_status in _ENDED and not goes_on_after(CaseStatus(row.case_status), row.step),
        flag_stands=row.flag_stands,
        answered=row.is_answered,
        form_sent_back=row.link_used and row.kind == MessageKind.FORM_REPEAT,
        check_in_over=row.is_cancelled,
        visit_over=row.kind == MessageKind.VISIT and row.visit_over is not False,
        link_expired=row.link_expired is True,
        switched_off=row.kind in settings.kinds_off or (row.channel == _SMS and not settings.sms_allowed),
        provisional=row.is_provisional,
        consent=consent,
        refused=not consent and (Purpose.ALL in row.withdrawn or purpose in row.withdrawn),
        asked_for=row.kind in ASKED_FOR,
        address=bool(address_on(row)),
        contact_failed=row.email_failed if row.channel == _EMAIL else row.channel == _SMS and row.phone_failed,
    )


def _hold(row: Due, turns: Past, ground: Ground) -> tuple[datetime, str] | None:
    """Until when the row waits, and why; None when it may go now."""
    now = ground.now
    if row.channel == _PHONE:
        # A person makes the call; the clock only notices when nobody did.
        return row.expires_at, ""
    if ground.is_paused(row):
        return now + PAUSED_FOR, Hold.PAUSED
    opening = ground.opening(row)
    if opening > now:
        return opening, Hold.QUIET_HOURS
    if turns.doubtful:
        # What perhaps arrived already is no further message.
        return None
    said = ground.said.setdefault(row.patient_id, list(row.said_at))
    if row.kind in IMPORTANT:
        # It goes over the cap, and counts towards it for what goes beside it.
        said.append(now)
        return None
    settings = ground.settings_at(row.site_id)
    closed = ground.opened.closed_days.get(row.site_id)
    if closed:
        zone = zones_to_respect(row.patient_zone, row.site_zone)[0]
        opens = open_day(now, zone, settings, closed)
        if opens > now:
            return next_opening(opens, zone, settings.window), Hold.CLOSED_DAY
    free_at = sending.room_for_one_more([*said, *[now] * row.under_way], most=settings.cap_per_week, now=now)
    if free_at > now:
        if sending.room_for_one_more(row.said_at, most=settings.cap_per_week, now=now) <= now:
            # What takes the room has not arrived yet, and may never: that is known when its turn is over.
            free_at = now + sending.LEASE
        return free_at, Hold.ENOUGH_THIS_WEEK
    said.append(now)
    return None


def address_on(row: Due) -> str:
    return row.email if row.channel == _EMAIL else row.phone


def language_of(row: Due, ground: Ground) -> str:
    """The patient's, if the site writes it; otherwise the site's first."""
    spoken = ground.settings_at(row.site_id).languages
    return row.language if row.language in spoken else spoken[0]


_PURPOSE = {kind.value: purpose for kind, purpose in PURPOSE.items()}
_EMAIL, _SMS, _PHONE = Channel.EMAIL.value, Channel.SMS.value, Channel.PHONE.value
_ENDED = frozenset({CaseStatus.DISCHARGED.value, CaseStatus.CLOSED.value})
