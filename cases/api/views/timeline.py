"""What happened to a case, newest first."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.access import allowed, case_for
from cases.api.filters import PAGING
from cases.api.pages import Order, page_of
from cases.api.shown import EventOut, EventPageOut
from cases.api.views.cases import CURSOR, LIMIT
from cases.api.views.door import REFERENCE, CaseDoor
from clinic.accounts.permissions import Action

HAPPENED = Order("at", "at", newest_first=True)


class TimelineView(CaseDoor):
    """For clinicians with its details, which name causes and rules; for auditors without."""

    parameters = PAGING

    @extend_schema(
        operation_id="readTimeline",
        summary="What happened, newest first",
        tags=["cases"],
        parameters=[REFERENCE, CURSOR, LIMIT],
        responses={200: EventPageOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_SUGGESTION, Action.READ_EVENTS)
        events, after = page_of(case.events.select_related("by"), HAPPENED, request)
        shown = EventOut(events, many=True).data
        if not allowed(request.user, Action.READ_SUGGESTION, case):
            for event in shown:
                del event["details"]
        return Response({"results": shown, "next": after})
