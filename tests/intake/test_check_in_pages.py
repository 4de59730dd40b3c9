"""A check-in by link: the birth date, questions only, judged again for red flags, answered once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cases.models import Case, CaseEvent, CheckIn, Flag, Link, Outcome, Patient, SymptomReport
from cases.services.links import make_link, secret_of
from clinic.accounts.models import Site
from intake.services.submissions import submit_answers
from tests.factories import MONDAY, ROUTINE_ANSWERS, CheckInFactory
from tests.intake.plain_browser import PlainBrowser

pytestmark = pytest.mark.django_db

BORN = {"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "1999"}
PROGRESS = {"pain_now": "2", "pain_worst": "4", "groc": "2", "goal_1_score": "7"}
SAFE = {
    **dict.fromkeys(
        (
            "chest_pain_or_breathless",
            "calf_swelling",
            "hot_red_joint",
            "fever",
            "feels_unwell",
            "cold_or_pale_foot",
            "leg_weakness_new",
            "numbness",
            "trauma",
            "cannot_bear_weight",
            "cannot_lift_straight_leg",
            "lump",
            "unexplained_weight_loss",
        ),
        "no",
    ),
    "giving_way": "no",
    "swelling": "none",
    "locking": "none",
    "night_pain": "none",
}


@pytest.fixture
def check_in(site: Site) -> CheckIn:
    opened_at = MONDAY - timedelta(days=14)
    case = submit_answers(ROUTINE_ANSWERS, idempotency_key="one", language="en", by=None, now=opened_at).case
    link = make_link(case.patient, purpose=Link.Purpose.CHECK_IN, expires_at=MONDAY + timedelta(days=10), now=MONDAY)
    return CheckInFactory(case=case, step="week_2", link=link)


@pytest.fixture
def address(check_in: CheckIn) -> str:
    return f"/check-in/{secret_of(check_in.link)}/"


@pytest.fixture
def opened(address: str, patient_browser: PlainBrowser) -> PlainBrowser:
    patient_browser.open(address)
    patient_browser.send(BORN)
    return patient_browser


def test_opening_the_link_changes_nothing(address: str, check_in: CheckIn, patient_browser: PlainBrowser) -> None:
    before = CheckIn.objects.values().get(pk=check_in.pk), Link.objects.values().get(pk=check_in.link_id)

    page = patient_browser.open(address)
    patient_browser.client.head(address)

    assert page.status == 200
    assert "Rosa" not in page.html
    assert "check-in" not in patient_browser.client.cookies
    assert Client().get(address)["Referrer-Policy"] == "no-referrer"
    assert (CheckIn.objects.values().get(pk=check_in.pk), Link.objects.values().get(pk=check_in.link_id)) == before


def test_the_birth_date_leads_to_an_address_without_a_secret(opened: PlainBrowser, check_in: CheckIn) -> None:
    assert opened.page.path == "/check-in/"
    assert secret_of(check_in.link) not in opened.page.html


def test_the_questions_show_neither_name_nor_contact_nor_an_earlier_answer(opened: PlainBrowser) -> None:
    for kept in ("Rosa", "Runner", "rosa@example.org", "555-0123", "5550123", "checked", "1999"):
        assert kept not in opened.page.html.replace("input:checked", "")


def test_answers_reach_the_case_with_their_scores(opened: PlainBrowser, check_in: CheckIn) -> None:
    page = opened.send(PROGRESS | SAFE | {"sessions_done": "3", "sessions_prescribed": "4"})

    check_in.refresh_from_db()
    assert "Thank you. Your check-in is with us." in page.text
    assert check_in.report.answers["pain_worst"] == 4
    assert check_in.report.answers["goals"] == [{"activity": "Run 5 km", "score": 7}]
    scores = dict(Outcome.objects.filter(report=check_in.report).values_list("instrument", "score"))
    assert scores["nprs_worst"] == 4
    assert scores["groc"] == 2
    assert scores["psfs"] == 7


def test_a_red_flag_in_a_check_in_shows_what_to_do_now(opened: PlainBrowser, check_in: CheckIn) -> None:
    page = opened.send(PROGRESS | SAFE | {"calf_swelling": "yes"})

    assert "Your knee needs to be looked at today" in page.text
    assert "We will call you on the phone number we have for you." in page.text
    assert Flag.objects.filter(case=check_in.case, rule_id="S3").exists()
    assert CaseEvent.objects.filter(case=check_in.case, kind="safety_text_due").count() == 1
    assert not CaseEvent.objects.filter(kind="safety_text_shown").exists()

    again = opened.send()

    assert "Your knee needs to be looked at today" in again.text
    assert "I have read this" not in again.html
    shown = CaseEvent.objects.get(kind="safety_text_shown")
    assert (shown.case, shown.details) == (check_in.case, {"check_in": check_in.pk, "how": "press"})


def test_what_alarmed_at_intake_does_not_alarm_again(
    address: str, check_in: CheckIn, patient_browser: PlainBrowser
) -> None:
    # S10 rests on the age and the place told at intake; a clinician has dealt with it since.
    first = check_in.case.reports.get()
    SymptomReport.objects.filter(pk=first.pk).update(answers=first.answers | {"pain_location": ["groin"]})
    Patient.objects.update(date_of_birth="2011-03-04")
    patient_browser.open(address)
    patient_browser.send(BORN | {"date_of_birth-year": "2011"})

    page = patient_browser.send(PROGRESS | SAFE | {"limp": "no", "foot_turns_out": "no"})

    assert CheckIn.objects.get(answered_at__isnull=False).report.urgency == "same_day"
    assert "Thank you. Your check-in is with us." in page.text


def test_a_red_flag_waits_for_no_correction(opened: PlainBrowser, check_in: CheckIn) -> None:
    page = opened.send({"chest_pain_or_breathless": "yes", "pain_now": "2", "sessions_done": "many"})

    check_in.refresh_from_db()
    assert "Get help now" in page.text
    assert check_in.report.answers["chest_pain_or_breathless"] == "yes"


def test_answering_twice_is_answered_kindly_and_kept_once(opened: PlainBrowser, address: str) -> None:
    questions = opened.page
    opened.send(PROGRESS | SAFE)

    opened.page = questions
    assert "Thank you. Your check-in is with us." in opened.send(PROGRESS | SAFE | {"pain_now": "9"}).text
    opened.open(address)
    assert "Thank you. Your check-in is with us." in opened.send(BORN).text
    assert CheckIn.objects.get(answered_at__isnull=False).report.answers["pain_now"] == 2


def test_mistakes_are_shown_and_nothing_typed_is_lost(opened: PlainBrowser, check_in: CheckIn) -> None:
    page = opened.send({"pain_now": "2", "sessions_done": "many"})

    check_in.refresh_from_db()
    assert page.status == 422
    assert page.form.fields["pain_now"] == ["2"]
    assert page.form.fields["sessions_done"] == ["many"]
    links = {part.split('"', 1)[0] for part in page.html.split('href="#')[1:]}
    assert links - {"main"} <= set(page.form.ids)
    assert check_in.answered_at is None


def test_without_a_script_more_about_an_injury_is_asked_in_a_second_round(opened: PlainBrowser) -> None:
    page = opened.send(PROGRESS | SAFE | {"trauma": "yes"})

    assert "there is one more thing to ask" in page.text
    assert "deformity_or_kneecap_out" in page.form.fields["asked"]
    assert page.form.fields["pain_now"] == ["2"]


def test_no_to_all_is_shown_before_it_is_sent(opened: PlainBrowser, check_in: CheckIn) -> None:
    page = opened.send(PROGRESS, button=("no_to_all", "1"))

    check_in.refresh_from_db()
    assert page.form.fields["calf_swelling"] == ["no"]
    assert check_in.answered_at is None
    assert "Thank you." in opened.send().text


def test_after_20_minutes_the_link_is_asked_for_again(opened: PlainBrowser, check_in: CheckIn, on_monday) -> None:
    on_monday.shift(timedelta(minutes=20, seconds=1))

    page = opened.send(PROGRESS | SAFE)

    check_in.refresh_from_db()
    assert page.status == 404
    assert "Please open the link again" in page.text
    assert check_in.answered_at is None


@pytest.mark.parametrize("forged", ["", "nonsense", "b2b5e7a0-0000-4000-8000-000000000000:abc:def"])
def test_a_forged_cookie_opens_nothing(check_in: CheckIn, patient_browser: PlainBrowser, forged: str) -> None:
    patient_browser.client.cookies["check-in"] = forged

    assert patient_browser.open("/check-in/").status == 404


def test_a_check_in_no_longer_asked_for_says_so(opened: PlainBrowser, check_in: CheckIn) -> None:
    CheckIn.objects.filter(pk=check_in.pk).update(cancelled_at=MONDAY)

    assert "This check-in is no longer needed" in opened.open("/check-in/").text


def test_answers_to_a_check_in_cancelled_meanwhile_are_still_filed(opened: PlainBrowser, check_in: CheckIn) -> None:
    CheckIn.objects.filter(pk=check_in.pk).update(cancelled_at=MONDAY)

    page = opened.send(PROGRESS | SAFE | {"chest_pain_or_breathless": "yes"})

    check_in.refresh_from_db()
    assert "Get help now" in page.text
    assert check_in.report.answers["chest_pain_or_breathless"] == "yes"
    assert Flag.objects.filter(report=check_in.report, level="emergency").exists()


@pytest.mark.parametrize(
    ("alarm", "words"),
    [
        ({"chest_pain_or_breathless": "yes"}, ("Get help now", "go to an emergency department now", "Call 911")),
        (
            {"calf_swelling": "yes"},
            ("looked at today", "nobody here has read this check-in", "Call us: (312) 555-0100", "1 Main Street"),
        ),
    ],
)
def test_a_red_flag_after_the_case_ended_is_told_what_to_do_and_promised_nothing(
    opened: PlainBrowser, check_in: CheckIn, alarm: dict[str, str], words: tuple[str, ...]
) -> None:
    Case.objects.update(status="closed", close_reason="declined", ended_at=MONDAY)

    page = opened.send(PROGRESS | SAFE | alarm)

    for told in words:
        assert told in page.text
    for promise in ("We will call you", "Our staff have your answers", "open this page again", "no longer needed"):
        assert promise not in page.text
    assert check_in.case.reports.count() == 1
    assert not Flag.objects.exists()


def test_harmless_answers_after_the_case_ended_are_not_needed(opened: PlainBrowser, check_in: CheckIn) -> None:
    Case.objects.update(status="closed", close_reason="declined", ended_at=MONDAY)

    page = opened.send(PROGRESS | SAFE)

    assert "This check-in is no longer needed" in page.text
    assert check_in.case.reports.count() == 1


def test_the_page_costs_a_constant_number_of_statements(opened: PlainBrowser, django_assert_num_queries) -> None:
    # The check-in with its case, and the report whose goals are asked about.
    with django_assert_num_queries(2):
        opened.client.get("/check-in/")
