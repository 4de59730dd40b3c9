"""A line outside the database for each message a provider took: what a restored copy cannot know."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings as installed

from cases.models import Reminder

# Enough for the last line: a moment, a tab, a key.
_TAIL_BYTES = 200


PERHAPS = "perhaps"


def append(keys: Iterable[UUID], *, now: datetime, perhaps: bool = False) -> None:
    """Write down that these went out, or perhaps did, before the database is told. Nothing without a SENT_LOG."""
    if not installed.SENT_LOG:
        return
    mark = f"{PERHAPS}\t" if perhaps else ""
    lines = "".join(f"{now.isoformat()}\t{mark}{key}\n" for key in keys)
    if lines:
        # One write of whole lines at the end: several workers may share the file.
        descriptor = os.open(installed.SENT_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, lines.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_keys(path: Path) -> dict[UUID, bool]:
    """The keys in a log of ours or of a provider, and whether each certainly went out.

    A key is the last word of its line; a line that ends otherwise counts for none. Raises OSError.
    """
    found: dict[UUID, bool] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split()
            try:
                key = UUID(words[-1].strip("<>\"',").partition("@")[0])
            except (IndexError, ValueError):
                continue
            found[key] = found.get(key, False) or PERHAPS not in words
    return found


def knows_more_than_the_database(since: datetime | None) -> bool:
    """Did the last message written down go out, and does the database not know that it ever began?

    Then the database is older than the file: a copy of the disk was put back, which no other sign betrays.
    since: what was written before this was seen by whoever released sending then.
    """
    if not installed.SENT_LOG:
        return False
    last = _last_line(Path(installed.SENT_LOG))
    if last is None or (since is not None and last[0] < since):
        return False
    return not Reminder.objects.filter(pk=last[1], attempts_made__gt=0).exists()


def _last_line(path: Path) -> tuple[datetime, UUID] | None:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            words = file.read().decode(errors="replace").splitlines()[-1].split()
    except (FileNotFoundError, IndexError):
        return None
    try:
        return datetime.fromisoformat(words[0]), UUID(words[-1])
    except (IndexError, ValueError):
        return None
