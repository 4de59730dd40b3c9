"""The tablet in a real browser: wiped when nobody touches it, and nothing of one patient is seen by the next."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from clinic.accounts.models import Role, Site
from intake.models import Draft
from intake.services import kiosk
from tests.browser.chromium import Chromium
from tests.browser.journey import HERE, fill_screen
from tests.factories import staff
from tests.intake.routine_patient import SCREENS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

PERSONAL = ("Rosa", "Runner", "rosa@example.org", "555-0123", "1999")
# All a page shows or holds in its boxes.
SHOWN = (
    "document.body.innerText + ' ' + [...document.querySelectorAll('input, textarea, select')]"
    ".filter((each) => !['radio', 'checkbox', 'hidden'].includes(each.type)).map((each) => each.value).join(' ')"
)
# In its own turn: the page is gone before the answer to `history.back()` itself.
BACK = "setTimeout(() => history.back()); 0"
AT_THE_START = "location.pathname === '/kiosk/' && document.querySelector('#id_code') !== null"


@pytest.fixture
def desk(riverside: Site) -> Any:
    return staff(Role.FRONT_DESK, riverside, email="dana@clinic.example", name="Dana Desk")


def opened(browser: Chromium, address: str, site: Site, desk: Any) -> None:
    """A code from the desk, typed on the tablet."""
    browser.open(f"{address}/kiosk/")
    _code, letters = kiosk.issue_code(site, by=desk, now=timezone.now())
    browser.type("code", letters)
    browser.press(".actions .button")
    assert browser.run(HERE) == "contact"


def nobody_touches_it(browser: Chromium, seconds: int) -> None:
    """Let the tablet's clock be so much later."""
    browser.run(f"{{ const before = Date.now; Date.now = () => before() + {seconds * 1000}; }}")


def personal_on(browser: Chromium) -> list[str]:
    shown = browser.until(SHOWN)
    return [each for each in PERSONAL if each in shown]


def begun(browser: Chromium, address: str, site: Site, desk: Any) -> None:
    """A patient has told who she is, and stands on the second screen."""
    opened(browser, address, site, desk)
    fill_screen(browser, SCREENS["contact"])
    assert personal_on(browser) == list(PERSONAL)
    browser.press("[data-continue]")


def test_nothing_of_one_patient_is_left_for_the_next(
    browser: Chromium, live_server: Any, riverside: Site, desk: Any
) -> None:
    begun(browser, live_server.url, riverside, desk)
    browser.fill("fever", "no")

    nobody_touches_it(browser, 45)
    browser.until("!document.querySelector('[data-kiosk-idle]').hidden")
    browser.until("document.activeElement.hasAttribute('data-stay')")
    browser.picture("tablet-are-you-there")
    browser.key("Enter")
    browser.until("document.querySelector('[data-kiosk-idle]').hidden")
    assert browser.run(HERE) == "urgent_signs"

    nobody_touches_it(browser, 61)
    browser.until(AT_THE_START)
    browser.picture("tablet-start")
    assert personal_on(browser) == []
    pages = browser.run("history.length")

    seen = []
    for _ in range(pages - 1):
        browser.leave_by(BACK)
        seen.append((browser.run("location.pathname"), personal_on(browser)))
        if browser.run("location.href === 'about:blank'"):
            break
    assert [path for path, _ in seen if path.startswith("/intake/step/")]
    assert [found for _, found in seen if found] == []

    opened(browser, live_server.url, riverside, desk)
    assert personal_on(browser) == []
    assert browser.run("[...document.querySelectorAll('.option input:checked')].map((each) => each.value)") == [
        "en",
        "riverside",
    ]
    browser.leave_by(BACK)
    assert personal_on(browser) == []
    # The first form waits for a code of the desk; the second one is another.
    assert Draft.objects.filter(on_tablet=True).count() == 2


def test_a_page_out_of_the_browser_s_memory_asks_the_clinic_first(
    browser: Chromium, live_server: Any, riverside: Site, desk: Any
) -> None:
    begun(browser, live_server.url, riverside, desk)
    browser.leave_by(BACK)
    assert personal_on(browser) == list(PERSONAL)

    kiosk.leave_tablet(Draft.objects.get(), now=timezone.now())
    browser.leave_by("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    assert personal_on(browser) == []
    assert browser.run("document.querySelector('[name=given_name]')") is None


def test_leaving_by_a_press_clears_what_the_browser_kept(
    browser: Chromium, live_server: Any, riverside: Site, desk: Any
) -> None:
    begun(browser, live_server.url, riverside, desk)

    browser.press("[data-kiosk-end] .button")
    browser.until(AT_THE_START)

    kept = browser.call("Network.getCookies")["cookies"]
    assert [each["name"] for each in kept if each["name"] in {"form", "kiosk"}] == []
    browser.run("window.kept = null; indexedDB.databases().then((found) => { window.kept = JSON.stringify(found); })")
    assert browser.until("window.kept") == "[]"
    assert browser.run("localStorage.length + sessionStorage.length") == 0
