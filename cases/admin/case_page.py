"""Everything the page of one case shows, each part only to those who may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.admin.answers import Line, knee_of, quoted, reports_of
from cases.admin.case_deeds import OF_CASE, OF_FLAG, OF_OUTCOME, OF_VISIT
from cases.admin.examination_card import codes_of, examinations_of, finding_of, suggestions_of
from cases.admin.people import person_of
from cases.admin.plan_card import has_programme, plan_cards
from cases.admin.progress_card import progress_card, visits_card
from cases.admin.reminder_deeds import open_deeds
from cases.admin.small_forms import Deed
from cases.admin.timeline import happenings
from cases.models import Case, Flag, Outcome, Reminder, StrikeOut, Visit
from cases.rules.lifecycle import MOVES
from cases.rules.terms import (
    STOPPING,
    URGENCY_ORDER,
    CaseStatus,
    Urgency,
    VisitStatus,
)
from cases.services.moves import moves_of
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, may

MOST_EVENTS = 60
MOST_MESSAGES = 5
MOST_REPORTS = 6
MOST_SCORES = 100
MOST_VISITS = 50


@dataclass(frozen=True)
class Button:
    """A deed the person may do here. why_not: guards in the way, in words; then it cannot be pressed."""

    deed: Deed
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownFlag:
    flag: Flag
    lines: list[Line]
    overdue: bool
    deeds: list[Deed]


@dataclass(frozen=True)
class ShownVisit:
    visit: Visit
    deeds: list[Deed]


@dataclass(frozen=True)
class ShownScore:
    """One score; struck: why it counts no longer."""

    outcome: Outcome
    score: str
    struck: StrikeOut | None
    deeds: list[Deed]


@dataclass(frozen=True)
class Rights:
    """What this person may do to this case."""

    user: User
    case: Case

    def __call__(self, action: Action) -> bool:
        return may(self.user, action, site_id=self.case.site_id, therapist_id=self.case.therapist_id)


def case_page(case: Case, user: User, *, now: datetime) -> dict[str, Any]:
    """The context of the page; the same number of statements however much the case has seen."""
    rights = Rights(user, case)
    programme = has_programme(case)
    shown: dict[str, Any] = {
        "case": case,
        "site": case.site,
        "zone": case.site.time_zone,
        "now": now,
        "reads_answers": rights(Action.READ_ANSWERS),
        "person": person_of(user, case),
        "edits_contact": rights(Action.EDIT_CONTACT),
        "moves": _moves(case, rights),
        "extra": _beside(case, rights, programme=programme),
        "prints_programme": programme and rights(Action.READ_PROGRAMME),
    }
    plan = _plan(case)
    visits = list(case.visits.select_related("therapist").order_by("-starts_at", "-pk"))
    shown["visits"] = [ShownVisit(visit, _visit_deeds(visit, rights, now)) for visit in visits[:MOST_VISITS]]
    shown["reading"] = visits_card(case, plan, visits, now=now)
    if rights(Action.READ_ANSWERS):
        reports, by_field = reports_of(case)
        shown |= {"reports": reports[:MOST_REPORTS], "more_reports": len(reports) > MOST_REPORTS}
        shown |= _flags(case, by_field, rights, now)
        shown["consents"] = list(case.signed_consents.defer("copy", "drawn", "body").order_by("-signed_at", "-pk")[:5])
        shown["progress"] = progress_card(case, now=now)
        shown["scores"] = _scores(case, rights)
    if rights(Action.LIST_UPLOADS):
        shown["files"] = list(case.uploads.order_by("-begun_at", "-pk")[:10])
    if rights(Action.READ_SUGGESTION):
        shown |= {
            "examined": examinations_of(case),
            "finding": (finding := finding_of(case)),
            "codes": codes_of(case, finding),
            "plan": plan,
            **suggestions_of(case),
            **plan_cards(case),
        }
        shown["examine"] = [
            OF_CASE[name] for name in ("examine", "find") if case.is_open and rights(OF_CASE[name].action)
        ]
    if rights(Action.READ_NOTES):
        shown["notes"] = list(case.notes.select_related("author").order_by("-written_at", "-pk")[:20])
    if rights(Action.READ_REMINDERS):
        shown["reminders"] = _messages(case, manages=rights(Action.MANAGE_REMINDERS))
    # Whoever may read answers sees what happened to them; the whole log is the auditor's and the manager's.
    if rights(Action.READ_ANSWERS) or rights(Action.READ_EVENTS):
        events = list(case.events.select_related("by").order_by("-at", "-pk")[: MOST_EVENTS + 1])
        shown["events"] = happenings(events[:MOST_EVENTS], clinical=rights(Action.READ_ANSWERS))
        shown["more_events"] = len(events) > MOST_EVENTS
    return shown


def print_page(case: Case, user: User, *, now: datetime) -> dict[str, Any]:
    """The context of the one-page summary: what the person may read of it, and nothing to press."""
    rights = Rights(user, case)
    plan = _plan(case)
    shown: dict[str, Any] = {
        "case": case,
        "site": case.site,
        "zone": case.site.time_zone,
        "now": now,
        "person": person_of(user, case),
        "reads_suggestion": rights(Action.READ_SUGGESTION),
        "reading": visits_card(case, plan, list(case.visits.all()), now=now),
    }
    if rights(Action.READ_ANSWERS):
        shown["flags"] = list(case.flags.standing().order_by("raised_at", "rule_id"))
        shown["progress"] = progress_card(case, now=now)
        shown["knee"], shown["knee_said"] = knee_of(case)
    if rights(Action.READ_SUGGESTION):
        shown |= {"finding": finding_of(case), "plan": plan}
    return shown


def _moves(case: Case, rights: Rights) -> list[Button]:
    return [
        Button(OF_CASE[name], tuple(guard.sentence for guard in unmet if not _asked_in_form(name, guard.id)))
        for name, unmet in moves_of(case).items()
        if rights(OF_CASE[name].action)
    ]


def _asked_in_form(name: str, guard: str) -> bool:
    return name == "discharge" and guard == "outcome_or_why_not"


def _beside(case: Case, rights: Rights, *, programme: bool) -> list[Deed]:
    """Deeds that are no change of status."""
    found: list[Deed] = []
    if case.first_read_at is None and "review" not in _names(case):
        found.append(OF_CASE["read"])
    if case.status in {CaseStatus.SCHEDULED.value, CaseStatus.IN_TREATMENT.value}:
        # Before that the first visit is booked by "schedule", which asks whether a red flag stands.
        found.append(OF_CASE["book"])
    if case.is_open:
        found.append(OF_CASE["assign"])
    if programme:
        found.append(OF_CASE["send-own-page"])
    return [deed for deed in found if rights(deed.action)]


def _names(case: Case) -> set[str]:
    return {move.name for move in MOVES.values() if case.status in move.starts}


def _flags(case: Case, by_field: dict[int, dict[str, Line]], rights: Rights, now: datetime) -> dict[str, Any]:
    rows = list(
        case.flags.select_related("acknowledged_by", "cleared_by", "report").order_by("-raised_at", "rule_id")[:100]
    )
    rows.sort(key=lambda flag: -URGENCY_ORDER.index(Urgency(flag.level)))
    standing = [flag for flag in rows if flag.cleared_at is None]
    return {
        "flags": [
            ShownFlag(
                flag,
                quoted(flag, by_field),
                overdue=flag.acknowledged_at is None and flag.act_by <= now,
                deeds=_flag_deeds(flag, rights),
            )
            for flag in standing
        ],
        "cleared_flags": [ShownFlag(flag, quoted(flag, by_field), False, []) for flag in rows if flag.cleared_at],
        "stopped": any(flag.level in {level.value for level in STOPPING} for flag in standing),
    }


def _flag_deeds(flag: Flag, rights: Rights) -> list[Deed]:
    wanted = [OF_FLAG["clear"]] if flag.acknowledged_at else [OF_FLAG["acknowledge"], OF_FLAG["clear"]]
    return [deed for deed in wanted if rights(deed.action)]


def _scores(case: Case, rights: Rights) -> list[ShownScore]:
    rows = case.outcomes.select_related("recorded_by", "strike_out__struck_by").order_by("-taken_at", "-pk")
    may_strike_out = [deed for deed in OF_OUTCOME.values() if rights(deed.action)]
    found = []
    for row in rows[:MOST_SCORES]:
        struck = getattr(row, "strike_out", None)
        found.append(ShownScore(row, f"{float(row.score):g}", struck, [] if struck else may_strike_out))
    return found


def _visit_deeds(visit: Visit, rights: Rights, now: datetime) -> list[Deed]:
    if visit.status != VisitStatus.PLANNED.value:
        return []
    # What is ahead is cancelled when a case ends; what has begun is settled afterwards, too.
    names = ("attended", "missed", "cancel") if visit.starts_at <= now else ("move", "cancel")
    return [OF_VISIT[name] for name in names if rights(OF_VISIT[name].action)]


def _messages(case: Case, *, manages: bool) -> dict[str, list[tuple[Reminder, list[Deed]]]]:
    """What somebody may have to do about first, then what comes next, then what is over."""
    rows = list(case.reminders.order_by("due_at", "pk")[:60])
    trouble = [row for row in rows if row.status in {Reminder.Status.FAILED, Reminder.Status.UNKNOWN}]
    ahead = [row for row in rows if row.status == Reminder.Status.WAITING]
    over = [row for row in reversed(rows) if row not in trouble and row not in ahead]
    shown = [(row, open_deeds(row) if manages else []) for row in (*trouble, *ahead, *over)]
    return {"rows": shown[:MOST_MESSAGES], "rest": shown[MOST_MESSAGES:]}


def _plan(case: Case) -> Any:
    plans = case.plans.select_related("approved_by", "drafted_by").prefetch_related("items")
    return plans.exclude(status="superseded").order_by("status", "-number").first()
