"""Files patients send: begun, received piece by piece, checked, and released to those who may open them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from cases.models import Case
from cases.services.errors import Refusal, Stale, WrongInput
from cases.services.events import EventKind, record
from cases.services.transactions import one_transaction
from clinic.accounts.models import User
from intake.models import Upload
from intake.models.uploads import MOST_BYTES
from intake.services import upload_files
from intake.services.upload_files import NoRoom, WrongFile

logger = logging.getLogger(__name__)

MOST_FILES = 5
MOST_CHUNK = 200 * 1024
# A transfer that broke off may be taken up again for so long.
ARRIVES_WITHIN = timedelta(days=1)
_LEASE = timedelta(minutes=5)
_MOST_ATTEMPTS = 5
NO_SCANNER = "No scanner is set up here: a person has to release it."
SCANNER_SILENT = "The scanner did not answer."


class NotTaken(Refusal):
    """The clinic takes no file here and now; the text says why and what to do."""

    code = "file_not_taken"


class NotReleasable(Refusal):
    """Only what waits in quarantine is released."""

    code = "file_not_in_quarantine"


def takes_files(case: Case | None) -> bool:
    return case is not None and case.is_open and case.site.accepts_uploads


def files_of(case: Case) -> list[Upload]:
    return list(case.uploads.order_by("begun_at", "pk"))


@one_transaction
def begin_upload(case: Case, *, name: str, size: int, now: datetime) -> Upload:
    """Room for one file of `size` bytes.

    name: as the sender's device calls it; shown to staff and never used as a path.
    Raises NotTaken where the clinic takes none, or no more; WrongInput for an empty or too large one.
    """
    stored = Case.objects.select_for_update(of=("self",), no_key=True).select_related("site").get(pk=case.pk)
    if not takes_files(stored):
        raise NotTaken(_("The clinic takes no files here. Bring it along to your visit."))
    if not 0 < size <= MOST_BYTES:
        raise WrongInput({"file": [_("Choose a file of at most 10 MB.")]})
    if stored.uploads.kept().count() >= MOST_FILES:
        raise NotTaken(_("You have sent five files already. Bring the others along to your visit."))
    try:
        upload_files.make_room(size, kept=Upload.objects.kept().aggregate(sum=Sum("size"))["sum"] or 0)
    except NoRoom as error:
        logger.error("There is no room for files of patients.")
        raise NotTaken(_("We cannot take files just now. Bring it along to your visit, or try again later.")) from error
    return Upload.objects.create(
        case=stored, name=_readable(name), stored_as=upload_files.new_name(), size=size, begun_at=now
    )


@one_transaction
def receive(upload: Upload, chunk: bytes, *, offset: int, now: datetime) -> Upload:
    """The next piece of a file. With the last one the file is looked at, and waits to be checked.

    Raises Stale when the piece does not begin where the file ends so far (ask for `received` and go on from there),
    NotTaken for a file that is over or a full disk, WrongInput for too many bytes. A file that is none of those we take
    is refused in its row: what arrived is deleted.
    """
    stored = Upload.objects.select_for_update().get(pk=upload.pk)
    if stored.status != Upload.Status.ARRIVING or stored.begun_at + ARRIVES_WITHIN <= now:
        raise NotTaken(_("This file cannot be taken up again. Please send it anew."))
    if offset != stored.received:
        raise Stale(_("This piece does not fit: the file goes on at another place."))
    if not chunk or offset + len(chunk) > stored.size:
        raise WrongInput({"file": [_("The file is not as long as was said. Please send it anew.")]})
    try:
        if offset == 0:
            upload_files.kind_of(chunk)
        upload_files.append(stored.stored_as, chunk, offset=offset)
        stored.received = offset + len(chunk)
        if stored.received == stored.size:
            _arrived(stored, now=now)
    except NoRoom as error:
        logger.error("There is no room for files of patients.")
        raise NotTaken(_("We cannot take files just now. Bring it along to your visit, or try again later.")) from error
    except WrongFile as wrong:
        _refuse(stored, str(wrong), now=now)
    stored.save()
    return stored


def _arrived(stored: Upload, *, now: datetime) -> None:
    path = upload_files.place_of(stored.stored_as)
    stored.kind = upload_files.check(path).value
    stored.sha256 = upload_files.digest_of(path)
    stored.arrived_at = now
    stored.status = Upload.Status.WAITING
    record(stored.case, EventKind.FILE_RECEIVED, by=None, now=now, file=str(stored.pk), type=stored.kind)


def _refuse(stored: Upload, why: str, *, now: datetime) -> None:
    upload_files.remove(stored.stored_as)
    stored.status, stored.why, stored.checked_at, stored.claimed_until = Upload.Status.REFUSED, why, now, None


# --- the check: claimed in one short transaction, done outside of any, marked in another


def check_waiting(*, now: datetime, limit: int = 10) -> int:
    """Check files that wait, each once at a time whatever the number of workers. Returns how many were looked at."""
    done = 0
    for upload in _claim(now=now, limit=limit):
        _check(upload, now=now)
        done += 1
    return done


@one_transaction
def _claim(*, now: datetime, limit: int) -> list[Upload]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    rows = list(
        Upload.objects.select_for_update(skip_locked=True)
        .filter(free, status=Upload.Status.WAITING)
        .order_by("arrived_at", "pk")[:limit]
    )
    for row in rows:
        row.claimed_until, row.attempts = now + _LEASE, row.attempts + 1
    Upload.objects.bulk_update(rows, ["claimed_until", "attempts"])
    return rows


def _check(upload: Upload, *, now: datetime) -> None:
    path = upload_files.place_of(upload.stored_as)
    try:
        if upload.kind != Upload.Kind.PDF:
            whole, kind = upload_files.written_anew(path, Upload.Kind(upload.kind))
            upload_files.replace(upload.stored_as, whole)
            upload.kind, upload.size, upload.received = kind.value, len(whole), len(whole)
            upload.sha256 = upload_files.digest_of(path)
        verdict = upload_files.scan(path)
    except WrongFile as wrong:
        _refuse(upload, str(wrong), now=now)
    except (NoRoom, FileNotFoundError):
        # Tried again when the lease is over; a file that is gone for good ends in quarantine, where somebody sees it.
        _hold(upload, "It could not be checked.", now=now)
    else:
        if verdict is False:
            _refuse(upload, upload_files.FOUND, now=now)
        elif verdict:
            upload.status, upload.why, upload.checked_at, upload.claimed_until = Upload.Status.CLEAN, "", now, None
        else:
            _hold(upload, "", now=now)
    # Only the worker whose turn it still is may mark.
    Upload.objects.filter(pk=upload.pk, status=Upload.Status.WAITING, attempts=upload.attempts).update(
        **{
            name: getattr(upload, name)
            for name in ("status", "why", "kind", "size", "received", "sha256", "checked_at", "claimed_until")
        }
    )


def _hold(upload: Upload, why: str, *, now: datetime) -> None:
    """Keep it in quarantine: at once where there is no scanner, else after the last attempt."""
    if not settings.UPLOAD_SCANNER:
        upload.status, upload.why, upload.claimed_until = Upload.Status.QUARANTINED, why or NO_SCANNER, None
    elif upload.attempts >= _MOST_ATTEMPTS:
        upload.status, upload.why, upload.claimed_until = Upload.Status.QUARANTINED, why or SCANNER_SILENT, None
    else:
        upload.why = why or SCANNER_SILENT


@one_transaction
def release(upload: Upload, *, by: User, now: datetime) -> Upload:
    """A person takes it upon themselves to open a file that no scanner has passed. Raises NotReleasable."""
    stored = Upload.objects.select_for_update(of=("self",)).select_related("case").get(pk=upload.pk)
    if stored.status != Upload.Status.QUARANTINED:
        raise NotReleasable("Only a file in quarantine is released.")
    stored.status, stored.released_at, stored.released_by = Upload.Status.RELEASED, now, by
    stored.save(update_fields=["status", "released_at", "released_by"])
    record(stored.case, EventKind.FILE_RELEASED, by=by, now=now, file=str(stored.pk))
    return stored


@one_transaction
def open_file(upload: Upload, *, by: User, now: datetime) -> bytes:
    """The bytes, and a line in the case's history that says who read them. Raises NotTaken while nobody may."""
    stored = Upload.objects.select_related("case").get(pk=upload.pk)
    if not stored.may_be_opened:
        raise NotTaken(f"{stored.get_status_display()}: it cannot be opened.")
    try:
        whole = upload_files.place_of(stored.stored_as).read_bytes()
    except OSError as error:
        raise NotTaken("The file is not in its place. Ask whoever runs the system.") from error
    record(stored.case, EventKind.FILE_OPENED, by=by, now=now, file=str(stored.pk))
    return whole


def forget_broken_uploads(*, now: datetime) -> int:
    """Delete what never arrived whole. Returns how many."""
    broken = Upload.objects.filter(status=Upload.Status.ARRIVING, begun_at__lte=now - ARRIVES_WITHIN)
    names = list(broken.values_list("stored_as", flat=True))
    broken.delete()
    for name in names:
        upload_files.remove(name)
    return len(names)


def _readable(name: str) -> str:
    """The last part of the name, cut, printable only."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:120]
