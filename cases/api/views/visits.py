"""Visits of a case: booked, moved, settled."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.access import case_for
from cases.api.bodies import MoveVisitIn, SettleVisitIn, VisitIn
from cases.api.shown import VisitOut
from cases.api.views.door import REFERENCE, CaseDoor, HandsOut, body_of, row_of, with_therapist
from cases.messages.calendar_entry import CALENDAR_TYPE, calendar_entry
from cases.rules.terms import VisitStatus
from cases.services import visits
from clinic.accounts.permissions import Action


class VisitsView(CaseDoor):
    @extend_schema(
        operation_id="listVisits",
        summary="Every visit of the case, oldest first",
        tags=["visits"],
        parameters=[REFERENCE],
        responses={200: VisitOut(many=True)},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.LIST_CASES)
        rows = case.visits.select_related("therapist").order_by("starts_at", "pk")
        return Response(VisitOut(rows, many=True).data)

    @extend_schema(
        operation_id="bookVisit",
        summary="Book one more visit",
        tags=["visits"],
        parameters=[REFERENCE],
        request=VisitIn,
        responses={201: VisitOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.RECORD_VISIT)
        given = with_therapist(body_of(request, VisitIn), case)
        visit = visits.book_visit(case, **given, by=request.user, now=timezone.now())
        return Response(VisitOut(visit).data, status=201)


class VisitEntryView(HandsOut, CaseDoor):
    @extend_schema(
        operation_id="readVisitEntry",
        summary="A visit for the patient's own calendar, with nothing clinical in it",
        tags=["visits"],
        parameters=[REFERENCE],
        responses={(200, "text/calendar"): OpenApiTypes.STR},
    )
    def get(self, request: Request, reference: str, visit_id: int) -> HttpResponse:
        case = case_for(request, reference, Action.LIST_CASES)
        entry = calendar_entry(row_of(case, case.visits.all(), visit_id), now=timezone.now())
        headers = {"Content-Disposition": 'attachment; filename="visit.ics"'}
        return HttpResponse(entry, content_type=CALENDAR_TYPE, headers=headers)


class MoveVisitView(CaseDoor):
    @extend_schema(
        operation_id="moveVisit",
        summary="Another time for a planned visit",
        tags=["visits"],
        parameters=[REFERENCE],
        request=MoveVisitIn,
        responses={200: VisitOut},
    )
    def post(self, request: Request, reference: str, visit_id: int) -> Response:
        case = case_for(request, reference, Action.RECORD_VISIT)
        visit = row_of(case, case.visits.all(), visit_id)
        given = body_of(request, MoveVisitIn)
        return Response(VisitOut(visits.move_visit(visit, **given, by=request.user, now=timezone.now())).data)


class SettleVisitView(CaseDoor):
    @extend_schema(
        operation_id="settleVisit",
        summary="Say what became of a planned visit",
        tags=["visits"],
        parameters=[REFERENCE],
        request=SettleVisitIn,
        responses={200: VisitOut},
    )
    def post(self, request: Request, reference: str, visit_id: int) -> Response:
        case = case_for(request, reference, Action.RECORD_VISIT)
        visit = row_of(case, case.visits.all(), visit_id)
        status = VisitStatus(body_of(request, SettleVisitIn)["status"])
        return Response(VisitOut(visits.settle_visit(visit, status=status, by=request.user, now=timezone.now())).data)
