"""The signature: what is signed, that it stays, and that its copy is the same bytes for ever."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from cases.models import Case
from cases.services.errors import Stale, WrongInput
from clinic.accounts.models import Role, Site, User
from intake.models import ConsentText, SignedConsent
from intake.questionnaire.consent_texts import SHIPPED, shipped
from intake.services import consent
from intake.services.consent_copy import Signed, copy_of
from tests.factories import MONDAY, staff
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import BY_TELEPHONE, CONSENT, SCREENS, fill_until

pytestmark = pytest.mark.django_db
ZIGZAG = "M10 100" + "".join(f"L{10 + 20 * step} {60 + 40 * (step % 2)}" for step in range(1, 12))


def signed_in(browser: PlainBrowser, **more: str | None) -> SignedConsent:
    fill_until(browser, "review")
    browser.send(CONSENT | more)
    assert browser.page.path == "/intake/done/", browser.page.text[:400]
    return SignedConsent.objects.get()


def new_text(site: Site, by: User, now: datetime, *, version: int = 0, body: str = "New words.") -> ConsentText:
    return consent.write_text(
        site, language="en", title="Consent", body=body, in_force_from=now, expected_version=version, by=by, now=now
    )


def test_a_fresh_site_has_a_text_in_each_language_of_the_form(site: Site, monday: datetime):
    for language in ("en", "es"):
        text = consent.text_in_force(site, language, now=monday)

        assert text.version == SHIPPED
        assert text.body == shipped(language).body


def test_a_signature_keeps_the_text_as_it_was_shown(site: Site, patient_browser: PlainBrowser):
    signed = signed_in(patient_browser)

    text = consent.text_in_force(site, "en", now=MONDAY)
    assert (signed.title, signed.body, signed.text_sha256) == (text.title, text.body, text.sha256)
    assert (signed.method, signed.signer_name, signed.signed_at) == ("typed", "Rosa Runner", MONDAY)
    assert signed.signed_from == "127.0.0.1"
    assert [entry["name"] for entry in signed.agreed] == ["consent_to_process"]
    assert signed.report.wording[-1]["name"] == "consent_to_process"


def test_a_drawn_signature_is_worth_the_same(site: Site, patient_browser: PlainBrowser):
    signed = signed_in(patient_browser, signature_name="", signature_drawn=ZIGZAG)

    assert (signed.method, signed.drawn, signed.signer_name) == ("drawn", ZIGZAG, "Rosa Runner")


@pytest.mark.parametrize(
    "drawn",
    [
        "M1 1",
        "M10 100" + "L12 100" * 20,  # a slip of the finger
        "M10 100L700 100" + "L1 1" * 10,
        "M10 100<script>",
        "M10 100" + "L10 101" * 3000,
        "x" * 50,
    ],
)
def test_what_is_no_signature_is_refused_and_nothing_is_sent(site: Site, patient_browser: PlainBrowser, drawn: str):
    fill_until(patient_browser, "review")

    page = patient_browser.send(CONSENT | {"signature_name": "", "signature_drawn": drawn})

    assert page.status in (413, 400, 422)
    assert Case.objects.count() == 0


@pytest.mark.parametrize("name", ["", " ", "1", "!!", "x"])
def test_a_form_without_a_signature_is_not_sent(site: Site, patient_browser: PlainBrowser, name: str):
    fill_until(patient_browser, "review")

    page = patient_browser.send(CONSENT | {"signature_name": name})

    assert page.status == 422
    assert 'href="#id_signature_name"' in page.html
    assert Case.objects.count() == 0


def test_consent_is_never_filled_in_beforehand(site: Site, patient_browser: PlainBrowser):
    page = fill_until(patient_browser, "review")

    assert page.form.fields.get("consent_to_process") is None
    assert page.form.fields["signature_name"] == [""]


def test_a_new_version_is_read_and_signed_anew(site: Site, manager: User, patient_browser: PlainBrowser):
    fill_until(patient_browser, "review")
    new_text(site, manager, MONDAY)

    page = patient_browser.send(CONSENT)

    assert page.status == 422
    assert "changed this text meanwhile" in page.text
    assert "New words." in page.text
    assert patient_browser.send(CONSENT).path == "/intake/done/"
    assert SignedConsent.objects.get().text_version == "1"


def test_what_a_caller_agrees_to_is_noted_with_a_witness(site: Site, front_desk: User, on_monday: Any):
    browser = PlainBrowser()
    browser.client.force_login(front_desk)
    browser.open("/intake/phone/")
    browser.send()
    for _ in range(2 * len(SCREENS)):
        name = browser.page.path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
        if name == "review":
            break
        browser.send(SCREENS.get(name))
    browser.send(BY_TELEPHONE)

    signed = SignedConsent.objects.get()
    assert (signed.method, signed.witness, signed.signed_from) == ("spoken", front_desk, None)


def test_a_minor_agrees_beside_the_guardian_who_signs(site: Site, patient_browser: PlainBrowser):
    fill_until(patient_browser, "review")
    patient_browser.open("/intake/step/contact/?back=review")
    patient_browser.send({"date_of_birth-year": "2010"})
    patient_browser.send({"limp": "no", "foot_turns_out": "no"})
    patient_browser.open("/intake/review/")
    patient_browser.send(
        CONSENT
        | {"signature_name": "Mara Runner", "guardian_name": "Mara Runner", "guardian_relation": "mother"}
        | {"assent": "yes"}
    )

    signed = SignedConsent.objects.get()
    assert (signed.signer_name, signed.guardian_relation, signed.assented) == ("Mara Runner", "mother", True)


def test_a_red_flag_hands_in_the_form_without_any_signature(site: Site, patient_browser: PlainBrowser):
    fill_until(patient_browser, "urgent_signs")
    patient_browser.send(SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes"})

    assert Case.objects.count() == 1
    assert SignedConsent.objects.count() == 0


# --- the copy


def paper(**more: Any) -> Signed:
    fields: dict[str, Any] = {
        "clinic": "Riverside",
        "title": "Consentimiento",
        "body": "Doy mi consentimiento: ¿ñandú?\n\nOtra línea.",
        "text_version": "3",
        "text_sha256": "0" * 64,
        "agreed": [("May we?", "I agree")],
        "patient": "Łucja Ñandú 李",
        "signer": "Łucja",
        "how": "typed name",
        "relation": "",
        "assented": False,
        "drawn": ZIGZAG,
        "signed_at": MONDAY,
        "time_zone": "America/Chicago",
        "language": "es",
    }
    return Signed(**fields | more)


def test_the_same_signature_gives_the_same_bytes():
    assert copy_of(paper()) == copy_of(paper())
    assert copy_of(paper()) != copy_of(paper(signer="Another"))
    assert copy_of(paper()) != copy_of(paper(signed_at=MONDAY + timedelta(seconds=1)))


def test_the_patient_gets_the_very_bytes_that_were_kept(site: Site, patient_browser: PlainBrowser):
    signed = signed_in(patient_browser)

    answers = [patient_browser.client.get("/intake/done/consent.pdf") for _ in range(2)]

    assert [hashlib.sha256(answer.content).hexdigest() for answer in answers] == [signed.copy_sha256] * 2
    assert answers[0].content.startswith(b"%PDF-")
    assert answers[0]["Content-Disposition"].startswith("attachment")
    assert answers[0]["Content-Type"] == "application/pdf"


def test_another_browser_gets_no_copy(site: Site, patient_browser: PlainBrowser):
    signed_in(patient_browser)

    assert Client().get("/intake/done/consent.pdf").status_code == 404


# --- it stays


def test_the_database_refuses_to_change_or_lose_a_signature(site: Site, patient_browser: PlainBrowser):
    signed = signed_in(patient_browser)

    for change in (
        lambda: SignedConsent.objects.update(signer_name="Other"),
        lambda: SignedConsent.objects.all().delete(),
        lambda: signed.save(),
        lambda: connection.cursor().execute("UPDATE intake_signedconsent SET copy = ''"),
        lambda: connection.cursor().execute("DELETE FROM intake_signedconsent"),
    ):
        with pytest.raises(DatabaseError, match=r"Cannot (update|delete)"), transaction.atomic():
            change()
    assert SignedConsent.objects.get().signer_name == "Rosa Runner"


@pytest.mark.parametrize("table", ["intake_signedconsent", "intake_consenttext", "intake_submission"])
def test_the_database_refuses_to_empty_the_tables_of_evidence(db: None, table: str):
    # Switched off for the tests that empty every table; on here, as in life.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(tgname) FROM pg_trigger WHERE tgname LIKE %s AND tgrelid = %s::regclass",
            ["%never_emptied%", table],
        )
        [[trigger]] = cursor.fetchall()
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        with pytest.raises(DatabaseError, match=f"Cannot truncate {table}"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")


def test_one_submission_is_signed_once(site: Site, patient_browser: PlainBrowser):
    signed = signed_in(patient_browser)
    signed.pk = None
    signed._state.adding = True

    with pytest.raises(IntegrityError), transaction.atomic():
        signed.save(force_insert=True)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"signer_name": ""}, "signed_consent_names_who_signed"),
        ({"method": "drawn"}, "drawn_signature_is_kept"),
        ({"drawn": ZIGZAG}, "drawn_signature_is_kept"),
        ({"method": "spoken"}, "spoken_consent_has_a_witness"),
        ({"guardian_relation": "mother"}, "who_is_under_18_agreed_too"),
        ({"text_sha256": "x"}, "signed_consent_is_hashed"),
    ],
)
def test_the_database_refuses_a_signature_that_cannot_be(
    site: Site, patient_browser: PlainBrowser, change: dict[str, Any], constraint: str
):
    signed = signed_in(patient_browser)
    signed.pk, signed._state.adding = None, True
    for name, value in change.items():
        setattr(signed, name, value)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        signed.save(force_insert=True)


def test_no_door_changes_a_signature(site: Site, patient_browser: PlainBrowser, manager: User):
    signed = signed_in(patient_browser)
    boss = Client()
    boss.force_login(manager)
    page = f"/admin/intake/signedconsent/{signed.pk}/change/"
    copy = f"/admin/intake/signedconsent/{signed.pk}/copy.pdf"
    api = f"/api/v1/cases/{signed.case.reference}/consents/"

    assert "Mon 2 Nov 2026, 9 a.m." in boss.get("/admin/intake/signedconsent/").content.decode()
    assert boss.get(page).status_code == 200
    assert boss.get(copy).content == bytes(signed.copy)
    assert boss.get(f"{api}{signed.pk}/copy/").content == bytes(signed.copy)
    assert boss.get(api).json()["results"][0]["copy_sha256"] == signed.copy_sha256
    assert [boss.post(each, {"signer_name": "Other"}).status_code for each in (page, copy)] == [405, 405]
    assert boss.post(f"/admin/intake/signedconsent/{signed.pk}/delete/").status_code == 404
    for method in (boss.put, boss.patch, boss.delete, boss.post):
        assert method(api, "{}", content_type="application/json").status_code in (403, 405)
        assert method(f"{api}{signed.pk}/copy/", "{}", content_type="application/json").status_code in (403, 405)


# --- texts


def test_an_edit_is_a_new_version_and_the_old_one_stays(site: Site, manager: User, monday: datetime):
    first = new_text(site, manager, monday)
    second = new_text(site, manager, monday + timedelta(days=1), version=1, body="Newer words.")

    assert (first.version, second.version) == (1, 2)
    assert consent.text_in_force(site, "en", now=monday).body == "New words."
    assert consent.text_in_force(site, "en", now=monday + timedelta(days=1)).body == "Newer words."
    for change in (lambda: ConsentText.objects.update(body="x"), lambda: ConsentText.objects.all().delete()):
        with pytest.raises(DatabaseError, match=r"Cannot (update|delete)"), transaction.atomic():
            change()


def test_two_who_write_at_once_are_told(site: Site, manager: User, monday: datetime):
    new_text(site, manager, monday)

    with pytest.raises(Stale):
        new_text(site, manager, monday)


@pytest.mark.parametrize(
    ("title", "body"), [("", "x"), ("x" * 121, "x"), ("x", ""), ("x", " \n\n "), ("x", "x" * 20_001)]
)
def test_a_text_without_words_is_refused(site: Site, manager: User, monday: datetime, title: str, body: str):
    with pytest.raises(WrongInput):
        consent.write_text(
            site,
            language="en",
            title=title,
            body=body,
            in_force_from=monday,
            expected_version=0,
            by=manager,
            now=monday,
        )


def test_nothing_is_in_force_in_the_past(site: Site, manager: User, monday: datetime):
    with pytest.raises(WrongInput):
        consent.write_text(
            site,
            language="en",
            title="x",
            body="x",
            in_force_from=monday - timedelta(seconds=1),
            expected_version=0,
            by=manager,
            now=monday,
        )


def test_a_manager_writes_the_text_of_their_own_site_alone(site: Site, other_site: Site, manager: User, on_monday: Any):
    boss = Client()
    boss.force_login(manager)
    page = boss.get(f"/admin/intake/consenttext/{site.pk}/en/")

    sent = boss.post(f"/admin/intake/consenttext/{site.pk}/en/", {"title": "T", "body": "A.\n\nB.", "version": "0"})

    assert page.status_code == 200
    assert sent.status_code == 302
    assert ConsentText.objects.get().body == "A.\n\nB."
    assert boss.get(f"/admin/intake/consenttext/{other_site.pk}/en/").status_code == 404
    desk = Client()
    desk.force_login(staff(Role.FRONT_DESK, site))
    assert desk.get(f"/admin/intake/consenttext/{site.pk}/en/").status_code in (403, 404)
