"""Every message of the weeks to come, foreseen by the rules that plan and claim; nothing is stored."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from cases.models import (
    Case,
    CheckIn,
    ClosedDay,
    Flag,
    NeedlingSession,
    Patient,
    Pause,
    Plan,
    Reminder,
    ReminderSettings,
    Visit,
)
from cases.rules import reminder_settings, sending
from cases.rules.reminder_settings import ASKED_FOR
from cases.rules.schedule_facts import PlanFacts, Schedule, VisitFacts
from cases.rules.sending import Hold, Why
from cases.rules.terms import CaseStatus, Channel, MessageKind, VisitStatus
from cases.rules.wall_clock import zone_of
from cases.services import gate
from cases.services.check_in_plan import arrange_check_ins
from cases.services.circumstances import CLOSED_SINCE, Circumstances, Consents, consents_of
from cases.services.claims import past_of
from cases.services.errors import WrongInput
from cases.services.planned_messages import changes_of, schedule_from, subject_of
from cases.services.verdicts import NO_PAST, Due, Ground, Past, sort_rows
from clinic.accounts.models import Site

MOST_WEEKS = 52
USUAL_WEEKS = 6
ASSUMES = (
    "This assumes that nobody answers, that visits take place as booked, that nobody changes anything meanwhile, and "
    "that providers take every message at once. Nothing is stored."
)


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


@dataclass(frozen=True)
class Forecast:
    """What comes until `until`, in order. is_paused: sending stands still as a whole until a person releases it."""

    since: datetime
    until: datetime
    messages: tuple[Foreseen, ...]
    is_paused: bool = False

    @property
    def going(self) -> int:
        return sum(each.outcome is Outcome.GOES for each in self.messages)

    def per_case(self) -> dict[str, int]:
        """How many messages go about each case, by reference."""
        return dict(sorted(Counter(each.about for each in self.messages if each.outcome is Outcome.GOES).items()))


def forecast_case(case: Case, *, weeks: int = USUAL_WEEKS, now: datetime) -> Forecast:
    """The messages about one case. Other cases of the patient count towards the week's most. Raises WrongInput."""
    found = _forecast(Patient.objects.filter(pk=case.patient_id), weeks=weeks, now=now)
    return replace(found, messages=tuple(each for each in found.messages if each.case_id == case.pk))


def forecast_patient(patient: Patient, *, weeks: int = USUAL_WEEKS, now: datetime) -> Forecast:
    """The messages to one patient, about whatever. Raises WrongInput."""
    return _forecast(Patient.objects.filter(pk=patient.pk), weeks=weeks, now=now)


def forecast_sites(sites: Sequence[Site], *, weeks: int = USUAL_WEEKS, now: datetime) -> Forecast:
    """The messages to every patient of these sites, in as many statements as those to one. Raises WrongInput."""
    return _forecast(Patient.objects.filter(site__in=[site.pk for site in sites]), weeks=weeks, now=now)


def weeks_asked(text: str) -> int:
    """How far to look, as somebody typed it. Raises WrongInput."""
    try:
        weeks = int(text)
    except ValueError:
        weeks = 0
    return _checked(weeks)


def _checked(weeks: int) -> int:
    if not 1 <= weeks <= MOST_WEEKS:
        raise WrongInput({"weeks": [f"Between 1 and {MOST_WEEKS} weeks can be foreseen."]})
    return weeks


def _forecast(patients: QuerySet[Patient], *, weeks: int, now: datetime) -> Forecast:
    until = now + timedelta(weeks=_checked(weeks))
    with _reading():
        stored = _Stored.read(patients, now=now)
    queue = _Queue(stored, now=now, until=until)
    for case in stored.cases:
        queue.plan(case)
    for row in stored.loose:
        queue.add(row)
    found = sorted(queue.run(), key=lambda each: (each.at, each.about, each.subject))
    return Forecast(now, until, tuple(found), is_paused=stored.is_paused)


