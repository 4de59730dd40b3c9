"""Patients at fixed moments, whatever the server does, and a ledger of what each was told."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.factories import ROUTINE_ANSWERS
from tests.faults.house import House
from tests.faults.table import FULL

LONGEST_ANSWER_SECONDS = 20


@dataclass
class Line:
    """One form sent. status: 0 for no answer at all."""

    key: str
    name: str
    status: int = 0
    reference: str = ""
    seconds: float = 0


@dataclass
class Ledger:
    lines: list[Line] = field(default_factory=list)

    @property
    def kept(self) -> list[Line]:
        """Those that were told it is kept."""
        return [line for line in self.lines if line.status in (201, 303)]

    @property
    def unanswered(self) -> list[Line]:
        return [line for line in self.lines if line.status == 0]

    def usual(self) -> float:
        """Seconds to an answer: the 95th percentile of a full run; the median of a short one, on a busy machine."""
        found = [line.seconds for line in self.lines]
        return statistics.quantiles(found, n=20)[-1] if FULL else statistics.median(found)


def send(address: str, line: Line, *, timeout: float = LONGEST_ANSWER_SECONDS, **answers: Any) -> Line:
    """One form, once; the line with what came back."""
    body = json.dumps({"answers": ROUTINE_ANSWERS | {"family_name": line.name} | answers}).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": line.key}
    request = urllib.request.Request(f"{address}/api/v1/intakes/", body, headers)
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            line.reference = json.loads(answer.read())["reference"]
            line.status = answer.status
    except urllib.error.HTTPError as error:
        error.close()
        line.status = error.code
    except (OSError, http.client.HTTPException):
        line.status = 0
    line.seconds = time.monotonic() - begun
    return line


def new_line(number: int) -> Line:
    return Line(str(uuid.uuid4()), f"Runner{number:06}")


def patients(
    house: House, *, rate: float, until: Callable[[], bool], repeat_share: float = 0.2, seed: int = 1
) -> tuple[threading.Thread, Ledger]:
    """Forms at `rate` a second until told to stop; a share of them is sent again under the same key.

    Started in the background; join the thread, then read the ledger.
    """
    ledger = Ledger()

    def run() -> None:
        begun, number = time.monotonic(), 0
        every = max(2, round(1 / repeat_share)) if repeat_share else 0
        with ThreadPoolExecutor(max_workers=64) as pool:
            while not until():
                line = new_line(number)
                ledger.lines.append(line)
                pool.submit(send, house.address, line)
                if every and number % every == 0 and number:
                    again = ledger.lines[number // 2]
                    twin = Line(again.key, again.name)
                    ledger.lines.append(twin)
                    pool.submit(send, house.address, twin)
                number += 1
                time.sleep(max(0, begun + number / rate - time.monotonic()))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ledger


# -- the invariants of the record (I1 to I3), one sentence for each breach


def breaches(house: House, ledger: Ledger) -> list[str]:
    found = []
    stored = {
        key: (submission, reference)
        for key, submission, reference in house.ask(
            # Before the key stands who sent it: the open web.
            "SELECT replace(s.key, 'open:', ''), s.id, c.reference"
            " FROM intake_submission s LEFT JOIN cases_case c ON c.id = s.case_id"
        )
    }
    told: dict[str, set[str]] = {}
    for line in ledger.kept:
        told.setdefault(line.key, set()).add(line.reference)
    for key, references in told.items():
        if len(references) > 1:
            found.append(f"{key} was told {len(references)} references")
        if key not in stored:
            found.append(f"{key} was told it is kept and is not there")
        elif stored[key][1] not in references:
            found.append(f"{key} was told another reference than its own")
    if strangers := stored.keys() - {line.key for line in ledger.lines}:
        found.append(f"{len(strangers)} forms nobody sent")
    for table, sentence in _HALF_STORED.items():
        [[count]] = house.ask(sentence)
        if count:
            found.append(f"{count} {table}")
    [[cases]] = house.ask("SELECT count(*) FROM cases_case")
    if cases != len(stored):
        found.append(f"{cases} cases for {len(stored)} forms")
    return found


# What a submit writes together: any of it alone is half a form.
_HALF_STORED = {
    "forms without a case": "SELECT count(*) FROM intake_submission WHERE case_id IS NULL",
    "cases without a form": (
        "SELECT count(*) FROM cases_case c WHERE NOT EXISTS (SELECT FROM intake_submission s WHERE s.case_id = c.id)"
    ),
    "patients without a case": (
        "SELECT count(*) FROM cases_patient p WHERE NOT EXISTS (SELECT FROM cases_case c WHERE c.patient_id = p.id)"
    ),
    "cases without a report": (
        "SELECT count(*) FROM cases_case c WHERE NOT EXISTS (SELECT FROM cases_symptomreport r WHERE r.case_id = c.id)"
    ),
    "cases without a suggestion": (
        "SELECT count(*) FROM cases_case c WHERE NOT EXISTS (SELECT FROM cases_suggestion s WHERE s.case_id = c.id)"
    ),
    "cases without their reminders": (
        "SELECT count(*) FROM cases_case c WHERE NOT EXISTS (SELECT FROM cases_reminder r WHERE r.case_id = c.id)"
    ),
    "cases opened without an event": (
        "SELECT count(*) FROM cases_case c WHERE NOT EXISTS"
        " (SELECT FROM cases_caseevent e WHERE e.case_id = c.id AND e.kind = 'case_opened')"
    ),
}
