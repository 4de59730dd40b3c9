"""`manage.py test`: pytest on real PostgreSQL and Redis, on every core when the whole suite is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from clinic.local.paths import PROJECT

MOST_WORKERS = 4
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What starts processes of its own and watches the clock: beside others it would only measure them.
ALONE = "(faults and not beside_others) or journey"


def main(arguments: list[str]) -> int:
    """Pytest's exit status; `arguments` are pytest's own. Without any, the whole suite: what can share the machine on
    every core, then what needs it alone.
    """
    if not any(map(shutil.which, BROWSERS)):
        print("No chromium here: the tests in a real browser are skipped. On Debian: apt-get install chromium")
    stages = [arguments] if arguments else [side_by_side(), ["-m", ALONE]]
    # Every stage runs, so that one run shows all that is wrong.
    ended = [subprocess.call([sys.executable, "-m", "pytest", *stage], cwd=PROJECT) for stage in stages]
    return next((status for status in ended if status != 0), 0)


def side_by_side() -> list[str]:
    return ["-m", f"not (bench or {ALONE})", "-n", str(max(1, min(MOST_WORKERS, os.cpu_count() or 1)))]
