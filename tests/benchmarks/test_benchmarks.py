"""`make bench` comes in here: measured and printed, never asserted."""

from __future__ import annotations

import pytest

from tests.benchmarks.__main__ import main


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_figures_are_printed():
    assert main() == 0
