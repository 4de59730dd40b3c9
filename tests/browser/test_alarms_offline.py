"""Red flags where there is no network: the browser decides each as the server does, and says so at once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cases.models import Case, CaseEvent
from cases.rules.measures import report_of
from cases.rules.triage import triage
from intake.models import Draft, Submission
from intake.questionnaire.versions import current
from intake.views.offline import alarms_for
from tests.browser.cable import Cable
from tests.browser.chromium import Chromium
from tests.browser.entries import entries_of
from tests.browser.journey import fill_screen, finish_offline, kept, until
from tests.cases.rules.reports import TODAY, answers_with
from tests.cases.rules.test_red_flags import CASES
from tests.intake.routine_patient import SCREENS

RULES = Path(__file__).parents[2] / "templates" / "static" / "patella" / "rules.js"
TOLD = alarms_for(current())
STOPS = [rule["id"] for rule in TOLD["rules"]]
SHOWN = (
    "[...document.querySelectorAll('[data-alarm]')].filter((each) => each.checkVisibility())"
    ".map((each) => each.dataset.alarm)"
)
SCREEN = "document.querySelector('[data-screen]:not([hidden])')?.dataset.screen"


def shown(case: Case) -> list[CaseEvent]:
    return list(case.events.filter(kind="safety_text_shown").order_by("pk"))


def fired_in(browser: Chromium, reports: list[dict[str, Any]], *, complete: bool) -> list[list[str]]:
    """The rows the page's own script finds met, of each report."""
    asked = [
        ({"age": answers["age"]} if answers.get("age") is not None else {}, entries_of(answers)) for answers in reports
    ]
    return browser.run(
        f"(() => {{ const told = {json.dumps(TOLD)}; const on = new Date({TODAY.year}, {TODAY.month - 1}, {TODAY.day});"
        f" return {json.dumps(asked)}.map(([facts, entries]) => told.rules.filter((rule) => patellaRules.alarm("
        "{...told, rules: [rule]}, (name) => entries.filter((each) => each[0] === name).map((each) => each[1]),"
        f" {{ facts, on, complete: {json.dumps(complete)} }})).map((rule) => rule.id)); }})()"
    )


@pytest.mark.parametrize("complete", [True, False])
def test_every_red_flag_is_decided_by_the_browser_as_by_the_server(browser: Chromium, complete: bool) -> None:
    cases = [(rule, answers_with(answers)) for rule, _fires, answers in CASES if rule in STOPS]
    reports = [answers for _rule, answers in cases]
    browser.run(RULES.read_text() + "; 0")

    decided = fired_in(browser, reports, complete=complete)

    expected = [
        [rule.rule_id for rule in triage(report_of(answers, TODAY, complete=complete)).fired if rule.rule_id in STOPS]
        for answers in reports
    ]
    differing = [
        (rule, mine, theirs) for (rule, _), mine, theirs in zip(cases, decided, expected, strict=True) if mine != theirs
    ]
    assert differing == []
    # Each row was seen met, and seen not met.
    met = {rule for rule, found in zip((rule for rule, _ in cases), decided, strict=True) if rule in found}
    not_met = {rule for rule, found in zip((rule for rule, _ in cases), decided, strict=True) if rule not in found}
    assert met == set(STOPS)
    assert not_met == set(STOPS)


