"""A red flag on any screen stops the form, says what to do now, and tells staff at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from cases.models import Case, CaseEvent, Flag, SymptomReport
from clinic.accounts.models import Site
from intake.models import Draft
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import SCREENS, fill_until

pytestmark = pytest.mark.django_db


def _alarm(browser: PlainBrowser, **answers: str) -> str:
    fill_until(browser, "urgent_signs")
    return browser.send(SCREENS["urgent_signs"] | answers).text


def test_an_emergency_stops_the_form_with_the_number_to_call(site: Site, patient_browser: PlainBrowser) -> None:
    text = _alarm(patient_browser, chest_pain_or_breathless="yes")

    case = Case.objects.get()
    assert patient_browser.page.path == "/intake/stop/"
    assert "Get help now" in text
    assert 'href="tel:911"' in patient_browser.page.html
    assert case.reference in text
    assert (case.urgency, case.status) == ("emergency", "new")
    assert Flag.objects.get(rule_id="E6").level == "emergency"


def test_a_same_day_answer_in_opening_hours_says_by_when_we_call(site: Site, patient_browser: PlainBrowser) -> None:
    text = _alarm(patient_browser, calf_swelling="yes")

    assert "We will call you on (312) 555-0123. If you have not heard from us by 11:00 AM," in text
    assert 'href="tel:+13125550100"' in patient_browser.page.html
    assert "Riverside Urgent Care" in text


@pytest.mark.parametrize(
    "closed",
    [
        datetime(2026, 11, 7, 16, 0, tzinfo=UTC),  # Saturday
        datetime(2026, 11, 6, 23, 30, tzinfo=UTC),  # Friday, half an hour before closing: two hours end on Monday
        datetime(2026, 11, 3, 4, 0, tzinfo=UTC),  # Monday, 22:00 at the clinic
    ],
)
def test_a_same_day_answer_never_waits_for_another_day(
    site: Site, patient_browser: PlainBrowser, on_monday, closed: datetime
) -> None:
    on_monday.move_to(closed)

    text = _alarm(patient_browser, calf_swelling="yes")

    assert "Please contact urgent care today" in text
    assert "If you have not heard from us by" not in text


def test_the_safety_text_is_there_again_in_this_browser_and_by_the_link(
    site: Site, patient_browser: PlainBrowser
) -> None:
    shown = _alarm(patient_browser, chest_pain_or_breathless="yes")
    secret = patient_browser.client.cookies["form"].value

    assert patient_browser.open("/intake/step/where/").text == shown
    assert patient_browser.open("/intake/done/").text == shown
    assert PlainBrowser().open(f"/intake/resume/{secret}/").text == shown


def _about_the_text() -> list[tuple[str, str]]:
    rows = CaseEvent.objects.filter(kind__startswith="safety_text").order_by("pk")
    return [(row.kind.removeprefix("safety_text_"), row.details.get("how", "")) for row in rows]


def test_a_record_says_that_the_text_is_due_and_only_a_press_that_it_was_shown(
    site: Site, patient_browser: PlainBrowser, monday: datetime
) -> None:
    _alarm(patient_browser, chest_pain_or_breathless="yes")
    patient_browser.open("/intake/stop/")
    assert _about_the_text() == [("due", "")]

    assert "I have read this" in patient_browser.page.html
    page = patient_browser.send()

    assert (page.path, page.status) == ("/intake/stop/", 200)
    assert "Get help now" in page.text
    assert "I have read this" not in page.html
    assert _about_the_text() == [("due", ""), ("shown", "press")]
    shown = CaseEvent.objects.get(kind="safety_text_shown")
    assert (shown.case, shown.by, shown.at) == (Case.objects.get(), None, monday)


def test_it_is_recorded_once_however_often_it_is_told(site: Site, patient_browser: PlainBrowser) -> None:
    _alarm(patient_browser, chest_pain_or_breathless="yes")
    token = patient_browser.page.form.fields["csrfmiddlewaretoken"][0]

    told = [
        patient_browser.client.post("/intake/stop/seen/", {"csrfmiddlewaretoken": token, "by": "script"})
        for _ in range(3)
    ]

    assert [answer.status_code for answer in told] == [204, 204, 204]
    assert _about_the_text() == [("due", ""), ("shown", "page")]


def test_a_browser_without_the_form_tells_nothing(site: Site, patient_browser: PlainBrowser) -> None:
    _alarm(patient_browser, chest_pain_or_breathless="yes")

    assert Client().post("/intake/stop/seen/").status_code == 404
    assert Client().post("/check-in/seen/").status_code == 302
    assert _about_the_text() == [("due", "")]


def test_a_form_that_does_not_stop_has_nothing_to_show(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    token = patient_browser.page.form.fields["csrfmiddlewaretoken"][0]

    patient_browser.client.post("/intake/stop/seen/", {"csrfmiddlewaretoken": token})

    assert _about_the_text() == []


def test_pressing_continue_twice_on_an_alarm_makes_one_case(site: Site, patient_browser: PlainBrowser) -> None:
    page = fill_until(patient_browser, "urgent_signs")
    answers = SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes"}
    patient_browser.send(answers)
    patient_browser.page = page

    patient_browser.send(answers)

    assert patient_browser.page.path == "/intake/stop/"
    assert Case.objects.count() == 1


def test_an_alarm_beside_a_mistake_still_stops_the_form(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "urgent_signs")

    patient_browser.send({"chest_pain_or_breathless": "yes"})

    assert patient_browser.page.path == "/intake/stop/"


def test_after_an_alarm_the_answers_are_kept_for_staff_and_the_way_back_for_the_patient(
    site: Site, patient_browser: PlainBrowser
) -> None:
    _alarm(patient_browser, chest_pain_or_breathless="yes", calf_swelling="not_sure")

    # Kept once, where staff read and correct them; the draft itself stays and leads to what to do now.
    report = SymptomReport.objects.get(case=Case.objects.get())
    assert (report.answers["chest_pain_or_breathless"], report.answers["calf_swelling"]) == ("yes", "not_sure")
    assert report.case.patient.given_name == "Rosa"
    draft = Draft.objects.get()
    assert (draft.answers, draft.urgency) == ({}, "emergency")
    secret = patient_browser.client.cookies["form"].value
    assert "Get help now" in PlainBrowser().open(f"/intake/resume/{secret}/").text


def test_the_stop_page_names_no_cause(site: Site, patient_browser: PlainBrowser) -> None:
    _alarm(patient_browser, calf_swelling="yes")

    for word in ("thrombosis", "embol", "infection", "suspected", "diagnos"):
        assert word not in patient_browser.page.html.lower()
