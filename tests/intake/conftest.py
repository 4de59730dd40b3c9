"""What the tests of the front door share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.factories import MONDAY
from tests.intake.plain_browser import PlainBrowser


@pytest.fixture
def on_monday() -> Iterator[time_machine.Traveller]:
    """The clock stands at Monday, 09:00 at the site, until it is moved."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def patient_browser(on_monday: time_machine.Traveller) -> PlainBrowser:
    """A patient's browser with scripts switched off; forged posts are refused as in life."""
    return PlainBrowser()
