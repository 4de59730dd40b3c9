"""The way of a routine patient through the form, for every test that goes along."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.browser.chromium import Chromium
from tests.intake.routine_patient import CONSENT, SCREENS

HERE = "location.pathname.split('/')[3] || location.pathname"
SAVED = "document.querySelector('[data-saved]').dataset.state === 'done'"


def begin(browser: Chromium, address: str) -> None:
    browser.open(f"{address}/intake/")
    browser.press("form .button")


def given(answers: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each answer, one by one."""
    return [(name, each) for name, value in answers.items() for each in ([value] if isinstance(value, str) else value)]


def is_offered(browser: Chromium, name: str) -> bool:
    return bool(browser.run(f"document.querySelector('[name=\"{name}\"]:not([type=hidden])') !== null"))


def fill_screen(browser: Chromium, answers: dict[str, Any]) -> None:
    for name, value in given(answers):
        if is_offered(browser, name):
            browser.fill(name, value)


def go_until(browser: Chromium, last: str) -> None:
    """Fill in and send screens until `last` is shown."""
    for _ in range(len(SCREENS) + 2):
        screen = browser.run(HERE)
        if screen == last:
            return
        fill_screen(browser, SCREENS[screen])
        browser.press("[data-continue]")
    raise AssertionError(f"never came to {last}; stands at {browser.run('location.href')}")


def agree_and_send(browser: Chromium) -> None:
    browser.fill("consent_to_process", "yes")
    if is_offered(browser, "signature_name"):
        browser.fill("signature_name", "Rosa Runner")
    browser.press("[data-continue]")


def finish_offline(browser: Chromium, screens: dict[str, dict[str, Any]] = SCREENS) -> None:
    """From the screen shown to the signature, on the page that needs no network."""
    for _ in range(len(screens) + 2):
        screen = browser.until("document.querySelector('[data-screen]:not([hidden])')?.dataset.screen")
        if screen == "consent":
            break
        fill_screen(browser, screens[screen])
        browser.run("document.querySelector('[data-next]').click()")
    for name, value in CONSENT.items():
        browser.fill(name, value)


def kept(browser: Chromium) -> Any:
    """What is kept on the phone, once everything entered so far has been written."""
    browser.run(
        "window.kept = null; Promise.resolve(patellaKeep.begun).then(patellaKeep.settled).then(patellaKeep.load)"
        ".then((kept) => { window.kept = kept; })"
    )
    return browser.until("window.kept")


def until(is_so: Callable[[], Any]) -> None:
    """Wait for something that is not seen in a browser."""
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
