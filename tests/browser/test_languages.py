"""The form in Spanish and from right to left, in a real browser 320 px wide: long words fit, nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.accounts.models import Site
from intake.models import Submission
from tests.browser.chromium import Chromium
from tests.browser.journey import HERE, agree_and_send, begin, fill_screen, go_until
from tests.intake.routine_patient import SCREENS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

# Out of sight on purpose; everything else has to stay on the screen.
OUTSIDE = (
    "[...document.querySelectorAll('body *')].filter((each) => each.getClientRects().length"
    " && !each.closest('.away, .unseen, .skip, svg, .table-wrap, .scale'))"
    ".filter((each) => { const box = each.getBoundingClientRect(); return box.left < -1 || box.right > 321; })"
    ".map((each) => each.outerHTML.slice(0, 120))"
)
WIDTH = "document.documentElement.scrollWidth"


def stands_in(browser: Chromium, language: str, direction: str) -> None:
    assert browser.run("[document.documentElement.lang, document.documentElement.dir]") == [language, direction]
    assert browser.run(WIDTH) <= 320, browser.run("location.pathname")
    assert browser.run(OUTSIDE) == [], browser.run("location.pathname")


def walk(browser: Chromium, address: str, language: str, direction: str) -> None:
    """From the first page to the last, looking at each screen."""
    browser.open(f"{address}/?language={language}")
    stands_in(browser, language, direction)
    browser.picture(f"{language}-{direction}-home")
    begin(browser, address)
    for screen in SCREENS:
        assert browser.run(HERE) == screen
        stands_in(browser, language, direction)
        browser.picture(f"{language}-{direction}-{screen}")
        fill_screen(browser, SCREENS[screen])
        browser.press("[data-continue]")
    stands_in(browser, language, direction)
    browser.picture(f"{language}-{direction}-review")
    agree_and_send(browser)
    assert browser.run("location.pathname") == "/intake/done/"
    stands_in(browser, language, direction)
    browser.picture(f"{language}-{direction}-done")


def test_the_whole_form_in_spanish(browser: Chromium, live_server: Any, riverside: Site) -> None:
    walk(browser, live_server.url, "es", "ltr")

    assert "Gracias" in browser.run("document.querySelector('h1').textContent")
    assert Submission.objects.get().language == "es"
    assert browser.problems == []


def test_the_whole_form_from_right_to_left(browser: Chromium, live_server: Any, riverside: Site, settings: Any) -> None:
    # Spanish words on the other side of the page: what is looked at is where everything stands.
    settings.LANGUAGES_BIDI = ["es"]

    walk(browser, live_server.url, "es", "rtl")


def test_the_stop_page_in_spanish_fits(browser: Chromium, live_server: Any, riverside: Site) -> None:
    browser.open(f"{live_server.url}/?language=es")
    begin(browser, live_server.url)
    go_until(browser, "urgent_signs")
    browser.fill("chest_pain_or_breathless", "yes")

    browser.until("location.pathname === '/intake/stop/'")

    stands_in(browser, "es", "ltr")
    browser.picture("es-stop")


def test_the_page_itself_says_in_spanish_that_an_answer_is_saved(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    browser.open(f"{live_server.url}/?language=es")
    begin(browser, live_server.url)

    fill_screen(browser, SCREENS[browser.run(HERE)])

    browser.until("document.querySelector('[data-saved]').textContent === 'Guardado.'")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_press_on_the_other_language_keeps_what_was_typed(
    browser: Chromium, live_server: Any, riverside: Site, scripts: bool
) -> None:
    if not scripts:
        browser.call("Network.setBlockedURLs", urls=["*.js"])
    begin(browser, live_server.url)
    go_until(browser, "contact")
    browser.fill("given_name", "Rosa")
    browser.fill("phone", "12")

    browser.press("button.tongue")

    stands_in(browser, "es", "ltr")
    assert browser.run("document.querySelector('[name=given_name]').value") == "Rosa"
    assert browser.run("document.querySelector('[name=phone]').value") == "12"
    assert browser.run(HERE) == "contact"
