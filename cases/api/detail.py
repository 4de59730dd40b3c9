"""One case put together for showing: at most nine statements, and only the sections the user may read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Prefetch, Q

from cases.api.access import allowed
from cases.models import Case, Outcome, Plan, PlanItem, Suggestion
from cases.rules.instruments import INSTRUMENTS
from cases.rules.lifecycle import MOVES, Standing
from cases.rules.progress import LOST_AFTER_MISSED_CHECK_INS, Scores, progress_of
from cases.rules.terms import STOPPING, Instrument, VisitStatus
from cases.services.moves import moves_of
from clinic.accounts.models import User
from clinic.accounts.permissions import Action

_OPEN_PLANS = (Plan.Status.APPROVED, Plan.Status.DRAFT)


def detail_of(case: Case, user: User, *, now: datetime) -> dict[str, Any]:
    """The members of `CaseOut`. case: as `case_for` reads it, with its site, patient and therapist."""
    # Everything that guards look at is read, whoever asks: which moves are possible does not depend on the reader.
    flags = list(case.flags.select_related("acknowledged_by", "cleared_by").order_by("-raised_at", "-pk"))
    finding = case.findings.select_related("therapist").order_by("-pk").first()
    plans = {plan.status: plan for plan in plans_of(case)}
    goals = F("report__answers__goals")
    outcomes = list(case.outcomes.annotate(goals=goals).order_by("taken_at", "pk"))
    next_visit = (
        case.visits.filter(status=VisitStatus.PLANNED.value)
        .select_related("therapist")
        .order_by("starts_at", "pk")
        .first()
    )
    standing = Standing(
        flag_stands=any(flag.cleared_at is None and flag.level in STOPPING for flag in flags),
        causes_confirmed=finding is not None,
        plan_approved=Plan.Status.APPROVED in plans,
        has_outcome=bool(outcomes),
        booked=next_visit is not None,
    )
    shown: dict[str, Any] = {
        name: getattr(case, name)
        for name in (
            *("reference", "site", "knee_side", "status", "status_since", "urgency", "therapist", "updated_at"),
            *("version", "opened_at", "first_read_at", "first_read_by", "ended_at", "close_reason"),
        )
    }
    shown["previous_case"] = case.previous_case.reference if case.previous_case else None
    shown["moves"] = _moves(case, user, standing)
    shown["next_visit"] = next_visit
    latest = _latest_suggestion(case)
    if allowed(user, Action.READ_CONTACT, case):
        shown["patient"] = case.patient
    if allowed(user, Action.READ_ANSWERS, case):
        shown |= {
            "report": latest.report if latest else None,
            "flags": flags,
            "progress": _progress(case, outcomes, now),
            "ending_note": case.ending_note,
        }
    if allowed(user, Action.READ_SUGGESTION, case):
        shown |= {
            "suggestion": latest,
            "finding": finding,
            "plan": {"approved": plans.get(Plan.Status.APPROVED), "draft": plans.get(Plan.Status.DRAFT)},
        }
    return shown


def plans_of(case: Case) -> Iterable[Plan]:
    """The plan in force and the draft, with their items in order."""
    items = Prefetch("items", PlanItem.objects.order_by("position"), to_attr="ordered_items")
    return (
        case.plans.filter(status__in=_OPEN_PLANS)
        .select_related("drafted_by", "approved_by")
        .prefetch_related(items)
        .order_by("-number")
    )


def _latest_suggestion(case: Case) -> Suggestion | None:
    # Every report is judged, so the latest suggestion stands beside the latest report.
    return case.suggestions.select_related("report").order_by("-pk").first()


def _moves(case: Case, user: User, standing: Standing) -> list[dict[str, Any]]:
    # A move's action has the move's name; in its address it is written with a hyphen.
    return [
        {"name": name.replace("_", "-"), "label": MOVES[name].label, "unmet": unmet}
        for name, unmet in moves_of(case, standing).items()
        if allowed(user, Action(name), case)
    ]


def _progress(case: Case, outcomes: list[Outcome], now: datetime) -> dict[str, Any]:
    by_instrument: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_instrument.setdefault(outcome.instrument, []).append(outcome)
    series = []
    for instrument in Instrument:
        taken = by_instrument.get(instrument.value)
        if taken:
            row = INSTRUMENTS[instrument]
            series.append(
                {
                    "instrument": instrument.value,
                    "label": instrument.label,
                    "first": taken[0],
                    "latest": taken[-1],
                    "change": taken[-1].score - taken[0].score,
                    "important_change": row.important_change,
                    "higher_is_better": row.higher_is_better,
                }
            )
    history = _history(outcomes, ZoneInfo(case.site.time_zone))
    if not history:
        return {"status": None, "findings": [], "series": series}
    told = progress_of(history, missed_check_ins=_missed_check_ins(case, now)).as_data()
    return told | {"series": series}


def _missed_check_ins(case: Case, now: datetime) -> int:
    """How many of the latest check-ins ran out without an answer; counted no further than the rule asks."""
    over = case.check_ins.filter(Q(answered_at__isnull=False) | Q(cancelled_at__isnull=True, expires_at__lte=now))
    answers = over.order_by("-due_at", "-pk").values_list("answered_at", flat=True)[:LOST_AFTER_MISSED_CHECK_INS]
    return sum(1 for _ in takewhile(lambda answered_at: answered_at is None, answers))


_READ_BY_PROGRESS = {
    Instrument.NPRS_WORST.value: "worst_pain",
    Instrument.AKPS.value: "akps",
    Instrument.PSFS.value: "psfs",
    Instrument.GROC.value: "groc",
    Instrument.ADHERENCE.value: "adherence",
}


def _history(outcomes: list[Outcome], zone: ZoneInfo) -> list[Scores]:
    # A day with nothing but pain right now says nothing of progress: it must not read as "none of the four".
    read = (outcome for outcome in outcomes if outcome.instrument in _READ_BY_PROGRESS)
    days = groupby(read, key=lambda outcome: outcome.taken_at.astimezone(zone).date())
    return [Scores(on=on, **dict(pair for outcome in taken for pair in _read(outcome))) for on, taken in days]


def _read(outcome: Any) -> Iterable[tuple[str, float]]:
    """What progress reads of one outcome. Its mean hides a goal left behind: the lowest comes from the report."""
    yield _READ_BY_PROGRESS[outcome.instrument], float(outcome.score)
    if outcome.instrument == Instrument.PSFS.value and outcome.goals:
        yield "lowest_goal", min(goal["score"] for goal in outcome.goals)
