"""Check-ins over the API: what is asked of a patient, and the answers that staff take by telephone."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.access import case_for
from cases.api.fields import MOST_ID, Body, Whole
from cases.api.shown import CheckInOut, ReportOut
from cases.api.views.door import REFERENCE, CaseDoor, body_of
from cases.models import Case, CheckIn
from cases.services.check_ins import answer_check_in
from cases.services.errors import WrongInput
from clinic.accounts.permissions import Action
from intake.api import in_json
from intake.questionnaire.published import as_json
from intake.views.check_in_form import form_of


class CheckInIn(Body):
    """answers: question name to answer, as the check-in's own questions have them; blank ones left out."""

    check_in = Whole(min_value=1, max_value=MOST_ID)
    answers = serializers.DictField(allow_empty=False)


class CheckInQuestionsOut(CheckInOut):
    questionnaire = serializers.DictField(help_text="In the shape of the intake's questionnaire.")


def _check_in(case: Case, check_in_id: int) -> CheckIn | None:
    found = case.check_ins.filter(pk=check_in_id).select_related("report").first()
    if found is not None:
        found.case = case  # with its patient and site, read already
    return found


class CheckInsView(CaseDoor):
    @extend_schema(
        operation_id="listCheckIns",
        summary="Every check-in of the case, first due first",
        tags=["check-ins"],
        parameters=[REFERENCE],
        responses={200: CheckInOut(many=True)},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_ANSWERS)
        return Response(CheckInOut(case.check_ins.order_by("due_at", "pk"), many=True).data)

    @extend_schema(
        operation_id="answerCheckIn",
        summary="Record what the patient answered",
        description="Files a report of the case, judged like any other, with its scores.",
        tags=["check-ins"],
        parameters=[REFERENCE],
        request=CheckInIn,
        responses={201: ReportOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.RECORD_CHECK_IN)
        given = body_of(request, CheckInIn)
        check_in = _check_in(case, given["check_in"])
        if check_in is None:
            raise ValidationError({"check_in": ["This case has no such check-in."]})
        return Response(ReportOut(_answer(check_in, given["answers"], request)).data, status=201)


def _answer(check_in: CheckIn, answers: dict[str, Any], request: Request) -> Any:
    now = timezone.now()
    form = form_of(check_in, now=now)
    cleaned = form.judge(answers)
    if cleaned.errors:
        raise WrongInput(in_json(cleaned.errors))
    return answer_check_in(
        check_in,
        **form.told(cleaned),
        now=now,
        by=request.user,
    )


class CheckInView(CaseDoor):
    @extend_schema(
        operation_id="readCheckIn",
        summary="One check-in with its questions",
        tags=["check-ins"],
        parameters=[REFERENCE, OpenApiParameter("check_in_id", OpenApiTypes.INT, OpenApiParameter.PATH)],
        responses={200: CheckInQuestionsOut},
    )
    def get(self, request: Request, reference: str, check_in_id: int) -> Response:
        case = case_for(request, reference, Action.READ_ANSWERS)
        check_in = _check_in(case, check_in_id)
        if check_in is None:
            raise Http404
        asked = form_of(check_in, now=timezone.now()).asked
        return Response({**CheckInOut(check_in).data, "questionnaire": as_json(asked, case.patient.language)})
