"""Somebody of the clinic at work, by the API, while servers fail."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.faults.house import SITE, House

_STAFF = (
    "from clinic.accounts.models import *; from clinic.accounts.tokens import issue_token;"
    "from django.utils import timezone;"
    "u = User.objects.create_user('all@clinic.example', name='Al');"
    f"s = Site.objects.get(name='{SITE}');"
    "[Membership.objects.create(user=u, site=s, role=r) for r in (Role.MANAGER, Role.THERAPIST)];"
    "print('TOKEN', issue_token(u, now=timezone.now())[1])"
)


@dataclass
class Answer:
    status: int
    body: dict[str, Any]
    seconds: float
    headers: dict[str, str]

    @property
    def told(self) -> str:
        return f"{self.status} {self.body.get('code', '')}".strip()


class Staff:
    """Somebody of the clinic, by the API."""

    def __init__(self, house: House) -> None:
        self.house = house
        [line] = [line for line in house.manage("shell", "-v0", "-c", _STAFF).splitlines() if "TOKEN" in line]
        self.token = line.split()[1]

    def ask(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Answer:
        begun = time.monotonic()
        client = http.client.HTTPConnection(urlsplit(self.house.address).netloc, timeout=30)
        headers |= {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        client.request(method, f"/api/v1/cases/{path}", json.dumps(body), headers)
        response = client.getresponse()
        text = response.read().decode()
        client.close()
        _no_raw_error(text)
        return Answer(response.status, json.loads(text), time.monotonic() - begun, dict(response.headers))

    def correct(self, reference: str, *, version: int, knee_side: str = "both") -> Answer:
        """The patient is locked first, then the case."""
        body = {"knee_side": knee_side, "reason": "It was typed wrong."}
        return self.ask("PATCH", f"{reference}/", body, **{"If-Match": f'"{reference}-v{version}"'})


def _no_raw_error(text: str) -> None:
    for word in ("psycopg", "deadlock", "serialize", "Traceback", "SQLSTATE", "lock timeout", "relation"):
        assert word not in text, text[:500]


@contextmanager
def staffed(harm: str = "") -> Iterator[tuple[House, Staff]]:
    with House(harm=harm) as house:
        yield house, Staff(house)
