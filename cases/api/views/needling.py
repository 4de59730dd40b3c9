"""Dry needling of a case: both sides of the evidence, screens, and sessions."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.access import case_for
from cases.api.care_bodies import NeedlingScreeningIn, NeedlingSessionIn
from cases.api.care_shown import NeedlingOut, NeedlingScreeningOut, NeedlingSessionOut, NeedlingSessionsOut
from cases.api.etags import expected_version
from cases.api.views.door import REFERENCE, CaseDoor, body_of, if_match
from cases.rules.needling import (
    CONSENT_TEXTS,
    CONSENT_VERSION,
    EVIDENCE_AGAINST,
    EVIDENCE_FOR,
    HARMS,
    STANCE,
    THERAPIST_QUESTIONS,
)
from cases.rules.plan_templates import NEEDLING_PATIENT_TEXT
from cases.services import needling
from clinic.accounts.permissions import Action

MOST_SHOWN = 50


class NeedlingScreeningsView(CaseDoor):
    @extend_schema(
        operation_id="listNeedlingScreenings",
        summary="Both sides of the evidence, the questions, and every screen",
        tags=["needling"],
        parameters=[REFERENCE],
        responses={200: NeedlingOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_SUGGESTION)
        now = timezone.now()
        rows = list(case.needling_screenings.select_related("therapist").order_by("-pk")[:MOST_SHOWN])
        for row in rows:
            row.case = case
        told = {
            "evidence_for": EVIDENCE_FOR,
            "evidence_against": EVIDENCE_AGAINST,
            "harms": HARMS,
            "stance": STANCE,
            "patient_text": NEEDLING_PATIENT_TEXT,
            "consent": {"version": CONSENT_VERSION, "text": CONSENT_TEXTS[CONSENT_VERSION]},
            "questions": [question.as_data() for question in THERAPIST_QUESTIONS],
            "offered": case.site.offers_dry_needling,
            "certified": needling.is_certified(request.user, case.site, now=now),
            "stale": needling.why_stale(rows[0], now=now) if rows else "",
            "screenings": rows,
        }
        return Response(NeedlingOut(told).data)

    @extend_schema(
        operation_id="screenForNeedling",
        summary="Answer the safety screen today",
        description="Safety only: a result of ok does not recommend needling. For a plan a screen holds 14 days, and "
        "until the patient reports anew or a flag is raised; each session wants a screen of its own day.",
        tags=["needling"],
        parameters=[REFERENCE, if_match(required=False)],
        request=NeedlingScreeningIn,
        responses={201: NeedlingScreeningOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.RECORD_NEEDLING)
        version = expected_version(request, case)
        given = body_of(request, NeedlingScreeningIn)
        screening = needling.screen_for_needling(
            case, **given, expected_version=version, by=request.user, now=timezone.now()
        )
        return Response(NeedlingScreeningOut(screening).data, status=201)


class NeedlingSessionsView(CaseDoor):
    @extend_schema(
        operation_id="listNeedlingSessions",
        summary="Every session, oldest first, and what they say about the next one",
        tags=["needling"],
        parameters=[REFERENCE],
        responses={200: NeedlingSessionsOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.READ_SUGGESTION)
        rows = case.needling_sessions.select_related("therapist", "plan_item__plan").order_by("performed_at", "pk")
        told = {"so_far": needling.sessions_of(case).as_data(), "sessions": rows}
        return Response(NeedlingSessionsOut(told).data)

    @extend_schema(
        operation_id="recordNeedlingSession",
        summary="Record one session of dry needling",
        description="Under the plan in force, after a passed screen of the same day; one session a day. After four "
        "without an important change there is no fifth.",
        tags=["needling"],
        parameters=[REFERENCE, if_match(required=False)],
        request=NeedlingSessionIn,
        responses={201: NeedlingSessionOut},
    )
    def post(self, request: Request, reference: str) -> Response:
        case = case_for(request, reference, Action.RECORD_NEEDLING)
        version = expected_version(request, case)
        given = body_of(request, NeedlingSessionIn)
        if given.get("visit") is not None:
            given["visit"] = case.visits.filter(pk=given["visit"]).first()
            if given["visit"] is None:
                raise ValidationError({"visit": ["This case has no such visit."]})
        session = needling.record_session(case, **given, expected_version=version, by=request.user, now=timezone.now())
        return Response(NeedlingSessionOut(session).data, status=201)
