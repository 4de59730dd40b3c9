"""A short check-in: five taps at most with nothing new, and every red flag is still told no to by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import CheckIn, Flag, Link, SymptomReport
from cases.rules.follow_up import STEP, WEEKLY
from cases.services.links import make_link, secret_of
from clinic.accounts.models import Site
from intake.questionnaire.check_in import MOST_TAPS, NEEDLING_VERSION, SHORT, check_in, is_short
from intake.questionnaire.definition import Kind
from intake.questionnaire.safety import ASKED_AFTER_NEEDLING
from intake.services.submissions import submit_answers
from tests.factories import MONDAY, ROUTINE_ANSWERS, CheckInFactory
from tests.intake.plain_browser import PlainBrowser
from tests.intake.test_check_in_pages import BORN, SAFE

pytestmark = pytest.mark.django_db
HOT = ("cannot_bend_to_90", "recent_needling_or_injection")
ONE_TAP = {Kind.SCALE, Kind.CHOICE}


@pytest.fixture
def asked(site: Site, patient_browser: PlainBrowser) -> PlainBrowser:
    return opened(site, patient_browser, step="needling_check")


def opened(site: Site, patient_browser: PlainBrowser, *, step: str) -> PlainBrowser:
    opened_at = MONDAY - timedelta(days=14)
    case = submit_answers(ROUTINE_ANSWERS, idempotency_key="one", language="en", by=None, now=opened_at).case
    link = make_link(case.patient, purpose=Link.Purpose.CHECK_IN, expires_at=MONDAY + timedelta(days=4), now=MONDAY)
    CheckInFactory(case=case, step=step, link=link)
    patient_browser.open(f"/check-in/{secret_of(link)}/")
    patient_browser.send(BORN)
    return patient_browser


def test_everything_a_short_one_may_ask_takes_five_taps_at_most():
    progress = check_in(SHORT).section("progress").questions

    assert is_short(SHORT)
    assert {question.kind for question in progress} <= ONE_TAP
    assert len(progress) + 1 <= MOST_TAPS


@pytest.mark.parametrize("asks", [("akps",), ("goals",), ("pain_usual", "pain_now")])
def test_one_that_asks_for_more_is_not_short(asks: tuple[str, ...]):
    assert not is_short(asks)


def test_with_nothing_new_two_taps_send_it(asked: PlainBrowser):
    taps = {"pain_now": "2"}

    page = asked.send(taps, button=("no_to_all", "send"))

    report = SymptomReport.objects.get(source="check_in")
    assert len(taps) + 1 <= MOST_TAPS
    assert "Thank you" in page.text
    safe = SAFE | {question.name: "no" for question in ASKED_AFTER_NEEDLING}
    assert {name: report.answers[name] for name in safe} == safe
    assert set(safe) <= set(report.shown)
    assert report.questionnaire_version == NEEDLING_VERSION
    assert CheckIn.objects.get(step="needling_check").answered_at == MONDAY


@pytest.mark.parametrize(
    ("step", "taps"),
    [
        ("week_1", {"pain_worst": "5", "sessions_done": "3"}),
        ("week_4", {"pain_worst": "3", "groc": "2", "sessions_done": "10"}),
    ],
)
def test_a_weekly_check_in_is_five_taps_at_most(
    site: Site, patient_browser: PlainBrowser, step: str, taps: dict[str, str]
):
    asked = opened(site, patient_browser, step=step)

    page = asked.send(taps, button=("no_to_all", "send"))

    report = SymptomReport.objects.get(source="check_in")
    assert len(taps) + 1 <= MOST_TAPS
    assert "Thank you" in page.text
    assert {name: report.answers[name] for name in SAFE} == SAFE
    assert not Flag.objects.filter(report=report).exists()


@pytest.mark.parametrize("step", WEEKLY)
def test_every_weekly_step_asks_no_more_than_that(step: str):
    asked = check_in(STEP[step].asks).section("progress").questions

    assert is_short(STEP[step].asks)
    assert [question.name for question in asked] == list(STEP[step].asks)
    assert {question.kind for question in asked} <= ONE_TAP
    assert len(asked) + 1 <= MOST_TAPS


def test_each_sign_stands_above_the_button_that_says_no_to_it(asked: PlainBrowser):
    listed = asked.page.html[asked.page.html.index('class="signs"') : asked.page.html.index('value="send"')]

    safety = check_in(STEP["needling_check"].asks).section("safety").questions
    assert safety[:2] == ASKED_AFTER_NEEDLING
    missing = [question.name for question in safety if str(question.text).replace("'", "&#x27;") not in listed]
    # What is asked only because of another answer is asked then.
    assert [question.name for question in safety if question.name in missing and question.shown_when is None] == []


def test_a_sign_told_is_never_overwritten_by_the_button(asked: PlainBrowser):
    asked.send({"pain_now": "2", "calf_swelling": "yes"}, button=("no_to_all", "send"))

    assert SymptomReport.objects.get(source="check_in").answers["calf_swelling"] == "yes"
    assert Flag.objects.filter(report__source="check_in").exists()


def test_without_the_button_a_blank_sign_is_not_a_no(asked: PlainBrowser):
    page = asked.send({"pain_now": "2"})

    assert page.status == 422
    assert not SymptomReport.objects.filter(source="check_in").exists()


def test_the_check_after_needling_stays_within_the_taps():
    asks = STEP["needling_check"].asks

    assert is_short(asks)
    assert [question.name for question in check_in(asks).section("progress").questions] == ["pain_now"]


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        ({"redness_where_needled": "yes"}, ["NS2"]),
        ({"swelling_where_needled": "yes"}, ["NS2"]),
        ({"redness_where_needled": "yes", "fever": "yes", **dict.fromkeys(HOT, "no")}, ["NS1"]),
        ({"redness_where_needled": "not_sure"}, ["C10"]),
    ],
)
def test_a_sign_at_the_needled_place_alarms_at_once(asked: PlainBrowser, told: dict[str, str], rules: list[str]):
    page = asked.send({"pain_now": "2", **told}, button=("no_to_all", "send"))

    fired = list(Flag.objects.filter(report__source="check_in").order_by("pk").values_list("rule_id", flat=True))
    assert fired == rules
    assert ("Thank you" in page.text) is (rules == ["C10"])


def test_what_is_answered_in_words_is_asked_for_in_words(site: Site, patient_browser: PlainBrowser):
    asked = opened(site, patient_browser, step="week_4")

    page = asked.send({"pain_worst": "3", "sessions_done": "2"}, button=("no_to_all", "send"))

    assert page.status == 422
    assert "How is the knee, compared with the start? Choose an answer." in page.text
    assert "from -3" not in page.text


def test_the_button_does_not_send_without_the_pain(asked: PlainBrowser):
    page = asked.send(button=("no_to_all", "send"))

    assert page.status == 422
    assert not SymptomReport.objects.filter(source="check_in").exists()
