"""The tablet: one code, one form, the right person, and nothing left for the next one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from cases.models import Case, Patient
from cases.services.errors import WrongInput
from clinic.accounts.models import Membership, Role, Site, User
from intake.models import Draft, KioskCode
from intake.services import kiosk
from tests.factories import MONDAY, PatientFactory, staff
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS

pytestmark = pytest.mark.django_db


def code_for(site: Site, by: User, now: datetime = MONDAY, **more: Any) -> tuple[KioskCode, str]:
    return kiosk.issue_code(site, by=by, now=now, **more)


def typed(browser: PlainBrowser, letters: str) -> Any:
    browser.open("/kiosk/")
    return browser.send({"code": letters})


def fill(browser: PlainBrowser, last: str = "review") -> Any:
    for _ in range(2 * len(SCREENS)):
        name = browser.page.path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
        if name == last:
            return browser.page
        answers = {key: value for key, value in SCREENS[name].items() if key in browser.page.form.offered}
        browser.send(answers)
    raise AssertionError(browser.page.path)


def test_a_code_has_no_letters_that_are_mistaken_for_each_other(site: Site, front_desk: User):
    _code, letters = code_for(site, front_desk)

    assert len(letters) == 8
    assert not set(letters) & set("0O1ILU")
    assert letters not in str(KioskCode.objects.values().get())


def test_a_code_opens_one_form_once(site: Site, front_desk: User, patient_browser: PlainBrowser):
    _code, letters = code_for(site, front_desk)

    page = typed(patient_browser, f"{letters[:4].lower()} {letters[4:]}")

    assert page.path == "/intake/step/contact/"
    assert Draft.objects.get().on_tablet
    assert typed(PlainBrowser(), letters).status == 422


def test_an_old_a_wrong_and_a_used_code_look_the_same(
    site: Site, front_desk: User, patient_browser: PlainBrowser, on_monday: Any
):
    _old, old = code_for(site, front_desk, MONDAY - timedelta(minutes=15))
    _used, used = code_for(site, front_desk)
    kiosk.take_code(used, now=MONDAY)

    pages = [typed(PlainBrowser(), each) for each in (old, used, "ABCDEFGH", "", "x" * 500)]

    assert {page.status for page in pages} == {422}
    assert len({page.text for page in pages}) == 1


def test_a_code_lives_for_fifteen_minutes(site: Site, front_desk: User, monday: datetime):
    _code, letters = code_for(site, front_desk)

    assert kiosk.take_code(letters, now=monday + timedelta(minutes=14, seconds=59)).pk


def test_after_twenty_wrong_codes_even_a_right_one_waits(site: Site, front_desk: User, patient_browser: PlainBrowser):
    _code, letters = code_for(site, front_desk)
    for _ in range(20):
        typed(patient_browser, "ABCDEFGH")

    assert "Too many wrong codes" in typed(patient_browser, letters).text
    assert KioskCode.objects.get().used_at is None


def test_the_right_name_opens_the_form_of_that_patient(site: Site, front_desk: User, patient_browser: PlainBrowser):
    patient = PatientFactory(site=site, given_name="José-Luis", family_name="Núñez")
    _code, letters = code_for(site, front_desk, patient=patient)
    page = typed(patient_browser, letters)
    assert "Núñez" not in page.html

    page = patient_browser.send({"given_name": "jose luis", "family_name": "NUNEZ"})

    assert page.path.startswith("/intake/step/")
    assert Draft.objects.get().link.patient == patient


def test_another_name_stops_and_the_desk_is_told(site: Site, front_desk: User, patient_browser: PlainBrowser):
    patient = PatientFactory(site=site, given_name="Ada", family_name="Quill")
    code, letters = code_for(site, front_desk, patient=patient)
    typed(patient_browser, letters)

    page = patient_browser.send({"given_name": "Ana", "family_name": "Quill"})

    code.refresh_from_db()
    assert page.path == "/kiosk/desk/"
    assert "Quill" not in page.html
    assert code.stopped_at == MONDAY
    assert Draft.objects.count() == 0
    assert [event.kind for event in patient.events.all()] == ["name_differed"]
    patient_browser.open("/kiosk/name/")
    assert patient_browser.page.path == "/kiosk/"


def test_the_end_leaves_nothing_to_the_back_button(site: Site, front_desk: User, patient_browser: PlainBrowser):
    _code, letters = code_for(site, front_desk)
    typed(patient_browser, letters)
    patient_browser.send(SCREENS["contact"])
    assert "data-kiosk-end" in patient_browser.page.html
    kept = patient_browser.client.cookies["form"].value

    answer = patient_browser.client.post(
        "/kiosk/end/", {"csrfmiddlewaretoken": patient_browser.page.form.fields["csrfmiddlewaretoken"][0]}
    )

    assert answer["Location"] == "/kiosk/"
    assert '"storage"' in answer["Clear-Site-Data"]
    patient_browser.open("/intake/step/contact/")
    assert patient_browser.page.status == 404
    assert "Rosa" not in patient_browser.page.html
    # Not even for whoever kept the cookie.
    thief = Client()
    thief.cookies["form"] = kept
    assert thief.get("/intake/step/contact/").status_code == 404


def test_pages_of_the_tablet_are_kept_by_no_browser(site: Site, front_desk: User, patient_browser: PlainBrowser):
    _code, letters = code_for(site, front_desk)
    typed(patient_browser, letters)

    assert patient_browser.client.get("/intake/step/contact/")["Cache-Control"] == "no-store"
    assert patient_browser.client.get("/kiosk/")["Cache-Control"] == "no-store"
    assert "/intake/later/" not in patient_browser.page.html


def test_a_tablet_left_lying_forgets_by_itself(
    site: Site, front_desk: User, patient_browser: PlainBrowser, on_monday: Any
):
    _code, letters = code_for(site, front_desk)
    typed(patient_browser, letters)

    on_monday.shift(timedelta(minutes=5))
    assert patient_browser.client.get("/intake/step/contact/").status_code == 200
    on_monday.shift(timedelta(seconds=1))
    assert patient_browser.client.get("/intake/step/contact/").status_code == 404


def test_a_form_left_on_the_tablet_goes_on_with_a_new_code(
    site: Site, front_desk: User, patient_browser: PlainBrowser, on_monday: Any
):
    _code, letters = code_for(site, front_desk)
    typed(patient_browser, letters)
    patient_browser.send(SCREENS["contact"])
    on_monday.shift(timedelta(minutes=10))
    draft = Draft.objects.get()

    _again, letters = code_for(site, front_desk, MONDAY + timedelta(minutes=10), draft=draft)
    page = typed(PlainBrowser(), letters)

    assert page.path == "/intake/step/urgent_signs/"
    assert Draft.objects.count() == 1


def test_a_whole_form_on_the_tablet_ends_at_the_start(site: Site, front_desk: User, patient_browser: PlainBrowser):
    _code, letters = code_for(site, front_desk)
    typed(patient_browser, letters)
    fill(patient_browser)

    page = patient_browser.send(CONSENT)

    assert page.path == "/intake/done/"
    assert "data-kiosk-end" in page.html
    assert Case.objects.count() == 1


def test_a_code_for_somebody_of_another_site_is_refused(site: Site, other_site: Site, front_desk: User):
    with pytest.raises(WrongInput):
        code_for(site, front_desk, patient=PatientFactory(site=other_site))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"expires_at": MONDAY}, "kiosk_code_lives_for_a_while"),
        ({"used_at": MONDAY + timedelta(minutes=15)}, "kiosk_code_is_used_while_it_lives"),
        ({"used_at": MONDAY, "stopped_at": MONDAY}, "stopped_kiosk_code_was_for_a_patient"),
    ],
)
def test_the_database_refuses_a_code_that_cannot_be(site: Site, front_desk: User, change: Any, constraint: str):
    code_for(site, front_desk)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        KioskCode.objects.update(**change)


def test_the_desk_issues_a_code_for_its_own_site_alone(site: Site, other_site: Site, front_desk: User, on_monday: Any):
    desk = Client()
    desk.force_login(front_desk)
    patient: Patient = PatientFactory(site=site)
    foreign: Patient = PatientFactory(site=other_site)

    page = desk.post("/admin/intake/kioskcode/issue/", {"site": site.pk, "patient": patient.reference})
    refused = desk.post("/admin/intake/kioskcode/issue/", {"site": site.pk, "patient": foreign.reference})
    elsewhere = desk.post("/admin/intake/kioskcode/issue/", {"site": other_site.pk})

    assert 'class="kiosk-code"' in page.content.decode()
    assert [refused.status_code, elsewhere.status_code] == [422, 422]
    assert KioskCode.objects.get().patient == patient


def test_a_code_is_asked_for_from_the_page_of_the_patient(site: Site, other_site: Site, front_desk: User):
    Membership.objects.create(user=front_desk, site=other_site, role=Role.FRONT_DESK)
    desk = Client()
    desk.force_login(front_desk)
    patient: Patient = PatientFactory(site=site)

    page = desk.get(f"/admin/cases/patient/{patient.pk}/change/").content.decode()
    [address] = re.findall(r'href="(/admin/intake/kioskcode/issue/[^"]+)"', page)
    form = desk.get(address).context["form"]

    assert address == f"/admin/intake/kioskcode/issue/?patient={patient.reference}"
    assert form.initial == {"patient": patient.reference, "site": site.pk}


def test_the_poster_leads_to_the_form_of_its_site(site: Site, other_site: Site, front_desk: User):
    desk = Client()
    desk.force_login(front_desk)

    page = desk.get(f"/admin/intake/kioskcode/poster/{site.pk}/").content.decode()

    assert "/intake/?site=riverside" in page
    assert 'src="data:image/svg+xml' in page
    assert desk.get(f"/admin/intake/kioskcode/poster/{other_site.pk}/").status_code == 404
    therapist = Client()
    therapist.force_login(staff(Role.THERAPIST, site))
    assert therapist.get(f"/admin/intake/kioskcode/poster/{site.pk}/").status_code == 404
