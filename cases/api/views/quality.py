"""How good are we: suggestions against findings and outcomes of treatments, for programs."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.filters import refuse_unknown
from cases.api.quality_shown import QualityOut
from cases.services.quality import CAVEATS, SYNTHETIC, quality_of, scope_asked
from clinic.accounts.permissions import Action, may

FROM = OpenApiParameter("from", OpenApiTypes.DATE, description="First day on which a finding was recorded.")
TO = OpenApiParameter("to", OpenApiTypes.DATE, description="Last day on which a finding was recorded.")
SITE = OpenApiParameter("site", OpenApiTypes.STR, description="The short name of one site; all of yours without it.")


class QualityView(APIView):
    """Managers read their sites, therapists their own cases."""

    @extend_schema(
        operation_id="readQuality",
        summary="How good are we?",
        tags=["quality"],
        parameters=[FROM, TO, SITE],
        responses={200: QualityOut},
    )
    def get(self, request: Request) -> Response:
        if not may(request.user, Action.READ_QUALITY):
            raise PermissionDenied
        refuse_unknown(request, frozenset({"from", "to", "site"}))
        asked = request.query_params
        scope = scope_asked(
            request.user, site=asked.get("site", ""), since=asked.get("from", ""), until=asked.get("to", "")
        )
        found = quality_of(scope, now=timezone.now()).as_data()
        caveats = [SYNTHETIC, *CAVEATS] if settings.DEMO else list(CAVEATS)
        return Response({**found, "synthetic": settings.DEMO, "caveats": caveats})
