"""`manage.py rules`: the same rules in four forms, on a page as wide as a terminal."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from cases.rules.catalogue import OURS, SECTIONS, all_rules
from cases.rules.version import RULES_VERSION

IDS = [row.id for row in all_rules()]


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rules", *arguments, stdout=out)
    return out.getvalue()


def test_text_is_no_wider_than_120_columns_and_has_every_id_at_the_start_of_a_line():
    lines = told().splitlines()

    assert max(map(len, lines)) <= 120
    firsts = {line.split()[0].rstrip("*") for line in lines if line and not line[0].isspace()}
    assert set(IDS) <= firsts


def test_text_loses_no_word_by_wrapping():
    [section] = [section for section in SECTIONS if section.name == "pointers"]
    words = set(told("--section", "pointers").split())

    for row in section.rows():
        assert set(" ".join((row.statement, row.condition, row.source)).split()) <= words


def test_our_own_additions_carry_the_mark():
    lines = told().splitlines()
    firsts = {line.split()[0] for line in lines[1:] if line and not line[0].isspace()}

    assert {first.rstrip("*") for first in firsts if first.endswith("*")} == set(OURS)


def test_csv_has_a_line_for_each_rule():
    rows = list(csv.DictReader(io.StringIO(told("--format", "csv"))))

    assert [row["id"] for row in rows] == IDS
    assert {row["version"] for row in rows} == {RULES_VERSION}
    assert {row["id"] for row in rows if row["ours"] == "yes"} == set(OURS)
    assert all(row[name] for row in rows for name in row)


def test_json_has_every_rule_under_its_section():
    found = json.loads(told("--format", "json"))

    assert [section["section"] for section in found["sections"]] == [section.name for section in SECTIONS]
    assert [rule["id"] for section in found["sections"] for rule in section["rules"]] == IDS


def test_markdown_has_a_table_row_of_six_cells_for_each_rule():
    rows = [line for line in told("--format", "markdown").splitlines() if line.startswith("| ")]
    rules = [row for row in rows if not row.startswith("| id |")]

    assert [row.split(" | ")[0].removeprefix("| ").removesuffix("\\*") for row in rules] == IDS
    assert {row.replace("\\|", "").count("|") for row in rows} == {7}


def test_a_section_stands_alone():
    found = json.loads(told("--format", "json", "--section", "pointers", "--section", "progress"))

    assert [section["section"] for section in found["sections"]] == ["pointers", "progress"]


def test_an_unknown_section_is_named_with_those_there_are():
    with pytest.raises(CommandError, match=r"--section knees: there is no such section. Known: red-flags, likelihood"):
        told("--section", "knees")


def test_an_unknown_format_is_refused():
    with pytest.raises(CommandError, match="invalid choice"):
        told("--format", "pdf")


def test_the_page_of_the_documentation_is_current():
    page = Path(settings.BASE_DIR, "docs", "rules.md").read_text(encoding="utf-8")

    # Changed a rule? python manage.py rules --format markdown > docs/rules.md, and read the difference.
    assert page == told("--format", "markdown")
