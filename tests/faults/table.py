"""What `make faults` prints: one line for each scenario, with the faults that landed, the figure and the verdict."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Number = TypeVar("Number", int, float)

FULL = os.environ.get("FAULTS") == "full"
_PREFIX = "fault:"


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


def lines(reports: dict[str, list[Any]]) -> list[str]:
    """The table of every scenario that ran, in the order of their names; a saboteur passes when it was caught."""
    rows = []
    for verdict, word in (("passed", "pass"), ("failed", "FAIL")):
        for report in reports.get(verdict, []):
            for name, value in getattr(report, "user_properties", []):
                if name.startswith(_PREFIX) and report.when == "call":
                    landed, figure = value.split("\t")
                    rows.append((name.removeprefix(_PREFIX), landed, figure, word))
    if not rows:
        return []
    table = [("scenario", "faults", "figure", "verdict"), *sorted(rows)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    return [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}" for row in table]
