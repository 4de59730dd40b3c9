"""`manage.py pause_sending`: hold back messages at a site, of a kind, or all of them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.rules.terms import MessageKind
from cases.services import pauses
from cases.services.errors import WrongInput
from cases.services.turns import database_now
from clinic.accounts.models import Site


def of_whom(parser: CommandParser) -> None:
    parser.add_argument("--site", help="short name of the site; every site without it")
    parser.add_argument("--kind", choices=[kind.value for kind in MessageKind], help="every kind without it")


def site_of(options: dict[str, Any]) -> Site | None:
    if not options["site"]:
        return None
    site = Site.objects.filter(slug=options["site"]).first()
    if site is None:
        raise CommandError(f"There is no site {options['site']!r}.")
    return site


def kind_of(options: dict[str, Any]) -> MessageKind | None:
    return MessageKind(options["kind"]) if options["kind"] else None


class Command(BaseCommand):
    help = "Hold back messages until they are released. What is being sent at this moment goes out."

    def add_arguments(self, parser: CommandParser) -> None:
        of_whom(parser)
        parser.add_argument("--reason", required=True, help="shown to everybody who works in the admin")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pause = pauses.pause_sending(
                site=site_of(options), kind=kind_of(options), reason=options["reason"], by=None, now=database_now()
            )
        except WrongInput as error:
            raise CommandError(" ".join(text for texts in error.errors.values() for text in texts)) from error
        self.stdout.write(f"Paused: {pause}. Release it with: manage.py resume_sending")
