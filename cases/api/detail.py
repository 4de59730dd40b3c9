"""One case put together for showing: at most eight statements, and only the sections the user may read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Prefetch, Q
from django.urls import reverse

from cases.api.access import allowed
from cases.models import Case, Examination, Finding, Plan, PlanItem
from cases.rules.codes import CHECK_FIRST, CODES_VERSION, codes_for
from cases.rules.instruments import INSTRUMENTS
from cases.rules.lifecycle import MOVES, Standing
from cases.rules.terms import STOPPING, Instrument, VisitStatus
from cases.services.moves import moves_of
from cases.services.planned_visits import VisitReading, reading_of
from cases.services.progress import first_told_weeks, outcomes_of, prognosis_from, progress_now
from clinic.accounts.models import User
from clinic.accounts.permissions import Action

_OPEN_PLANS = (Plan.Status.APPROVED, Plan.Status.DRAFT)


def detail_of(case: Case, user: User, *, now: datetime) -> dict[str, Any]:
    """The members of `CaseOut`. case: as `case_for` reads it, with its site, patient and therapist."""
    # Everything that guards look at is read, whoever asks: which moves are possible does not depend on the reader.
    flags = list(case.flags.select_related("acknowledged_by", "cleared_by").order_by("-raised_at", "-pk"))
    finding = case.findings.select_related("therapist").order_by("-pk").first()
    plans = {plan.status: plan for plan in plans_of(case)}
    outcomes = outcomes_of(case, now=now)
    visits = list(case.visits.select_related("therapist").order_by("starts_at", "pk"))
    next_visit = next((visit for visit in visits if visit.status == VisitStatus.PLANNED.value), None)
    standing = Standing(
        flag_stands=any(flag.cleared_at is None and flag.level in STOPPING for flag in flags),
        causes_confirmed=finding is not None,
        plan_approved=Plan.Status.APPROVED in plans,
        has_outcome=any(outcome.taken_at >= case.status_since for outcome in outcomes),
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
    shown["visit_plan"] = visit_plan_of(reading_of(case, plans.get(Plan.Status.APPROVED), visits, now=now))
    latest, examination = _latest_suggestion(case)
    if allowed(user, Action.READ_CONTACT, case):
        shown["patient"] = case.patient
    if allowed(user, Action.READ_ANSWERS, case):
        shown |= {
            "report": latest.report if latest else None,
            "flags": flags,
            "progress": _progress(case, outcomes, latest.first_told_weeks if latest else None, now),
            "ending_note": case.ending_note,
        }
    if allowed(user, Action.READ_SUGGESTION, case):
        shown |= {
            "suggestion": latest,
            "suggestions": reverse("cases-api:suggestions", args=[case.reference]),
            "examination": examination,
            "finding": finding,
            "codes": codes_of(case, finding),
            "plan": {"approved": plans.get(Plan.Status.APPROVED), "draft": plans.get(Plan.Status.DRAFT)},
        }
    return shown


def codes_of(case: Case, finding: Finding | None) -> dict[str, Any]:
    """The members of `CodesOut`."""
    found = {"causes": finding.causes, "differential": finding.differential} if finding else {}
    rows = codes_for(case.knees, **found)
    return {"codes": [code.as_data() for code in rows], "note": CHECK_FIRST, "version": CODES_VERSION}


def plans_of(case: Case) -> Iterable[Plan]:
    """The plan in force and the draft, with their items in order."""
    items = Prefetch("items", PlanItem.objects.order_by("position"), to_attr="ordered_items")
    return (
        case.plans.filter(status__in=_OPEN_PLANS)
        .select_related("drafted_by", "approved_by")
        .prefetch_related(items)
        .order_by("-number")
    )


def _latest_suggestion(case: Case) -> tuple[Any, Examination | None]:
    """The latest suggestion with its report and `first_told_weeks`, and the latest examination: one statement."""
    # Every whole form and every examination is judged, so the latest of each stands beside a suggestion.
    newest = case.suggestions.order_by("-pk").values("pk")[:1]
    examined = case.suggestions.filter(examination__isnull=False).order_by("-examination_id", "-pk").values("pk")[:1]
    rows = list(
        case.suggestions.filter(Q(pk__in=newest) | Q(pk__in=examined))
        .annotate(first_told_weeks=first_told_weeks(OuterRef("case")))
        .select_related("report", "examination__therapist")
        .order_by("-pk")
    )
    return (rows[0], rows[-1].examination) if rows else (None, None)


def _moves(case: Case, user: User, standing: Standing) -> list[dict[str, Any]]:
    # A move's action has the move's name; in its address it is written with a hyphen.
    return [
        {"name": name.replace("_", "-"), "label": MOVES[name].label, "unmet": unmet}
        for name, unmet in moves_of(case, standing).items()
        if allowed(user, Action(name), case)
    ]


def visit_plan_of(reading: VisitReading) -> dict[str, Any]:
    """The members of `VisitPlanOut`."""
    wanted, off_plan = reading.next, reading.off_plan
    return {
        **vars(reading.counts),
        "next": wanted and {**vars(wanted), "on": reading.next_on},
        "off_plan": off_plan and {"rule_id": off_plan.rule, "reason": off_plan.rule.label, "since": off_plan.on},
    }


def _progress(case: Case, outcomes: list[Any], weeks: Any, now: datetime) -> dict[str, Any]:
    by_instrument: dict[str, list[Any]] = {}
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
    told = progress_now(case, now=now, outcomes=outcomes)
    prognosis = [flag.as_data() for flag in prognosis_from(outcomes, weeks=weeks)]
    return (told.as_data() if told else {"status": None, "findings": []}) | {"series": series, "prognosis": prognosis}
