"""An answer saved as it is given: what the page's script is told, and what it may not do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import CaseEvent
from intake.models import Draft, Submission
from intake.services import steps
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, fill_until


@pytest.fixture
def browser(site):
    return PlainBrowser()


def save(browser, screen, **answers):
    form = browser.page.form.fields
    data = {
        "csrfmiddlewaretoken": form["csrfmiddlewaretoken"][0],
        "form": form["form"][0],
        "version": form["version"][0],
    }
    return browser.client.post(f"/intake/save/{screen}/", data | answers, headers={"origin": "http://testserver"})


def test_one_answer_of_a_screen_is_stored_and_the_version_told(browser):
    fill_until(browser, "where")

    answer = save(browser, "where", knee_side="left")

    draft = Draft.objects.get()
    assert answer.status_code == 200
    assert answer.json()["version"] == draft.version
    assert draft.answers["knee_side"] == "left"


def test_the_progress_told_is_that_of_the_answers_so_far(browser):
    fill_until(browser, "where")

    progress = save(browser, "where", knee_side="left").json()["progress"]

    assert progress["text"] == f"Step {progress['number']} of {progress['total']}"
    assert browser.page.text.count(progress["text"]) == 1


def test_another_devices_save_in_between_is_a_conflict_and_overwrites_nothing(browser):
    fill_until(browser, "where")
    save(browser, "where", knee_side="left")

    answer = save(browser, "where", knee_side="right")

    assert answer.status_code == 409
    assert Draft.objects.get().answers["knee_side"] == "left"


def test_the_same_answer_twice_is_no_conflict(browser):
    fill_until(browser, "where")
    places = {"knee_side": "left", "pain_location": ["inner_side"]}
    save(browser, "where", **places)

    assert save(browser, "where", **places).status_code == 200


def test_an_alarming_answer_is_handed_in_and_leads_to_the_stop_screen(browser):
    fill_until(browser, "urgent_signs")

    answer = save(browser, "urgent_signs", chest_pain_or_breathless="yes")

    assert answer.json()["go"] == "/intake/stop/"
    assert Submission.objects.get().case.events.filter(kind="safety_text_due").exists()


def test_the_stop_screen_is_shown_again_by_the_same_browser(browser):
    fill_until(browser, "urgent_signs")
    save(browser, "urgent_signs", chest_pain_or_breathless="yes")

    assert "Get help now" in browser.open("/intake/continue/").text


def test_a_screen_not_reached_yet_saves_nothing(browser):
    fill_until(browser, "urgent_signs")

    answer = save(browser, "where", knee_side="left")

    assert answer.json() == {"version": Draft.objects.get().version, "early": True, "go": "/intake/continue/"}
    assert "knee_side" not in Draft.objects.get().answers


@pytest.mark.parametrize("screen", ["consent", "nothing", "no-such"])
def test_what_is_no_screen_does_not_exist(browser, screen):
    fill_until(browser, "where")

    assert save(browser, screen, knee_side="left").status_code == 404


def test_another_form_is_refused(browser):
    fill_until(browser, "where")
    browser.page.form.fields["form"] = ["7b7b7b7b-0000-0000-0000-000000000000"]

    assert save(browser, "where", knee_side="left").status_code == 409


def test_a_wrong_answer_does_not_cost_the_right_ones_of_its_screen(browser):
    fill_until(browser, "where")

    answer = save(browser, "where", knee_side="left", pain_location="the moon")

    assert answer.status_code == 200
    assert Draft.objects.get().answers["knee_side"] == "left"


def test_the_answers_kept_for_a_device_are_those_of_the_form(browser):
    fill_until(browser, "where")

    kept = browser.client.get("/intake/kept/").json()

    assert ["fever", "no"] in kept["screens"]["urgent_signs"]
    assert ["date_of_birth-month", "3"] in kept["screens"]["contact"]


def test_the_empty_form_for_times_without_a_network_knows_nobody(browser):
    fill_until(browser, "where")

    page = browser.client.get("/intake/offline/2026.12/en/open/")

    assert "Rosa" not in page.content.decode()
    assert "csrfmiddlewaretoken" not in page.content.decode()
    assert page.headers["Cache-Control"] == "no-cache"
    assert not page.cookies


def test_a_save_of_another_screen_in_between_is_no_conflict(browser):
    fill_until(browser, "where")
    seen = browser.page.form.fields["mark"][0]
    draft = Draft.objects.get()
    steps.save_step(
        draft, section="knee_signs", raw=SCREENS["knee_signs"] | {"swelling": "moderate"}, now=timezone.now()
    )

    answer = save(browser, "where", knee_side="left", mark=seen)

    stored = Draft.objects.get()
    assert answer.status_code == 200
    assert (stored.answers["knee_side"], stored.answers["swelling"]) == ("left", "moderate")
    assert answer.json()["mark"] == steps.mark_of(stored, "where") != seen


def test_a_change_of_this_very_screen_is_a_conflict_whatever_the_page_knew(browser):
    fill_until(browser, "where")
    seen = browser.page.form.fields["mark"][0]
    save(browser, "where", knee_side="left", mark=seen)

    answer = save(browser, "where", knee_side="right", mark=seen)

    assert answer.status_code == 409
    assert Draft.objects.get().answers["knee_side"] == "left"


def test_none_of_a_list_of_signs_stores_a_no_for_each_and_goes_on(browser):
    fill_until(browser, "urgent_signs")
    assert 'class="signs"' in browser.page.html
    assert '<details class="each">' in browser.page.html

    page = browser.send(button=("no_to_all", "go"))

    assert page.path == "/intake/step/knee_signs/"
    stored = Draft.objects.get().answers
    assert {stored[name] for name in SCREENS["urgent_signs"]} == {"no"}
    assert '<details class="each" open>' in browser.open("/intake/step/urgent_signs/").html


def test_none_of_these_never_overrules_a_sign_that_was_named(browser):
    fill_until(browser, "urgent_signs")

    browser.send({"chest_pain_or_breathless": "yes"}, button=("no_to_all", "go"))

    assert Submission.objects.get().case.urgency == "emergency"


def _told(**said):
    return {"form": str(Draft.objects.get().pk), "told": "emergency", "told_ago": "90", **said}


def _shown():
    rows = CaseEvent.objects.filter(kind="safety_text_shown").order_by("pk")
    return [(row.details["how"], row.details["level"], row.details.get("seconds_before")) for row in rows]


def test_what_was_shown_without_a_network_is_recorded_with_the_case_and_once(browser, on_monday):
    fill_until(browser, "urgent_signs")
    Draft.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    alarming = SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes"}

    first = save(browser, "urgent_signs", **alarming, **_told())
    # The answer to the first time was lost on its way: the browser says it all again.
    again = save(browser, "urgent_signs", **alarming, **_told(told_ago="95"))

    assert first.json()["go"] == "/intake/stop/"
    assert again.url == "/intake/done/"
    assert _shown() == [("offline", "emergency", 90)]
    assert "I have read this" in browser.open("/intake/stop/").html


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({}, [("offline", "emergency", 90)]),
        ({"told": "same_day"}, [("offline", "same_day", 90)]),
        ({"told_ago": "-5"}, [("offline", "emergency", None)]),
        ({"told_ago": "301"}, [("offline", "emergency", None)]),
        ({"told_ago": "9" * 40}, [("offline", "emergency", None)]),
        ({"told_ago": "yesterday"}, [("offline", "emergency", None)]),
        ({"told": "routine"}, []),
        ({"told": "<script>"}, []),
        ({"told": ""}, []),
        ({"form": "7b7b7b7b-0000-0000-0000-000000000000"}, []),
    ],
)
def test_of_what_a_browser_says_it_showed_only_what_can_be_is_kept(browser, on_monday, said, kept):
    fill_until(browser, "urgent_signs")
    Draft.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    save(browser, "urgent_signs", **SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes"})

    save(browser, "urgent_signs", **_told(**said))

    assert _shown() == kept


def test_what_was_shown_when_a_form_was_sent_whole_is_recorded_too(browser, on_monday):
    fill_until(browser, "review")
    Draft.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    page = browser.page.form.fields
    signed = {name: page[name][0] for name in ("csrfmiddlewaretoken", "consent_text")} | CONSENT
    draft = Draft.objects.get()
    Draft.objects.update(answers=draft.answers | {"calf_swelling": "yes"})
    data = signed | _told(told="same_day", version=str(draft.version))

    sent = [
        browser.client.post("/intake/review/", data, headers={"origin": "http://testserver"}).url for _twice in range(2)
    ]

    assert sent == ["/intake/done/"] * 2
    assert _shown() == [("offline", "same_day", 90)]


def test_a_form_that_alarms_nobody_records_nothing_shown(browser):
    fill_until(browser, "urgent_signs")

    save(browser, "urgent_signs", **SCREENS["urgent_signs"], **_told())

    assert _shown() == []
    assert Submission.objects.count() == 0


def test_the_marks_kept_for_a_device_let_it_write_over_what_it_knows(browser):
    fill_until(browser, "where")
    kept = browser.client.get("/intake/kept/").json()
    draft = Draft.objects.get()
    steps.save_step(draft, section="pain", raw=SCREENS["pain"], now=timezone.now())

    answer = save(
        browser,
        "urgent_signs",
        **SCREENS["urgent_signs"] | {"fever": "not_sure"},
        version="1",
        mark=kept["marks"]["urgent_signs"],
    )

    assert kept["version"] == draft.version
    assert answer.status_code == 200
    assert Draft.objects.get().answers["fever"] == "not_sure"
