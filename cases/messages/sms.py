"""Text messages: one POST to an HTTP gateway, with a key that stays the same on every attempt."""

from __future__ import annotations

import http.client
import json
import ssl
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from cases.messages.deadline import Deadline
from cases.messages.render import Message
from cases.messages.results import Outcome, Sent

MOST_SECONDS = 20.0
SECONDS_PER_STEP = 8.0
LONGEST_WAIT = timedelta(hours=6)
# The gateway gave up waiting for somebody behind it, or another attempt with our key is under way: it may have gone.
IN_DOUBT = frozenset({408, 409, 502, 504})
# Our own fault or the gateway's, not the number's: it passes when somebody puts it right.
PASSING = frozenset({401, 402, 403, 425, 429})


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
    body = json.dumps({"to": message.to, "text": message.text, "reference": message.key})
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.key, "Connection": "close"}
    if settings.SMS_GATEWAY_TOKEN:
        headers["Authorization"] = f"Bearer {settings.SMS_GATEWAY_TOKEN}"
    path = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
    try:
        connection.request("POST", path, body=body.encode(), headers=headers)
        answer = connection.getresponse()
    except (http.client.HTTPException, OSError) as error:
        # The request may have reached the gateway whole; only a status line would tell.
        return Sent(Outcome.AMBIGUOUS, f"no answer: {type(error).__name__}")
    detail = f"the gateway answered {answer.status}"
    if 200 <= answer.status < 300:
        return Sent(Outcome.ACCEPTED)
    if answer.status in IN_DOUBT:
        return Sent(Outcome.AMBIGUOUS, detail)
    if answer.status in PASSING or answer.status >= 500:
        return Sent(Outcome.RETRY, detail, _wait(answer.getheader("Retry-After")))
    return Sent(Outcome.REFUSED, detail)


def _connection(address: SplitResult) -> http.client.HTTPConnection:
    host = address.hostname or ""
    if address.scheme == "https":
        return http.client.HTTPSConnection(
            host, address.port, timeout=SECONDS_PER_STEP, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(host, address.port, timeout=SECONDS_PER_STEP)


def _wait(given: str | None) -> timedelta | None:
    """Retry-After in seconds; a date is left alone, our own pause is long enough."""
    if given is None or not given.isascii() or not given.isdigit():
        return None
    return min(timedelta(seconds=int(given[:6])), LONGEST_WAIT)
