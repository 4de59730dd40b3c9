"""What clinicians decide: flags settled, findings, plans, outcomes and notes."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.access import case_for
from cases.api.bodies import ClearFlagIn, FindingIn, NoteIn, OutcomeIn, StrikeOutIn
from cases.api.care_bodies import WholePlanIn
from cases.api.care_shown import WholePlanOut
from cases.api.etags import expected_version
from cases.api.filters import PAGING
from cases.api.pages import Order, page_of
from cases.api.progress_shown import OutcomeOut
from cases.api.shown import FindingOut, FlagOut, NoteOut, NotePageOut
from cases.api.views.cases import CURSOR, LIMIT
from cases.api.views.door import REFERENCE, CaseDoor, body_of, if_match, row_of
from cases.models import Case, Flag, Plan
from cases.services import care, findings, flags, outcomes, plans
from cases.services.plans import NothingToApprove
from clinic.accounts.permissions import Action

WRITTEN = Order("written", "written_at", newest_first=True)


def _flag(case: Case, flag_id: int) -> Flag:
    return row_of(case, case.flags.select_related("acknowledged_by"), flag_id)


class AcknowledgeFlagView(CaseDoor):
    @extend_schema(
        operation_id="acknowledgeFlag",
        summary="Say that somebody is on it",
        tags=["flags"],
        parameters=[REFERENCE],
        request=None,
        responses={200: FlagOut},
    )
    def post(self, request: Request, reference: str, flag_id: int) -> Response:
        case = case_for(request, reference, Action.ACKNOWLEDGE_FLAG)
        flag = flags.acknowledge_flag(_flag(case, flag_id), by=request.user, now=timezone.now())
        return Response(FlagOut(flag).data)


class ClearFlagView(CaseDoor):
    @extend_schema(
        operation_id="clearFlag",
        summary="Settle a red flag, with a reason",
        tags=["flags"],
        parameters=[REFERENCE],
        request=ClearFlagIn,
        responses={200: FlagOut},
    )
    def post(self, request: Request, reference: str, flag_id: int) -> Response:
        case = case_for(request, reference, Action.CLEAR_FLAG)
        flag = _flag(case, flag_id)
        given = body_of(request, ClearFlagIn)
        flag = flags.clear_flag(flag, **given, by=request.user, now=timezone.now())
        return Response(FlagOut(flag).data)


class FindingView(CaseDoor):
    @extend_schema(
        operation_id="recordFinding",
        summary="Record what the examination found",
        description="Beside the suggestion, never over it; the latest finding counts.",
        tags=["care"],
        parameters=[REFERENCE, if_match(required=False)],
        request=FindingIn,
        responses={201: FindingOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.RECORD_FINDING)
        version = expected_version(request, case)
        given = body_of(request, FindingIn)
        finding = findings.record_finding(case, **given, expected_version=version, by=request.user, now=timezone.now())
        return Response(FindingOut(finding).data, status=201)


class PlanView(CaseDoor):
    @extend_schema(
        operation_id="draftPlan",
        summary="Draft the treatment plan",
        description="Replaces the draft; an approved plan stays in force until the draft is approved.",
        tags=["care"],
        parameters=[REFERENCE, if_match(required=False)],
        request=WholePlanIn,
        responses={201: WholePlanOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.EDIT_PLAN)
        version = expected_version(request, case)
        given = body_of(request, WholePlanIn)
        plan = plans.draft_plan(case, **given, expected_version=version, by=request.user, now=timezone.now())
        return Response(WholePlanOut(_whole(plan)).data, status=201)


class ApprovePlanView(CaseDoor):
    @extend_schema(
        operation_id="approvePlan",
        summary="Put the draft in force",
        tags=["care"],
        parameters=[REFERENCE, if_match(required=False)],
        request=None,
        responses={200: WholePlanOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.APPROVE_PLAN)
        version = expected_version(request, case)
        draft = case.plans.filter(status=Plan.Status.DRAFT).first()
        if draft is None:
            raise NothingToApprove(f"{case} has no draft plan. Draft one first.")
        draft.case = case
        approved = plans.approve_plan(draft, expected_version=version, by=request.user, now=timezone.now())
        return Response(WholePlanOut(_whole(approved)).data)


def _whole(plan: Plan) -> Plan:
    """The plan with its people, items and exercises in order."""
    found = Plan.objects.select_related("drafted_by", "approved_by").get(pk=plan.pk)
    found.ordered_items = list(found.items.order_by("position"))
    found.ordered_exercises = list(found.exercises.order_by("position"))
    return found


class OutcomesView(CaseDoor):
    @extend_schema(
        operation_id="listOutcomes",
        summary="Every score of the case, oldest first",
        description="With those that were struck out, each marked so.",
        tags=["care"],
        parameters=[REFERENCE],
        responses={200: OutcomeOut(many=True)},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_ANSWERS)
        scores = case.outcomes.select_related("strike_out__struck_by").order_by("taken_at", "pk")
        return Response(OutcomeOut(scores, many=True).data)

    @extend_schema(
        operation_id="recordOutcome",
        summary="Record a score taken at a visit",
        tags=["care"],
        parameters=[REFERENCE],
        request=OutcomeIn,
        responses={201: OutcomeOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.RECORD_OUTCOME)
        given = body_of(request, OutcomeIn)
        outcome = outcomes.record_outcome(case, **given, by=request.user, now=timezone.now())
        return Response(OutcomeOut(outcome).data, status=201)


class StrikeOutView(CaseDoor):
    @extend_schema(
        operation_id="strikeOutOutcome",
        summary="Strike out a score that was wrong, with a reason",
        description="It stays on record and counts nowhere any longer; progress is judged again without it.",
        tags=["care"],
        parameters=[REFERENCE, if_match(required=False)],
        request=StrikeOutIn,
        responses={200: OutcomeOut},
    )
    def post(self, request: Request, reference: str, outcome_id: int) -> Response:
        case = case_for(request, reference, Action.RECORD_OUTCOME)
        version = expected_version(request, case)
        outcome = row_of(case, case.outcomes.all(), outcome_id)
        given = body_of(request, StrikeOutIn)
        struck = outcomes.strike_out_outcome(
            outcome, **given, expected_version=version, by=request.user, now=timezone.now()
        )
        return Response(OutcomeOut(struck.outcome).data)


class NotesView(CaseDoor):
    parameters = PAGING

    @extend_schema(
        operation_id="listNotes",
        summary="Clinical notes, newest first",
        tags=["care"],
        parameters=[REFERENCE, CURSOR, LIMIT],
        responses={200: NotePageOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_NOTES)
        notes, after = page_of(case.notes.select_related("author"), WRITTEN, request)
        return Response({"results": NoteOut(notes, many=True).data, "next": after})

    @extend_schema(
        operation_id="writeNote",
        summary="Append a clinical note",
        tags=["care"],
        parameters=[REFERENCE],
        request=NoteIn,
        responses={201: NoteOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.WRITE_NOTE)
        given = body_of(request, NoteIn)
        note = care.write_note(case, **given, by=request.user, now=timezone.now())
        return Response(NoteOut(note).data, status=201)
