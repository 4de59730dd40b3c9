"""Text messages: one POST to an HTTP gateway, with a key that stays the same on every attempt.

Two dialects: our own JSON, and any form-encoded one, whose fields SMS_GATEWAY_FORM spells out.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from django.conf import settings

from cases.messages.deadline import Deadline
from cases.messages.render import Message
from cases.messages.results import Outcome, Sent
from cases.rules.delivery import WRONG_ADDRESS, Delivered, named, state_of

MOST_SECONDS = 20.0
SECONDS_PER_STEP = 8.0
LONGEST_WAIT = timedelta(hours=6)
# The gateway gave up waiting for somebody behind it, or another attempt with our key is under way: it may have gone.
IN_DOUBT = frozenset({408, 409, 502, 504})
# Our own fault or the gateway's, not the number's: it passes when somebody puts it right.
PASSING = frozenset({401, 402, 403, 425, 429})
# The number is no number, or none that takes texts.
WRONG_NUMBER = frozenset({404, 410, 422})
LARGEST_ANSWER = 64 * 1024


def send(message: Message) -> Sent:
    """Send one text; never raises for what a gateway can do."""
    address = urlsplit(settings.SMS_GATEWAY_URL)
    with Deadline(MOST_SECONDS) as deadline:
        connection = _connection(address)
        try:
            try:
                connection.connect()
            except OSError as error:
                return Sent(Outcome.RETRY, f"no connection: {type(error).__name__}")
            deadline.watch(connection.sock)
            return _post(connection, address, message)
        finally:
            connection.close()


def _post(connection: http.client.HTTPConnection, address: SplitResult, message: Message) -> Sent:
    body, content_type = _spoken(message)
    headers = {"Content-Type": content_type, "Idempotency-Key": message.key, "Connection": "close"}
    if settings.SMS_GATEWAY_TOKEN:
        headers["Authorization"] = f"Bearer {settings.SMS_GATEWAY_TOKEN}"
    elif address.username:
        pair = f"{unquote(address.username)}:{unquote(address.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    path = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
    try:
        connection.request("POST", path, body=body, headers=headers)
        answer = connection.getresponse()
    except (http.client.HTTPException, OSError) as error:
        # The request may have reached the gateway whole; only a status line would tell.
        return Sent(Outcome.AMBIGUOUS, f"no answer: {type(error).__name__}")
    detail = f"the gateway answered {answer.status}"
    if 200 <= answer.status < 300:
        return _accepted(_told(answer))
    if answer.status in IN_DOUBT:
        return Sent(Outcome.AMBIGUOUS, detail)
    if answer.status in PASSING or answer.status >= 500:
        return Sent(Outcome.RETRY, detail, _wait(answer))
    wrong = answer.status in WRONG_NUMBER or _blames_number(_told(answer))
    return Sent(Outcome.REFUSED, detail, wrong_address=wrong)


def _spoken(message: Message) -> tuple[bytes, str]:
    told = {"to": message.to, "text": message.text, "reference": message.key}
    if not settings.SMS_GATEWAY_FORM:
        return json.dumps(told).encode(), "application/json"
    fields = []
    for name, value in parse_qsl(settings.SMS_GATEWAY_FORM, keep_blank_values=True):
        # One pass over each value: what a message says must not be read as a mark again.
        before, _, after = value.partition("{")
        mark, _, rest = after.partition("}")
        fields.append((name, f"{before}{told[mark]}{rest}" if mark in told else value))
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _told(answer: http.client.HTTPResponse) -> dict[str, Any]:
    """What the gateway says beside its status; nothing where it cannot be read: the status has decided already."""
    try:
        found = json.loads(answer.read(LARGEST_ANSWER))
    except (http.client.HTTPException, OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _blames_number(told: dict[str, Any]) -> bool:
    # A bare 400 may as well be our own mistake, and marking every patient's number would be the greater one.
    words = (told.get(name) for name in ("error", "code", "status", "type"))
    return any(state_of(str(word)) in WRONG_ADDRESS for word in words if isinstance(word, str | int))


def _accepted(told: dict[str, Any]) -> Sent:
    ids = (told.get(name) for name in ("id", "message_id", "messageId", "sid", "uuid", "reference"))
    provider_id = next((each for each in ids if isinstance(each, str) and each.isascii() and each.isprintable()), "")
    said = told.get("status")
    if isinstance(said, str) and state_of(said) in {Delivered.UNDELIVERED, Delivered.BOUNCED}:
        # Some gateways take the request and refuse the message in one answer.
        wrong = state_of(said) in WRONG_ADDRESS
        return Sent(Outcome.REFUSED, f"the gateway answered {named(said)}", wrong_address=wrong)
    return Sent(Outcome.ACCEPTED, provider_id=provider_id[:120])


def _connection(address: SplitResult) -> http.client.HTTPConnection:
    host = address.hostname or ""
    if address.scheme == "https":
        return http.client.HTTPSConnection(
            host, address.port, timeout=SECONDS_PER_STEP, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(host, address.port, timeout=SECONDS_PER_STEP)


def _wait(answer: http.client.HTTPResponse) -> timedelta | None:
    """Retry-After: seconds, or a moment by the gateway's own clock; None where neither can be read or it is past."""
    given = (answer.getheader("Retry-After") or "").strip()
    if given.isascii() and given.isdigit():
        asked: timedelta | None = timedelta(seconds=int(given[:6]))
    else:
        until, sent_at = _moment(given), _moment(answer.getheader("Date") or "")
        asked = until - sent_at if until and sent_at else None
    return min(asked, LONGEST_WAIT) if asked is not None and asked >= timedelta() else None


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # Both forms that HTTP knows are of Greenwich, one of them without saying so.
    return found if found.tzinfo else found.replace(tzinfo=UTC)
