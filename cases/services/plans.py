"""Treatment plans: drafted from templates, changed by a therapist, approved by one, then in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from cases.models import Case, Plan, PlanItem, SymptomReport
from cases.rules.plan_templates import template_for
from cases.rules.terms import FoundCause, Intervention, NeedlingResult
from cases.rules.visit_plan import is_pattern, usual_visit_weeks
from cases.services.errors import Refusal, WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import open_case_locked, save_change
from cases.services.planned_visits import note_off_plan
from cases.services.transactions import one_transaction
from clinic.accounts.models import User

MOST_ITEMS = 20
_TEXTS = {"name": 120, "dose": 300, "frequency": 200, "progression": 1000, "evidence": 1000, "cautions": 1000}
_NEEDLING_KEYS = {"needling_reason", "needling_consent"}


class NoFinding(Refusal):
    """A plan rests on what a therapist found; record that first."""

    code = "no_finding"


class NothingToApprove(Refusal):
    """The plan is approved already, or another one took its place."""

    code = "not_a_draft"


@one_transaction
def draft_plan(
    case: Case,
    *,
    items: Sequence[Mapping[str, Any]] | None = None,
    weeks: int = 12,
    goal: str = "",
    visit_weeks: Sequence[int] | None = None,
    expected_version: int | None = None,
    by: User,
    now: datetime,
) -> Plan:
    """Write the draft plan of an open case; a draft that stands is replaced, an approved plan stays in force.

    items: intervention, name, dose, frequency, weeks, progression, evidence, cautions; None takes the templates of
    the current finding. Dry needling also takes needling_reason and needling_consent (see `_needling`).
    visit_weeks: the weeks after its start in which it wants a visit; None takes the usual ones for its length.
    Raises CaseEnded, NoFinding, WrongInput, Stale.
    """
    stored = open_case_locked(case, expected_version=expected_version)
    finding = stored.findings.order_by("-pk").first()
    if finding is None:
        raise NoFinding("Record what you found first: a plan rests on it.")
    rows = _from_templates(stored, finding.causes) if items is None else _checked(stored, items, now=now)
    if not 1 <= weeks <= 52:
        raise WrongInput({"weeks": ["Write a length from 1 to 52 weeks."]})
    visit_weeks = usual_visit_weeks(weeks) if visit_weeks is None else visit_weeks
    if not is_pattern(visit_weeks, weeks):
        raise WrongInput({"visit_weeks": [f"Write each week once, in order, from 1 to {weeks}, the plan's length."]})
    number = stored.plans.aggregate(last=Max("number"))["last"] or 0
    draft = stored.plans.filter(status=Plan.Status.DRAFT).first()
    if draft is None:
        draft = Plan(case=stored, number=number + 1)
    else:
        draft.items.all().delete()
    draft.visit_weeks = list(visit_weeks)
    draft.weeks, draft.goal, draft.drafted_by, draft.drafted_at = weeks, goal.strip(), by, now
    draft.save()
    PlanItem.objects.bulk_create(
        PlanItem(plan=draft, position=position, **row) for position, row in enumerate(rows, start=1)
    )
    save_change(stored, [], now=now)
    record(stored, EventKind.PLAN_DRAFTED, by=by, now=now, plan=draft.number)
    return draft


@one_transaction
def approve_plan(plan: Plan, *, expected_version: int | None = None, by: User, now: datetime) -> Plan:
    """Put a draft in force; the plan before it is superseded. Raises CaseEnded, NothingToApprove, Stale."""
    case = open_case_locked(plan.case, expected_version=expected_version)
    stored = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if stored.status != Plan.Status.DRAFT:
        raise NothingToApprove(f"Plan {stored.number} of {case} is {stored.get_status_display().lower()} already.")
    case.plans.in_force().update(status=Plan.Status.SUPERSEDED)
    stored.status = Plan.Status.APPROVED
    stored.approved_by, stored.approved_at = by, now
    stored.save(update_fields=["status", "approved_by", "approved_at"])
    save_change(case, [], now=now)
    note_off_plan(case, now=now)
    record(case, EventKind.PLAN_APPROVED, by=by, now=now, plan=stored.number)
    return stored


def _from_templates(case: Case, causes: Sequence[str]) -> list[dict[str, Any]]:
    # A check-in does not ask about sport: after one, a runner would no longer be seen to run.
    report = case.reports.exclude(source=SymptomReport.Source.CHECK_IN).order_by("-pk").first()
    activities = report.answers.get("activities") or [] if report else []
    runs = any(activity.get("type") == "running" for activity in activities)
    return [
        {
            "intervention": template.intervention.value,
            "name": template.title,
            "dose": template.dose,
            "frequency": template.frequency,
            "weeks": template.duration_weeks,
            "progression": template.progression,
            "evidence": template.evidence,
            "cautions": template.cautions,
        }
        for template in template_for((FoundCause(cause) for cause in causes), runs=runs)
    ]


def _checked(case: Case, items: Sequence[Mapping[str, Any]], *, now: datetime) -> list[dict[str, Any]]:
    wrong: dict[str, list[str]] = {}
    if not 1 <= len(items) <= MOST_ITEMS:
        raise WrongInput({"items": [f"A plan has 1 to {MOST_ITEMS} items."]})
    rows = []
    for place, item in enumerate(items):
        for field, text in _wrong_in(item).items():
            wrong[f"items.{place}.{field}"] = [text]
        row = {key: item.get(key, "") for key in _TEXTS}
        rows.append(row | {"intervention": item.get("intervention", ""), "weeks": item.get("weeks", 6)})
    if wrong:
        raise WrongInput(wrong)
    for place, item in enumerate(items):
        if item["intervention"] == Intervention.DRY_NEEDLING:
            rows[place] |= _needling(case, item, alone=len(items) == 1, place=place, now=now)
    return rows


def _wrong_in(item: Mapping[str, Any]) -> dict[str, str]:
    wrong = {}
    if item.get("intervention") not in {each.value for each in Intervention}:
        wrong["intervention"] = f"Choose among {', '.join(each.value for each in Intervention)}."
    if not str(item.get("name", "")).strip():
        wrong["name"] = "Name the item."
    for key, most in _TEXTS.items():
        if len(str(item.get(key, ""))) > most:
            wrong[key] = f"At most {most} characters."
    weeks = item.get("weeks", 6)
    if not isinstance(weeks, int) or isinstance(weeks, bool) or not 1 <= weeks <= 52:
        wrong["weeks"] = "Write a whole number of weeks from 1 to 52."
    for key in sorted(set(item) - {*_TEXTS, *_NEEDLING_KEYS, "intervention", "weeks"}):
        wrong[key] = "There is no such field."
    return wrong


def _needling(case: Case, item: Mapping[str, Any], *, alone: bool, place: int, now: datetime) -> dict[str, Any]:
    """What reference 9 asks before needling may stand in a plan. Raises WrongInput naming what is missing."""
    wrong: dict[str, list[str]] = {}
    suggestion = case.suggestions.order_by("-pk").first()
    screen = suggestion.body["needling"]["result"] if suggestion else NeedlingResult.CONTRAINDICATED.value
    if not case.site.offers_dry_needling:
        wrong["intervention"] = ["This site does not offer dry needling."]
    elif alone:
        wrong["intervention"] = ["Dry needling is never planned alone: exercise is the core of every plan."]
    elif screen == NeedlingResult.CONTRAINDICATED or case.flags.standing().stopping().exists():
        wrong["intervention"] = ["The safety screen says: contraindicated. See the suggestion for why."]
    if not str(item.get("needling_reason", "")).strip():
        wrong["needling_reason"] = ["Write why: guidelines advise against dry needling for this problem."]
    if item.get("needling_consent") is not True:
        wrong["needling_consent"] = ["Record that the patient consented to needling."]
    if wrong:
        raise WrongInput({f"items.{place}.{field}": texts for field, texts in wrong.items()})
    return {
        "needling_screen": screen,
        "needling_reason": item["needling_reason"].strip(),
        "needling_consented_at": now,
    }
