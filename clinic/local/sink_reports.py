"""What the sinks tell back: delivery reports and patients' answers, signed; late, twice, out of order or forged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SECONDS_TO_ANSWER = 10


@dataclass(frozen=True)
class Told:
    """One event as it was answered. status: of HTTP, 0 where nobody answered."""

    path: str
    event_id: str
    status: int


class Reporter:
    """Tells `address` (such as http://127.0.0.1:8000) what became of messages; silent without one.

    secret: what the events are signed with, the same for both channels.
    """

    def __init__(self, address: str = "", secret: str = "") -> None:
        self.address, self.secret = address, secret
        self.told: list[Told] = []
        self._lock = threading.Lock()
        self._waiting: set[threading.Timer] = set()

    def report(self, channel: str, *, message: str, types: Sequence[str], **how: Any) -> list[str]:
        """Report each of the types about a message, in their order; the event ids."""
        bodies = [{"type": each, "message_id": message, "at": time.time()} for each in types]
        return self._tell(f"/webhooks/messages/{channel}/", bodies, **how)

    def answer(self, channel: str, *, sender: str, text: str, message_id: str = "", **how: Any) -> list[str]:
        """A patient answers."""
        message_id = message_id or uuid.uuid4().hex
        body = {"message_id": message_id, "from": sender, "text": text, "at": time.time()}
        return self._tell(f"/webhooks/inbound/{channel}/", [body], **how)

    def wait(self, seconds: float = 30) -> bool:
        """Until everything begun was told; False when the time was not enough."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self._lock:
                if not self._waiting:
                    return True
            time.sleep(0.02)
        return False

    def stop(self) -> None:
        with self._lock:
            for timer in self._waiting:
                timer.cancel()
            self._waiting.clear()

    def _tell(
        self,
        path: str,
        bodies: Sequence[dict[str, Any]],
        *,
        delay: float = 0,
        copies: int = 1,
        backwards: bool = False,
        forged: bool = False,
        apart: float = 0.05,
    ) -> list[str]:
        """delay: before the first. copies: of each, with the same event id. apart: seconds from one to the next."""
        if not self.address:
            return []
        events = [(uuid.uuid4().hex, body) for body in bodies]
        order = list(reversed(events)) if backwards else events
        line = [event for event in order for _ in range(copies)]
        for place, (event_id, body) in enumerate(line):
            timer = threading.Timer(delay + place * apart, lambda: None)
            timer.function = self._post
            timer.args = (timer, path, event_id, body, forged)
            timer.daemon = True
            with self._lock:
                self._waiting.add(timer)
            timer.start()
        return [event_id for event_id, _ in events]

    def _post(self, timer: threading.Timer, path: str, event_id: str, body: dict[str, Any], forged: bool) -> None:
        raw = json.dumps(body).encode()
        timestamp = str(int(time.time()))
        secret = "the secret of somebody else" if forged else self.secret
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature(secret, event_id, timestamp, raw)}",
        }
        try:
            request = urllib.request.Request(f"{self.address}{path}", raw, headers)  # noqa: S310 - our own address
            with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:  # noqa: S310
                status = answer.status
        except urllib.error.HTTPError as refused:
            status = refused.code
            refused.close()
        except OSError:
            status = 0
        with self._lock:
            self.told.append(Told(path, event_id, status))
            self._waiting.discard(timer)


def signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """As Standard Webhooks signs, for a secret that is its own key."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()
