"""The form filled in by staff for a caller."""

from __future__ import annotations

import pytest
from django.test import Client

from cases.models import Case, Patient, SymptomReport
from clinic.accounts.models import Role, Site, User
from tests.factories import PatientFactory, staff
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import BY_TELEPHONE, SCREENS

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk_browser(front_desk: User, patient_browser: PlainBrowser) -> PlainBrowser:
    patient_browser.client.force_login(front_desk)
    return patient_browser


def answer_all(browser: PlainBrowser) -> None:
    for _ in range(2 * len(SCREENS)):
        if browser.page.path == "/intake/review/":
            return
        name = browser.page.path.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
        offered = browser.page.form.offered
        browser.send({key: value for key, value in SCREENS.get(name, {}).items() if key in offered})


def test_a_caller_becomes_a_patient_whom_staff_have_accepted(
    site: Site, front_desk: User, desk_browser: PlainBrowser
) -> None:
    desk_browser.open("/intake/phone/")
    desk_browser.send()
    answer_all(desk_browser)

    page = desk_browser.send(BY_TELEPHONE)

    report = SymptomReport.objects.get()
    assert page.path == "/intake/done/"
    assert (report.source, report.recorded_by) == ("phone", front_desk)
    assert not Patient.objects.get().is_provisional


def test_staff_are_asked_what_only_staff_can_judge(site: Site, desk_browser: PlainBrowser) -> None:
    desk_browser.open("/intake/phone/")
    desk_browser.send()
    seen = set()
    for _ in range(2 * len(SCREENS)):
        if desk_browser.page.path == "/intake/review/":
            break
        seen |= set(desk_browser.page.form.offered)
        name = desk_browser.page.path.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
        offered = desk_browser.page.form.offered
        desk_browser.send({key: value for key, value in SCREENS.get(name, {}).items() if key in offered})

    assert "burning_or_skin_change" in seen


def test_a_form_for_a_known_patient_is_bound_to_that_patient(site: Site, desk_browser: PlainBrowser) -> None:
    patient = PatientFactory(site=site)
    desk_browser.open(f"/intake/phone/?patient={patient.reference}")
    desk_browser.send()
    answer_all(desk_browser)
    desk_browser.send(BY_TELEPHONE)

    assert Case.objects.get().patient == patient


@pytest.mark.parametrize("reference", ["P-NOBODY", "P-TEST"])
def test_a_patient_out_of_reach_is_a_patient_who_is_not_there(
    site: Site, other_site: Site, desk_browser: PlainBrowser, reference: str
) -> None:
    if reference == "P-TEST":
        reference = PatientFactory(site=other_site).reference

    assert desk_browser.open(f"/intake/phone/?patient={reference}").status == 404


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.AUDITOR])
def test_other_roles_may_not_fill_it_in(site: Site, role: Role) -> None:
    client = Client()
    client.force_login(staff(role, site))

    assert client.get("/intake/phone/").status_code == 403
    assert client.post("/intake/phone/").status_code == 403


def test_nobody_signed_in_is_sent_to_sign_in(site: Site) -> None:
    response = Client().get("/intake/phone/")

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_the_cookie_alone_does_not_open_a_form_of_staff(site: Site, desk_browser: PlainBrowser) -> None:
    desk_browser.open("/intake/phone/")
    desk_browser.send()
    secret = desk_browser.client.cookies["form"].value
    stranger = Client()
    stranger.cookies["form"] = secret

    assert stranger.get("/intake/step/contact/")["Location"].startswith("/admin/login/")
    assert stranger.get(f"/intake/resume/{secret}/")["Location"].startswith("/admin/login/")


def test_a_stop_that_staff_read_out_is_recorded_with_their_name(
    site: Site, front_desk: User, desk_browser: PlainBrowser
) -> None:
    desk_browser.open("/intake/phone/")
    desk_browser.send()
    desk_browser.send(
        {key: value for key, value in SCREENS["contact"].items() if key in desk_browser.page.form.offered}
    )
    desk_browser.send({"chest_pain_or_breathless": "yes"})
    assert desk_browser.page.path == "/intake/stop/"

    desk_browser.send()

    shown = Case.objects.get().events.get(kind="safety_text_shown")
    assert (shown.by, shown.details["how"]) == (front_desk, "press")
