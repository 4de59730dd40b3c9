"""The same form by every way: without a script, by keyboard alone, on a map, light over the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clinic.accounts.models import Site
from intake.models import Submission
from tests.browser.cable import Cable
from tests.browser.chromium import Chromium
from tests.browser.journey import HERE, agree_and_send, begin, fill_screen, given, go_until
from tests.intake.routine_patient import CONSENT, SCREENS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def test_the_form_is_sent_without_any_script_of_ours(browser: Chromium, live_server: Any, riverside: Site) -> None:
    # Blocked rather than switched off, so that the test itself can still press buttons.
    browser.call("Network.setBlockedURLs", urls=["*.js"])

    begin(browser, live_server.url)
    go_until(browser, "/intake/review/")
    agree_and_send(browser)

    assert browser.run("typeof window.patellaRules") == "undefined"
    assert browser.run("location.pathname") == "/intake/done/"
    assert Submission.objects.count() == 1


ACTIVE = "document.activeElement"


def tab_to(browser: Chromium, condition: str, what: str) -> None:
    """Go on by the Tab key until what has the focus is meant; nothing on the way may hold it."""
    for _ in range(120):
        browser.key("Tab")
        if browser.run(f"{condition}"):
            return
    raise AssertionError(f"the Tab key never came to {what}")


def answer_by_keyboard(browser: Chromium, name: str, value: str) -> None:
    """Give one answer as somebody does who has no mouse: Tab, arrows, Space and letters."""
    # Radio buttons are one stop, whichever of them it is; of boxes each is its own.
    kind = browser.run(f"document.querySelector('[name=\"{name}\"]:not([type=hidden])').type")
    named = f"{ACTIVE}.name === {name!r}"
    if kind == "checkbox":
        tab_to(browser, f"{named} && {ACTIVE}.value === {value!r}", f"{name} {value}")
        if not browser.run(f"{ACTIVE}.checked"):
            browser.key("Space")
        return
    tab_to(browser, named, name)
    match kind:
        case "radio":
            if not browser.run(f"{ACTIVE}.checked"):
                browser.key("Space")
            for _ in range(20):
                if browser.run(f"{ACTIVE}.value") == value:
                    return
                browser.key("ArrowDown")
            raise AssertionError(f"the arrows never came to {value} of {name}")
        case "select-one":
            for _ in range(20):
                if browser.run(f"{ACTIVE}.value") == value:
                    return
                browser.key("ArrowDown")
            raise AssertionError(f"the arrows never came to {value} of {name}")
        case _:
            browser.write(value)


def go_on_by_keyboard(browser: Chromium) -> None:
    tab_to(browser, f"{ACTIVE}.hasAttribute('data-continue')", "the button")
    browser.leave_by_key("Enter")


def screen_by_keyboard(browser: Chromium, answers: dict[str, Any]) -> None:
    """Every answer in the order of the page, then the button."""
    order = browser.run("[...document.querySelectorAll('form[data-step] [name]')].map((each) => each.name)")
    wanted = sorted(((name, value) for name, value in given(answers) if name in order), key=lambda x: order.index(x[0]))
    if browser.run("document.querySelector('details.each:not([open])') !== null"):
        tab_to(browser, f"{ACTIVE}.tagName === 'SUMMARY'", "the signs one by one")
        browser.key("Enter")
    for name, value in wanted:
        # What stands there already, or is filled in by the browser, needs no key.
        holds = f"[...document.querySelectorAll('[name=\"{name}\"]')].some((each) => each.value === {value!r}"
        if not browser.run(f"{holds} && (each.type === 'hidden' || each.type === 'select-one' || each.checked))"):
            answer_by_keyboard(browser, name, value)
    go_on_by_keyboard(browser)


@pytest.mark.timeout(400)
def test_the_whole_form_is_filled_in_and_sent_by_keyboard_alone(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    browser.open(f"{live_server.url}/")
    tab_to(browser, f"{ACTIVE}.href === '{live_server.url}/intake/'", "the way to the form")
    browser.leave_by_key("Enter")
    tab_to(browser, f"{ACTIVE}.matches('form button')", "the button that begins")
    browser.leave_by_key("Enter")

    for _ in range(len(SCREENS) + 2):
        screen = browser.run(HERE)
        if screen not in SCREENS:
            break
        screen_by_keyboard(browser, SCREENS[screen])
        assert browser.run(HERE) != screen, screen
    assert browser.run("location.pathname") == "/intake/review/"
    screen_by_keyboard(browser, CONSENT)

    assert browser.run("location.pathname") == "/intake/done/"
    answers = Submission.objects.get().case.reports.get().answers
    assert (answers["knee_side"], answers["duration_weeks"], answers["aggravating"]) == (
        "left",
        6,
        ["squatting", "stairs_down", "long_sitting"],
    )
    assert browser.problems == []


def test_a_place_on_the_map_and_its_box_in_the_list_are_one(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    begin(browser, live_server.url)
    go_until(browser, "where")
    browser.fill("knee_side", "left")

    browser.run(
        "document.querySelector('[data-knee=left] [data-region=\"front.behind_kneecap\"]')"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert browser.run("document.querySelector('[value=behind_kneecap]').checked") is True
    assert browser.run("document.querySelector('[data-knee=right]').hidden") is True
    browser.picture("knee-map")

    browser.run("document.querySelector('[value=behind_kneecap]').click()")
    assert browser.run("document.querySelectorAll('[data-knee=left] .hurts').length") == 0


def test_the_map_itself_works_by_keyboard_and_says_what_it_is(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    begin(browser, live_server.url)
    go_until(browser, "where")
    tab_to(browser, f"{ACTIVE}.name === 'knee_side'", "the side of the knee")
    browser.key("Space")
    here = "document.activeElement.dataset"

    browser.key("Tab")
    if not browser.run(f"{here}.place"):
        browser.key("Tab")
    assert browser.run(f"{here}.region") == "front.thigh"
    browser.key("ArrowRight", times=2)
    assert browser.run(f"{here}.region") == "front.outer_side"
    browser.key("Space")
    browser.picture("knee-map-by-keyboard")
    assert browser.run("document.querySelector('[value=outer_side]').checked") is True

    browser.call("Accessibility.enable")
    said = [
        (node["role"]["value"], node["name"]["value"], state["value"]["value"])
        for node in browser.call("Accessibility.getFullAXTree")["nodes"]
        for state in node.get("properties", [])
        if state["name"] == "checked" and node["role"]["value"] == "checkbox"
    ]
    outer = [each for each in said if each[1].startswith("Outer side")]
    # Its place in the list, and in the front, back and outer views.
    assert len(outer) == 4
    assert {(role, checked) for role, _name, checked in outer} == {("checkbox", "true")}
    assert len({name for _role, name, _checked in outer}) == 1

    # One more press takes it away; the next view is one Tab away, the list after the fourth.
    browser.key("Enter")
    assert browser.run("document.querySelector('[value=outer_side]').checked") is False
    stops = []
    for _ in range(4):
        browser.key("Tab")
        stops.append(browser.run(f"{here}.region || document.activeElement.name"))
    assert [stop.split(".")[0] for stop in stops] == ["back", "inner", "outer", "pain_location"]


def test_the_first_page_weighs_at_most_100_kb_and_asks_nobody_else(
    browser: Chromium, cable: Cable, riverside: Site
) -> None:
    browser.open(f"{cable.address}/intake/")

    assert cable.sent <= 100_000
    asked = browser.run("performance.getEntriesByType('resource').map((each) => new URL(each.name).origin)")
    assert set(asked) <= {cable.address}
    assert browser.run("document.querySelectorAll('style, [style], script:not([src])').length") == 0
    assert browser.problems == []


def test_targets_are_big_enough_for_a_thumb(browser: Chromium, live_server: Any, riverside: Site) -> None:
    begin(browser, live_server.url)
    small = (
        "[...document.querySelectorAll('.option, .scale label, main .button, main input[type=text], main select')]"
        ".filter((each) => each.getClientRects().length && !each.closest('.away'))"
        ".filter((each) => each.getBoundingClientRect().height < 44)"
        ".map((each) => each.outerHTML.slice(0, 120))"
    )
    for screen in SCREENS:
        assert browser.run(small) == [], screen
        assert browser.run("document.documentElement.scrollWidth") <= 320, screen
        fill_screen(browser, SCREENS[screen])
        browser.press("[data-continue]")


def test_two_windows_are_two_devices(device: Callable[..., Chromium], live_server: Any, riverside: Site) -> None:
    first, second = device(), device()
    begin(first, live_server.url)
    second.open(f"{live_server.url}/intake/continue/")

    assert second.run("location.pathname.startsWith('/intake/step/')") is False
