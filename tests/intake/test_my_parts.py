"""The parts of a patient's own page: who read the form, how it goes, what was signed, and stopping messages."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cases.models import Case, ContactConsent, Link, Outcome, Patient, Reminder
from cases.services import care
from cases.services.links import OWN_PAGE_LASTS, make_link, secret_of
from clinic.accounts.models import Role, Site, User
from intake.models import SignedConsent
from intake.services.submissions import submit_answers
from tests.factories import MONDAY, ROUTINE_ANSWERS, CaseFactory, ReminderFactory, staff
from tests.intake.plain_browser import Page, PlainBrowser
from tests.intake.routine_patient import CONSENT, fill_until

pytestmark = pytest.mark.django_db

BORN = {"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "1999"}


@pytest.fixture
def sent(site: Site, patient_browser: PlainBrowser) -> PlainBrowser:
    """Rosa's browser on the thank-you page of her signed form."""
    fill_until(patient_browser, "review")
    patient_browser.send(CONSENT)
    assert patient_browser.page.path == "/intake/done/"
    return patient_browser


def own_page(patient: Patient, browser: PlainBrowser | None = None) -> tuple[PlainBrowser, Page]:
    link = make_link(patient, purpose=Link.Purpose.OWN_PAGE, expires_at=MONDAY + OWN_PAGE_LASTS, now=MONDAY)
    browser = browser or PlainBrowser()
    browser.open(f"/my/{secret_of(link)}/")
    return browser, browser.send(BORN)


def section(page: Page, name: str) -> str:
    """The HTML of one part of the page; "" where it is not there."""
    found = re.search(rf'<section id="{name}".*?</section>', page.html, re.DOTALL)
    return found[0] if found else ""


# --- who read it


def test_both_pages_say_who_read_the_form_and_when_on_the_patient_s_wall(
    sent: PlainBrowser, site: Site, therapist: User
):
    case = Case.objects.get()
    _browser, mine = own_page(case.patient)
    assert "Nobody has read your form yet." in mine.text
    assert "was read by" not in sent.open("/intake/done/").text

    tara = staff(Role.THERAPIST, site, name="Tara Treats")
    care.mark_read(case, by=tara, now=MONDAY + timedelta(days=1, hours=5, minutes=10))
    care.mark_read(case, by=therapist, now=MONDAY + timedelta(days=2))

    told = "Your form was read by Tara Treats on Tuesday, 3 November at 14:10."
    assert told in sent.open("/intake/done/").text
    _browser, mine = own_page(case.patient)
    assert told in mine.text
    assert "Nobody has read" not in mine.text


def test_both_pages_say_so_in_spanish(sent: PlainBrowser, site: Site):
    case = Case.objects.get()
    care.mark_read(case, by=staff(Role.THERAPIST, site, name="Tara Treats"), now=MONDAY)

    browser, _page = own_page(case.patient)
    told = "Tara Treats leyó su formulario el lunes 2 de noviembre a las 09:00."
    assert told in sent.open("/intake/done/?language=es").text
    assert told in browser.open("/my/?language=es").text


# --- how it goes


def test_the_progress_part_shows_pain_and_goals_and_nothing_else(sent: PlainBrowser):
    case = Case.objects.get()
    later = MONDAY + timedelta(days=14)
    scores = {"nprs_worst": 3, "psfs": 8, "akps": 41, "adherence": 63, "groc": -3}
    for instrument, score in scores.items():
        Outcome.objects.create(case=case, instrument=instrument, score=score, taken_at=later)

    _browser, page = own_page(case.patient)

    part = section(page, "progress")
    assert "Your pain (0 is no pain)" in part
    assert "Your own activities (10 is as before)" in part
    table = part[part.index("<table>") :]
    assert re.findall(r'<th scope="col">([^<]*)</th>', table)[0] == "Day"
    cells = re.findall(r"<td>([^<]*)</td>", table)
    assert {"3", "8"} <= set(cells)
    for hidden in ("41", "63", "-3", "−3"):
        assert hidden not in cells
    for word in ("AKPS", "Kujala", "GROC", "dherence", "mprov", "orsening"):
        assert word not in part


def test_without_any_score_there_is_no_progress_part(site: Site, patient_browser: PlainBrowser):
    case = CaseFactory()

    _browser, page = own_page(case.patient)

    assert section(page, "progress") == ""
    assert case.reference in section(page, "form")


# --- stopping messages


def test_one_press_stops_every_message_at_once(sent: PlainBrowser):
    patient = Case.objects.get().patient
    assert patient.consents.filter(withdrawn_at=None).exists()
    assert Reminder.objects.waiting().filter(patient=patient).exists()
    other = ReminderFactory()
    browser, page = own_page(patient)
    assert "Stop all messages" in section(page, "messages")

    answer = browser.client.post("/my/stop/", {"csrfmiddlewaretoken": token_of(page)})

    assert (answer.status_code, answer["Location"]) == (302, "/my/#messages")
    assert not patient.consents.filter(withdrawn_at=None).exists()
    assert not Reminder.objects.waiting().filter(patient=patient).exists()
    assert [event.details["source"] for event in patient.events.filter(kind="opted_out")] == ["own page"]
    other.refresh_from_db()
    assert other.status == "waiting"
    assert "We send you no messages." in browser.open("/my/").text


def test_without_the_page_open_nothing_is_stopped(sent: PlainBrowser):
    withdrawn = ContactConsent.objects.exclude(withdrawn_at=None)

    assert Client().post("/my/stop/").status_code == 302
    assert Client().get("/my/stop/").status_code == 405
    assert not withdrawn.exists()


def token_of(page: Page) -> str:
    return next(form.fields["csrfmiddlewaretoken"][0] for form in page.forms if form.action == "/my/stop/")


# --- what was signed


def test_the_copy_is_the_very_bytes_that_were_made_when_it_was_signed(sent: PlainBrowser):
    signed = SignedConsent.objects.get()
    browser, page = own_page(signed.patient)
    assert f'href="/my/consent/{signed.pk}.pdf"' in section(page, "consent")

    answer = browser.client.get(f"/my/consent/{signed.pk}.pdf")

    assert answer.content == bytes(signed.copy) == sent.client.get("/intake/done/consent.pdf").content
    assert hashlib.sha256(answer.content).hexdigest() == signed.copy_sha256
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("which", ["of another", "of nobody", "beyond numbers"])
def test_the_copy_of_another_patient_looks_like_one_that_does_not_exist(sent: PlainBrowser, which: str):
    theirs = SignedConsent.objects.get()
    me = submit_answers(
        ROUTINE_ANSWERS | {"given_name": "Mia"}, idempotency_key="mia", language="en", by=None, now=MONDAY
    ).case
    browser, page = own_page(me.patient)
    assert section(page, "consent") == ""

    pk: Any = {"of another": theirs.pk, "of nobody": theirs.pk + 1, "beyond numbers": 2**70}[which]
    answer = browser.client.get(f"/my/consent/{pk}.pdf")

    absent = browser.client.get("/my/no-such-page/nowhere/")
    assert answer.status_code == absent.status_code == 404
    assert b"%PDF" not in answer.content


def test_without_the_page_open_there_is_no_copy(sent: PlainBrowser):
    assert Client().get(f"/my/consent/{SignedConsent.objects.get().pk}.pdf").status_code == 404
