"""P3: a deadlock on purpose: PostgreSQL takes the request back, it is tried again whole, and nobody hears of it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.faults.house import SITE, House
from tests.faults.load import new_line, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
DEADLOCKS = size(4, 25)
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

    def correct(self, reference: str, *, version: int) -> Answer:
        """The patient is locked first, then the case."""
        body = {"knee_side": "both", "reason": "It is both."}
        return self.ask("PATCH", f"{reference}/", body, **{"If-Match": f'"{reference}-v{version}"'})


def _no_raw_error(text: str) -> None:
    for word in ("psycopg", "deadlock", "serialize", "Traceback", "SQLSTATE", "lock timeout", "relation"):
        assert word not in text, text[:500]


@contextmanager
def staffed(harm: str = "") -> Iterator[tuple[House, Staff]]:
    with House(harm=harm) as house:
        yield house, Staff(house)


def new_case(house: House, number: int) -> str:
    line = send(house.address, new_line(number))
    assert line.status == 201
    return line.reference


def said_in_the_log(house: House, words: str) -> int:
    return Path(house.stack.paths.log("postgres")).read_text(errors="replace").count(words)


def deadlocked(house: House, staff: Staff, reference: str) -> Answer:
    """Another transaction takes the case before the patient; whoever corrects the case is the one who must give way."""
    [[version, patient]] = house.ask("SELECT version, patient_id FROM cases_case WHERE reference = %s", reference)
    answers: list[Answer] = []
    with house.record() as other:
        other.autocommit = False
        # So that PostgreSQL finds the request at fault, and not us.
        other.execute("SET deadlock_timeout = '30s'")
        other.execute("SELECT FROM cases_case WHERE reference = %s FOR UPDATE", [reference])
        thread = threading.Thread(target=lambda: answers.append(staff.correct(reference, version=version)))
        thread.start()
        ends = time.monotonic() + 15
        while not house.ask("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            assert time.monotonic() < ends, "the request never waited for the case"
            time.sleep(0.01)
        other.execute("SELECT FROM cases_patient WHERE id = %s FOR UPDATE", [patient])
        other.rollback()
    thread.join()
    return answers[0]


def test_a_deadlock_is_tried_again_and_nobody_hears_of_it(tell):
    with staffed() as (house, staff):
        references = [new_case(house, number) for number in range(DEADLOCKS)]
        answers = [deadlocked(house, staff, reference) for reference in references]

        found = said_in_the_log(house, "deadlock detected")
        told = Counter(answer.told for answer in answers)
        tell("P3 deadlocks", landed=found, at_least=DEADLOCKS, figure=f"{found} deadlocks: {dict(told)}")
        assert told == {"200": DEADLOCKS}
        corrected = house.ask(
            "SELECT c.version, count(DISTINCT e.id), count(DISTINCT n.id) FROM cases_case c"
            " LEFT JOIN cases_caseevent e ON e.case_id = c.id AND e.kind = 'knees_corrected'"
            " LEFT JOIN cases_note n ON n.case_id = c.id GROUP BY c.id"
        )
        assert corrected == [(2, 1, 1)] * DEADLOCKS


def test_a_request_that_gives_up_at_its_first_deadlock_is_caught(tell):
    with staffed("one_try") as (house, staff):
        answer = deadlocked(house, staff, new_case(house, 0))

        tell("P3 saboteur", landed=1, at_least=1, figure=f"told {answer.told}: caught")
        assert answer.told != "200"
