"""What a forecast begins with: all that planning and claiming would read, read once for everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

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
from cases.rules.terms import CaseStatus, Channel, VisitStatus
from cases.services import gate
from cases.services.circumstances import CLOSED_SINCE, Circumstances, Consents, consents_of
from cases.services.claims import past_of
from cases.services.planned_messages import schedule_from
from cases.services.verdicts import Due, Past


@dataclass
class Stored:
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
    def read(cls, patients: QuerySet[Patient], *, now: datetime) -> Stored:
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
        found._read_care(within)
        found._read_messages(patients, within, now=now)
        return found

    def _read_care(self, within: QuerySet[Case]) -> None:
        for check_in in CheckIn.objects.filter(case__in=within).select_related("link").order_by("pk"):
            self.check_ins.setdefault(check_in.case_id, []).append(check_in)
        for visit in Visit.objects.filter(case__in=within).order_by("pk"):
            self.visits.setdefault(visit.case_id, []).append(visit)
        sessions = NeedlingSession.objects.filter(case__in=within).order_by("pk")
        for case_id, performed_at in sessions.values_list("case_id", "performed_at"):
            self.needlings.setdefault(case_id, []).append(performed_at)
        plans = Plan.objects.in_force().filter(case__in=within, approved_at__isnull=False)
        for case_id, number, approved_at, weeks in plans.values_list("case_id", "number", "approved_at", "weeks"):
            if approved_at is not None:
                self.plans[case_id] = PlanFacts(number, approved_at, weeks)
        flags = Flag.objects.standing().stopping().filter(case__in=within)
        self.flagged = frozenset(flags.values_list("case_id", flat=True))

    def _read_messages(self, patients: QuerySet[Patient], within: QuerySet[Case], *, now: datetime) -> None:
        planned = Reminder.objects.filter(case__in=within).exclude(kind__in=[kind.value for kind in ASKED_FOR])
        for row in planned.select_related("patient__site", "link").order_by("pk"):
            self.rows.setdefault(row.case_id or 0, []).append(row)
        said = Reminder.objects.filter(
            patient__in=patients, status__in=["accepted", "unknown"], settled_at__gt=now - sending.WEEK
        ).exclude(channel=Channel.PHONE.value)
        for patient_id, settled_at in said.order_by("settled_at").values_list("patient_id", "settled_at"):
            if settled_at is not None:
                self.said.setdefault(patient_id, []).append(settled_at)
        for row in self.waiting():
            if row.channel != Channel.PHONE and (row.leased_until or row.started_at):
                held = row.leased_until or now, row.started_at is not None
                self.in_hand.setdefault(row.patient_id, {})[row.pk] = held
        tried = [row for row in self.waiting() if row.attempts_made]
        self.past = past_of([self.due(row, now=now) for row in tried])

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
