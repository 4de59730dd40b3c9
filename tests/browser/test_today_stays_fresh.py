"""The open Today page in a browser: a stop shows within a minute, and what somebody is typing stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from clinic.accounts.models import Role, Site
from tests.browser.chromium import Chromium
from tests.cases.admin.conftest import case_of, raise_flag
from tests.factories import staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

BOX = "document.querySelector('#find')"


@pytest.fixture
def today(browser: Chromium, live_server: Any, riverside: Site) -> Chromium:
    """The page as the front desk leaves it open."""
    client = Client()
    client.force_login(staff(Role.FRONT_DESK, riverside, email="dana@clinic.example", name="Dana Desk"))
    secret = client.cookies[settings.SESSION_COOKIE_NAME].value
    browser.call("Network.setCookie", name=settings.SESSION_COOKIE_NAME, value=secret, url=live_server.url)
    browser.open(f"{live_server.url}/admin/")
    return browser


def came_back(browser: Chromium) -> None:
    """Somebody turns to this window again, which looks at once instead of within 30 seconds."""
    browser.run("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_stop_shows_on_an_open_page_within_a_minute_and_typing_goes_on(today: Chromium, riverside: Site) -> None:
    today.run(f"{BOX}.focus()")
    today.write("quil")
    case = case_of(riverside, urgency="emergency")
    raise_flag(case)

    today.until(f"document.body.innerText.includes('{case.reference}')", 60)

    assert today.run("document.querySelector('.queue.alarming .alarm-emergency') !== null")
    assert today.run("document.title").startswith("(1) ")
    assert today.run("document.querySelector('[data-looked]').textContent").startswith("A red flag came in at")
    assert today.run(f"[{BOX}.value, document.activeElement === {BOX}]") == ["quil", True]
    assert today.problems == []


def test_a_focused_button_keeps_the_focus_and_works_after_the_page_looked_again(
    today: Chromium, riverside: Site
) -> None:
    first = case_of(riverside, urgency="emergency")
    flag = raise_flag(first)
    came_back(today)
    today.until("document.querySelector('.alarm form') !== null")
    today.run("document.querySelector('.alarm form button').focus()")
    raise_flag(case_of(riverside, urgency="same_day"), level="same_day", rule_id="S3")

    came_back(today)
    today.until("document.querySelectorAll('.alarm').length === 2")

    assert today.run(f"document.activeElement.form.action.includes('/{first.pk}/')")
    today.leave_by("document.activeElement.click()")
    flag.refresh_from_db()
    assert flag.acknowledged_at is not None


def test_who_is_signed_out_is_told_that_nothing_new_comes(today: Chromium) -> None:
    today.call("Network.clearBrowserCookies")

    came_back(today)

    today.until("document.querySelector('[data-looked]').textContent.startsWith('Not up to date since')")
    assert today.run("document.querySelector('#h-flags') !== null")


def test_a_page_without_a_connection_says_so_and_recovers(today: Chromium) -> None:
    today.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    came_back(today)
    today.until("document.querySelector('[data-looked]').textContent.startsWith('Not up to date since')")

    today.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    came_back(today)

    today.until("document.querySelector('[data-looked]').textContent === ''")
