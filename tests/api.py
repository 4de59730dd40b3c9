"""The API as its users call it: a client with a personal token, and cases in a known state."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from cases.models import Case, Flag, Suggestion, SymptomReport
from cases.services import findings, moves, plans
from clinic.accounts.models import User
from clinic.accounts.tokens import issue_token
from tests.factories import MONDAY, ROUTINE_ANSWERS, CaseFactory

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"


class Api(APIClient):
    """JSON in and out; `send` sends bytes as they are."""

    def __init__(self, user: User | None = None) -> None:
        super().__init__()
        self.default_format = "json"
        if user is not None:
            _token, secret = issue_token(user, now=timezone.now())
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def send(self, path: str, body: bytes, *, method: str = "POST", **more: Any) -> Any:
        return self.generic(method, path, body, **({"content_type": "application/json"} | more))

    def request(self, **kwargs: Any) -> Any:
        response = super().request(**kwargs)
        if "json" in response.headers.get("Content-Type", ""):
            response.data = json.loads(response.content)
        return response


def api_of(user: User | None = None) -> Api:
    return Api(user)


def path_of(case: Case, rest: str = "") -> str:
    return f"/api/v1/cases/{case.reference}/{rest}"


def reported(case: Case, *, causes: list[str] | None = None, now: datetime = MONDAY) -> Suggestion:
    """A report and a suggestion of the case, without asking the rules."""
    report = SymptomReport.objects.create(
        case=case,
        source="intake",
        reported_at=now,
        answers={"knee_side": "left", "pain_now": 3},
        shown=["knee_side", "pain_now"],
        questionnaire_version="2026.11",
        rules_version="2026.11",
        urgency="routine",
    )
    return Suggestion.objects.create(
        case=case,
        report=report,
        rules_version="2026.11",
        likelihood="likely",
        causes=["overuse"] if causes is None else causes,
        body={"causes": [], "needling": {"result": "ok"}},
        made_at=now,
    )


def flagged(case: Case, *, level: str = "same_day", rule_id: str = "S3") -> Flag:
    """A standing red flag of the case."""
    report = case.reports.first() or reported(case).report
    Case.objects.filter(pk=case.pk).update(urgency=level)
    return Flag.objects.create(
        case=case,
        report=report,
        rule_id=rule_id,
        level=level,
        suspicion="deep vein thrombosis",
        answers={"calf_swelling": "yes"},
        source="Wells 2003",
        rules_version="2026.11",
        raised_at=MONDAY,
        act_by=MONDAY,
    )


def scheduled(therapist: User, **fields: Any) -> Case:
    """A case of the therapist that only waits for its treatment to begin."""
    case = CaseFactory(therapist=therapist, status="scheduled", **fields)
    reported(case)
    findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=MONDAY)
    plan = plans.draft_plan(case, by=therapist, now=MONDAY)
    plan.case = case
    plans.approve_plan(plan, by=therapist, now=MONDAY)
    case.refresh_from_db()
    return case


def treated(therapist: User, **fields: Any) -> Case:
    """A case of the therapist in treatment."""
    return moves.start_treatment(scheduled(therapist, **fields), by=therapist, now=MONDAY)


def intake_body(**changes: Any) -> dict[str, Any]:
    return {"answers": ROUTINE_ANSWERS | changes}
