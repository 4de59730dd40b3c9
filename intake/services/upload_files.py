"""The bytes of a file somebody sent: what they are, whatever the sender said, and where they lie."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import shlex
import shutil
import subprocess
import warnings
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_noop
from PIL import Image, ImageOps

from intake.models import Upload
from intake.models.uploads import MOST_BYTES

MOST_PIXELS = 40_000_000
# So much of the disk is left to the database and the logs.
LEAST_FREE = 200 * 1024 * 1024
SCAN_SECONDS = 60
_TAIL = 1024

NOT_READABLE = gettext_noop("This file cannot be read. Send a photo (JPEG or PNG) or a PDF.")
TOO_MANY_PIXELS = gettext_noop("This picture is too large: at most 40 million pixels.")
CUT_SHORT = gettext_noop("This file is cut short. Please send it again.")
ACTIVE = gettext_noop("This PDF holds a program or another file inside. Please print it to a new PDF, or take a photo.")
LOCKED = gettext_noop("This PDF is protected by a password. Please send one without.")
FOUND = gettext_noop("The virus scanner refused this file.")


class WrongFile(Exception):
    """Not a file we take. The text is for the patient, in English; it is translated where it is shown."""


class NoRoom(Exception):
    """The disk, or what the clinic allows of it, is full."""


def kind_of(head: bytes) -> Upload.Kind:
    """By the first bytes alone. Raises WrongFile."""
    if head.startswith(b"\xff\xd8\xff"):
        return Upload.Kind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Upload.Kind.PNG
    # At the very beginning: readers forgive a PDF that starts later, and that is how one file is two.
    if head.startswith(b"%PDF-"):
        return Upload.Kind.PDF
    raise WrongFile(NOT_READABLE)


def check(path: Path) -> Upload.Kind:
    """What a whole file is, after a look that costs little: nothing is unpacked. Raises WrongFile."""
    with path.open("rb") as file:
        kind = kind_of(file.read(16))
    if kind is Upload.Kind.PDF:
        _check_pdf(path.read_bytes())
        return kind
    with _opened(path, kind) as image:
        if image.width * image.height > MOST_PIXELS:
            raise WrongFile(TOO_MANY_PIXELS)
    return kind


def written_anew(path: Path, kind: Upload.Kind) -> tuple[bytes, Upload.Kind]:
    """The picture without anything but its pixels: no place, no camera, no comment, nothing behind its end.

    Raises WrongFile for one that is cut short or too large.
    """
    with _opened(path, kind) as image:
        if image.width * image.height > MOST_PIXELS:
            raise WrongFile(TOO_MANY_PIXELS)
        try:
            upright = ImageOps.exif_transpose(image)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise WrongFile(CUT_SHORT) from error
        flat = upright.convert("L" if upright.mode in ("1", "L") else "RGB")
        # A new picture: what a reader found beside the pixels hangs on the old one and would be written again.
        clean = Image.new(flat.mode, flat.size)
        clean.paste(flat)
    if kind is Upload.Kind.PNG:
        whole = _saved(clean, "PNG", optimize=False)
        if len(whole) <= MOST_BYTES:
            return whole, kind
    for quality in (88, 70, 50):
        whole = _saved(clean, "JPEG", quality=quality)
        if len(whole) <= MOST_BYTES:
            return whole, Upload.Kind.JPEG
    raise WrongFile(TOO_MANY_PIXELS)


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _opened(path: Path, kind: Upload.Kind) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Our own bound is lower and is looked at before anything is unpacked.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            # Only the reader for what it says it is: Pillow has forty more, few of them ever attacked in earnest.
            return Image.open(path, formats=[kind.value.upper()])
    except Image.DecompressionBombError as error:
        raise WrongFile(TOO_MANY_PIXELS) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise WrongFile(NOT_READABLE) from error


def _check_pdf(whole: bytes) -> None:
    """Its end is there and points into it, nothing follows, and nothing in it acts by itself."""
    found = re.search(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z", whole[-_TAIL:])
    if found is None:
        raise WrongFile(CUT_SHORT)
    place = int(found.group(1))
    there = whole[place : place + 64]
    if not (there.lstrip().startswith(b"xref") or re.match(rb"\s*\d+\s+\d+\s+obj", there)):
        raise WrongFile(CUT_SHORT)
    # The end of a zip archive: the same bytes would be a second file to whoever reads them from behind.
    if b"PK\x05\x06" in whole[-66_000:]:
        raise WrongFile(NOT_READABLE)
    # Names may be written with #hex for any letter.
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code.group(1), 16)]), whole)
    if re.search(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)\b", plain):
        raise WrongFile(ACTIVE)
    if re.search(rb"/Encrypt\b", plain):
        raise WrongFile(LOCKED)


# --- the disk


def place_of(stored_as: str) -> Path:
    """Where the file lies: under a random name that says nothing, outside of what any web server serves."""
    return Path(settings.UPLOADS_ROOT) / stored_as[:2] / stored_as


def new_name() -> str:
    return secrets.token_hex(24)


def make_room(size: int, *, kept: int) -> None:
    """Raises NoRoom unless `size` more bytes fit the disk and the clinic's quota. kept: bytes there already."""
    root = Path(settings.UPLOADS_ROOT)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(root).free
    except OSError as error:
        raise NoRoom from error
    if free - size < LEAST_FREE or kept + size > settings.UPLOAD_QUOTA_BYTES:
        raise NoRoom


def append(stored_as: str, chunk: bytes, *, offset: int) -> None:
    """Write a piece at its place; what a broken attempt wrote behind `offset` is overwritten. Raises NoRoom."""
    path = place_of(stored_as)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with open(handle, "wb") as file:
            file.seek(offset)
            file.write(chunk)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise NoRoom from error


def replace(stored_as: str, whole: bytes) -> None:
    """Put other bytes in the place of a file, all of them or none. Raises NoRoom."""
    path = place_of(stored_as)
    beside = path.with_suffix(".new")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise NoRoom from error


def remove(stored_as: str) -> None:
    place_of(stored_as).unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- the scanner


def scan(path: Path) -> bool | None:
    """Ask the scanner: True: clean. False: it found something. None: there is none, or it could not say.

    UPLOAD_SCANNER is a command such as `clamdscan --fdpass --no-summary {file}`: 0 is clean, 1 is not.
    """
    if not settings.UPLOAD_SCANNER:
        return None
    words = [word.replace("{file}", str(path)) for word in shlex.split(settings.UPLOAD_SCANNER)]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=SCAN_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {0: True, 1: False}.get(done.returncode)
