"""What opens under a place that hurts: by finger, by key, without a script, light and dark, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.accounts.models import Site
from intake.models import Draft
from tests.browser.chromium import Chromium
from tests.browser.journey import SAVED, begin, go_until
from tests.browser.test_every_way import ACTIVE, tab_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

OPEN = "[...document.querySelectorAll('.opened')].filter((each) => each.checkVisibility()).map((each) => each.id)"
PLACE = "pain_by_place-inner_side"


def at_the_map(browser: Chromium, address: str) -> None:
    begin(browser, address)
    go_until(browser, "where")
    browser.fill("knee_side", "left")


def tap(browser: Chromium, selector: str) -> None:
    """A finger on the middle of an element."""
    found = f"document.querySelector({selector!r})"
    browser.run(f"{found}.scrollIntoView({{block: 'center'}})")
    at = browser.run(
        f"(() => {{ const box = {found}.getBoundingClientRect();"
        " return {x: box.left + box.width / 2, y: box.top + box.height / 2}; })()"
    )
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[at])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def told(browser: Chromium) -> Any:
    browser.until(SAVED)
    return Draft.objects.get().answers.get("pain_by_place")


def test_a_place_pressed_opens_and_one_taken_away_closes(browser: Chromium, live_server: Any, riverside: Site) -> None:
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    at_the_map(browser, live_server.url)
    assert browser.run(OPEN) == []

    tap(browser, "[data-knee=left] [data-region='inner.inner_side']")
    assert browser.run(OPEN) == [PLACE]
    browser.fill(f"{PLACE}-strength", "7")
    browser.fill(f"{PLACE}-quality", "burning")
    tap(browser, "[name=pain_location][value=calf]")
    assert browser.run(OPEN) == [PLACE, "pain_by_place-calf"]
    browser.picture("places-touch")
    assert browser.run("document.documentElement.scrollWidth") <= 320
    small = "[...document.querySelectorAll('.opened select')].map((each) => each.getBoundingClientRect())"
    assert browser.run(f"{small}.filter((box) => box.height && (box.height < 44 || box.width < 44)).length") == 0
    assert told(browser) == {"inner_side": {"strength": 7, "quality": "burning"}}

    tap(browser, "[data-knee=left] [data-region='inner.inner_side']")
    assert browser.run(OPEN) == ["pain_by_place-calf"]
    assert told(browser) is None

    # A changed mind costs nothing while the screen stands, and the screen goes on at once.
    tap(browser, "[name=pain_location][value=inner_side]")
    browser.press("[data-continue]")
    assert browser.run("location.pathname") == "/intake/step/pain/"
    assert Draft.objects.get().answers["pain_by_place"] == {"inner_side": {"strength": 7, "quality": "burning"}}


def test_by_keyboard_each_list_follows_its_place_and_says_whose_it_is(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    at_the_map(browser, live_server.url)
    tab_to(browser, f"{ACTIVE}.value === 'inner_side'", "the inner side")
    browser.key("Space")

    browser.key("Tab")
    assert browser.run(f"{ACTIVE}.name") == f"{PLACE}-strength"
    browser.key("ArrowDown", times=8)
    browser.key("Tab")
    assert browser.run(f"{ACTIVE}.name") == f"{PLACE}-quality"
    browser.key("ArrowDown", times=2)
    browser.key("Tab")
    assert browser.run(f"{ACTIVE}.value") == "outer_side"

    assert told(browser) == {"inner_side": {"strength": 7, "quality": "sharp"}}
    browser.call("Accessibility.enable")
    heard = [
        (node["role"]["value"], node["name"]["value"])
        for node in browser.call("Accessibility.getFullAXTree")["nodes"]
        if node.get("role", {}).get("value") in {"group", "combobox"} and node.get("name", {}).get("value")
    ]
    start = heard.index(("group", "Inner side of the knee"))
    assert heard[start + 1 : start + 3] == [("combobox", "How bad, 0 to 10"), ("combobox", "What it feels like")]


def test_without_a_script_the_places_chosen_come_with_the_same_screen(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    # Blocked rather than switched off, so that the test itself can still press buttons.
    browser.call("Network.setBlockedURLs", urls=["*.js"])
    at_the_map(browser, live_server.url)
    browser.fill("pain_location", "inner_side")
    browser.fill("pain_location", "groin")
    assert browser.run(OPEN) == []

    browser.press("[data-continue]")
    assert browser.run("location.pathname + location.search") == "/intake/step/where/?because=answer"
    assert browser.run(OPEN) == [PLACE, "pain_by_place-groin"]
    browser.fill(f"{PLACE}-strength", "0")
    browser.picture("places-without-a-script")

    browser.press("[data-continue]")
    assert browser.run("location.pathname") == "/intake/step/pain/"
    assert Draft.objects.get().answers["pain_by_place"] == {"inner_side": {"strength": 0}}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_it_is_cut_off(
    browser: Chromium, live_server: Any, riverside: Site, language: str, scheme: str
) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(f"{live_server.url}/intake/?language={language}")
    browser.press("form .button")
    go_until(browser, "where")
    browser.fill("knee_side", "left")
    for place in ("front_around_kneecap", "shin_bump", "inner_side"):
        browser.fill("pain_location", place)
    for place, strength, quality in (("front_around_kneecap", "6", "dull_ache"), ("shin_bump", "10", "stiff_or_tight")):
        browser.fill(f"pain_by_place-{place}-strength", strength)
        browser.fill(f"pain_by_place-{place}-quality", quality)
    browser.until(SAVED)

    browser.picture(f"places-{scheme}-{language}")
    assert browser.run("document.documentElement.scrollWidth") <= 320
    cut = "[...document.querySelectorAll('.opened label')].filter((each) => each.scrollWidth > each.clientWidth)"
    assert browser.run(f"{cut}.length") == 0
    assert browser.problems == []
