"""How cases are measured, and one case's progress as a picture and as the table with the same numbers."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.access import case_for
from cases.api.filters import refuse_unknown
from cases.api.progress_shown import InstrumentOut, ProgressTableOut
from cases.api.views.door import REFERENCE, CaseDoor, HandsOut
from cases.charts.progress import draw
from cases.charts.table import table_of
from cases.rules.instruments import INSTRUMENTS
from cases.services.pictures import picture_of
from clinic.accounts.permissions import Action


class InstrumentsView(APIView):
    @extend_schema(
        operation_id="listInstruments",
        summary="The outcome instruments: what each asks, how it counts, which change matters",
        tags=["care"],
        responses={200: InstrumentOut(many=True)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, frozenset())
        return Response([row.as_data() for row in INSTRUMENTS.values()])


class PictureView(HandsOut, CaseDoor):
    @extend_schema(
        operation_id="drawProgress",
        summary="The case's progress as a picture (SVG), with a title and a description",
        description="The same numbers as a table: `…/progress/`.",
        tags=["care"],
        parameters=[REFERENCE],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        case = case_for(request, reference, Action.READ_ANSWERS)
        picture = picture_of(case, now=timezone.now())
        return HttpResponse(draw(picture, alone=True), content_type="image/svg+xml; charset=utf-8")


class ProgressTableView(CaseDoor):
    @extend_schema(
        operation_id="readProgress",
        summary="The numbers of the progress picture as a table, day by day",
        tags=["care"],
        parameters=[REFERENCE],
        responses={200: ProgressTableOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_ANSWERS)
        return Response(ProgressTableOut(table_of(picture_of(case, now=timezone.now())).as_data()).data)
