"""Lost-update checks: a strong ETag from the case's version, and If-Match on what changes it."""

from __future__ import annotations

import re

from rest_framework.exceptions import APIException
from rest_framework.request import Request

from cases.models import Case
from cases.services.errors import Stale

# One strong tag. `*`, lists and weak tags are refused: each would let a change through that saw something else.
_TAG = re.compile(r'"([A-Z0-9-]{1,20})-v(\d{1,9})"', re.ASCII)


class VersionNeeded(APIException):
    status_code = 428
    default_code = "version_needed"
    default_detail = "Send the header If-Match with the ETag of the case as you read it."


class WrongIfMatch(APIException):
    status_code = 400
    default_code = "bad_if_match"
    default_detail = 'If-Match: send exactly one strong ETag as you read it, such as "K-3F9A21C0-v3".'


def etag_of(case: Case) -> str:
    return f'"{case.reference}-v{case.version}"'


def expected_version(request: Request, case: Case, *, required: bool = False) -> int | None:
    """The version the sender last read; None when not said. Raises VersionNeeded, WrongIfMatch, Stale."""
    tag = request.headers.get("If-Match", "").strip()
    if not tag:
        if required:
            raise VersionNeeded
        return None
    match = _TAG.fullmatch(tag)
    if match is None:
        raise WrongIfMatch
    if match[1] != case.reference:
        raise Stale(f"This ETag is not of {case}. Read the case again, then repeat your change.")
    return int(match[2])
