"""`manage.py replay`: three forms of one answer, the same bytes each time, and errors that name what is wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from cases.management.commands import replay as command
from cases.models import Suggestion
from cases.rules.ruleset import CURRENT
from tests.cases.services.test_replay import INWARD, filed
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)

STRICT = 'version = "strict"\n[thresholds]\nmovement_dysfunction = 3\n'


@pytest.fixture
def strict(tmp_path: Path) -> str:
    file = tmp_path / "strict.toml"
    file.write_text(STRICT)
    return str(file)


def told(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("replay", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_text_names_the_case_and_adds_up(monday: datetime, strict: str):
    case = filed(monday, **INWARD).case
    filed(monday)

    out, _ = told("--ruleset", strict)

    assert out.splitlines() == [
        "Rules strict against what was stored with each report",
        "",
        f"{case.reference}  2026-11-02  by {CURRENT.version}: causes -movement_dysfunction",
        "",
        "2 reports read, 1 would change",
        "judged by:",
        f"        2  {CURRENT.version}",
        "changes:",
        "        1  cause lost: movement_dysfunction",
    ]


def test_csv_has_a_line_for_each_report_that_would_change(monday: datetime, strict: str):
    case = filed(monday, **INWARD).case
    filed(monday)

    out, err = told("--ruleset", strict, "--format", "csv")

    [row] = csv.DictReader(io.StringIO(out))
    assert (row["case"], row["causes_lost"], row["causes_gained"]) == (case.reference, "movement_dysfunction", "")
    assert "2 reports read, 1 would change" in err


@pytest.mark.parametrize("reports", [0, 1, 3])
def test_json_is_one_document_whatever_there_is(monday: datetime, strict: str, reports: int):
    for number in range(reports):
        filed(monday + timedelta(minutes=number), **INWARD)

    out, _ = told("--ruleset", strict, "--format", "json")

    found = json.loads(out)
    assert found["rules_version"] == "strict"
    assert [row["causes_lost"] for row in found["changed"]] == [["movement_dysfunction"]] * reports
    assert found["totals"]["read"] == found["totals"]["changed"] == reports


@pytest.mark.parametrize("form", command.FORMATS)
def test_two_runs_give_the_same_bytes(monday: datetime, strict: str, form: str):
    for number in range(5):
        filed(monday - timedelta(days=number), **INWARD)

    assert told("--ruleset", strict, "--format", form) == told("--ruleset", strict, "--format", form)


@pytest.mark.parametrize("form", command.FORMATS)
def test_the_order_in_which_sets_come_changes_no_byte(monday: datetime, strict: str, form: str):
    for number in range(3):
        filed(monday - timedelta(days=number), **INWARD, swelling="large", fever="yes", age=60)
    # As older rules left them: flags come and go, causes too.
    for stored in Suggestion.objects.all():
        stored.body["triage"] = {"urgency": "routine", "fired": [{"rule_id": rule} for rule in ("S9", "C5", "S14")]}
        stored.body["causes"] = [{"cause": cause, "confidence": "low"} for cause in ("overuse", "muscle_imbalance")]
        stored.save(update_fields=["body"])

    first, second = (_in_its_own_process("--ruleset", strict, "--format", form, seed=seed) for seed in ("1", "2"))

    assert first == second
    assert b"S14" in first


def _in_its_own_process(*arguments: str, seed: str) -> bytes:
    """What the command writes where hashes of words begin from that seed."""
    server, _, options = os.environ["DATABASE_URL"].partition("?")
    tests = f"{server.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"{tests}?{options}" if options else tests,
        "PYTHONHASHSEED": seed,
    }
    command = [sys.executable, "manage.py", "replay", *arguments]
    return subprocess.run(command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, check=True).stdout


def test_without_a_candidate_the_rules_in_force_look_at_what_older_ones_judged(monday: datetime):
    filed(monday)
    old = filed(monday)
    Suggestion.objects.filter(report=old).update(rules_version="2026.01")

    assert "1 reports read, 0 would change" in told()[0]
    assert "2 reports read, 0 would change" in told("--version-name", CURRENT.version)[0]


def test_an_empty_clinic_says_that_nothing_would_change(db: None):
    out, _ = told()

    assert "Nothing would change." in out
    assert "0 reports read" in out


def test_progress_goes_to_the_error_stream(monday: datetime, strict: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "TELL_EVERY", 2)
    for _ in range(4):
        filed(monday)

    out, err = told("--ruleset", strict, "--format", "json")

    assert err.splitlines() == ["2 reports read, 0 would change", "4 reports read, 0 would change"]
    assert json.loads(out)["changed"] == []


def test_a_site_and_a_period_narrow_it(monday: datetime):
    filed(monday, site=SiteFactory())
    filed(monday, site=SiteFactory(slug="hilltop"))
    every = ("--version-name", CURRENT.version)

    assert "1 reports read" in told(*every, "--site", "hilltop")[0]
    assert "2 reports read" in told(*every, "--from", "2026-11-02", "--to", "2026-11-02")[0]
    assert "0 reports read" in told(*every, "--from", "2026-11-03")[0]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--ruleset", "/nowhere/at/all.toml"], "cannot be read"),
        (["--version-name", "2019.1"], "--version-name 2019.1"),
        (["--site", "moon"], "--site moon: there is no such site. Known: riverside"),
        (["--from", "2026-13-01"], "no day of this century"),
        (["--to", "0001-01-01"], "no day of this century"),
        (["--from", "2026-02-02", "--to", "2026-02-01"], "lies after"),
        (["--format", "xml"], "invalid choice"),
        (["--ruleset", "x.toml", "--version-name", "y"], "not allowed with"),
    ],
)
def test_what_cannot_be_done_is_named(arguments: list[str], names: str):
    SiteFactory()

    with pytest.raises(CommandError, match=names):
        told(*arguments)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b'version = "x"\nwithout = ["OV99"]', "Not a finding: OV99"),
        (b"version = ", "Not TOML"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_wrong_candidate_is_named(db: None, tmp_path: Path, text: bytes, names: str):
    file = tmp_path / "wrong.toml"
    file.write_bytes(text)

    with pytest.raises(CommandError, match=names):
        told("--ruleset", str(file))


def test_nothing_personal_stands_in_the_answer(monday: datetime, strict: str):
    patient: Any = filed(monday, **INWARD).case.patient

    for form in command.FORMATS:
        assert patient.family_name not in "".join(told("--ruleset", strict, "--format", form))
