"""A check-in in a real browser: its script runs, questions follow answers, one press sends once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import CheckIn, Link, SymptomReport
from cases.services.links import make_link, secret_of
from clinic.accounts.models import Site
from intake.services.submissions import submit_answers
from tests.browser.cable import Cable
from tests.browser.chromium import Chromium
from tests.browser.journey import fill_screen
from tests.factories import ROUTINE_ANSWERS, CheckInFactory
from tests.intake.test_check_in_pages import BORN, PROGRESS, SAFE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture
def asked(browser: Chromium, cable: Cable, riverside: Site) -> Chromium:
    """A patient at the questions of the second week."""
    now = timezone.now()
    opened_at = now - timedelta(days=14)
    case = submit_answers(ROUTINE_ANSWERS, idempotency_key="one", language="en", by=None, now=opened_at).case
    link = make_link(case.patient, purpose=Link.Purpose.CHECK_IN, expires_at=now + timedelta(days=4), now=now)
    CheckInFactory(case=case, step="week_2", link=link, due_at=now, expires_at=link.expires_at)
    browser.open(f"{cable.address}/check-in/{secret_of(link)}/")
    fill_screen(browser, BORN)
    browser.press("form .button")
    return browser


def test_a_question_of_a_check_in_follows_the_answer_it_depends_on(asked: Chromium) -> None:
    assert not asked.sees("deformity_or_kneecap_out")

    asked.choose("trauma", "yes")
    assert asked.sees("deformity_or_kneecap_out")

    asked.choose("trauma", "no")
    assert not asked.sees("deformity_or_kneecap_out")
    assert asked.problems == []


def test_a_check_in_pressed_twice_is_sent_once(asked: Chromium, cable: Cable) -> None:
    fill_screen(asked, PROGRESS | SAFE)
    before = cable.posts

    send = "document.querySelector('[data-continue]')"
    asked.leave_by(f"{send}.click(); window.label = {send}.textContent; {send}.click()")

    assert asked.run("document.querySelector('h1').textContent").startswith("Thank you")
    assert cable.posts == before + 1
    assert CheckIn.objects.get(step="week_2").answered_at is not None
    assert SymptomReport.objects.filter(source="check_in").count() == 1
    assert asked.problems == []
