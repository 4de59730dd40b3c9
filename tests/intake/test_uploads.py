"""Files patients send: what they are is looked at, what is harmful is refused, and nobody opens what was not passed."""

from __future__ import annotations

import io
import os
import stat
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from PIL import Image

from cases.models import Case
from cases.services.errors import Stale, WrongInput
from clinic.accounts.models import Site, User
from intake.models import Upload
from intake.services import upload_files, uploads
from intake.services.uploads import NotReleasable, NotTaken
from tests.factories import CaseFactory, PatientFactory
from tests.intake import real_files

pytestmark = pytest.mark.django_db
Status = Upload.Status


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.UPLOAD_SCANNER = ""
    return tmp_path


@pytest.fixture
def case(site: Site) -> Case:
    site.accepts_uploads = True
    site.save()
    return CaseFactory(patient=PatientFactory(site=site))


@pytest.fixture
def scanner(settings: Any, place: Path) -> Path:
    """A scanner that finds the word EICAR, by way of a real command."""
    program = place / "scanner.py"
    program.write_text("import sys; sys.exit(b'EICAR' in open(sys.argv[1], 'rb').read())")
    settings.UPLOAD_SCANNER = f"{sys.executable} {program} {{file}}"
    return program


def sent(case: Case, whole: bytes, now: datetime, *, name: str = "scan.pdf", piece: int = 100_000) -> Upload:
    upload = uploads.begin_upload(case, name=name, size=len(whole), now=now)
    for at in range(0, len(whole), piece):
        upload = uploads.receive(upload, whole[at : at + piece], offset=at, now=now)
        if upload.status == Status.REFUSED:
            break
    return upload


def bytes_of(upload: Upload) -> bytes:
    return upload_files.place_of(upload.stored_as).read_bytes()


def checked(upload: Upload, now: datetime) -> Upload:
    uploads.check_waiting(now=now)
    upload.refresh_from_db()
    return upload


def test_a_clinic_takes_no_files_unless_it_says_so(site: Site, monday: datetime):
    with pytest.raises(NotTaken):
        uploads.begin_upload(CaseFactory(), name="a.pdf", size=10, now=monday)


def test_an_ended_case_takes_no_files(case: Case, monday: datetime):
    Case.objects.update(status="closed", close_reason="other", ended_at=monday)

    with pytest.raises(NotTaken):
        uploads.begin_upload(case, name="a.pdf", size=10, now=monday)


@pytest.mark.parametrize("size", [0, 10 * 1024 * 1024 + 1])
def test_an_empty_or_too_large_file_is_refused(case: Case, monday: datetime, size: int):
    with pytest.raises(WrongInput):
        uploads.begin_upload(case, name="a.pdf", size=size, now=monday)


def test_ten_megabytes_are_taken(case: Case, monday: datetime):
    assert uploads.begin_upload(case, name="a.pdf", size=10 * 1024 * 1024, now=monday).pk


def test_a_sixth_file_is_refused(case: Case, monday: datetime):
    for _ in range(5):
        uploads.begin_upload(case, name="a.pdf", size=10, now=monday)

    with pytest.raises(NotTaken):
        uploads.begin_upload(case, name="a.pdf", size=10, now=monday)


def test_a_photo_keeps_its_pixels_and_loses_its_place(case: Case, scanner: Path, monday: datetime):
    whole = real_files.photo()
    assert b"SecretCamera" in whole
    assert Image.open(io.BytesIO(whole)).getexif().get_ifd(0x8825)

    upload = checked(sent(case, whole, monday, name="IMG_1.jpg"), monday)

    kept = bytes_of(upload)
    image = Image.open(io.BytesIO(kept))
    assert upload.status == Status.CLEAN
    assert b"SecretCamera" not in kept
    assert b"PlantedComment" not in kept
    assert not image.getexif()
    assert image.size == (480, 640)  # turned as the camera said


def test_a_picture_loses_what_was_written_beside_it(case: Case, scanner: Path, monday: datetime):
    upload = checked(sent(case, real_files.picture(), monday, name="x.png"), monday)

    assert b"PlantedAuthor" not in bytes_of(upload)
    assert (upload.status, upload.kind) == (Status.CLEAN, "png")


def test_what_hangs_behind_a_picture_is_gone(case: Case, scanner: Path, monday: datetime):
    upload = checked(sent(case, real_files.photo() + b"PK\x03\x04evil" + real_files.PAGE, monday), monday)

    assert b"evil" not in bytes_of(upload)
    assert b"<script" not in bytes_of(upload)


