"""`python -m tests.benchmarks`: measure the clinic beside a bare-view floor; print one table and write it down.

Nothing here is asserted: machines differ and drift, so only ratios count, and people read them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.benchmarks import figures, rig
from tests.benchmarks.clients import CLIENTS, Round, ask_for
from tests.benchmarks.work import WORKS, Share, Work

SIZES = (1_000, 100_000)
ROUNDS = 3
SECONDS = 2.0
SECONDS_TO_WARM = 1.0


def main(arguments: Sequence[str] = ()) -> int:
    asked = _arguments(arguments)
    begun = time.monotonic()
    before = figures.last()
    rows: list[dict[str, Any]] = []
    memory: dict[str, float] = {}
    with rig.servers() as environment:
        for cases in asked.sizes:
            with rig.database(environment, f"bench_{cases}") as filled:
                _say(begun, f"{cases:,} cases: filling the database")
                known = rig.prepare(filled, cases)
                with (
                    rig.web(rig.WEB, filled, answers="/health/live/") as (port, process),
                    rig.web(rig.FLOOR, filled, answers="/") as (floor_port, _),
                ):
                    for work in WORKS:
                        _say(begun, f"{cases:,} cases: {work.name}")
                        shares = [Share(n, CLIENTS, known["token"], dict(known["versions"])) for n in range(CLIENTS)]
                        ours, floor = _measure(work, shares, port, floor_port, seconds=asked.seconds)
                        known["versions"] = {name: at for share in shares for name, at in share.own_versions().items()}
                        counted = known["statements"][work.name]
                        rows.append(figures.row(cases, work.name, ours, floor, goal=work.goal, statements=counted))
                    memory["web"] = max(memory.get("web", 0), rig.resident(process))
                memory["worker"] = max(memory.get("worker", 0), rig.memory_of_worker(filled, seconds=6))
    found = figures.report(rows, memory, seconds=time.monotonic() - begun)
    sys.stdout.write(figures.table(found, before) + "\n")
    if asked.keep:
        figures.keep(found)
    return 0


def _measure(
    work: Work, shares: Sequence[Share], port: int, floor_port: int, *, seconds: float
) -> tuple[list[Round], list[Round]]:
    """Ours and the floor in turns, so that a machine that slows down slows both."""

    def ours(lasts: float) -> Round:
        return ask_for(lasts, port=port, shares=shares, ask=work.ask, status=work.status)

    def floor(lasts: float) -> Round:
        status = work.status if work.name == "submit" else 200
        return ask_for(lasts, port=floor_port, shares=shares, ask=work.floor, status=status)

    ours(SECONDS_TO_WARM)
    floor(SECONDS_TO_WARM)
    pairs = [(ours(seconds), floor(seconds)) for _ in range(ROUNDS)]
    return [mine for mine, _ in pairs], [bare for _, bare in pairs]


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(each) for each in text.split(",")],
        default=list(SIZES),
        help="numbers of cases, such as 1000,1000000 (default: %(default)s)",
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each of the three rounds of each work")
    parser.add_argument("--keep", action="store_true", help="write the figures to tests/benchmarks/last.json")
    return parser.parse_args(arguments)


def _say(begun: float, text: str) -> None:
    sys.stderr.write(f"[{time.monotonic() - begun:5.1f} s] {text}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
