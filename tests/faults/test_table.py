"""The table of scenarios: every scenario has a line, whatever became of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.faults.table import EXPECTED, lines


def report(nodeid: str, *, when: str = "call", told: str = "", longrepr: Any = None) -> Any:
    properties = [(f"fault:{told}", "3\tall well")] if told else []
    return SimpleNamespace(nodeid=nodeid, when=when, duration=1.25, user_properties=properties, longrepr=longrepr)


def test_every_scenario_has_a_file():
    files = [path.name for path in Path(__file__).parent.glob("test_*.py")]

    assert [each for each in EXPECTED if not any(name.startswith(f"test_{each.lower()}_") for name in files)] == []


def test_a_scenario_that_told_its_figure_stands_with_it_and_its_seconds():
    passed = report("tests/faults/test_w1_web.py::test_it", told="W1")

    assert lines({"passed": [passed]}, whole=False)[1].split() == ["W1", "3", "all", "well", "pass", "1.2"]


def test_one_that_broke_before_it_told_anything_stands_with_its_reason():
    broken = report("tests/faults/test_w1_web.py::test_it_holds", longrepr="the worker never came\nmore")

    assert lines({"failed": [broken]}, whole=False)[1].split("  ")[0] == "W1 it holds"
    assert "the worker never came" in lines({"failed": [broken]}, whole=False)[1]
    assert "FAIL" in lines({"failed": [broken]}, whole=False)[1]


def test_a_skipped_one_stands_with_its_reason():
    skipped = report("tests/faults/test_t1_clock.py::test_it", when="setup", longrepr=("t1.py", 3, "needs a library"))

    [line] = lines({"skipped": [skipped]}, whole=False)[1:-1]
    assert line.split() == ["T1", "it", "needs", "a", "library", "skip", "1.2"]


def test_one_that_never_ran_is_missing_when_all_were_asked_for():
    passed = report("tests/faults/test_w1_web.py::test_it", told="W1")

    missing = [line.split()[0] for line in lines({"passed": [passed]}, whole=True) if "did not run" in line]

    assert missing == [each for each in sorted(EXPECTED) if each != "W1"]


def test_none_is_missing_beside_the_forecast_which_shares_the_machine():
    passed = report("tests/faults/test_s0_forecast.py::test_it", told="S0")

    assert [line.split()[0] for line in lines({"passed": [passed]}, whole=True)[1:-1]] == ["S0"]


def test_other_tests_have_no_line():
    assert lines({"passed": [report("tests/test_house.py::test_it")]}, whole=True) == []


def test_a_test_that_was_not_chosen_has_no_line():
    assert lines({"deselected": [SimpleNamespace(nodeid="tests/faults/test_w1_web.py::test_it")]}, whole=False) == []
