"""Today: what waits for somebody, in the order in which it should be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q

from cases.admin.patients import phone_intake
from cases.admin.people import Person, person_of
from cases.admin.reminder_deeds import open_deeds
from cases.admin.small_forms import Deed
from cases.admin.wall_time import day_at
from cases.models import Case, Flag, Pause, Reminder, Visit
from cases.rules.terms import STOPPING, URGENCY_ORDER, CaseStatus, Channel, Urgency, VisitStatus
from cases.services.reminders import subject_in
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, may, reach_of, within_reach

T = TypeVar("T")

SHOWN = 10  # rows of a list on the page
ALARMS_SHOWN = 15
VISITS_SHOWN = 40
LOOK = 100  # rows looked at, to say how many more there are
FLAGS_AT_MOST = 300
FAILED_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Listed(Generic[T]):
    """The first rows of a list. more: how many are not shown; over: there are even more than were counted."""

    rows: list[T]
    more: int = 0
    over: bool = False

    @property
    def count(self) -> int:
        return len(self.rows) + self.more


def listed(found: Iterable[T], *, shown: int = SHOWN) -> Listed[T]:
    rows = list(found)
    return Listed(rows[:shown], max(0, min(len(rows), LOOK) - shown), over=len(rows) > LOOK)


@dataclass
class Alarm:
    """A case with red flags that nobody has cleared."""

    case: Case
    person: Person | None
    flags: list[Flag] = field(default_factory=list)
    overdue: bool = False
    may_acknowledge: bool = False

    @property
    def since(self) -> datetime:
        return min(flag.raised_at for flag in self.flags)

    @property
    def act_by(self) -> datetime:
        waiting = [flag.act_by for flag in self.flags if flag.acknowledged_at is None]
        return min(waiting or [flag.act_by for flag in self.flags])

    @property
    def level(self) -> Urgency:
        return max((Urgency(flag.level) for flag in self.flags), key=URGENCY_ORDER.index)

    @property
    def taken_by(self) -> User | None:
        """Who is on it; None while any of the flags still waits."""
        return None if any(flag.acknowledged_at is None for flag in self.flags) else self.flags[0].acknowledged_by


@dataclass(frozen=True)
class CaseLine:
    case: Case
    person: Person | None
    urgency: str  # "" for those who may not read answers


@dataclass(frozen=True)
class VisitLine:
    visit: Visit
    person: Person | None
    may_settle: bool
    is_unread: bool = False


@dataclass(frozen=True)
class MessageLine:
    row: Reminder
    person: Person | None
    deeds: list[Deed]

    @property
    def why(self) -> str:
        """What became of it and why; "" for a call that is still to be made."""
        if self.row.status in {Reminder.Status.FAILED, Reminder.Status.UNKNOWN}:
            return f"{self.row.get_status_display().lower()} ({self.row.reason})"
        return self.row.reason


def today_of(user: User, *, now: datetime) -> dict[str, Any]:
    """The context of the first page; at most eleven statements, however much there is to do."""
    if not may(user, Action.LIST_CASES):
        return {"works_here": False, "now": now}
    whole, own = reach_of(user, Action.LIST_CASES)
    sites = {site.pk: site for site in Site.objects.filter(pk__in=whole | own).order_by("name", "pk")}
    alarms = _alarms(user, sites, now)
    ahead, unsettled = _visits(user, sites, now)
    return {
        "works_here": True,
        "now": now,
        "sites": list(sites.values()),
        "many_sites": len(sites) > 1,
        "pauses": _pauses(sites),
        "reads_answers": may(user, Action.READ_ANSWERS),
        "reads_contact": may(user, Action.READ_CONTACT),
        "phone_intake": phone_intake() if may(user, Action.SUBMIT_INTAKE) else "",
        "alarms": listed((alarm for alarm in alarms if alarm.level in STOPPING), shown=ALARMS_SHOWN),
        "to_look_at": listed(alarm for alarm in alarms if alarm.level not in STOPPING),
        "unread": _cases(user, sites, Case.objects.open().unread().urgent_first()),
        "unscheduled": _cases(
            user, sites, Case.objects.filter(status=CaseStatus.REVIEWED.value).order_by("status_since", "pk")
        ),
        "off_plan": _cases(user, sites, Case.objects.off_plan(now=now).order_by("off_plan_from", "pk")),
        "visits": ahead,
        "unread_visits": sum(line.is_unread for line in ahead.rows),
        "unsettled": unsettled,
        "messages_to_settle": _messages(user, sites, now),
    }


def _pauses(sites: Mapping[int, Site]) -> list[Pause]:
    """What holds messages of these sites back; that everything is held back stands on every page already."""
    of_all, of_one = Q(site=None) & ~Q(kind=""), Q(site__in=sites)
    return list(Pause.objects.in_force().filter(of_all | of_one).select_related("site").order_by("paused_at", "pk"))


def _does(user: User, case: Case) -> Callable[[Action], bool]:
    return lambda action: may(user, action, site_id=case.site_id, therapist_id=case.therapist_id)


def _alarms(user: User, sites: dict[int, Site], now: datetime) -> list[Alarm]:
    rows = (
        Flag.objects.visible_to(user)
        .standing()
        .in_open_cases()
        .select_related("case__patient", "case__therapist", "acknowledged_by")
        .order_by("act_by", "pk")[:FLAGS_AT_MOST]
    )
    alarms: dict[int, Alarm] = {}
    for flag in rows:
        case = flag.case
        case.site = sites[case.site_id]
        if case.pk not in alarms:
            mays = _does(user, case)
            alarms[case.pk] = Alarm(case, person_of(user, case), may_acknowledge=mays(Action.ACKNOWLEDGE_FLAG))
        alarms[case.pk].flags.append(flag)
        alarms[case.pk].overdue |= flag.acknowledged_at is None and flag.act_by <= now
    # Whoever nobody has taken yet comes first; among those the worst, then the one due soonest.
    return sorted(
        alarms.values(),
        key=lambda alarm: (alarm.taken_by is not None, -URGENCY_ORDER.index(alarm.level), alarm.act_by, alarm.case.pk),
    )


def _cases(user: User, sites: dict[int, Site], wanted: Any) -> Listed[CaseLine]:
    rows = wanted.filter(within_reach(user, Action.LIST_CASES)).select_related("patient", "therapist")[: LOOK + 1]
    return listed(_case_line(user, sites, case) for case in rows)


def _case_line(user: User, sites: dict[int, Site], case: Case) -> CaseLine:
    case.site = sites[case.site_id]
    reads = _does(user, case)(Action.READ_ANSWERS)
    return CaseLine(case, person_of(user, case), case.get_urgency_display() if reads else "")


def _visits(user: User, sites: dict[int, Site], now: datetime) -> tuple[Listed[VisitLine], Listed[VisitLine]]:
    """Today's visits by each site's own clock, and earlier ones nobody settled."""
    today, before = Q(pk__in=[]), Q(pk__in=[])
    for site in sites.values():
        start, end = day_at(site, now)
        today |= Q(case__site=site, starts_at__gte=start, starts_at__lt=end)
        before |= Q(case__site=site, starts_at__lt=start, status=VisitStatus.PLANNED.value)
    rows = (
        Visit.objects.filter(within_reach(user, Action.LIST_CASES, site="case__site", therapist="case__therapist"))
        .filter(today | before)
        .exclude(status=VisitStatus.CANCELLED.value)
        .select_related("case__patient", "therapist")
        .order_by("-starts_at", "-pk")[: 2 * LOOK + 1]
    )
    now_or_later: list[VisitLine] = []
    earlier: list[VisitLine] = []
    for visit in rows:
        visit.case.site = sites[visit.case.site_id]
        start, _ = day_at(visit.case.site, now)
        settles = visit.status == VisitStatus.PLANNED.value and visit.starts_at <= now
        line = VisitLine(
            visit,
            person_of(user, visit.case),
            may_settle=settles and _does(user, visit.case)(Action.RECORD_VISIT),
            is_unread=visit.status == VisitStatus.PLANNED.value and visit.case.first_read_at is None,
        )
        (now_or_later if visit.starts_at >= start else earlier).append(line)
    return listed(reversed(now_or_later), shown=VISITS_SHOWN), listed(earlier)


def _messages(user: User, sites: dict[int, Site], now: datetime) -> Listed[MessageLine]:
    """Calls that are due, and what failed, ran out or may not have arrived and that nobody sent again."""
    again = Reminder.objects.alias(subject=subject_in(F("dedupe_key"))).filter(
        patient=OuterRef("patient"),
        subject=subject_in(OuterRef("dedupe_key")),
        planned_at__gt=OuterRef("settled_at"),
    )
    lost = Q(status__in=Reminder.IN_TROUBLE, settled_at__gte=now - FAILED_FOR)
    call = Q(status=Reminder.Status.WAITING, channel=Channel.PHONE.value, due_at__lte=now)
    # Last, or calls that nobody made would push those that can still be made off the list.
    ran_out = ExpressionWrapper(Q(status=Reminder.Status.EXPIRED), output_field=BooleanField())
    rows = (
        Reminder.objects.visible_to(user)
        .filter(call | (lost & ~Exists(again)))
        .select_related("case", "patient", "visit")
        .order_by(ran_out, "due_at", "pk")[: LOOK + 1]
    )
    return listed(_message_line(user, sites, row) for row in rows)


def _message_line(user: User, sites: dict[int, Site], row: Reminder) -> MessageLine:
    site_id = row.patient.site_id
    row.patient.site = sites[site_id]
    therapist_id = row.case.therapist_id if row.case else None
    reads = may(user, Action.READ_CONTACT, site_id=site_id, therapist_id=therapist_id)
    manages = may(user, Action.MANAGE_REMINDERS, site_id=site_id, therapist_id=therapist_id)
    return MessageLine(row, Person(row.patient) if reads else None, open_deeds(row) if manages else [])
