"""`manage.py release_sending`: let a restored database send again, without repeating what was sent meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from cases.services import pauses, sent_log
from cases.services.turns import database_now


class Command(BaseCommand):
    help = (
        "Settle what was, or may have been, sent after the backup was made, and release sending. With --sent-log only "
        "what stands there; without it, everything that fell due since then is left to a person."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", help="when the backup was made, such as 2026-11-22T14:05Z; default: its last beat"
        )
        parser.add_argument("--sent-log", type=Path, help="SENT_LOG, or a list of keys from the provider, one a line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sent = sent_log.read_keys(options["sent_log"]) if options["sent_log"] else None
        except OSError as error:
            raise CommandError(f"Cannot read {options['sent_log']}: {error.strerror}.") from error
        counts = pauses.release_after_restore(since=_moment(options["since"]), sent=sent, by=None, now=database_now())
        self.stdout.write("Released. " + ", ".join(f"{name}: {count}" for name, count in counts.items()) + ".")


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is no moment. Write one such as 2026-11-22T14:05Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
