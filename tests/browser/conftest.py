"""A real browser for every test here; each window is a device of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic.accounts.models import Site
from tests.browser.cable import Cable
from tests.browser.chromium import Chromium, found
from tests.browser.journey import begin, go_until, kept
from tests.factories import SiteFactory

NO_BROWSER = "no chromium on this machine; on Debian: apt-get install chromium"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    mine = [item for item in items if here in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.browser)
        # In CI a missing browser is a failure: a check that quietly did not run is worse than none.
        if found() is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.fixture
def riverside(transactional_db: None) -> Site:
    return SiteFactory()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Callable[..., Chromium]]:
    """Opens another phone, 320 px wide."""
    windows: list[Chromium] = []

    def another(*, scripts: bool = True) -> Chromium:
        program = found()
        assert program is not None, NO_BROWSER
        window = Chromium(program, tmp_path / f"device-{len(windows)}")
        windows.append(window)
        window.call("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True)
        if not scripts:
            window.call("Emulation.setScriptExecutionDisabled", value=True)
        return window

    yield another
    for window in windows:
        window.close()


@pytest.fixture
def browser(device: Callable[..., Chromium]) -> Chromium:
    return device()


@pytest.fixture
def cable(live_server: Any) -> Iterator[Cable]:
    line = Cable(live_server.url)
    yield line
    line.close()


@pytest.fixture
def offline_ready(browser: Chromium, cable: Cable, riverside: Site) -> Chromium:
    """At the screen "where", with everything on the phone that goes on without a network."""
    begin(browser, cable.address)
    go_until(browser, "where")
    browser.until("navigator.serviceWorker.controller !== null && sessionStorage.getItem('shell') !== null")
    kept(browser)
    return browser
