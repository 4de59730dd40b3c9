"""The figures: reckoned from the rounds, held against the floor and the last ones kept, printed and written."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.rules import GOAL_JUDGE_MS, GOAL_REPLAY_SECONDS

LAST = Path(__file__).with_name("last.json")
GOAL_MEMORY = 150  # megabytes, resident
# A figure that got worse by more than this is explained in its commit.
WORSE = 0.85

HEAD = (
    *("cases", "work", "ours/s", "floor/s", "ratio", "goal", "p50 ms", "p95 ms", "p99 ms"),
    *("cpu ms", "floor cpu", "statements", "against last"),
)


@dataclass(frozen=True)
class Round:
    """One stretch of asking: seconds each answer took, how long it lasted, what the server's processes used."""

    latencies: Sequence[float]
    seconds: float
    processor_seconds: float


def row(cases: int, work: str, pairs: Sequence[tuple[Round, Round]], *, goal: float, statements: int) -> dict[str, Any]:
    """One line of the table. Rates are medians of the rounds: a neighbour on the machine spoils one, not all."""
    ours, floor = zip(*pairs, strict=True)
    latencies = sorted(each for round_ in ours for each in round_.latencies)
    rate, bare = _rate(ours), _rate(floor)
    return {
        "cases": cases,
        "work": work,
        "rate": round(rate, 1),
        "floor_rate": round(bare, 1),
        "ratio": round(rate / bare, 3),
        "goal": goal,
        **{f"p{percent}_ms": round(_percentile(latencies, percent) * 1000, 2) for percent in (50, 95, 99)},
        "cpu_ms": _processor_ms(ours),
        "floor_cpu_ms": _processor_ms(floor),
        "statements": statements,
    }


def _rate(rounds: Sequence[Round]) -> float:
    return statistics.median(len(each.latencies) / each.seconds for each in rounds)


def _processor_ms(rounds: Sequence[Round]) -> float:
    """Of the web server, for one request; what PostgreSQL uses for it is not in."""
    asked = sum(len(each.latencies) for each in rounds)
    return round(1000 * sum(each.processor_seconds for each in rounds) / asked, 2)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def report(
    rows: Sequence[dict[str, Any]],
    memory: dict[str, float],
    rules: dict[str, Any],
    swept: Sequence[dict[str, Any]],
    *,
    seconds: float,
) -> dict[str, Any]:
    return {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "clients": "8, closed loop",
        "rows": list(rows),
        "rules": rules,
        "sweeping": list(swept),
        "memory_mb": {name: round(value, 1) for name, value in memory.items()},
        "seconds": round(seconds),
    }


def last() -> dict[tuple[int, str], float]:
    """The ratios of the last figures kept, by number of cases and work."""
    if not LAST.exists():
        return {}
    return {(each["cases"], each["work"]): each["ratio"] for each in json.loads(LAST.read_text())["rows"]}


def keep(found: dict[str, Any]) -> None:
    LAST.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def table(found: dict[str, Any], before: dict[tuple[int, str], float]) -> str:
    lines = [HEAD, *(_cells(each, before) for each in found["rows"])]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rules = found["rules"]
    start, end = rules["replay_memory_mb"]
    memory = ", ".join(f"{name} {value:.0f} MB" for name, value in found["memory_mb"].items())
    return "\n".join(
        [
            *text,
            "",
            f"judging one report: {rules['judge_ms']:.2f} ms of processor time, examined "
            f"{rules['judge_examined_ms']:.2f} ms (goal {GOAL_JUDGE_MS:g} ms)",
            f"replaying {rules['replay_reports']:,} stored reports: {rules['replay_seconds']:.1f} s "
            f"(goal {GOAL_REPLAY_SECONDS:g} s; processor time {rules['replay_processor_seconds']:.1f} s), "
            f"resident {start:.0f} MB before, {end:.0f} MB at most",
            *(_swept(each) for each in found["sweeping"]),
            f"resident memory: {memory} (goal {GOAL_MEMORY} MB each); {found['seconds']} s in all",
        ]
    )


def _swept(each: dict[str, Any]) -> str:
    return (
        f"sweeping among {each['stored']:,} stored: {each['sweep_per_s']:,}/s, bare loop {each['bare_per_s']:,}/s, "
        f"ratio {each['ratio']:.2f} (goal {each['goal']:g}); processor ms for {each['batch']}: {each['cpu_ms']:.1f}, "
        f"bare {each['bare_cpu_ms']:.1f}, ratio {each['cpu_ratio']:.2f}; nothing due: {each['empty_sweep_ms']:.1f} ms"
    )


def _cells(each: dict[str, Any], before: dict[tuple[int, str], float]) -> tuple[str, ...]:
    earlier = before.get((each["cases"], each["work"]))
    against = each["ratio"] / earlier if earlier else None
    return (
        f"{each['cases']:,}",
        each["work"],
        f"{each['rate']:,.0f}",
        f"{each['floor_rate']:,.0f}",
        f"{each['ratio']:.2f}",
        f"{each['goal']:.2f}",
        *(f"{each[f'p{percent}_ms']:.1f}" for percent in (50, 95, 99)),
        f"{each['cpu_ms']:.2f}",
        f"{each['floor_cpu_ms']:.2f}",
        str(each["statements"]),
        "-" if against is None else f"{against:.2f}" + (" WORSE" if against < WORSE else ""),
    )
