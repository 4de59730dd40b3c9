"""Sending a file as a page and as pieces: who may, what is said when it fails, and that nothing is ever given back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinic.accounts.models import Role, Site, User
from intake.models import Upload
from intake.services import uploads
from tests.factories import MONDAY, staff
from tests.intake import real_files
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, fill_until

pytestmark = pytest.mark.django_db
PIECE = "application/offset+octet-stream"


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> None:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.UPLOAD_SCANNER = ""


@pytest.fixture
def sent(site: Site, patient_browser: PlainBrowser) -> Client:
    """The browser of somebody who has just sent the form, at a site that takes files."""
    site.accepts_uploads = True
    site.save()
    fill_until(patient_browser, "review")
    patient_browser.send(CONSENT)
    assert 'href="/intake/files/"' in patient_browser.page.html
    # The check against forged posts is tried with the pages; here the bytes matter.
    client = Client()
    client.cookies = patient_browser.client.cookies
    return client


def file(whole: bytes, name: str = "referral.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, whole)


def begin(client: Client, size: int) -> Any:
    return client.post("/intake/files/new/", {"name": "a.pdf", "size": str(size)})


def test_a_plain_page_takes_a_file(sent: Client):
    answer = sent.post("/intake/files/", {"file": file(real_files.pdf())})

    upload = Upload.objects.get()
    assert (answer.status_code, upload.status, upload.kind) == (302, "waiting", "pdf")
    page = sent.get("/intake/files/?sent=1").content.decode()
    assert "We have your file" in page
    assert "referral.pdf" in page


def test_a_clinic_that_takes_no_files_has_no_such_page(sent: Client, site: Site):
    Site.objects.update(accepts_uploads=False)

    assert [sent.get("/intake/files/").status_code, begin(sent, 10).status_code] == [404, 404]


def test_whoever_has_sent_no_form_has_no_such_page(sent: Client):
    upload = uploads.begin_upload(
        Upload.objects.model.case.field.related_model.objects.get(), name="a", size=10, now=MONDAY
    )
    stranger = Client()

    assert stranger.get("/intake/files/").status_code == 404
    assert stranger.head(f"/intake/files/{upload.pk}/").status_code == 404
    assert stranger.patch(f"/intake/files/{upload.pk}/", b"x", content_type=PIECE).status_code == 404


def test_a_program_with_the_name_of_a_pdf_is_refused_with_a_reason(sent: Client):
    answer = sent.post("/intake/files/", {"file": file(real_files.PROGRAM)})

    assert answer.status_code == 422
    assert "cannot be read" in answer.content.decode()
    assert Upload.objects.get().status == "refused"


def test_a_file_larger_than_ten_megabytes_is_stopped_while_it_comes_in(sent: Client):
    answer = sent.post("/intake/files/", {"file": file(b"%PDF-" + b"x" * (10 * 1024 * 1024))})

    assert answer.status_code == 413
    assert Upload.objects.count() == 0


def test_a_page_without_a_file_says_so(sent: Client):
    assert sent.post("/intake/files/", {}).status_code == 422


@pytest.mark.parametrize("path", ["/intake/review/", "/intake/", "/kiosk/", "/check-in/"])
def test_no_other_address_takes_a_file(sent: Client, path: str):
    assert sent.post(path, {"file": file(real_files.pdf())}).status_code == 413


def test_pieces_go_on_where_they_broke(sent: Client):
    whole = real_files.pdf()
    address = begin(sent, len(whole)).json()["address"]

    first = sent.patch(address, whole[:40], content_type=PIECE, headers={"Upload-Offset": "0"})
    again = sent.patch(address, whole[:40], content_type=PIECE, headers={"Upload-Offset": "0"})
    asked = sent.head(address)
    last = sent.patch(address, whole[40:], content_type=PIECE, headers={"Upload-Offset": "40"})

    assert [first.status_code, again.status_code, last.status_code] == [204, 409, 204]
    assert [again["Upload-Offset"], asked["Upload-Offset"], asked["Upload-Length"]] == ["40", "40", str(len(whole))]
    assert Upload.objects.get().status == "waiting"


@pytest.mark.parametrize("offset", ["", "-1", "x", "1e3", "9" * 30])
def test_nonsense_for_an_offset_is_refused(sent: Client, offset: str):
    address = begin(sent, 20).json()["address"]

    assert sent.patch(address, b"%PDF-", content_type=PIECE, headers={"Upload-Offset": offset}).status_code == 400


def test_a_piece_above_the_bound_is_refused(sent: Client):
    address = begin(sent, 1_000_000).json()["address"]

    answer = sent.patch(address, b"%PDF-" + b"x" * 300_000, content_type=PIECE, headers={"Upload-Offset": "0"})

    assert answer.status_code == 413


@pytest.mark.parametrize("size", ["", "0", "-1", "x", "10485761", "9" * 40])
def test_a_size_we_do_not_take_is_refused(sent: Client, size: str):
    assert sent.post("/intake/files/new/", {"name": "a", "size": size}).status_code == 422


def test_nothing_is_given_back_to_the_sender(sent: Client):
    address = begin(sent, 20).json()["address"]

    assert sent.get(address).status_code == 405


def test_staff_open_a_file_only_after_its_release_and_never_in_a_page(sent: Client, site: Site, manager: User):
    sent.post("/intake/files/", {"file": file(real_files.pdf(), name='"><script>.pdf')})
    uploads.check_waiting(now=MONDAY)
    upload = Upload.objects.get()
    boss, desk = Client(), Client()
    boss.force_login(manager)
    desk.force_login(staff(Role.FRONT_DESK, site))
    opened, released = f"/admin/intake/upload/{upload.pk}/open/", f"/admin/intake/upload/{upload.pk}/release/"

    listed = desk.get("/admin/intake/upload/").content.decode()
    assert "No virus scanner is set up" in listed
    assert "Mon 2 Nov, 9 a.m." in listed  # on the clock of the site
    assert [desk.post(opened).status_code, desk.post(released).status_code] == [403, 403]
    assert boss.post(opened).status_code == 302
    assert boss.post(released).status_code == 302
    answer = boss.post(opened)
    assert answer.content == real_files.pdf()
    assert answer["Content-Disposition"].startswith('attachment; filename="K-')
    assert "script" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Type"] == "application/octet-stream"