def test_a_picture_that_unpacks_to_too_much_is_refused_without_unpacking(case: Case, monday: datetime):
    whole = real_files.bomb()
    assert len(whole) < 20_000

    upload = sent(case, whole, monday)

    assert (upload.status, upload.why) == (Status.REFUSED, upload_files.TOO_MANY_PIXELS)


def test_a_picture_of_forty_million_pixels_is_taken(case: Case, monday: datetime):
    assert sent(case, real_files.bomb(width=8000, height=5000), monday).status == Status.WAITING


def test_a_photo_cut_short_is_refused_when_it_is_opened(case: Case, monday: datetime):
    whole = real_files.photo()

    upload = checked(sent(case, whole[: len(whole) // 2], monday), monday)

    assert (upload.status, upload.why) == (Status.REFUSED, upload_files.CUT_SHORT)
    assert not upload_files.place_of(upload.stored_as).exists()


@pytest.mark.parametrize(
    ("whole", "why"),
    [
        (real_files.PROGRAM, upload_files.NOT_READABLE),
        (real_files.PAGE, upload_files.NOT_READABLE),
        (b"\n" + real_files.pdf(), upload_files.NOT_READABLE),
        (real_files.pdf()[:-20], upload_files.CUT_SHORT),
        (real_files.pdf(tail=real_files.PAGE), upload_files.CUT_SHORT),
        (b"%PDF-1.4\nstartxref\n99999\n%%EOF", upload_files.CUT_SHORT),
        (real_files.pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), upload_files.ACTIVE),
        (real_files.pdf(b"/OpenAction<</S/J#61vaScript>>"), upload_files.ACTIVE),
        (real_files.pdf(b"/Names<</EmbeddedFiles 9 0 R>>"), upload_files.ACTIVE),
        (real_files.pdf(b"/Encrypt 9 0 R"), upload_files.LOCKED),
        (real_files.pdf(b"/X(PK\x05\x06)"), upload_files.NOT_READABLE),
        (b"\xff\xd8\xff" + b"x" * 100, upload_files.NOT_READABLE),
        (b"GIF89a" + b"x" * 100, upload_files.NOT_READABLE),
    ],
)
def test_what_is_not_what_we_take_is_refused_whatever_its_name(case: Case, monday: datetime, whole: bytes, why: str):
    upload = sent(case, whole, monday, name="referral.pdf")

    assert (upload.status, upload.why) == (Status.REFUSED, why)
    assert not upload_files.place_of(upload.stored_as).exists()


def test_a_plain_pdf_waits_and_is_kept_byte_for_byte(case: Case, scanner: Path, monday: datetime):
    upload = checked(sent(case, real_files.pdf(), monday, piece=7), monday)

    assert (upload.status, upload.kind) == (Status.CLEAN, "pdf")
    assert bytes_of(upload) == real_files.pdf()


def test_what_the_scanner_finds_is_refused_and_deleted(case: Case, scanner: Path, monday: datetime):
    upload = checked(sent(case, real_files.pdf(b"/X(EICAR)"), monday), monday)

    assert (upload.status, upload.why) == (Status.REFUSED, upload_files.FOUND)
    assert not upload_files.place_of(upload.stored_as).exists()


def test_without_a_scanner_a_file_stays_in_quarantine(case: Case, therapist: User, monday: datetime):
    upload = checked(sent(case, real_files.pdf(), monday), monday)

    assert (upload.status, upload.why) == (Status.QUARANTINED, uploads.NO_SCANNER)
    with pytest.raises(NotTaken):
        uploads.open_file(upload, by=therapist, now=monday)


def test_a_person_releases_what_is_in_quarantine_and_both_are_written_down(
    case: Case, therapist: User, monday: datetime
):
    upload = checked(sent(case, real_files.pdf(), monday), monday)

    uploads.release(upload, by=therapist, now=monday)

    assert uploads.open_file(upload, by=therapist, now=monday) == real_files.pdf()
    kinds = list(case.events.order_by("pk").values_list("kind", "by"))
    assert kinds == [("file_received", None), ("file_released", therapist.pk), ("file_opened", therapist.pk)]
    with pytest.raises(NotReleasable):
        uploads.release(upload, by=therapist, now=monday)


def test_a_silent_scanner_is_asked_again_and_then_a_person_is(case: Case, settings: Any, monday: datetime):
    settings.UPLOAD_SCANNER = "/no/such/scanner {file}"
    upload = sent(case, real_files.pdf(), monday)

    for number in range(4):
        upload = checked(upload, monday + timedelta(minutes=6 * number))
        assert (upload.status, upload.attempts) == (Status.WAITING, number + 1)
    upload = checked(upload, monday + timedelta(minutes=30))

    assert (upload.status, upload.why) == (Status.QUARANTINED, uploads.SCANNER_SILENT)


def test_a_file_somebody_checks_is_not_checked_by_another(case: Case, monday: datetime):
    sent(case, real_files.pdf(), monday)
    Upload.objects.update(claimed_until=monday + timedelta(minutes=1))

    assert uploads.check_waiting(now=monday) == 0
    assert uploads.check_waiting(now=monday + timedelta(minutes=1)) == 1


def test_a_broken_transfer_goes_on_where_it_broke(case: Case, monday: datetime):
    whole = real_files.pdf()
    upload = uploads.begin_upload(case, name="a.pdf", size=len(whole), now=monday)
    upload = uploads.receive(upload, whole[:50], offset=0, now=monday)

    with pytest.raises(Stale):
        uploads.receive(upload, whole[:50], offset=0, now=monday)
    with pytest.raises(Stale):
        uploads.receive(upload, whole[60:], offset=60, now=monday)
    upload = uploads.receive(upload, whole[50:], offset=50, now=monday)

    assert bytes_of(upload) == whole


def test_a_piece_too_long_is_refused(case: Case, monday: datetime):
    upload = uploads.begin_upload(case, name="a.pdf", size=20, now=monday)

    with pytest.raises(WrongInput):
        uploads.receive(upload, b"%PDF-" + b"x" * 16, offset=0, now=monday)


def test_what_never_arrived_whole_is_forgotten_after_a_day(case: Case, monday: datetime):
    upload = uploads.begin_upload(case, name="a.pdf", size=20, now=monday)
    uploads.receive(upload, b"%PDF-1.4", offset=0, now=monday)
    path = upload_files.place_of(upload.stored_as)
    assert path.exists()

    assert uploads.forget_broken_uploads(now=monday + timedelta(hours=23)) == 0
    assert uploads.forget_broken_uploads(now=monday + timedelta(days=1)) == 1
    assert not path.exists()


def test_a_file_lies_under_a_random_name_that_only_we_may_read(case: Case, monday: datetime):
    upload = sent(case, real_files.pdf(), monday, name="../../etc/passwd\x00.pdf")

    path = upload_files.place_of(upload.stored_as)
    assert path.stem == upload.stored_as
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert upload.name == "passwd.pdf"


def test_a_full_quota_says_so(case: Case, settings: Any, monday: datetime):
    settings.UPLOAD_QUOTA_BYTES = 30
    uploads.begin_upload(case, name="a.pdf", size=20, now=monday)

    with pytest.raises(NotTaken, match="try again later"):
        uploads.begin_upload(case, name="a.pdf", size=11, now=monday)


def test_a_disk_that_refuses_says_so_and_keeps_the_place(case: Case, settings: Any, monday: datetime):
    upload = uploads.begin_upload(case, name="a.pdf", size=20, now=monday)
    # A file where a folder should be: the system refuses to write, as it does on a full disk.
    settings.UPLOADS_ROOT.joinpath(upload.stored_as[:2]).write_bytes(b"")

    with pytest.raises(NotTaken, match="try again later"):
        uploads.receive(upload, b"%PDF-1.4", offset=0, now=monday)

    upload.refresh_from_db()
    assert (upload.status, upload.received) == (Status.ARRIVING, 0)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"size": 10 * 1024 * 1024 + 1}, "upload_is_at_most_10_mb"),
        ({"received": 2_000_000}, "upload_receives_no_more_than_announced"),
        ({"status": "waiting"}, "whole_upload_says_what_it_is"),
        ({"status": "released", "kind": "pdf"}, "released_upload_says_by_whom|whole_upload_says_what_it_is"),
    ],
)
def test_the_database_refuses_a_file_that_cannot_be(case: Case, monday: datetime, change: Any, constraint: str):
    upload = uploads.begin_upload(case, name="a.pdf", size=20, now=monday)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(**change)


def test_the_database_refuses_clean_without_a_check(case: Case, monday: datetime):
    upload = sent(case, real_files.pdf(), monday)

    with pytest.raises(IntegrityError, match="clean_upload_was_checked"), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(status="clean")
