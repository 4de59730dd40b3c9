"""Errors of the API as application/problem+json (RFC 9457), each with a stable `code`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from cases.services.errors import Refusal, Stale, WrongInput

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
# A refusal of a service is a conflict with what is stored, but for these.
_STATUS = {"idempotency_key_reused": 422}
_NO_MATCH = "No such address, or it is not yours to see."
_BUSY: dict[str, Any] = {"status": 503, "code": "busy", "detail": "The database is busy. Try again in a moment."}
RETRY_AFTER = "2"  # seconds


def speaks_json(path: str) -> bool:
    """Whether the address belongs to programs, which are answered with a problem and not with a page."""
    return path.startswith(("/api/", "/fhir/", "/webhooks/"))


def body(
    *, status: int, code: str, detail: str, errors: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The members of one problem; `errors` names each wrong field with what to do."""
    found: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    found["detail"] = detail
    if errors:
        found["errors"] = errors
    return found | more


def problem(
    *, status: int, code: str, detail: str, errors: Mapping[str, Any] | None = None, **more: Any
) -> JsonResponse:
    """A problem answered outside the API's views, byte for byte as inside them."""
    return JsonResponse(
        body(status=status, code=code, detail=detail, errors=errors, **more),
        status=status,
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )


def not_found(request: HttpRequest) -> JsonResponse:
    return problem(status=404, code="not_found", detail=_NO_MATCH)


def busy() -> JsonResponse:
    return problem(**_BUSY)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """The one place where an error of a service or of the framework becomes an answer of the API."""
    described = _describe(error)
    if described is None:
        return None
    headers = described.pop("headers", {})
    return Response(described, status=described["status"], content_type=CONTENT_TYPE, headers=headers)


def _describe(error: Exception) -> dict[str, Any] | None:
    match error:
        case WrongInput():
            return body(status=400, code=error.code, detail="Some fields need correcting.", errors=error.errors)
        case Stale():
            return body(status=412, code=error.code, detail=str(error))
        case Refusal():
            more = {"unmet": error.unmet} if hasattr(error, "unmet") else {}
            return body(status=_STATUS.get(error.code, 409), code=error.code, detail=str(error), **more)
        case exceptions.ValidationError():
            return body(
                status=400, code="invalid", detail="Some fields need correcting.", errors=dict(_named(error.detail))
            )
        case Http404() | exceptions.NotFound():
            return body(status=404, code="not_found", detail=_NO_MATCH)
        case PermissionDenied():
            return body(status=403, code="permission_denied", detail="Your role does not allow this.")
        case exceptions.APIException():
            return _framework(error)
        case IntegrityError():
            return _refused_by_the_record(error)
        case OperationalError():
            return body(**_BUSY) | {"headers": {"Retry-After": RETRY_AFTER}}
    return None


def _refused_by_the_record(error: IntegrityError) -> dict[str, Any]:
    """Two requests were right one by one and wrong together: the constraint's name is a sentence that says how."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "unknown"
    # The name only: the rest of the message holds the row's values.
    log.warning("refused by constraint %s", name)
    sentence = name.replace("_", " ")
    return body(
        status=409, code="conflict", detail=f"The record holds to this: {sentence}. Read it again, then repeat."
    )


def _framework(error: exceptions.APIException) -> dict[str, Any]:
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait) + 1)
    return body(status=error.status_code, code=error.default_code, detail=str(error.detail)) | {"headers": headers}


def _named(detail: Any, place: str = "") -> Iterator[tuple[str, list[str]]]:
    """Validation errors by the dotted path of the field; what belongs to no field stands under "body"."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _named(inner, place if name == "non_field_errors" else f"{place}.{name}".lstrip("."))
    elif isinstance(detail, list) and any(isinstance(each, Mapping) for each in detail):
        # One entry per row of a list: the good ones are empty.
        for position, inner in enumerate(detail):
            if inner:
                yield from _named(inner, f"{place}.{position}".lstrip("."))
    else:
        yield place or "body", [str(each) for each in (detail if isinstance(detail, list) else [detail])]
