"""Treatment plans: drafted from templates, changed by a therapist, approved by one, then in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Max

from cases.models import Case, Plan, PlanExercise, PlanItem, SymptomReport
from cases.rules.home_programme import programme_for
from cases.rules.plan_changes import PlanChange, PlanContent, plan_changes
from cases.rules.plan_templates import NEEDLING_ITEM, PLAN_ITEMS, PlanItemTemplate, template_for
from cases.rules.terms import FoundCause, Intervention
from cases.rules.visit_plan import MOST_WEEKS, USUAL_WEEKS, is_pattern, usual_visit_weeks
from cases.services import reminders
from cases.services.errors import Refusal, WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import open_case_locked, save_change
from cases.services.needling import passed_screening, planned_needling
from cases.services.plan_templates import templates_for
from cases.services.planned_visits import note_off_plan
from cases.services.programme import as_given, checked_exercises, from_library
from cases.services.transactions import one_transaction
from clinic.accounts.models import User

MOST_ITEMS = 20
_TEXTS = {"name": 120, "dose": 300, "frequency": 200, "progression": 1000, "evidence": 1000, "cautions": 1000}
_NEEDLING_KEYS = {"needling_reason", "needling_consent", "needling_adaptation"}
_COMPARED_OF_ITEMS = (
    *("intervention", "name", "dose", "frequency", "weeks", "progression", "evidence", "cautions"),
    *("needling_screen", "needling_reason", "needling_adaptation", "needling_consent_version"),
)


class NoFinding(Refusal):
    """A plan rests on what a therapist found; record that first."""

    code = "no_finding"


class NothingToApprove(Refusal):
    """The plan is approved already, or another one took its place."""

    code = "not_a_draft"


class NotYourDraft(Refusal):
    """A colleague wrote the draft. Who approves it answers for it: draft it again as your own first."""

    code = "not_your_draft"


class ScreenOver(Refusal):
    """The draft holds needling, and the screen it rests on is no longer the one that holds."""

    code = "needling_screen_needed"


@one_transaction
def draft_plan(
    case: Case,
    *,
    items: Sequence[Mapping[str, Any]] | None = None,
    exercises: Sequence[Mapping[str, Any]] | None = None,
    weeks: int = USUAL_WEEKS,
    goal: str = "",
    visit_weeks: Sequence[int] | None = None,
    expected_version: int | None = None,
    by: User,
    now: datetime,
) -> Plan:
    """Write the draft plan of an open case; a draft that stands is replaced, an approved plan stays in force.

    items: intervention, name, dose, frequency, weeks, progression, evidence, cautions; None takes the templates of
    the site for the current finding. Evidence and cautions left blank, and weeks left out, are the template's of that
    intervention; no item outlasts the plan. Dry needling also takes needling_reason, needling_consent and, after a
    screen with a precaution, needling_adaptation (see `needling.planned_needling`).
    exercises: of the home programme (see `programme.checked_exercises`); None proposes some where the items come from
    the templates, else keeps those of the draft before, or of the plan in force.
    visit_weeks: the weeks after its start in which it wants a visit; None takes the usual ones for its length.
    Raises CaseEnded, NoFinding, WrongInput, Stale.
    """
    stored = open_case_locked(case, expected_version=expected_version)
    finding = stored.findings.order_by("-pk").first()
    if finding is None:
        raise NoFinding("Record what you found first: a plan rests on it.")
    if not 1 <= weeks <= MOST_WEEKS:
        raise WrongInput({"weeks": [f"Write a length from 1 to {MOST_WEEKS} weeks."]})
    templates = _templates(stored, finding.causes)
    if items is None:
        rows = [_from_template(template, weeks) for template in templates]
    else:
        rows = _checked(stored, items, templates=templates, most_weeks=weeks, by=by, now=now)
    draft = stored.plans.filter(status=Plan.Status.DRAFT).first()
    if exercises is not None:
        programme = checked_exercises(exercises)
    elif items is None:
        programme = _proposed(stored, finding.causes)
    else:
        programme = _kept(draft or stored.plans.in_force().first())
    visit_weeks = usual_visit_weeks(weeks) if visit_weeks is None else visit_weeks
    if not is_pattern(visit_weeks, weeks):
        raise WrongInput({"visit_weeks": [f"Write each week once, in order, from 1 to {weeks}, the plan's length."]})
    draft = _next_version(stored) if draft is None else _emptied(draft)
    draft.visit_weeks = list(visit_weeks)
    draft.weeks, draft.goal, draft.drafted_by, draft.drafted_at = weeks, goal.strip(), by, now
    draft.save()
    _write(draft, rows, programme)
    save_change(stored, [], now=now)
    record(stored, EventKind.PLAN_DRAFTED, by=by, now=now, plan=draft.number)
    return draft


def _proposed(case: Case, causes: Sequence[str]) -> list[dict[str, Any]]:
    """The home programme that the library has for what was found."""
    found = (FoundCause(cause) for cause in causes)
    return [from_library(each) for each in programme_for(found, runs=_runs(case))]


def _kept(before: Plan | None) -> list[dict[str, Any]]:
    return [as_given(row) for row in before.exercises.order_by("position")] if before else []


def _next_version(case: Case) -> Plan:
    last = case.plans.aggregate(last=Max("number"))["last"] or 0
    return Plan(case=case, number=last + 1)


def _emptied(draft: Plan) -> Plan:
    draft.items.all().delete()
    draft.exercises.all().delete()
    return draft


def _write(draft: Plan, rows: Sequence[Mapping[str, Any]], programme: Sequence[Mapping[str, Any]]) -> None:
    PlanItem.objects.bulk_create(
        PlanItem(plan=draft, position=position, **row) for position, row in enumerate(rows, start=1)
    )
    PlanExercise.objects.bulk_create(
        PlanExercise(plan=draft, position=position, **row) for position, row in enumerate(programme, start=1)
    )


@one_transaction
def approve_plan(plan: Plan, *, expected_version: int | None = None, by: User, now: datetime) -> Plan:
    """Put a draft in force; the plan before it is superseded, and its messages give way to those of this one.

    Only whoever drafted it approves it; drafting again makes a colleague's draft one's own. Of two at once the second
    finds no draft any more. A draft with needling needs an approver who is certified, and the screen it was drafted
    with still holding. Raises CaseEnded, NothingToApprove, NotYourDraft, ScreenOver, Stale, and what
    `needling.passed_screening` raises.
    """
    case = open_case_locked(plan.case, expected_version=expected_version)
    stored = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if stored.status != Plan.Status.DRAFT:
        raise NothingToApprove(f"Plan {stored.number} of {case} is {stored.get_status_display().lower()} already.")
    if stored.drafted_by_id != by.pk:
        raise NotYourDraft(
            "A colleague wrote this draft. Read it, and draft it again as your own before you approve it."
        )
    screened = stored.items.filter(intervention=Intervention.DRY_NEEDLING.value)
    for needling in screened.order_by("position"):
        if passed_screening(case, by=by, now=now).pk != needling.needling_screening_id:
            raise ScreenOver("A newer needling screen was made. Draft the plan again with it.")
    case.plans.in_force().update(status=Plan.Status.SUPERSEDED)
    stored.status = Plan.Status.APPROVED
    stored.approved_by, stored.approved_at = by, now
    stored.save(update_fields=["status", "approved_by", "approved_at"])
    save_change(case, [], now=now)
    note_off_plan(case, now=now)
    reminders.plan_for_case(case, now=now)
    record(case, EventKind.PLAN_APPROVED, by=by, now=now, plan=stored.number)
    return stored


def content_of(plan: Plan) -> PlanContent:
    """A version as plain values, to be compared with another; reads its items and exercises unless they are at hand."""
    items = sorted(plan.items.all(), key=lambda row: row.position)
    exercises = sorted(plan.exercises.all(), key=lambda row: row.position)
    return PlanContent(
        {"weeks": plan.weeks, "goal": plan.goal, "visit_weeks": list(plan.visit_weeks)},
        [{name: getattr(row, name) for name in _COMPARED_OF_ITEMS} for row in items],
        [as_given(row) for row in exercises],
    )


def changes_between(before: Plan, after: Plan) -> tuple[PlanChange, ...]:
    """What makes one version of the other."""
    return plan_changes(content_of(before), content_of(after))


def versions_of(case: Case) -> list[tuple[Plan, tuple[PlanChange, ...]]]:
    """Every version of the plan, newest first, each with what it changed of the one before (three statements)."""
    found = list(
        case.plans.select_related("drafted_by", "approved_by").prefetch_related("items", "exercises").order_by("number")
    )
    first = [(plan, ()) for plan in found[:1]]
    rest = [(plan, changes_between(before, plan)) for before, plan in pairwise(found)]
    return list(reversed([*first, *rest]))


def _runs(case: Case) -> bool:
    # A check-in does not ask about sport: after one, a runner would no longer be seen to run.
    report = case.reports.exclude(source=SymptomReport.Source.CHECK_IN).order_by("-pk").first()
    activities = report.answers.get("activities") or [] if report else []
    return any(activity.get("type") == "running" for activity in activities)


def _templates(case: Case, causes: Sequence[str]) -> tuple[PlanItemTemplate, ...]:
    """The rows of the site for what was found."""
    found = (FoundCause(cause) for cause in causes)
    return template_for(found, runs=_runs(case), items=templates_for(case.site))


def _from_template(template: PlanItemTemplate, most_weeks: int) -> dict[str, Any]:
    return {
        "intervention": template.intervention.value,
        "name": template.title,
        "dose": template.dose,
        "frequency": template.frequency,
        "weeks": min(template.duration_weeks, most_weeks),
        "progression": template.progression,
        "evidence": template.evidence,
        "cautions": template.cautions,
    }


def _checked(
    case: Case,
    items: Sequence[Mapping[str, Any]],
    *,
    templates: Sequence[PlanItemTemplate],
    most_weeks: int,
    by: User,
    now: datetime,
) -> list[dict[str, Any]]:
    wrong: dict[str, list[str]] = {}
    if not 1 <= len(items) <= MOST_ITEMS:
        raise WrongInput({"items": [f"A plan has 1 to {MOST_ITEMS} items."]})
    for place, item in enumerate(items):
        for field, text in _wrong_in(item, most_weeks).items():
            wrong[f"items.{place}.{field}"] = [text]
    if wrong:
        raise WrongInput(wrong)
    rows = [_row(item, templates, most_weeks) for item in items]
    interventions = [item["intervention"] for item in items]
    for place, item in enumerate(items):
        if item["intervention"] == Intervention.DRY_NEEDLING:
            try:
                rows[place] |= planned_needling(case, item, interventions=interventions, by=by, now=now)
            except WrongInput as error:
                wrong |= {f"items.{place}.{field}": texts for field, texts in error.errors.items()}
    if wrong:
        raise WrongInput(wrong)
    return rows


def _row(item: Mapping[str, Any], templates: Sequence[PlanItemTemplate], most_weeks: int) -> dict[str, Any]:
    """The columns of an item. What stands for its intervention as a whole is there even if nobody wrote it."""
    known = (*templates, *PLAN_ITEMS, NEEDLING_ITEM)
    template = next(each for each in known if each.intervention == item["intervention"])
    row = {key: item.get(key, "") for key in _TEXTS}
    # Honest evidence is a promise about every item; dose and frequency are the therapist's own to write.
    row["evidence"] = row["evidence"].strip() or template.evidence
    row["cautions"] = row["cautions"].strip() or template.cautions
    weeks = item.get("weeks", min(template.duration_weeks, most_weeks))
    return row | {"intervention": item["intervention"], "weeks": weeks}


def _wrong_in(item: Mapping[str, Any], most_weeks: int) -> dict[str, str]:
    wrong = {}
    if item.get("intervention") not in {each.value for each in Intervention}:
        wrong["intervention"] = f"Choose among {', '.join(each.value for each in Intervention)}."
    if not str(item.get("name", "")).strip():
        wrong["name"] = "Name the item."
    for key, most in _TEXTS.items():
        if len(str(item.get(key, ""))) > most:
            wrong[key] = f"At most {most} characters."
    weeks = item.get("weeks", 1)
    if not isinstance(weeks, int) or isinstance(weeks, bool) or not 1 <= weeks <= most_weeks:
        wrong["weeks"] = f"Write a whole number of weeks from 1 to {most_weeks}, the plan's length."
    for key in sorted(set(item) - {*_TEXTS, *_NEEDLING_KEYS, "intervention", "weeks"}):
        wrong[key] = "There is no such field."
    if item.get("intervention") != Intervention.DRY_NEEDLING:
        wrong |= {key: "This goes with dry needling alone." for key in sorted(_NEEDLING_KEYS) if item.get(key)}
    return wrong
