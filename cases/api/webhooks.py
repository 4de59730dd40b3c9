"""Where providers report: signed, fresh, each event once; a stranger learns nothing.

Signatures are those of Standard Webhooks (standardwebhooks.com): `webhook-id`, `webhook-timestamp` in seconds, and
`webhook-signature: v1,<base64>` of HMAC-SHA256 over "id.timestamp.body". Several may stand there, parted by spaces.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import logging
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from cases.rules.delivery import WINDOW
from cases.rules.terms import Channel
from cases.services.delivery import Report, take_report
from cases.services.inbound import take_message

log = logging.getLogger(__name__)

LONGEST_ID = 120
LARGEST_BODY = 256 * 1024
# What the record cannot hold, or would be shown as something else; a lone surrogate stands for half a sign.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN_ID = re.compile(r"[\x21-\x7e]{1,120}")

Signed = Callable[[Channel, str, dict[str, Any] | None, datetime], str]


def signature(secret: str, *, event_id: str, timestamp: str, body: bytes) -> str:
    """The base64 of the HMAC; a secret that begins with whsec_ holds its key in base64, as the standard has it."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        with contextlib.suppress(binascii.Error):  # else it is a key that happens to begin so
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = event_id.encode() + b"." + timestamp.encode() + b"." + body
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _is_signed(request: HttpRequest, provider: str, body: bytes, *, now: datetime) -> bool:
    event_id = request.headers.get("webhook-id", "")
    timestamp = request.headers.get("webhook-timestamp", "")
    given = request.headers.get("webhook-signature", "")
    secrets = settings.WEBHOOK_SECRETS.get(provider, [])
    if not secrets or not _PLAIN_ID.fullmatch(event_id) or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    signatures = [each.removeprefix("v1,") for each in given.split(" ") if each.startswith("v1,")][:8]
    right = False
    for secret in secrets:
        wanted = signature(secret, event_id=event_id, timestamp=timestamp, body=body)
        for each in signatures:
            # All of them are compared: how long it takes says nothing about which one fits.
            right |= hmac.compare_digest(wanted.encode(), each.encode("utf-8", "replace"))
    return right


def _door(take: Signed) -> Callable[[HttpRequest, str], HttpResponse]:
    @csrf_exempt
    @require_POST
    def door(request: HttpRequest, provider: str) -> HttpResponse:
        now = timezone.now()
        body = request.body
        if not _is_signed(request, provider, body, now=now):
            # One answer for a wrong secret, an old moment, a provider that does not exist: none of it is a hint.
            return JsonResponse({"status": "refused"}, status=403)
        said = take(Channel(provider), request.headers["webhook-id"], _read(body), now)
        return JsonResponse({"status": said}, status=202)

    return door


def _read(body: bytes) -> dict[str, Any] | None:
    """The object in the body, its text made fit to store; None where there is none.

    Not refused like everybody else's text: a provider would send it again for days, and a STOP would be lost in it.
    """
    if len(body) > LARGEST_BODY:
        return None
    try:
        found = json.loads(body.decode("utf-8", "replace"), parse_int=_whole, parse_constant=_none)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    inner = found.get("data")
    # The standard puts what happened into `data`; both places are read, the outer one first.
    flat = {**(inner if isinstance(inner, dict) else {}), **found}
    return {str(name): value for name, value in flat.items() if isinstance(value, str | int | float)}


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= 15 else None


def _none(name: str) -> None:
    return None


def _text(found: dict[str, Any], *names: str, most: int) -> str:
    """The first of the fields that is there, as text."""
    value = next((found[name] for name in names if found.get(name) not in (None, "")), "")
    return _NOT_TEXT.sub(" ", str(value))[:most].strip()


def _moment(found: dict[str, Any], *names: str) -> datetime | None:
    """A moment as ISO 8601 with its zone or in seconds since 1970; None for anything else."""
    value = next((found[name] for name in names if found.get(name) is not None), None)
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else None
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _report(channel: Channel, event_id: str, found: dict[str, Any] | None, now: datetime) -> str:
    if found is None or not _text(found, "type", "event", "status", "state", most=80):
        row = take_report(channel, Report(event_id, is_readable=False), now=now)
        log.warning("delivery report %s could not be read", row.pk)
        return "recorded"
    take_report(
        channel,
        Report(
            event_id,
            word=_text(found, "type", "event", "status", "state", most=80),
            message_id=_text(found, "reference", "message", "message_id", "email_id", "sid", most=LONGEST_ID),
            happened_at=_moment(found, "at", "timestamp", "created_at"),
        ),
        now=now,
    )
    return "recorded"


def _message(channel: Channel, event_id: str, found: dict[str, Any] | None, now: datetime) -> str:
    given = found or {}
    row = take_message(
        channel,
        # The message's own id where there is one: a provider may tell of one message in two events.
        message_id=_text(given, "message_id", "id", "sid", most=LONGEST_ID) or event_id,
        sender=_text(given, "from", "sender", "From", most=254),
        text=_text(given, "text", "body", "Body", most=10_000),
        sent_at=_moment(given, "at", "timestamp", "created_at"),
        now=now,
    )
    if found is None:
        log.warning("inbound message %s could not be read", row.pk)
    return "recorded"


messages = _door(_report)
inbound = _door(_message)
