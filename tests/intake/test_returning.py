"""Patients who were here before: what is offered again, what is asked anew, and what the therapist sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.models import Link, SymptomReport
from cases.services import links
from clinic.accounts.models import Site
from intake.questionnaire.versions import current, for_known_patient
from intake.services.returning import prefillable
from tests.factories import MONDAY
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, fill_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def back_again(site: Site, patient_browser: PlainBrowser, on_monday: Any) -> PlainBrowser:
    """Rosa, 60 days after her first form, with the birth date typed."""
    fill_until(patient_browser, "review")
    patient_browser.send(CONSENT)
    patient = SymptomReport.objects.get().case.patient
    on_monday.shift(timedelta(days=60))
    now = MONDAY + timedelta(days=60)
    link = links.make_link(patient, purpose=Link.Purpose.INTAKE, expires_at=now + timedelta(days=1), now=now)
    browser = PlainBrowser()
    browser.open(f"/intake/link/{links.secret_of(link)}/")
    browser.send({"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "1999"})
    return browser


def walk(browser: PlainBrowser, changes: dict[str, dict[str, Any]], *, until: str = "review") -> dict[str, Any]:
    """Answer safety anew, confirm everything else with one press a screen; the pages by name as they came."""
    pages = {}
    for _ in range(2 * len(SCREENS)):
        name = browser.page.path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
        pages.setdefault(name, browser.page)
        if name == until:
            return pages
        form = browser.page.form
        # Where something is offered, only what was left open is answered: one press confirms the rest.
        # A number has a box for its unit beside it, which is never empty.
        given = {key: value for key, value in SCREENS[name].items() if form.fields.get(key, [""]) in ([""], ["weeks"])}
        answers = {**given, **changes.get(name, {})}
        browser.send({key: value for key, value in answers.items() if key in form.offered})
    raise AssertionError(f"{browser.page.path}: {browser.page.text[:600]}")


def test_no_answer_of_a_red_flag_and_no_consent_is_ever_offered():
    asked = for_known_patient(current())
    offered = prefillable(asked)

    assert not {question.name for question in asked.questions if question.safety} & offered
    for name in ("consent_to_process", "guardian_name", "fever", "calf_swelling", "locking", "night_pain"):
        assert name not in offered
    assert {"knee_side", "activities", "goals", "relieving", "work_load", "knee_moves_inward"} <= offered
    assert not {"pain_now", "pain_worst", "pain_usual"} & offered


def test_each_screen_offers_the_last_answers_with_their_day(back_again: PlainBrowser):
    pages = walk(back_again, {})

    where = pages["where"]
    assert where.form.fields["knee_side"] == ["left"]
    assert "Is this still right?" in where.text
    assert "2 November 2026" in where.text
    assert pages["load"].form.fields["activities-0-type"] == ["running"]


def test_safety_is_asked_anew_and_shows_nothing_of_before(back_again: PlainBrowser):
    pages = walk(back_again, {}, until="knee_signs")

    for name in ("urgent_signs", "knee_signs"):
        assert not set(pages[name].form.fields) & set(SCREENS[name])
        assert "2 November 2026" not in pages[name].text


def test_a_safety_screen_left_empty_does_not_go_on(back_again: PlainBrowser):
    while "urgent_signs" not in back_again.page.path:
        back_again.send()

    assert back_again.send().status == 422


def test_what_changed_is_kept_for_the_therapist(back_again: PlainBrowser):
    walk(back_again, {"pain": {"pain_worst": "8"}, "where": {"knee_side": "both"}})
    back_again.send(CONSENT)

    report = SymptomReport.objects.latest("pk")
    lines = {line["name"]: (line["then"], line["now"]) for line in report.changes["lines"]}
    assert set(lines) == {"pain_worst", "knee_side"}
    assert lines["knee_side"] == ("Left", "Both")
    assert report.changes["since"].startswith("2026-11-02T15:00")


def test_the_first_form_has_nothing_to_be_compared_with(site: Site, patient_browser: PlainBrowser):
    fill_until(patient_browser, "review")
    patient_browser.send(CONSENT)

    assert SymptomReport.objects.get().changes is None


def test_what_was_emptied_stays_empty_after_a_mistake(back_again: PlainBrowser):
    walk(back_again, {}, until="where")

    page = back_again.send({"knee_side": None, "pain_location": None})

    assert page.status == 422
    assert "knee_side" not in page.form.fields


def test_the_open_form_offers_nothing_to_anybody(site: Site, patient_browser: PlainBrowser):
    fill_until(patient_browser, "review")
    patient_browser.send(CONSENT)

    other = PlainBrowser()
    page = fill_until(other, "where")

    assert "Is this still right?" not in page.text
    assert "knee_side" not in page.form.fields
