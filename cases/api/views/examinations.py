"""What was found on examining, what may be recorded, and every suggestion before and after."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.access import case_for
from cases.api.bodies import ExaminationIn
from cases.api.etags import expected_version
from cases.api.examinations_shown import (
    ExaminationOut,
    ExaminationPageOut,
    ExaminedOut,
    ExamTestOut,
    SuggestionOut,
    SuggestionPageOut,
)
from cases.api.filters import PAGING, refuse_unknown
from cases.api.pages import Order, page_of
from cases.api.views.cases import CURSOR, LIMIT
from cases.api.views.door import REFERENCE, CaseDoor, body_of, if_match
from cases.rules.exam_tests import TESTS
from cases.services import examinations
from clinic.accounts.permissions import Action

EXAMINED = Order("examined", "examined_at", newest_first=True)
MADE = Order("made", "made_at", newest_first=True)


class ExaminationTestsView(APIView):
    @extend_schema(
        operation_id="listExaminationTests",
        summary="The tests that can be recorded, with units, ranges and options",
        tags=["care"],
        responses={200: ExamTestOut(many=True)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, frozenset())
        return Response([test.as_data() for test in TESTS])


class ExaminationsView(CaseDoor):
    parameters = PAGING

    @extend_schema(
        operation_id="listExaminations",
        summary="Every examination of the case, newest first",
        tags=["care"],
        parameters=[REFERENCE, CURSOR, LIMIT],
        responses={200: ExaminationPageOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_SUGGESTION)
        rows, after = page_of(case.examinations.select_related("therapist"), EXAMINED, request)
        return Response({"results": ExaminationOut(rows, many=True).data, "next": after})

    @extend_schema(
        operation_id="recordExamination",
        summary="Record what was measured and seen",
        description="The suggestion is worked out again with it; the earlier one is kept.",
        tags=["care"],
        parameters=[REFERENCE, if_match(required=False)],
        request=ExaminationIn,
        responses={201: ExaminedOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.RECORD_EXAMINATION)
        version = expected_version(request, case)
        given = body_of(request, ExaminationIn)
        examination = examinations.record_examination(
            case, **given, expected_version=version, by=request.user, now=timezone.now()
        )
        after = examination.suggestions.first()
        latest = case.suggestions.order_by("-pk")
        before = latest.filter(pk__lt=after.pk).first() if after else latest.first()
        shown = {"examination": examination, "before": before, "after": after}
        return Response(ExaminedOut(shown).data, status=201)


class SuggestionsView(CaseDoor):
    parameters = PAGING

    @extend_schema(
        operation_id="listSuggestions",
        summary="Every suggestion of the case, newest first",
        description="Worked out again after each whole form and each examination; none is ever changed.",
        tags=["care"],
        parameters=[REFERENCE, CURSOR, LIMIT],
        responses={200: SuggestionPageOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_SUGGESTION)
        rows, after = page_of(case.suggestions.all(), MADE, request)
        return Response({"results": SuggestionOut(rows, many=True).data, "next": after})
