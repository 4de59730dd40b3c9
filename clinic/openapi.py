"""What the generated API description cannot see by itself: problems, and the questions of the form."""

from __future__ import annotations

from typing import Any

from cases.models import Plan, choices_of
from cases.rules.terms import CaseStatus, CloseReason, NeedlingResult, ProgressStatus, Urgency, VisitStatus
from intake.questionnaire.published import json_schema
from intake.questionnaire.versions import current

# The names of closed sets of words in the description; without them the generator makes up its own.
CASE_STATUS = choices_of(CaseStatus)
CLOSE_REASON = choices_of(CloseReason)
PLAN_STATUS = Plan.Status.choices
PROGRESS_STATUS = choices_of(ProgressStatus)
URGENCY = choices_of(Urgency)
NEEDLING_RESULT = choices_of(NeedlingResult)
VISIT_STATUS = choices_of(VisitStatus)
VISIT_RESULT = [choice for choice in VISIT_STATUS if choice[0] != VisitStatus.PLANNED]

_PROBLEM = {
    "type": "object",
    "description": "An error as RFC 9457 has it. Programs read `code`, which never changes its meaning.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string", "description": "What is wrong and what to do, for people."},
        "errors": {
            "type": "object",
            "description": "What to do about each wrong field, by its dotted path (`items.0.name`).",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "unmet": {
            "type": "array",
            "description": "Of an illegal move: each condition that is not met.",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "sentence": {"type": "string"}},
                "required": ["id", "sentence"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_MEANING = {
    "400": "Some fields need correcting; `errors` names each.",
    "401": "Sign in: send a personal token.",
    "403": "Your role does not allow this.",
    "404": "No such thing, or it is not yours to see.",
    "409": "The stored state does not allow this; `code` and `unmet` say why.",
    "412": "Somebody else changed it first: read it again and repeat.",
    "413": "The body is too large.",
    "415": "The body is not UTF-8 JSON.",
    "422": "The Idempotency-Key was used before with other content.",
    "428": "Send If-Match with the ETag you read.",
    "429": "Too often; Retry-After says when to try again.",
    "503": "The database is busy; Retry-After says when to try again.",
}
_CHANGING = frozenset({"post", "put", "patch", "delete"})


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every operation may answer with a problem: say which."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in _statuses(path, method, operation):
                operation["responses"][status] = {
                    "description": _MEANING[status],
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
    return result


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    told = {"400", "503"}
    is_public = {} in operation.get("security", [])
    told |= set() if is_public else {"401"}
    parameters = {each["name"] for each in operation.get("parameters", [])}
    if "{" in path:
        told.add("404")
    if "/cases/" in path or path.endswith("/quality/"):
        told.add("403")
    if path.endswith("/tokens/") and method == "post":
        told |= {"401", "403"}
    if method in _CHANGING and "/cases/" in path:
        told.add("409")
    if "requestBody" in operation:
        told |= {"413", "415"}
    if "If-Match" in parameters:
        told |= {"412"} | ({"428"} if method == "patch" else set())
    if "Idempotency-Key" in parameters:
        told |= {"403", "422"}
    if is_public and method == "post":
        told.add("429")
    return sorted(told)


def describe_questionnaire(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The answers of a form as its own definition has them."""
    schemas = result["components"]["schemas"]
    schemas["IntakeAnswers"] = json_schema(current())
    schemas["IntakeIn"]["properties"]["answers"] = {"$ref": "#/components/schemas/IntakeAnswers"}
    return result