# What is answered on which screens, and what is told at once. Of E8, E10 and E5 it takes two screens, or a unit.
TOLD_AT_ONCE: list[tuple[str, dict[str, dict[str, str]], str]] = [
    ("E6", {"urgent_signs": {"chest_pain_or_breathless": "yes"}}, "emergency"),
    ("S3", {"urgent_signs": {"calf_swelling": "yes"}}, "same_day"),
    ("E3", {"knee_signs": {"trauma": "yes", "cannot_bear_weight": "yes"}}, "emergency"),
    ("S5", {"knee_signs": {"locking": "locked_now"}}, "same_day"),
    ("S8", {"knee_signs": {"cannot_bear_weight": "yes"}}, "same_day"),
    ("E10", {"contact": {"date_of_birth-year": "2014"}, "knee_signs": {"cannot_bear_weight": "yes"}}, "emergency"),
    ("E8", {"knee_signs": {"trauma": "yes"}, "more_signs": {"deformity_or_kneecap_out": "still_out"}}, "emergency"),
    (
        "E5",
        {
            "pain": {"onset": "sudden_no_injury", "duration_weeks": "1", "duration_weeks-unit": "months"},
            "knee_signs": {"cannot_lift_straight_leg": "yes"},
        },
        "emergency",
    ),
    ("none", {"knee_signs": {"cannot_lift_straight_leg": "yes"}, "pain": {"onset": "gradual"}}, ""),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_what_alarms_is_told_at_once_without_a_network(offline_ready: Chromium, cable: Cable) -> None:
    browser = offline_ready
    shell = browser.run("document.querySelector('form').dataset.keep")
    quiet = kept(browser)
    cable.cut()
    said = []
    for rule, screens, _level in TOLD_AT_ONCE:
        # From the same quiet answers each time: what alarmed once stays said.
        browser.run(f"patellaKeep.store({json.dumps(quiet)}); 0")
        kept(browser)
        for screen, answers in screens.items():
            browser.open("about:blank")
            browser.open(f"{cable.address}{shell}#at={screen}")
            browser.until(f"{SCREEN} === {screen!r}")
            fill_screen(browser, answers)
            kept(browser)
        said.append((rule, screens, "".join(browser.run(SHOWN))))

    assert said == TOLD_AT_ONCE


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(240)
def test_an_alarm_on_a_screen_whose_network_went_is_told_there_and_handed_in_later(
    offline_ready: Chromium, cable: Cable
) -> None:
    browser = offline_ready
    browser.open(f"{cable.address}/intake/step/knee_signs/")
    kept(browser)
    cable.cut()

    browser.fill("locking", "locked_now")

    browser.until(f"location.pathname.startsWith('/intake/offline/') && {SHOWN}.join() === 'same_day'")
    assert browser.run("document.activeElement.dataset.alarm") == "same_day"
    assert browser.run("document.querySelector('[data-alarm=same_day] a.call').href").startswith("tel:")
    browser.picture("offline-alarm")
    # A wrong press is told by telephone, as with a network.
    browser.fill("locking", "none")
    assert browser.run(SHOWN) == ["same_day"]
    browser.fill("locking", "locked_now")

    # Its clock runs on while it waits.
    browser.run("{ const before = Date.now; Date.now = () => before() + 600000; }")
    Draft.objects.update(started_at=timezone.now() - timedelta(minutes=30))

    cable.mend()
    browser.until("location.pathname === '/intake/stop/'")
    sent = Submission.objects.get()
    assert sent.case.flags.filter(rule_id="S5").exists()
    browser.until("document.querySelector('[data-seen]')?.hidden")
    until(lambda: len(shown(sent.case)) == 2)
    by_itself, page = shown(sent.case)
    assert (by_itself.details["how"], by_itself.details["level"]) == ("offline", "same_day")
    assert 600 <= by_itself.details["seconds_before"] < 720
    assert page.details["how"] == "page"


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(240)
def test_an_alarm_whose_answer_got_lost_was_shown_all_the_same(offline_ready: Chromium, cable: Cable) -> None:
    browser = offline_ready
    browser.open(f"{cable.address}/intake/step/knee_signs/")
    kept(browser)
    # The clinic takes the answer; that it did never reaches the phone, which has to tell by itself.
    cable.losing = True
    browser.fill("locking", "locked_now")
    browser.until(f"location.pathname.startsWith('/intake/offline/') && {SHOWN}.join() === 'same_day'")
    [sent] = Submission.objects.all()
    assert shown(sent.case) == []

    cable.losing = False
    browser.until("location.pathname === '/intake/stop/'", 60)

    until(lambda: [row.details["how"] for row in shown(sent.case)] == ["offline", "page"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(240)
def test_a_question_left_open_alarms_when_the_form_is_sent(offline_ready: Chromium, cable: Cable) -> None:
    browser = offline_ready
    shell = browser.run("document.querySelector('form').dataset.keep")
    kept(browser)
    cable.cut()
    browser.open(f"{cable.address}{shell}#at=knee_signs")
    injured = {
        "knee_signs": SCREENS["knee_signs"] | {"trauma": "yes"},
        # When it happened stays open: while the form is filled in that is held against nothing.
        "more_signs": {
            "deformity_or_kneecap_out": "no",
            "pop_at_injury": "no",
            "cannot_bend_to_90": "yes",
            "bone_tender_kneecap_or_outer_knee": "no",
        },
    }
    finish_offline(browser, SCREENS | injured)
    assert browser.run(SHOWN) == []

    browser.run("document.querySelector('[data-finish]').click()")

    browser.until("!document.querySelector('[data-waiting]').hidden")
    assert browser.run(SHOWN) == ["same_day"]
    cable.mend()
    browser.until("location.pathname === '/intake/stop/'", 60)
    assert Submission.objects.get().case.flags.filter(rule_id="S4").exists()
