"""`manage.py resume_sending`: release what `pause_sending` or the admin holds back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.management.commands.pause_sending import kind_of, of_whom, site_of
from cases.models import Pause
from cases.services import pauses
from cases.services.errors import Refusal
from cases.services.turns import database_now


class Command(BaseCommand):
    help = "Release one pause: the one of that site and kind, or the one of everything."

    def add_arguments(self, parser: CommandParser) -> None:
        of_whom(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        kind = kind_of(options)
        pause = Pause.objects.in_force().filter(site=site_of(options), kind=kind.value if kind else "").first()
        if pause is None:
            raise CommandError("Nothing is paused there.")
        try:
            pauses.release_pause(pause, by=None, now=database_now())
        except pauses.Restored as error:
            raise CommandError(f"{error} See: manage.py release_sending --help") from error
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Released: {pause}.")
