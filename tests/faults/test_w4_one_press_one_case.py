"""W4: fifty equal forms at once, one key, with the web process killed in between: one case."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from cases.models import Case, Patient, Reminder
from intake.models import Submission
from tests.factories import ROUTINE_ANSWERS, SiteFactory
from tests.faults.table import size
from tests.journeys.building import Building

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]
ROUNDS = size(4, 100)
KILLS = size(3, 5)
# By how many kills somebody must be cut off: for a kill that met nobody there is another round.
CUT_OFF = 2
PARALLEL = 50


@pytest.fixture
def building(tmp_path: Path, transactional_db: None) -> Building:
    SiteFactory()
    return Building(tmp_path)


def press(address: str, key: str, answers: Counter[str], *, patient: int) -> None:
    """One client that repeats until it is answered, as a careful program does."""
    body = json.dumps({"answers": ROUTINE_ANSWERS | {"family_name": f"Runner{patient}"}}).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            request = urllib.request.Request(f"{address}/api/v1/intakes/", body, headers)
            with urllib.request.urlopen(request, timeout=15) as answer:
                answers[answer.read().decode()] += 1
                return
        except urllib.error.HTTPError as error:
            answers[f"status {error.code}"] += 1
            return
        except (OSError, http.client.HTTPException):
            # Refused, reset, or cut off in the middle of the answer: nobody knows, so ask again.
            answers["no answer"] += 1
            time.sleep(0.05)


def storm(building: Building, *, kill: bool) -> Counter[str]:
    """Fifty presses of one form; what each was told."""
    key, answers = str(uuid.uuid4()), Counter[str]()
    patient = Patient.objects.count()
    threads = [
        threading.Thread(target=press, args=[building.address, key, answers], kwargs={"patient": patient})
        for _ in range(PARALLEL)
    ]
    for thread in threads:
        thread.start()
    if kill:
        time.sleep(0.15)
        building.kill("web")
        building.restart("web")
    for thread in threads:
        thread.join()
    return answers


def is_one_case(answers: Counter[str], *, cases: int) -> bool:
    """Fifty equal answers, and as many cases, forms and patients as there were forms."""
    counts = {Submission.objects.count(), Case.objects.count(), Patient.objects.count()}
    return len(answers) == 1 and answers.total() == PARALLEL and counts == {cases}


def test_fifty_presses_make_one_case_even_when_the_web_process_dies(building: Building, tell):
    rounds = kills = landed = 0
    with building:
        while rounds < ROUNDS or (landed < CUT_OFF and rounds < 3 * ROUNDS):
            kill = 0 < rounds <= KILLS or rounds >= ROUNDS
            answers = storm(building, kill=kill)
            rounds, kills, landed = rounds + 1, kills + kill, landed + bool(answers.pop("no answer", 0))

            assert is_one_case(answers, cases=rounds), answers

    tell(
        "W4",
        landed=landed,
        at_least=CUT_OFF,
        figure=f"{rounds}/{rounds} rounds of {PARALLEL} presses, {kills} kills, {landed} cut somebody off",
    )
    assert Reminder.objects.values("case").distinct().count() == rounds


def test_without_the_unique_key_the_storm_is_seen(building: Building, tell):
    """The saboteur: the table lets one key in twice."""
    [constraint] = [
        name
        for name, found in connection.introspection.get_constraints(
            connection.cursor(), Submission._meta.db_table
        ).items()
        if found["unique"] and found["columns"] == ["key"]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE intake_submission DROP CONSTRAINT {constraint}")
    try:
        with building:
            answers = storm(building, kill=False)

        tell("W4 saboteur", landed=1, at_least=1, figure=f"{Case.objects.count()} cases of one form: caught")
        assert not is_one_case(answers, cases=1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE intake_submission CASCADE")
            cursor.execute(f"ALTER TABLE intake_submission ADD CONSTRAINT {constraint} UNIQUE (key)")
