"""What `make faults` prints: one line for each scenario, with the faults that landed, the figure and the verdict."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import pytest

Number = TypeVar("Number", int, float)

FULL = os.environ.get("FAULTS") == "full"
# Every scenario there is: one that did not run, or said nothing, is a line as well.
_HOW_MANY = {"W": 5, "P": 5, "R": 5, "C": 6, "B": 2, "T": 4, "S": 8, "O": 2}
EXPECTED = [f"{letter}{number}" for letter, last in _HOW_MANY.items() for number in range(1, last + 1)]
_PREFIX = "fault:"
_FILE = re.compile(r"tests/faults/test_([a-z]\d+)_")
_VERDICTS = {"passed": "pass", "failed": "FAIL", "error": "FAIL", "skipped": "skip"}


def size(short: Number, full: Number) -> Number:
    """How much of a scenario: the short form of every test run, or the full one of `make faults`."""
    return full if FULL else short


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Say what a scenario did, before judging it. A run that injected too little proves nothing and fails."""

    def tell(scenario: str, *, landed: int, at_least: int, figure: str) -> None:
        record_property(f"{_PREFIX}{scenario}", f"{landed}\t{figure}")
        assert landed >= at_least, f"{scenario}: {landed} faults landed, {at_least} are needed to prove anything"

    return tell


class Row(NamedTuple):
    scenario: str
    faults: str
    figure: str
    verdict: str
    seconds: str


def lines(reports: Mapping[str, list[Any]], *, whole: bool) -> list[str]:
    """The table of every scenario, in the order of their names; a saboteur passes when it was caught.

    whole: all scenarios were asked for, so that one without a line is missing; not where none of them ran.
    """
    ours = {
        (report.nodeid, report.when): (category, report)
        for category, found in reports.items()
        for report in found
        # Among them are tests that were not chosen, and warnings, which are no reports.
        if hasattr(report, "when") and _FILE.search(report.nodeid)
    }
    rows = [row for category, report in ours.values() for row in _rows_of(category, report)]
    told = {row.scenario.split()[0] for row in rows}
    if whole and not told.isdisjoint(EXPECTED):
        rows += [Row(each, "", "did not run", "FAIL", "") for each in EXPECTED if each not in told]
    if not ours or not rows:
        return []
    table = [Row("scenario", "faults", "figure", "verdict", "seconds"), *sorted(rows)]
    widths = [max(len(row[column]) for row in table) for column in range(5)]
    total = sum(report.duration for _, report in ours.values())
    return [
        f"{row.scenario:<{widths[0]}}  {row.faults:>{widths[1]}}  {row.figure:<{widths[2]}}  {row.verdict:<{widths[3]}}"
        f"  {row.seconds:>{widths[4]}}"
        for row in table
    ] + [f"{len(rows)} lines, {total:.0f} s with what comes before and after each"]


def _rows_of(category: str, report: Any) -> Iterator[Row]:
    """What the test told; of one that did not pass and told nothing, why."""
    verdict = _VERDICTS.get(category, "")
    told = [
        (name.removeprefix(_PREFIX), *str(value).split("\t"))
        for name, value in report.user_properties
        if name.startswith(_PREFIX) and report.when == "call"
    ]
    seconds = f"{report.duration:.1f}"
    for scenario, landed, figure in told:
        yield Row(scenario, landed, figure, verdict, seconds)
    if not told and verdict in {"FAIL", "skip"}:
        scenario = _FILE.search(report.nodeid)
        assert scenario is not None
        name = report.nodeid.partition("::")[2].removeprefix("test_").replace("_", " ")
        yield Row(f"{scenario[1].upper()} {name}"[:40], "", _why(report), verdict, seconds)


def _why(report: Any) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])[:90]
    crash = getattr(report.longrepr, "reprcrash", None)
    said = crash.message if crash is not None else str(report.longrepr)
    return (said.splitlines() or ["failed"])[0][:90]
