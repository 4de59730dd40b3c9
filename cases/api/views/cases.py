"""Cases: the list, one case, and the correction of what was typed wrong."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.access import case_for
from cases.api.bodies import KneesIn
from cases.api.case_shown import CaseOut, CasePageOut, CaseStateOut
from cases.api.detail import detail_of
from cases.api.etags import etag_of, expected_version
from cases.api.filters import PAGING, CaseFilter, refuse_unknown
from cases.api.pages import MOST, USUAL, Order, page_of
from cases.api.views.door import ETAG, REFERENCE, CaseDoor, body_of, if_match, state
from cases.models import Case, Flag
from cases.services.corrections import correct_knees
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, may

NEWEST = Order("opened", "opened_at", newest_first=True)
CHANGED = Order("changed", "updated_at", newest_first=False)

CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins, from `next`.")
LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, description="Rows of a page."
)

_COLUMNS = (
    *("pk", "reference", "site_id", "site__slug", "affects_left", "affects_right", "status", "status_since", "urgency"),
    *("flagged", "first_read_at", "therapist_id", "therapist__name", "opened_at", "updated_at", "version"),
)
# Made once: a serializer copies all its fields when it is made, and showing a case changes none of them.
_SHOWN = CaseOut()
_NAMES = ("patient__reference", "patient__given_name", "patient__family_name")


class CasesView(GenericAPIView):
    """The cases one may see, newest first; with `updated_since` in the order of change."""

    filter_backends = [DjangoFilterBackend]
    filterset_class = CaseFilter
    queryset = Case.objects.none()

    @extend_schema(
        operation_id="listCases",
        summary="List cases",
        tags=["cases"],
        parameters=[CURSOR, LIMIT],
        responses={200: CasePageOut},
        # An object with results and next, not a bare list.
        filters=True,
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, frozenset(CaseFilter.base_filters) | PAGING)
        cases = Case.objects.visible_to(request.user)
        if request.query_params.keys() - PAGING:
            # Building the filters costs as much as the page: the plain list, asked for most, goes without.
            cases = self.filter_queryset(cases)
        standing = Flag.objects.standing().stopping().filter(case=OuterRef("pk"))
        columns = _COLUMNS + (_NAMES if may(request.user, Action.READ_CONTACT) else ())
        order = CHANGED if "updated_since" in request.query_params else NEWEST
        rows, after = page_of(cases.annotate(flagged=Exists(standing)).values(*columns), order, request)
        return Response({"results": [_line(row, request.user) for row in rows], "next": after})


def _line(row: dict[str, Any], user: User) -> dict[str, Any]:
    """The members of `CaseLineOut`. Plain Python: a serializer's fields would take half the time of the request."""
    sides = [side for side in ("left", "right") if row[f"affects_{side}"]]
    line = {
        "reference": row["reference"],
        "site": row["site__slug"],
        "knee_side": "both" if len(sides) == 2 else sides[0],
        "status": row["status"],
        "status_since": row["status_since"],
        "urgency": row["urgency"],
        "flagged": row["flagged"],
        "is_read": row["first_read_at"] is not None,
        "therapist": {"id": row["therapist_id"], "name": row["therapist__name"]} if row["therapist_id"] else None,
        "opened_at": row["opened_at"],
        "updated_at": row["updated_at"],
        "version": row["version"],
    }
    if may(user, Action.READ_CONTACT, site_id=row["site_id"], therapist_id=row["therapist_id"]):
        line["patient"] = {
            "reference": row["patient__reference"],
            "given_name": row["patient__given_name"],
            "family_name": row["patient__family_name"],
        }
    return line


class CaseView(CaseDoor):
    @extend_schema(
        operation_id="readCase",
        summary="Read a case",
        tags=["cases"],
        parameters=[REFERENCE, ETAG],
        responses={200: OpenApiResponse(CaseOut)},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.LIST_CASES, beside=("first_read_by", "previous_case"))
        shown = _SHOWN.to_representation(detail_of(case, request.user, now=timezone.now()))
        return Response(shown, headers={"ETag": etag_of(case)})

    @extend_schema(
        operation_id="correctCase",
        summary="Correct which knee the case is about",
        tags=["cases"],
        parameters=[REFERENCE, if_match(required=True), ETAG],
        request=KneesIn,
        responses={200: OpenApiResponse(CaseStateOut)},
    )
    def patch(self, request: Request, reference: str) -> Response:
        seen = case_for(request, reference, Action.CORRECT_CASE)
        version = expected_version(request, seen, required=True)
        given = body_of(request, KneesIn)
        case = correct_knees(seen, **given, expected_version=version, by=request.user, now=timezone.now())
        return state(case)
