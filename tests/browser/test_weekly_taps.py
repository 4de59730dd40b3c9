"""The weekly check-in on a phone: five taps at most, each made by a finger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.models import CheckIn, Link, SymptomReport
from cases.services.links import make_link, secret_of
from clinic.accounts.models import Site
from intake.questionnaire.check_in import MOST_TAPS
from intake.services.submissions import submit_answers
from tests.browser.chromium import Chromium
from tests.factories import ROUTINE_ANSWERS, CheckInFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def tap(browser: Chromium, finding: str) -> None:
    """Put a finger on the middle of what an expression finds."""
    browser.run(f"({finding}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
    place = f"({finding}).getBoundingClientRect()"
    x, y = browser.run(f"[{place}.x + {place}.width / 2, {place}.y + {place}.height / 2]")
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def asked_by_link(browser: Chromium, live_server: Any, *, step: str) -> None:
    now = timezone.now()
    came = now - timedelta(days=28)
    case = submit_answers(ROUTINE_ANSWERS, idempotency_key="one", language="en", by=None, now=came).case
    link = make_link(case.patient, purpose=Link.Purpose.CHECK_IN, expires_at=now + timedelta(days=5), now=now)
    CheckInFactory(case=case, step=step, link=link, due_at=now, expires_at=link.expires_at)
    browser.open(f"{live_server.url}/check-in/{secret_of(link)}/")
    for part, value in (("day", "4"), ("month", "3"), ("year", "1999")):
        browser.type(f"date_of_birth-{part}", value)
    browser.press("form .button:not(.away)")


def test_with_nothing_new_a_week_is_told_in_five_taps_at_most(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    asked_by_link(browser, live_server, step="week_4")
    browser.picture("check-in-weekly")
    browser.run("window.taps = 0; addEventListener('pointerdown', (event) => { window.taps += event.isTrusted; })")

    for name, value in (("pain_worst", "3"), ("groc", "2"), ("sessions_done", "5")):
        tap(browser, f"document.querySelector('[name={name}][value=\"{value}\"]').closest('label')")
    taps = browser.run("window.taps") + 1
    tap(browser, "document.querySelector('[name=no_to_all][value=send]')")
    browser.until("document.querySelector('h1').textContent.includes('Thank you')")

    assert taps <= MOST_TAPS
    report = SymptomReport.objects.get(source="check_in")
    assert {name: report.answers[name] for name in ("pain_worst", "groc", "sessions_done", "fever")} == {
        "pain_worst": 3,
        "groc": 2,
        "sessions_done": 5,
        "fever": "no",
    }
    assert CheckIn.objects.get(step="week_4").answered_at is not None
    assert browser.problems == []


def test_a_question_asked_because_of_another_answer_comes_at_once(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    asked_by_link(browser, live_server, step="week_4")
    browser.run("document.querySelector('details').open = true")
    assert not browser.sees("recent_needling_or_injection")
    further = "[...document.querySelectorAll('h2')].find((each) => each.textContent.startsWith('A little more'))"
    assert browser.run(f"{further}.checkVisibility()") is False

    browser.fill("fever", "yes")

    browser.until("document.querySelector('[name=recent_needling_or_injection]').checkVisibility()")
    assert browser.run(f"{further}.checkVisibility()") is True
    assert browser.problems == []
