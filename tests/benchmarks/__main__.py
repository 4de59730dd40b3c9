"""`python -m tests.benchmarks`: measure the clinic beside a bare-view floor; print one table.

Nothing here is asserted: machines differ and drift, so only ratios count, and people read them. A whole run is written
to `last.json`; commit it when the change it belongs to is committed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.benchmarks import figures, phone, rig
from tests.benchmarks.clients import CLIENTS, ask_for
from tests.benchmarks.figures import Round
from tests.benchmarks.rules import REPORTS
from tests.benchmarks.work import WORKS, Ask, Share, Work

SIZES = (1_000, 100_000)
STORED = (10_000, 1_000_000)
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
                    rig.web(rig.WEB, filled, answers="/health/live/") as ours,
                    rig.web(rig.FLOOR, filled, answers="/") as floor,
                ):
                    shares = [Share(n, CLIENTS, known["token"], dict(known["versions"])) for n in range(CLIENTS)]
                    for work in WORKS:
                        _say(begun, f"{cases:,} cases: {work.name}")
                        pairs = _measure(work, shares, ours, floor, seconds=asked.seconds)
                        counted = known["statements"][work.name]
                        rows.append(figures.row(cases, work.name, pairs, goal=work.goal, statements=counted))
                    memory["web"] = max(memory.get("web", 0), ours.resident())
                memory["worker"] = max(memory.get("worker", 0), rig.memory_of_worker(filled, seconds=6))
        with rig.database(environment, "bench_rules") as filled:
            _say(begun, f"{REPORTS:,} reports: judging one, and all of them again")
            rig.prepare(filled, REPORTS)
            rules = rig.judge_and_replay(filled)
        swept = []
        if asked.stored:
            with rig.database(environment, "bench_sweeping") as empty:
                _say(begun, f"{max(asked.stored):,} messages stored: sweeping what is due")
                swept = rig.sweep(empty, asked.stored)
    _say(begun, "a phone at the end of the network")
    seen = phone.table(phone.measure())
    found = figures.report(rows, memory, rules, swept, seconds=time.monotonic() - begun)
    sys.stdout.write(f"{figures.table(found, before)}\n\n{seen}\n")
    if asked.sizes == list(SIZES) and asked.stored and asked.seconds >= SECONDS:
        figures.keep(found)
    return 0


def _measure(
    work: Work, shares: Sequence[Share], ours: rig.Server, floor: rig.Server, *, seconds: float
) -> list[tuple[Round, Round]]:
    """Ours and the floor in turns, so that a machine that slows down slows both."""
    plans = ((ours, work.ask, work.status), (floor, work.floor, work.floor_status))

    def both(lasts: float) -> tuple[Round, Round]:
        mine, bare = (_round(server, lasts, shares, ask, status) for server, ask, status in plans)
        return mine, bare

    both(SECONDS_TO_WARM)
    return [both(seconds) for _ in range(ROUNDS)]


def _round(server: rig.Server, lasts: float, shares: Sequence[Share], ask: Ask, status: int) -> Round:
    before = server.processor_seconds()
    latencies, seconds = ask_for(lasts, port=server.port, shares=shares, ask=ask, status=status)
    return Round(latencies, seconds, server.processor_seconds() - before)


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(each) for each in text.split(",") if each],
        default=list(SIZES),
        help="numbers of cases, such as 1000,1000000; '' for the rules alone (default: %(default)s)",
    )
    parser.add_argument(
        "--stored",
        type=lambda text: [int(each) for each in text.split(",") if each],
        default=list(STORED),
        help="numbers of stored messages to sweep among, such as 10000,5000000; '' for none (default: %(default)s)",
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each of the three rounds of each work")
    return parser.parse_args(arguments)


def _say(begun: float, text: str) -> None:
    sys.stderr.write(f"[{time.monotonic() - begun:5.1f} s] {text}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
