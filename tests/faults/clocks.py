"""Clocks that are wrong: libfaketime, and the file that says by how much."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
needs_faketime = pytest.mark.skipif(
    not LIBRARY.exists() and not os.environ.get("CI"), reason="needs the Debian package libfaketime"
)


def off_by(clock: Path) -> dict[str, str]:
    """The environment of a process whose clock is off by what stands in that file, such as +2h."""
    assert LIBRARY.exists(), "libfaketime is missing"
    return {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
