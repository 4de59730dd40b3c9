"""Where it hurts, as the patient pressed it on the map of the knee."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from cases.api.access import case_for
from cases.api.views.door import REFERENCE, CaseDoor, HandsOut
from cases.charts.knee import replay
from clinic.accounts.permissions import Action


class KneeView(HandsOut, CaseDoor):
    @extend_schema(
        operation_id="drawKnee",
        summary="The map of the knee with the places that hurt (SVG), from the latest report that names some",
        tags=["care"],
        parameters=[REFERENCE],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        case = case_for(request, reference, Action.READ_ANSWERS)
        told = case.reports.filter(answers__has_key="pain_location").order_by("-reported_at", "-pk").first()
        # A red flag may have ended the form before anybody asked where it hurts: then the map shows no place.
        answers, wording = (told.answers, told.wording) if told else ({"knee_side": case.knee_side}, ())
        return HttpResponse(replay(answers, wording), content_type="image/svg+xml; charset=utf-8")