@contextmanager
def _reading() -> Iterator[None]:
    """A transaction that PostgreSQL itself holds to reading; all of one moment, unless it lies in somebody else's."""
    level = "" if connection.in_atomic_block else "ISOLATION LEVEL REPEATABLE READ "
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION {level}READ ONLY")
        yield


# -- what is stored, read once for everybody


@dataclass
class _Stored:
    """All that planning and claiming would read, by case or patient."""

    opened: gate.Opened
    is_paused: bool
    cases: list[Case]
    circumstances: dict[int, Circumstances]
    check_ins: dict[int, list[CheckIn]] = field(default_factory=dict)
    visits: dict[int, list[Visit]] = field(default_factory=dict)
    needlings: dict[int, list[datetime]] = field(default_factory=dict)
    plans: dict[int, PlanFacts] = field(default_factory=dict)
    rows: dict[int, list[Reminder]] = field(default_factory=dict)
    loose: list[Reminder] = field(default_factory=list)
    flagged: frozenset[int] = frozenset()
    said: dict[int, list[datetime]] = field(default_factory=dict)
    past: dict[UUID, Past] = field(default_factory=dict)
    # By patient and row: until when a sender has it, and whether it may have arrived.
    in_hand: dict[int, dict[UUID, tuple[datetime, bool]]] = field(default_factory=dict)

    @classmethod
    def read(cls, patients: QuerySet[Patient], *, now: datetime) -> _Stored:
        waits = Q(pk__in=Reminder.objects.waiting().filter(patient__in=patients, case__isnull=False).values("case"))
        wanted = Case.objects.filter(~Q(status=CaseStatus.CLOSED.value) | waits, patient__in=patients)
        cases = list(wanted.select_related("patient__site").order_by("pk"))
        within = Case.objects.filter(pk__in=[case.pk for case in cases])
        loose = list(
            Reminder.objects.waiting()
            .filter(patient__in=patients, kind__in=[kind.value for kind in ASKED_FOR])
            .select_related("patient__site", "case", "link")
        )
        known = {case.patient_id: case.patient for case in cases} | {row.patient_id: row.patient for row in loose}
        settings = _settings()
        closed = _closed_days(now=now)
        consents = consents_of(sorted(known))
        found = cls(
            opened=gate.Opened({}, _pauses(), {}, settings, _claims_see(closed, now=now), own_words=False),
            is_paused=False,
            cases=cases,
            circumstances={
                pk: Circumstances(
                    settings.get(patient.site_id, reminder_settings.DEFAULT),
                    closed.get(patient.site_id, frozenset()),
                    consents[pk],
                )
                for pk, patient in known.items()
            },
            loose=loose,
        )
        found.is_paused = (None, "") in found.opened.pauses or gate.is_a_copy()
        for check_in in CheckIn.objects.filter(case__in=within).select_related("link").order_by("pk"):
            found.check_ins.setdefault(check_in.case_id, []).append(check_in)
        for visit in Visit.objects.filter(case__in=within).order_by("pk"):
            found.visits.setdefault(visit.case_id, []).append(visit)
        sessions = NeedlingSession.objects.filter(case__in=within).order_by("pk")
        for case_id, performed_at in sessions.values_list("case_id", "performed_at"):
            found.needlings.setdefault(case_id, []).append(performed_at)
        plans = Plan.objects.in_force().filter(case__in=within, approved_at__isnull=False)
        for case_id, number, approved_at, weeks in plans.values_list("case_id", "number", "approved_at", "weeks"):
            if approved_at is not None:
                found.plans[case_id] = PlanFacts(number, approved_at, weeks)
        flags = Flag.objects.standing().stopping().filter(case__in=within)
        found.flagged = frozenset(flags.values_list("case_id", flat=True))
        planned = Reminder.objects.filter(case__in=within).exclude(kind__in=[kind.value for kind in ASKED_FOR])
        for row in planned.select_related("patient__site", "link").order_by("pk"):
            found.rows.setdefault(row.case_id or 0, []).append(row)
        said = Reminder.objects.filter(
            patient__in=patients, status__in=["accepted", "unknown"], settled_at__gt=now - sending.WEEK
        ).exclude(channel=Channel.PHONE.value)
        for patient_id, settled_at in said.order_by("settled_at").values_list("patient_id", "settled_at"):
            if settled_at is not None:
                found.said.setdefault(patient_id, []).append(settled_at)
        for row in found.waiting():
            if row.channel != Channel.PHONE and (row.leased_until or row.started_at):
                held = row.leased_until or now, row.started_at is not None
                found.in_hand.setdefault(row.patient_id, {})[row.pk] = held
        tried = [row for row in found.waiting() if row.attempts_made]
        found.past = past_of([found.due(row, now=now) for row in tried])
        return found

    def waiting(self) -> Iterator[Reminder]:
        for rows in (*self.rows.values(), self.loose):
            yield from (row for row in rows if row.status == Reminder.Status.WAITING)

    def schedule(self, case: Case) -> Schedule:
        return schedule_from(
            case,
            self.circumstances[case.patient_id],
            is_stopped=case.pk in self.flagged,
            plan=self.plans.get(case.pk),
            visits=[
                VisitFacts(each.pk, each.starts_at, each.booked_at, VisitStatus(each.status), each.settled_at)
                for each in self.visits.get(case.pk, ())
            ],
            check_ins=self.check_ins.get(case.pk, ()),
            needlings=self.needlings.get(case.pk, ()),
        )

    def due(self, row: Reminder, *, now: datetime) -> Due:
        """The row as a claim would read it at that moment."""
        patient, case, check_in = row.patient, row.case, row.check_in
        link = check_in.link if check_in else row.link
        visit = next((each for each in self.visits.get(row.case_id or 0, ()) if each.pk == row.visit_id), None)
        consents = self._consents(patient)
        return Due(
            id=row.pk,
            kind=row.kind,
            channel=row.channel,
            fencing_token=row.fencing_token,
            attempts_made=row.attempts_made,
            expires_at=row.expires_at,
            patient_id=patient.pk,
            phone=patient.phone,
            email=patient.email,
            language=patient.language,
            is_provisional=patient.is_provisional,
            patient_zone=patient.time_zone,
            email_failed=patient.email_failed_at is not None,
            phone_failed=patient.phone_failed_at is not None,
            site_id=patient.site_id,
            clinic=patient.site.name,
            clinic_phone=patient.site.phone,
            site_zone=patient.site.time_zone,
            case_status=case.status if case else None,
            step=check_in.step if check_in else None,
            is_answered=check_in is not None and check_in.answered_at is not None,
            is_cancelled=check_in is not None and check_in.cancelled_at is not None,
            visit_over=None if visit is None else visit.status != VisitStatus.PLANNED or visit.starts_at <= now,
            link_id=link.pk if link else None,
            link_purpose=link.purpose if link else None,
            link_expired=link.expires_at <= now if link else None,
            link_used=link is not None and link.used_at is not None,
            flag_stands=row.case_id in self.flagged,
            agreed=[purpose for channel, purpose in consents.agreed if channel == row.channel],
            withdrawn=[purpose for channel, purpose in consents.withdrawn if channel == row.channel],
            said_at=[each for each in self.said.get(patient.pk, ()) if each > now - sending.WEEK],
            under_way=self._under_way(row, now=now),
            stop_link=None,
            leased_until=row.leased_until,
            claimed_at=row.claimed_at,
            begun_at=row.begun_at,
            started_at=row.started_at,
        )

    def _under_way(self, row: Reminder, *, now: datetime) -> int:
        others = self.in_hand.get(row.patient_id, {}).items()
        return sum(pk != row.pk and (has_started or until > now) for pk, (until, has_started) in others)

    def _consents(self, patient: Patient) -> Consents:
        around = self.circumstances.get(patient.pk)
        return around.consents if around else Consents()


