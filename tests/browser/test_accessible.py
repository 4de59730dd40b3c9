"""axe-core finds nothing to complain of on the patient's pages, in any state, and on the staff's main ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from clinic.accounts.models import Role, Site
from tests.browser.chromium import Chromium
from tests.browser.journey import HERE, agree_and_send, begin, fill_screen, go_until
from tests.factories import staff
from tests.intake.routine_patient import SCREENS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

AXE = (Path(__file__).parent / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def complaints(browser: Chromium) -> list[str]:
    """What axe-core says of the page as it stands."""
    browser.run(AXE + "; 0")
    browser.run(
        f"window.axeSaid = null; axe.run(document, {{runOnly: {json.dumps(RULES)}}}).then((found) => {{"
        " window.axeSaid = JSON.stringify(found.violations.flatMap((rule) => rule.nodes.map((node) =>"
        " rule.id + ': ' + node.html.slice(0, 160)))); })"
    )
    return json.loads(browser.until("window.axeSaid", 60))


def look(browser: Chromium, name: str, found: dict[str, list[str]]) -> None:
    browser.picture(name)
    if said := complaints(browser):
        found[name] = said


def test_no_page_of_the_form_in_any_state_is_complained_of(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    found: dict[str, list[str]] = {}
    browser.open(f"{live_server.url}/")
    look(browser, "home", found)
    browser.open(f"{live_server.url}/intake/")
    look(browser, "start", found)
    browser.press("form .button")
    for screen in SCREENS:
        assert browser.run(HERE) == screen
        look(browser, f"step-{screen}", found)
        if screen not in ("leg", "load"):
            browser.run("document.querySelectorAll('.option input').forEach((each) => { each.checked = false; })")
            browser.press("[data-continue]")
            if browser.run(HERE) == screen:
                look(browser, f"step-{screen}-errors", found)
        browser.open(f"{live_server.url}/intake/step/{screen}/")
        fill_screen(browser, SCREENS[screen])
        browser.press("[data-continue]")
    look(browser, "review", found)
    browser.press("[data-continue]")
    look(browser, "review-errors", found)
    browser.open(f"{live_server.url}/intake/later/")
    look(browser, "later", found)
    browser.open(f"{live_server.url}/intake/offline/2026.11/en/open/")
    browser.open(f"{live_server.url}/intake/review/")
    agree_and_send(browser)
    look(browser, "done", found)
    browser.open(f"{live_server.url}/intake/resume/unknown/")
    look(browser, "no-form", found)

    assert found == {}


def test_the_stop_screen_and_the_dark_are_not_complained_of(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    found: dict[str, list[str]] = {}
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    begin(browser, live_server.url)
    go_until(browser, "where")
    browser.fill("knee_side", "left")
    browser.fill("pain_location", "inner_side")
    look(browser, "knee-map-dark", found)
    browser.open(f"{live_server.url}/intake/step/urgent_signs/")
    browser.fill("chest_pain_or_breathless", "yes")
    browser.until("location.pathname === '/intake/stop/'")
    look(browser, "stop-dark", found)

    assert found == {}


def test_the_main_pages_of_staff_are_not_complained_of(browser: Chromium, live_server: Any, riverside: Site) -> None:
    client = Client()
    client.force_login(staff(Role.MANAGER, riverside, email="mara@clinic.example", name="Mara Manager"))
    secret = client.cookies[settings.SESSION_COOKIE_NAME].value
    found: dict[str, list[str]] = {}
    browser.open(f"{live_server.url}/admin/login/")
    look(browser, "admin-login", found)
    browser.call("Network.setCookie", name=settings.SESSION_COOKIE_NAME, value=secret, url=live_server.url)

    for path in ("", "cases/case/", "cases/patient/", "intake/draft/"):
        browser.open(f"{live_server.url}/admin/{path}")
        look(browser, f"admin-{path.replace('/', '-') or 'today'}", found)

    assert found == {}
