"""The public pages in a real browser: what only a browser can get wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from cases.models import Link
from cases.services.links import make_link, secret_of
from clinic.accounts.models import Site
from intake.answers import from_form
from intake.models import Draft
from intake.services import drafts, steps
from tests.browser.chromium import Chromium
from tests.browser.journey import fill_screen
from tests.factories import PatientFactory
from tests.intake.routine_patient import SCREENS

pytestmark = pytest.mark.django_db(transaction=True)


def resume_before(name: str, browser: Chromium, address: str) -> Draft:
    """A form filled in up to a screen, opened on that screen."""
    now = timezone.now()
    draft, secret = drafts.start_draft(site=None, language="en", now=now)
    for section in drafts.questionnaire_of(draft).sections:
        if section.name == name:
            break
        if section.name in SCREENS:
            raw = from_form(section, _posted(SCREENS[section.name]))
            draft = steps.save_step(draft, section=section.name, raw=raw, now=now).draft
    browser.call("Network.setCookie", name="form", value=secret, url=address)
    browser.open(f"{address}/intake/step/{name}/")
    return draft


def _posted(answers: dict[str, Any]) -> Any:
    found = QueryDict(mutable=True)
    for name, value in answers.items():
        found.setlist(name, value if isinstance(value, list) else [value])
    return found


def test_a_question_appears_and_goes_with_the_answer_it_depends_on(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    resume_before("load", browser, live_server.url)
    assert not browser.sees("activities-0-weeks_off")

    browser.choose("activities-0-recent_change", "returned_after_break")
    assert browser.sees("activities-0-weeks_off")

    browser.choose("activities-0-recent_change", "none")
    assert not browser.sees("activities-0-weeks_off")
    assert browser.problems == []


def test_no_to_all_fills_in_the_page_and_stays_on_it(browser: Chromium, live_server: Any, riverside: Site) -> None:
    draft = resume_before("urgent_signs", browser, live_server.url)
    browser.choose("fever", "not_sure")

    browser.run("document.querySelector('[name=no_to_all][value=\"1\"]').click()")
    browser.press("[data-continue]")

    draft.refresh_from_db()
    assert browser.run("location.pathname") == "/intake/step/knee_signs/"
    assert (draft.answers["fever"], draft.answers["calf_swelling"]) == ("not_sure", "no")


def test_a_screen_of_signs_is_one_list_and_one_press(browser: Chromium, live_server: Any, riverside: Site) -> None:
    draft = resume_before("urgent_signs", browser, live_server.url)
    assert browser.run("document.querySelectorAll('.signs li').length") == 8
    assert not browser.sees("fever")

    browser.press("[name=no_to_all][value=go]")

    draft.refresh_from_db()
    assert browser.run("location.pathname") == "/intake/step/knee_signs/"
    signs = drafts.questionnaire_of(draft).section("urgent_signs").questions
    assert {draft.answers[question.name] for question in signs} == {"no"}

    browser.open(f"{live_server.url}/intake/step/urgent_signs/")
    assert browser.sees("fever")  # what was said of each is shown at each


def test_somebody_who_has_one_of_the_signs_is_asked_about_each(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    draft = resume_before("urgent_signs", browser, live_server.url)

    browser.run("document.querySelector('.each summary').click()")
    assert browser.sees("fever")
    browser.choose("fever", "not_sure")
    browser.press("[data-continue]")

    draft.refresh_from_db()
    assert browser.run("document.querySelectorAll('.summary li').length") == 7
    assert draft.answers["fever"] == "not_sure"
    assert "calf_swelling" not in draft.answers


def test_none_of_these_clears_the_others(browser: Chromium, live_server: Any, riverside: Site) -> None:
    resume_before("history", browser, live_server.url)

    browser.choose("conditions", "diabetes")
    browser.choose("conditions", "none")

    ticked = "[...document.querySelectorAll('[name=conditions]:checked')].map(box => box.value).join()"
    assert browser.run(ticked) == "none"
    browser.choose("conditions", "epilepsy")
    assert browser.run(ticked) == "epilepsy"


def test_a_link_page_can_be_sent_although_it_tells_nobody_where_it_is(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    now = timezone.now()
    link = make_link(PatientFactory(), purpose=Link.Purpose.INTAKE, expires_at=now + timedelta(days=1), now=now)
    browser.open(f"{live_server.url}/intake/link/{secret_of(link)}/")
    for piece, value in (("month", "3"), ("day", "4"), ("year", "1999")):
        browser.type(f"date_of_birth-{piece}", value)

    browser.press("form .button")

    assert browser.run("location.pathname").startswith("/intake/step/")
    assert secret_of(link) not in browser.run("document.referrer")


def test_an_alarm_fills_the_screen_with_the_number_to_call(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    resume_before("urgent_signs", browser, live_server.url)
    browser.choose("chest_pain_or_breathless", "yes")

    browser.press("[data-continue]")

    assert browser.run("location.pathname") == "/intake/stop/"
    assert browser.run("document.querySelector('a[href=\"tel:911\"].call').getBoundingClientRect().height") >= 44


def test_no_screen_is_wider_than_a_narrow_phone_nor_runs_what_the_policy_forbids(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    resume_before("goals", browser, live_server.url)

    for path in ["/", "/intake/", "/intake/later/", *(f"/intake/step/{name}/" for name in SCREENS)]:
        browser.open(f"{live_server.url}{path}")
        assert browser.run("document.documentElement.scrollWidth") <= 320, path
    assert browser.problems == []


def test_what_was_said_of_an_answer_is_over_once_there_is_another(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    resume_before("pain", browser, live_server.url)
    browser.press("[data-continue]")
    wrong = "[...document.querySelectorAll('.field.is-wrong')].map((each) => each.querySelector('[name]').name)"
    assert browser.run(wrong) == ["onset", "duration_weeks", "pain_now", "pain_worst"]
    assert browser.run("document.querySelectorAll('.summary a:not(.is-done)').length") == 4
    place = "document.querySelector('[name=pain_worst]').getBoundingClientRect().top + scrollY"
    before = browser.run(place)

    browser.fill("onset", "gradual")
    browser.fill("duration_weeks", "6")

    assert browser.run(wrong) == ["pain_now", "pain_worst"]
    assert browser.run("document.querySelectorAll('.summary a:not(.is-done)').length") == 2
    assert browser.run("document.querySelector('[name=duration_weeks]').hasAttribute('aria-invalid')") is False
    # Nothing moves under the finger.
    assert browser.run(place) == before
    browser.picture("half-put-right")


def test_one_goal_named_is_enough_for_what_was_said_of_all(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    resume_before("goals", browser, live_server.url)
    browser.press("[data-continue]")
    assert browser.run("document.querySelectorAll('.is-wrong').length") > 0

    browser.fill("goals-0-activity", "Run 5 km")

    assert browser.run("document.querySelectorAll('.is-wrong').length") == 0


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_sticks_out_of_its_box_on_the_narrowest_phone(
    browser: Chromium, live_server: Any, riverside: Site, language: str
) -> None:
    draft = resume_before("where", browser, live_server.url)
    drafts.choose_language(draft, language)
    out = (
        "[...document.querySelectorAll('.option span, .scale label')].filter((each) => { const words = document"
        ".createRange(); words.selectNodeContents(each); const [inner, box] = each.matches('.scale label')"
        " ? [each, each.closest('.field')] : [words, each.closest('.option')]; return each.checkVisibility()"
        " && inner.getBoundingClientRect().right > box.getBoundingClientRect().right + 0.5; })"
        ".map((each) => each.innerText)"
    )
    found = []
    for name in ("where", "pain"):
        browser.open(f"{live_server.url}/intake/step/{name}/")
        browser.press("[data-continue]")
        found += browser.run(out)
        fill_screen(browser, SCREENS[name])
        browser.press("[data-continue]")

    assert found == []
    assert browser.run("document.documentElement.lang") == language