def _settings() -> dict[int, Any]:
    return {row.site_id: row.as_rule() for row in ReminderSettings.objects.all()}


def _pauses() -> frozenset[tuple[int | None, str]]:
    return frozenset(Pause.objects.in_force().values_list("site_id", "kind"))


def _closed_days(*, now: datetime) -> dict[int, frozenset[date]]:
    """As planning sees them."""
    found: dict[int, set[date]] = defaultdict(set)
    days = ClosedDay.objects.filter(day__gte=(now - CLOSED_SINCE).date())
    for site_id, day in days.values_list("site_id", "day"):
        found[site_id].add(day)
    return {site_id: frozenset(each) for site_id, each in found.items()}


def _claims_see(closed: Mapping[int, frozenset[date]], *, now: datetime) -> dict[int, frozenset[date]]:
    since = (now - gate.CLOSED_FROM).date()
    return {site_id: frozenset(day for day in days if day >= since) for site_id, days in closed.items()}


# -- what becomes of it, moment by moment


@dataclass
class _Waiting:
    """One row in the queue. look_at: when a claim next takes it. due_at: before any closed day moved it."""

    row: Reminder
    due_at: datetime
    look_at: datetime
    past: Past = NO_PAST
    held: list[str] = field(default_factory=list)


class _Queue:
    """The rows of every case as planning leaves them, and claims that follow one another."""

    def __init__(self, stored: _Stored, *, now: datetime, until: datetime) -> None:
        self.stored, self.now, self.until = stored, now, until
        self.waiting: dict[UUID, _Waiting] = {}
        self.found: list[Foreseen] = []

    def plan(self, case: Case) -> None:
        """Bring the case into line as `plan_for_case` would now, in memory alone."""
        stored = self.stored
        schedule = stored.schedule(case)
        kept = stored.check_ins.get(case.pk, [])
        arranged = arrange_check_ins(case, schedule.check_ins, stored=kept, now=self.now)
        check_ins = {each.pk: each for each in kept}
        rows = stored.rows.get(case.pk, [])
        for row in rows:
            row.case, row.patient = case, case.patient
            # The row's check-in is the one that was just arranged, not another reading of it.
            row.check_in = check_ins.get(row.check_in_id) if row.check_in_id else None
        changes = changes_of(case, schedule, existing=rows, check_ins=arranged.all, now=self.now)
        gone = {row.pk for taken in changes.taken_back.values() for row in taken}
        for reason, taken in changes.taken_back.items():
            # Another channel's row stands in the list instead.
            if reason not in {Why.OTHER_CHANNEL, Why.NO_CONSENT}:
                for row in taken:
                    self._left_out(row, reason.value)
        moved = {each.subject: each.moved_from for each in schedule.messages if each.moved_from}
        for row in (*rows, *changes.made):
            if row.status == Reminder.Status.WAITING and row.pk not in gone:
                self.add(row, moved_from=moved.get(subject_of(row)))
            elif row.status == Reminder.Status.SUPPRESSED and row.reason == Why.STOPPED_BY_STAFF:
                self._left_out(row, row.reason)
        listed = {each.subject for each in self.found}
        said = {subject_of(row) for row in rows if row.status not in {"waiting", "suppressed"}}
        zone = zone_of(case.patient.time_zone, case.patient.site.time_zone).key
        for each in schedule.left_out:
            is_near = each.expires_at > self.now and each.due_at < self.until
            if is_near and each.subject not in said | listed:
                at = max(each.due_at, self.now)
                about: dict[str, Any] = {"about": case.reference, "case_id": case.pk, "subject": each.subject}
                self.found.append(
                    Foreseen(
                        at,
                        each.due_at,
                        zone,
                        **about,
                        kind=each.kind,
                        channel=None,
                        outcome=Outcome.NOT_SENT,
                        why=each.why,
                    )
                )

    def add(self, row: Reminder, *, moved_from: datetime | None = None) -> None:
        held = [Hold.CLOSED_DAY.value] if moved_from else []
        past = self.stored.past.get(row.pk, NO_PAST)
        # What a sender has in hand is taken when its lease is over.
        look_at = max(row.try_at, row.leased_until or row.try_at, self.now)
        self.waiting[row.pk] = _Waiting(row, moved_from or row.due_at, look_at, past, held)

    def run(self) -> list[Foreseen]:
        heap: list[tuple[datetime, str, UUID]] = []
        for pk, each in self.waiting.items():
            if each.row.channel == Channel.PHONE.value:
                self._call(each)
            elif self.stored.is_paused:
                self._waits(each, Hold.PAUSED)
            else:
                heapq.heappush(heap, (each.look_at, each.row.dedupe_key, pk))
        while heap and heap[0][0] < self.until:
            now = heap[0][0]
            taken = []
            while heap and heap[0][0] == now:
                taken.append(self.waiting[heapq.heappop(heap)[2]])
            for again in self._claim(taken, now=now):
                heapq.heappush(heap, (again.look_at, again.row.dedupe_key, again.row.pk))
        for _, _, pk in heap:
            self._waits(self.waiting[pk], "")
        return self.found

    def _claim(self, taken: Sequence[_Waiting], *, now: datetime) -> list[_Waiting]:
        """One claim at that moment; those to be looked at once more."""
        taken = sorted(taken, key=lambda each: (each.row.try_at, each.row.dedupe_key))
        ground = Ground(now, self.stored.opened)
        rows = [self.stored.due(each.row, now=now) for each in taken]
        verdicts = sort_rows(rows, {each.row.pk: each.past for each in taken}, ground)
        for due, _ in verdicts.ready:
            self.stored.said.setdefault(due.patient_id, []).append(now)
            self.stored.in_hand.get(due.patient_id, {}).pop(due.id, None)
            self._tell(self.waiting[due.id], now, Outcome.GOES)
        for (status, reason), ids in verdicts.settled.items():
            for pk in ids:
                each = self.waiting[pk]
                # Nobody was too late: it was held until its time was over.
                why = f"{reason}: {each.held[-1]}" if status == Reminder.Status.EXPIRED and each.held else reason
                self._tell(each, now, Outcome.NOT_SENT, why)
        later = []
        for (try_at, why), ids in verdicts.later.items():
            for pk in ids:
                each = self.waiting[pk]
                if why and why not in each.held:
                    each.held.append(str(why))
                each.look_at = self._unpaused(each, now) if why == Hold.PAUSED else try_at
                each.row.try_at, each.row.leased_until = each.look_at, None
                each.past = replace(each.past, unstarted=False, interrupted=False) if each.past.doubtful else NO_PAST
                later.append(each)
        return later

    def _unpaused(self, each: _Waiting, now: datetime) -> datetime:
        """Nobody resumes it, so that looking every few minutes finds the same until something runs out."""
        link = each.row.check_in.link if each.row.check_in else each.row.link
        return link.expires_at if link and now < link.expires_at < each.row.expires_at else each.row.expires_at

    def _call(self, each: _Waiting) -> None:
        if each.row.expires_at > self.now and each.due_at < self.until:
            self._tell(each, max(each.row.due_at, self.now), Outcome.CALL)

    def _waits(self, each: _Waiting, why: str) -> None:
        if each.row.due_at < self.until:
            self._tell(each, each.look_at, Outcome.WAITS, str(why or (each.held[-1] if each.held else "")))

    def _left_out(self, row: Reminder, why: str) -> None:
        if row.expires_at > self.now and row.due_at < self.until:
            each = _Waiting(row, row.due_at, max(row.due_at, self.now))
            self._tell(each, each.look_at, Outcome.NOT_SENT, why)

    def _tell(self, each: _Waiting, at: datetime, outcome: Outcome, why: str = "") -> None:
        row = each.row
        self.found.append(
            Foreseen(
                at=at,
                due_at=each.due_at,
                zone=zone_of(row.patient.time_zone, row.patient.site.time_zone).key,
                about=row.case.reference if row.case else row.patient.reference,
                case_id=row.case_id,
                subject=subject_of(row),
                kind=MessageKind(row.kind),
                channel=Channel(row.channel),
                outcome=outcome,
                why=why,
                held=tuple(each.held),
                reminder=None if row._state.adding else row.pk,
            )
        )
