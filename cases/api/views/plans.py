"""Versions of the plan, what changed between them, and the home programme of the one in force."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.access import case_for
from cases.api.care_shown import PlanDiffOut, PlanVersionOut, ProgrammeOut
from cases.api.views.door import REFERENCE, CaseDoor
from cases.models import Case, Plan
from cases.services import plans
from cases.services.programme import programme_of
from clinic.accounts.permissions import Action

_NUMBERS = [
    OpenApiParameter(name, OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of a version.")
    for name in ("before", "after")
]


class PlansView(CaseDoor):
    @extend_schema(
        operation_id="listPlans",
        summary="Every version of the plan, newest first, with what each changed",
        tags=["care"],
        parameters=[REFERENCE],
        responses={200: PlanVersionOut(many=True)},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_SUGGESTION)
        return Response([PlanVersionOut(_shown(*version)).data for version in plans.versions_of(case)])


class PlanDiffView(CaseDoor):
    @extend_schema(
        operation_id="comparePlans",
        summary="What makes one version of the plan of another",
        tags=["care"],
        parameters=[REFERENCE, *_NUMBERS],
        responses={200: PlanDiffOut},
    )
    def get(self, request: Request, reference: str, before: int, after: int) -> Response:
        case = case_for(request, reference, Action.READ_SUGGESTION)
        changes = plans.changes_between(_version(case, before), _version(case, after))
        told = {"before": before, "after": after, "changes": [change.as_data() for change in changes]}
        return Response(PlanDiffOut(told).data)


class ProgrammeView(CaseDoor):
    @extend_schema(
        operation_id="readProgramme",
        summary="The home programme of the plan in force, as the patient is given it",
        tags=["care"],
        parameters=[REFERENCE],
        responses={200: ProgrammeOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_PROGRAMME)
        programme = programme_of(case)
        if programme is None:
            raise Http404
        return Response(ProgrammeOut(programme).data)


def _version(case: Case, number: int) -> Plan:
    found = case.plans.filter(number=number).prefetch_related("items", "exercises").first() if number < 2**15 else None
    if found is None:
        raise Http404
    return found


def _shown(plan: Plan, changes: Any) -> Plan:
    plan.ordered_items = sorted(plan.items.all(), key=lambda row: row.position)
    plan.ordered_exercises = sorted(plan.exercises.all(), key=lambda row: row.position)
    plan.changes = [change.as_data() for change in changes]
    return plan
