"""A form is finished on the version it was begun on, in its words, while new forms ask the new one."""

from __future__ import annotations

import dataclasses

import pytest

from cases.models import SymptomReport
from clinic.accounts.models import Site
from intake.models import Draft, Submission
from intake.questionnaire import versions
from intake.questionnaire.definition import Kind, Question, Questionnaire
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, fill_until

pytestmark = pytest.mark.django_db

OLD_WORDS = "Which knee hurts?"
BEFORE_PLACES = "2026.11"
NEW_WORDS = "Tell us which of your knees hurts."
NEW_QUESTION = Question(
    name="climbs_stairs", kind=Kind.CHOICE, text="Do you climb stairs every day?", options=(), required=False
)


def next_version(old: Questionnaire) -> Questionnaire:
    """The same form with other words for one question and one more beside it."""
    where = old.section("where")
    yes_no = old.by_name["clicking"].options
    questions = tuple(
        dataclasses.replace(each, text=NEW_WORDS) if each.name == "knee_side" else each for each in where.questions
    )
    changed = dataclasses.replace(
        where, questions=(*questions, dataclasses.replace(NEW_QUESTION, options=yes_no, required=True))
    )
    sections = tuple(changed if each.name == "where" else each for each in old.sections)
    return dataclasses.replace(old, version="2027.01", sections=sections)


def finish(browser: PlainBrowser, **more: str) -> None:
    for _ in range(2 * len(SCREENS)):
        name = browser.page.path.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
        if name == "review":
            break
        browser.send(SCREENS[name] | (more if name == "where" else {}))
    browser.send(CONSENT)
    assert browser.page.path == "/intake/done/", browser.page.text[:300]


def words_of(report: SymptomReport) -> dict[str, str]:
    return {entry["name"]: entry["text"] for entry in report.wording}


def test_an_old_draft_is_finished_on_its_own_version_in_its_own_words(
    site: Site, patient_browser: PlainBrowser, monkeypatch: pytest.MonkeyPatch
):
    old = versions.current()
    fill_until(patient_browser, "where")
    assert OLD_WORDS in patient_browser.page.text

    new = next_version(old)
    monkeypatch.setitem(versions.VERSIONS, new.version, new)
    assert versions.current() is new
    page = patient_browser.open("/intake/continue/")
    assert (OLD_WORDS in page.text, NEW_WORDS in page.text, "climbs_stairs" in page.html) == (True, False, False)
    finish(patient_browser)

    other = PlainBrowser()
    fill_until(other, "where")
    assert (OLD_WORDS in other.page.text, NEW_WORDS in other.page.text) == (False, True)
    finish(other, climbs_stairs="yes")

    first, second = SymptomReport.objects.order_by("pk")
    assert list(Submission.objects.order_by("pk").values_list("questionnaire_version", flat=True)) == [
        old.version,
        "2027.01",
    ]
    assert (first.questionnaire_version, words_of(first)["knee_side"]) == (old.version, OLD_WORDS)
    assert (second.questionnaire_version, words_of(second)["knee_side"]) == ("2027.01", NEW_WORDS)
    assert "climbs_stairs" not in words_of(first)
    assert words_of(second)["climbs_stairs"] == "Do you climb stairs every day?"
    assert set(Draft.objects.values_list("questionnaire_version", flat=True)) == {old.version, "2027.01"}


def test_a_form_begun_before_each_place_was_asked_about_is_finished_without_it(
    site: Site, patient_browser: PlainBrowser
):
    fill_until(patient_browser, "where")
    Draft.objects.update(questionnaire_version=BEFORE_PLACES)
    page = patient_browser.open("/intake/continue/")
    assert ("pain_location" in page.form.offered, "pain_by_place" in page.html) == (True, False)

    patient_browser.send(SCREENS["where"])
    assert patient_browser.page.path == "/intake/step/pain/"
    finish(patient_browser)

    report = SymptomReport.objects.get()
    assert report.questionnaire_version == BEFORE_PLACES
    assert "pain_by_place" not in words_of(report)
