"""What every door onto a case has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.access import case_for, therapist_of_site
from cases.api.bodies import NothingIn
from cases.api.case_shown import CaseStateOut
from cases.api.etags import etag_of, expected_version
from cases.api.fields import Body
from cases.api.filters import refuse_unknown
from cases.models import Case
from clinic.accounts.permissions import Action

_Row = TypeVar("_Row", bound=Model)

REFERENCE = OpenApiParameter("reference", OpenApiTypes.STR, OpenApiParameter.PATH, description="Such as K-3F9A21C0.")
ETAG = OpenApiParameter("ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=True, description="For If-Match.")


def if_match(*, required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        "If-Match",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        required=required,
        description='The ETag you read, such as "K-3F9A21C0-v3": the change is refused when somebody was faster.',
    )


class HandsOut(APIView):
    """A door that answers with a picture or a document: whoever asks for that type alone gets it. A problem is JSON."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # The framework knows of JSON alone and would answer 406 to the very type that is described.
        return super().perform_content_negotiation(request, force=True)


class CaseDoor(APIView):
    """A door onto one case. It takes no query parameters but those it names."""

    parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.parameters)


def body_of(request: Request, body: type[Body]) -> dict[str, Any]:
    """The checked body. Raises ValidationError naming each field that is wrong."""
    given = body(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def row_of(case: Case, rows: QuerySet[_Row], pk: int) -> _Row:
    """The row of that case, which is at hand already. Raises Http404."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    found.case = case  # type: ignore[attr-defined]
    return found


def with_therapist(given: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """The body with the therapist's id turned into the person."""
    if "therapist" not in given:
        return dict(given)
    return {**given, "therapist": therapist_of_site(given["therapist"], case)}


def state(case: Case) -> Response:
    """A case after a change, with the ETag for the next one."""
    return Response(CaseStateOut(case).data, headers={"ETag": etag_of(case)})


class ChangeDoor(CaseDoor):
    """One change of the case itself: the action it needs, the body it takes, the service it calls."""

    action: ClassVar[Action]
    body: ClassVar[type[Body]] = NothingIn

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        raise NotImplementedError

    def post(self, request: Request, reference: str) -> Response:
        seen = case_for(request, reference, self.action)
        version = expected_version(request, seen)
        given = with_therapist(body_of(request, self.body), seen)
        case = self.change(seen, given, expected_version=version, by=request.user, now=timezone.now())
        if case.therapist_id == seen.therapist_id:
            case.therapist = seen.therapist  # read already
        return state(case)


def describe_change(name: str, summary: str, body: type[Body]) -> Callable[[type[ChangeDoor]], type[ChangeDoor]]:
    """The change as the API's description has it."""
    parameters: list[Any] = [REFERENCE, if_match(required=False), ETAG]
    request = None if body is NothingIn else body
    return extend_schema_view(
        post=extend_schema(
            operation_id=name,
            summary=summary,
            tags=["moves"],
            parameters=parameters,
            request=request,
            responses={200: OpenApiResponse(CaseStateOut)},
        )
    )
