"""`manage.py test`: pytest on real PostgreSQL and Redis, on every core when the whole suite is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from clinic.local.paths import PROJECT

MOST_WORKERS = 4
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(arguments: list[str]) -> int:
    """Pytest's exit status; `arguments` are pytest's own."""
    if not any(map(shutil.which, BROWSERS)):
        print("No chromium here: the tests in a real browser are skipped. On Debian: apt-get install chromium")
    command = [sys.executable, "-m", "pytest", *spread(arguments), *arguments]
    return subprocess.call(command, cwd=PROJECT)


def spread(arguments: list[str]) -> list[str]:
    """The xdist options for a run of the whole suite; a choice of tests is not worth a second process."""
    if arguments:
        return []
    return ["-n", str(max(1, min(MOST_WORKERS, os.cpu_count() or 1))), "--dist", "loadgroup"]
