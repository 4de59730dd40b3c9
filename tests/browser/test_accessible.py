"""axe-core finds nothing to complain of on the patient's pages, in any state, and on the staff's main ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from clinic.accounts.models import Role, Site
from intake import urls as intake_urls
from tests.browser.chromium import Chromium
from tests.browser.scenes import NO_PAGE, SCENES, Eyes
from tests.factories import staff

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


def test_every_address_of_a_patient_is_in_the_table() -> None:
    named = {pattern.name for pattern in intake_urls.urlpatterns}

    looked_at = {page for each in SCENES.values() for page in each.states} - {"no address"}
    assert named == looked_at | set(NO_PAGE)
    assert looked_at.isdisjoint(NO_PAGE)


@pytest.mark.parametrize("name", SCENES)
def test_no_page_in_any_state_is_complained_of(
    name: str, browser: Chromium, live_server: Any, riverside: Site, settings: Any, tmp_path: Path
) -> None:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.UPLOAD_SCANNER = ""
    found: dict[str, list[str]] = {}
    eyes = Eyes(browser, live_server.url, riverside, settings, lambda state: look(browser, state, found))

    SCENES[name].walk(eyes)

    assert found == {}
    assert set(eyes.seen) == SCENES[name].looks


@pytest.mark.parametrize("name", ["the_form_in_trouble", "the_stop_page", "the_own_page", "a_check_in"])
def test_the_dark_is_not_complained_of(
    name: str, browser: Chromium, live_server: Any, riverside: Site, settings: Any
) -> None:
    found: dict[str, list[str]] = {}
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    SCENES[name].walk(
        Eyes(browser, live_server.url, riverside, settings, lambda state: look(browser, f"dark-{state}", found))
    )

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
