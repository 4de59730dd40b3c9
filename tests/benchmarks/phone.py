"""`python -m tests.benchmarks.phone`: the form's first pages on an old phone at the end of the network, cold.

A real Chromium with a round trip of 400 ms, 400 kbit/s both ways and a processor four times slower than this one. What
is left out: looking up the name and shaking hands for TLS. Pages go over the wire as `up` sends them, uncompressed; a
front server (docs/deploy/Caddyfile) makes them smaller.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import rig
from tests.browser.chromium import Chromium, found

ROUNDS = 3
ROUND_TRIP_MS = 400
BYTES_A_SECOND = 400_000 / 8
SLOWER = 4
GOAL_SECONDS = 2.0
FIGURES = """
(() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  if (!paint || !page.loadEventEnd) return null;
  const usable = page.domContentLoadedEventEnd;
  const needed = [page, ...performance.getEntriesByType("resource")].filter((each) => each.responseEnd <= usable);
  return {
    usable: usable / 1000,
    paint: paint.startTime / 1000,
    bytes: needed.reduce((sum, each) => sum + each.transferSize, 0),
    requests: needed.length,
  };
})()
"""


def measure() -> list[dict[str, Any]]:
    """Of each page the medians; empty without a browser. usable: every script needed to answer has run, in seconds."""
    program = found()
    if program is None:
        return []
    with (
        rig.servers() as environment,
        rig.database(environment, "bench_phone") as filled,
    ):
        rig.prepare(filled, 1_000)
        with rig.web(rig.WEB, filled, answers="/health/live/") as server:
            # A first look at each page, so that no start of a web process is measured.
            rounds = [_look(program, server.port) for _ in range(ROUNDS + 1)][1:]
    return [
        {"page": page} | {name: statistics.median(each[page][name] for each in rounds) for name in rounds[0][page]}
        for page in rounds[0]
    ]


def _look(program: str, port: int) -> dict[str, dict[str, float]]:
    """One person's first visit, in a browser that has never been here."""
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="patella-phone-", ignore_cleanup_errors=True) as profile:
        browser = Chromium(program, Path(profile))
        try:
            _be_slow(browser, yes=True)
            browser.open(f"{address}/intake/")
            first = browser.until(FIGURES, 120)
            _be_slow(browser, yes=False)
            browser.press("form .button")
            screen = browser.run("location.pathname")
            browser.open("about:blank")
            # Nothing of the page before helps: whoever comes by a link sees this one first.
            browser.call("Network.clearBrowserCache")
            browser.call("Storage.clearDataForOrigin", origin=address, storageTypes="service_workers,cache_storage")
            _be_slow(browser, yes=True)
            browser.open(f"{address}{screen}")
            return {"/intake/": first, screen: browser.until(FIGURES, 120)}
        finally:
            browser.close()


def _be_slow(browser: Chromium, *, yes: bool) -> None:
    browser.call("Emulation.setCPUThrottlingRate", rate=SLOWER if yes else 1)
    browser.call(
        "Network.emulateNetworkConditions",
        offline=False,
        latency=ROUND_TRIP_MS if yes else 0,
        downloadThroughput=BYTES_A_SECOND if yes else -1,
        uploadThroughput=BYTES_A_SECOND if yes else -1,
    )


def table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "no chromium on this machine: the phone was not measured"
    lines = [
        "| page | usable s | goal | first paint s | bytes | requests |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {row['page']} | {row['usable']:.2f} | {GOAL_SECONDS:.0f} | {row['paint']:.2f} | {row['bytes']:,.0f}"
            f" | {row['requests']:.0f} |"
            for row in rows
        ),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(measure()) + "\n")
