"""The front door for programs: the questions as data, a whole form in one call, a check-in taken by staff."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.fields import Body, Term
from cases.api.filters import refuse_unknown
from cases.api.shown import Moment, Out
from cases.models import choices_of
from cases.rules.terms import Urgency
from cases.services.errors import WrongInput
from clinic.accounts.limits import IntakeLimit
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, may
from intake.models import Submission
from intake.questionnaire.published import as_json
from intake.questionnaire.versions import current
from intake.services.submissions import submit_answers
from intake.views.safety import advice

_KEY = re.compile(r"[A-Za-z0-9._:-]{16,64}", re.ASCII)
_LANGUAGES = [code for code, _ in settings.LANGUAGES]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="One new random key (a UUID) for each form. Send it again with the same form after a lost answer.",
)


class IntakeIn(Body):
    """answers: question name to answer, as the questionnaire has them; blank ones left out."""

    language = Term(choices=_LANGUAGES, required=False, default="en", help_text="In which the questions were read.")
    answers = serializers.DictField(allow_empty=False)


class IntakeOut(Out):
    """What a patient may be told: a reference and what to do now. Never a suspected cause."""

    reference = serializers.CharField()
    received_at = Moment()
    urgency = serializers.ChoiceField(choices_of(Urgency))
    advice = serializers.ListField(child=serializers.CharField(), help_text="Show these, in this order, at once.")
    emergency_number = serializers.CharField()


class IntakesView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [IntakeLimit]

    @extend_schema(
        operation_id="submitIntake",
        summary="Send a filled-in form",
        description="Open to everybody. The same validation and rules as the pages. Answered only once stored.",
        tags=["intake"],
        auth=[{}, {"token": []}, {"cookieAuth": []}],
        parameters=[IDEMPOTENCY_KEY],
        request=IntakeIn,
        responses={201: IntakeOut},
    )
    def post(self, request: Request) -> Response:
        key = _idempotency_key(request)
        given = IntakeIn(data=request.data)
        given.is_valid(raise_exception=True)
        answers = given.validated_data["answers"]
        by = _who(request, answers)
        try:
            submission = submit_answers(
                answers, idempotency_key=key, language=given.validated_data["language"], by=by, now=timezone.now()
            )
        except WrongInput as error:
            raise WrongInput(in_json(error.errors)) from error
        return Response(IntakeOut(_told(submission)).data, status=201)


def in_json(errors: dict[str, list[str]]) -> dict[str, list[str]]:
    """Messages by input name (`activities-0-type`) as messages by path in the body (`answers.activities.0.type`)."""
    return {f"answers.{name.replace('-', '.')}": texts for name, texts in errors.items()}


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not _KEY.fullmatch(key):
        what = "Send this header with a new random key for each form, such as a UUID: 16 to 64 letters, digits and .:_-"
        raise ValidationError({"Idempotency-Key": [what]})
    return key


def _who(request: Request, answers: dict[str, Any]) -> User | None:
    """Who sends the form: None for the open web. Raises PermissionDenied for staff who may not, there."""
    if not request.user.is_authenticated:
        return None
    site = Site.objects.filter(slug=str(answers.get("site", ""))).values_list("pk", flat=True).first()
    if not may(request.user, Action.SUBMIT_INTAKE, site_id=site):
        raise PermissionDenied
    return request.user


def _told(submission: Submission) -> dict[str, Any]:
    """The same words for every repeat of the call: reckoned from when the form came in."""
    site, at = submission.patient.site, submission.received_at
    told = advice(Urgency(submission.urgency), site=site, since=at, now=at)
    return {
        "reference": submission.case.reference,
        "received_at": at,
        "urgency": submission.urgency,
        "advice": list(told.texts),
        "emergency_number": site.emergency_number,
    }


class QuestionnaireView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="readQuestionnaire",
        summary="The questions as data",
        description="Everything a renderer needs: wording, options, ranges, and the conditions that show a question.",
        tags=["intake"],
        auth=[{}],
        parameters=[OpenApiParameter("language", {"type": "string", "enum": _LANGUAGES, "default": "en"})],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, frozenset({"language"}))
        language = request.query_params.get("language", "en")
        if language not in _LANGUAGES:
            raise ValidationError({"language": [f"Choose among {', '.join(_LANGUAGES)}."]})
        sites = dict(Site.objects.order_by("name", "pk").values_list("slug", "name"))
        return Response(as_json(current(), language, sites=sites))
