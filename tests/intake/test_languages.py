"""The form in another language: chosen on any page, kept through the form, and changed in the middle of a screen."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from cases.models import CheckIn, Link, Patient
from cases.services.links import make_link, secret_of
from clinic.accounts.models import Site, User
from intake.models import Draft, SignedConsent, Submission
from intake.services.submissions import submit_answers
from tests.factories import MONDAY, ROUTINE_ANSWERS, CheckInFactory
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, fill_until

pytestmark = pytest.mark.django_db

BORN = {"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "1999"}


@pytest.fixture
def spanish(patient_browser: PlainBrowser, site: Site) -> PlainBrowser:
    """A browser whose person has pressed "Español" on the first page."""
    patient_browser.open("/?language=es")
    return patient_browser


def test_the_browser_s_own_language_is_spoken_where_we_can(site: Site):
    said = Client(headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}).get("/")

    assert '<html lang="es" dir="ltr">' in said.content.decode()
    assert said["Content-Language"] == "es"


@pytest.mark.parametrize("wanted", ["fr", "de-CH,fr;q=0.5", "", "*", "x" * 300, "es;q=nonsense;;"])
def test_any_other_language_finds_english(site: Site, wanted: str):
    assert '<html lang="en"' in Client(headers={"Accept-Language": wanted}).get("/").content.decode()


def test_a_choice_is_kept_and_can_be_taken_back(spanish: PlainBrowser):
    assert "¿Le duele debajo o alrededor de la rótula?" in spanish.open("/").text
    assert "Pain under or around" in spanish.open("/?language=en").text
    assert "Pain under or around" in spanish.open("/").text


def test_nobody_speaks_a_language_that_is_not_complete(patient_browser: PlainBrowser, site: Site):
    assert '<html lang="en"' in patient_browser.open("/?language=fr").html


def test_the_whole_form_is_in_spanish_to_the_copy_of_the_consent(spanish: PlainBrowser):
    fill_until(spanish, "review")
    assert "Revise sus respuestas" in spanish.page.text
    assert "4 de marzo de 1999" in spanish.page.text
    spanish.send({})
    assert spanish.page.status == 422
    assert "Necesitamos su consentimiento para seguir." in spanish.page.text

    spanish.send(CONSENT)

    assert spanish.page.path == "/intake/done/"
    assert "Gracias. Ya tenemos sus respuestas." in spanish.page.text
    signed = SignedConsent.objects.get()
    assert (Submission.objects.get().language, signed.language) == ("es", "es")
    assert signed.title == "Consentimiento para usar sus respuestas en su atención"
    assert b"/Lang (es)" in spanish.client.get("/intake/done/consent.pdf").content


def test_what_is_wrong_is_said_in_spanish_beside_the_field(spanish: PlainBrowser):
    fill_until(spanish, "contact")

    spanish.send(SCREENS["contact"] | {"date_of_birth-year": "2090", "phone": "12"})

    assert spanish.page.status == 422
    assert "Esta fecha está en el futuro. Revise el año." in spanish.page.text
    assert "Revise este número de teléfono." in spanish.page.text


def test_the_stop_page_says_in_spanish_what_to_do_now(spanish: PlainBrowser):
    fill_until(spanish, "urgent_signs")

    spanish.send(SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes"})

    assert spanish.page.path == "/intake/stop/"
    assert "vaya ahora a una sala de emergencias" in spanish.page.text


def test_changing_the_language_in_the_middle_of_a_screen_loses_nothing(patient_browser: PlainBrowser, site: Site):
    fill_until(patient_browser, "contact")

    page = patient_browser.send({"given_name": "Rosa", "phone": "not a number"}, button=("speak", "es"))

    assert page.status == 200
    assert page.path == "/intake/step/contact/"
    assert '<html lang="es"' in page.html
    assert "Sobre usted" in page.text
    assert page.form.fields["given_name"] == ["Rosa"]
    assert page.form.fields["phone"] == ["not a number"]
    # Nobody has sent the screen: nothing of it is called wrong yet.
    assert "is-wrong" not in page.html
    assert Draft.objects.get().language == "es"

    page = patient_browser.send(SCREENS["contact"])
    assert page.path != "/intake/step/contact/"
    assert '<html lang="es"' in page.html


def test_a_red_flag_stops_also_when_the_language_is_changed(patient_browser: PlainBrowser, site: Site):
    fill_until(patient_browser, "urgent_signs")

    answers = SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes"}
    page = patient_browser.send(answers, button=("speak", "es"))

    assert page.path == "/intake/stop/"
    assert "vaya ahora a una sala de emergencias" in page.text


def test_the_consent_is_read_in_the_language_it_is_signed_in(patient_browser: PlainBrowser, site: Site):
    fill_until(patient_browser, "review")

    page = patient_browser.send({"signature_name": "Rosa Runner"}, button=("speak", "es"))

    assert page.path == "/intake/review/"
    assert "Consentimiento para usar sus respuestas en su atención" in page.text
    assert page.form.fields["signature_name"] == ["Rosa Runner"]
    assert not Submission.objects.exists()

    patient_browser.send(CONSENT)
    assert SignedConsent.objects.get().language == "es"


def test_an_older_choice_of_the_browser_does_not_turn_a_form_already_begun(patient_browser: PlainBrowser, site: Site):
    fill_until(patient_browser, "contact")
    patient_browser.client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"

    assert '<html lang="en"' in patient_browser.open("/intake/step/contact/").html


def test_opening_an_address_never_changes_the_language_of_a_form(patient_browser: PlainBrowser, site: Site):
    fill_until(patient_browser, "where")
    before = Draft.objects.values().get()
    resume = patient_browser.open("/intake/later/").text.split("/intake/resume/")[1].split()[0]

    # A screen is in the language of its form. A page that asks nothing is turned for this once.
    assert '<html lang="en"' in patient_browser.open("/intake/step/where/?language=es").html
    assert '<html lang="es"' in patient_browser.open("/intake/later/?language=es").html
    assert '<html lang="es"' in patient_browser.open(f"/intake/resume/{resume}?language=es").html
    assert Draft.objects.values().get() == before

    patient_browser.open("/intake/step/where/")
    page = patient_browser.send(button=("speak", "es"))
    assert '<html lang="es"' in page.html
    assert Draft.objects.get().language == "es"


def test_the_stop_page_of_a_form_not_handed_in_is_turned_for_whoever_reads_it(
    patient_browser: PlainBrowser, site: Site
):
    fill_until(patient_browser, "urgent_signs")
    Draft.objects.update(urgency="emergency")

    assert "Busque ayuda ahora" in patient_browser.open("/intake/stop/?language=es").text
    assert Draft.objects.get().language == "en"


@pytest.fixture
def known(site: Site) -> Patient:
    opened_at = MONDAY - timedelta(days=14)
    case = submit_answers(ROUTINE_ANSWERS, idempotency_key="one", language="en", by=None, now=opened_at).case
    Patient.objects.filter(pk=case.patient_id).update(language="es")
    return Patient.objects.get(pk=case.patient_id)


def link_to(patient: Patient, purpose: str) -> Link:
    return make_link(patient, purpose=purpose, expires_at=MONDAY + timedelta(days=10), now=MONDAY)


def test_a_check_in_speaks_the_patient_s_language_from_the_question_to_the_thanks(
    patient_browser: PlainBrowser, known: Patient
):
    link = link_to(known, Link.Purpose.CHECK_IN)
    check_in: CheckIn = CheckInFactory(case=known.cases.get(), step="week_2", link=link)
    patient_browser.open(f"/check-in/{secret_of(link)}/")

    page = patient_browser.send(BORN)
    assert "¿Qué tan fuerte es el dolor ahora mismo?" in page.text

    page = patient_browser.send({"pain_now": "2"}, button=("speak", "en"))
    assert "How bad is the pain right now?" in page.text
    assert page.form.fields["pain_now"] == ["2"]
    check_in.refresh_from_db()
    assert check_in.answered_at is None


def test_the_birth_date_is_still_there_after_a_change_of_language(patient_browser: PlainBrowser, known: Patient):
    patient_browser.open(f"/my/{secret_of(link_to(known, Link.Purpose.OWN_PAGE))}/")

    page = patient_browser.send(BORN, button=("speak", "es"))

    assert "¿Cuál es su fecha de nacimiento?" in page.text
    assert page.form.fields["date_of_birth-year"] == ["1999"]
    assert "Sus ejercicios en casa" in patient_browser.send(BORN).text or "Su página" in patient_browser.page.text


def test_stopping_messages_speaks_the_patient_s_language(patient_browser: PlainBrowser, known: Patient):
    page = patient_browser.open(f"/stop/{secret_of(link_to(known, Link.Purpose.CONTACT))}/")

    assert "Parar todos los mensajes" in page.text


def test_what_is_not_there_is_said_in_the_chosen_language(spanish: PlainBrowser):
    answer = spanish.client.get("/no/such/page/")

    assert "Esta página no existe" in answer.content.decode()


def test_what_is_refused_at_the_door_is_said_in_the_chosen_language(spanish: PlainBrowser):
    answer = spanish.client.post("/intake/", {"site": "a\x00b"})

    assert answer.status_code == 400
    assert "contiene un carácter que no es texto" in answer.content.decode()


def test_a_tablet_forgets_the_language_of_the_last_person(spanish: PlainBrowser):
    spanish.open("/kiosk/")

    response = spanish.client.post("/kiosk/end/", {"csrfmiddlewaretoken": spanish.client.cookies["csrftoken"].value})

    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == ""


def test_staff_pages_and_programs_are_answered_in_english(client: Client, manager: User):
    client.force_login(manager)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    asked = {"Accept-Language": "es"}

    assert '<html lang="en' in client.get("/admin/", headers=asked).content.decode()
    refused = client.get("/api/v1/cases/?nonsense=1", headers=asked)
    assert refused["Content-Type"].startswith("application/")
    assert "Content-Language" not in refused


def test_programs_ask_for_the_questions_in_a_language(client: Client, manager: User):
    client.force_login(manager)
    said = client.get("/api/v1/questionnaire/?language=es").json()

    assert said["language"] == "es"
    assert "¿Qué rodilla le duele?" in str(said)


@pytest.mark.parametrize("path", sorted((settings.BASE_DIR / "templates/static/patella").glob("*.css")), ids=str)
def test_stylesheets_of_patients_know_start_and_end_not_left_and_right(path: Path):
    physical = (
        r"[;{\s](?:(?:margin|padding|border)-)?(?:left|right)(?:-\w+)?\s*:|(?:text-align|float):\s*(?:left|right)"
    )

    assert re.findall(physical, path.read_text()) == []


@pytest.mark.parametrize(("chosen", "kept"), [("en", "es"), ("es", "es"), (None, "es")])
def test_the_language_for_messages_goes_along_where_it_was_only_that_of_the_form(
    patient_browser: PlainBrowser, site: Site, chosen: str | None, kept: str
) -> None:
    fill_until(patient_browser, "contact")

    page = patient_browser.send({"language": chosen} if chosen else {}, button=("speak", "es"))

    assert page.form.fields["language"] == [kept]
    assert Draft.objects.get().answers["language"] == kept
