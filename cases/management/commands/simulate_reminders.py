"""`manage.py simulate_reminders`: every message of the weeks to come, in order, and each that is not sent with why."""

from __future__ import annotations

import csv
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cases.models import Case
from cases.services.errors import WrongInput
from cases.services.forecast import ASSUMES, MOST_WEEKS, USUAL_WEEKS, Forecast, forecast_case, forecast_sites
from cases.services.foreseen import Foreseen, Outcome
from clinic.accounts.models import Site

FORMATS = ("text", "csv", "json")
COLUMNS = ("at", "zone", "about", "message", "channel", "outcome", "why", "waited_for", "due_at")
SAYS = {Outcome.GOES: "goes", Outcome.CALL: "to call", Outcome.NOT_SENT: "not sent", Outcome.WAITS: "waits"}


class Command(BaseCommand):
    help = (
        f"Show every message of the weeks to come on the patients' wall clocks. {ASSUMES} "
        "Without --case or --site: the whole clinic."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--case", metavar="REFERENCE", help="one case, such as K-3F9A21C0")
        which.add_argument("--site", metavar="SLUG", help="the patients of one site")
        parser.add_argument("--weeks", type=int, default=USUAL_WEEKS, help=f"how far, 1 to {MOST_WEEKS}")
        parser.add_argument("--format", choices=FORMATS, default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self._foresee(options["case"], options["site"], options["weeks"])
        except WrongInput as error:
            raise CommandError(f"--weeks {options['weeks']}: {' '.join(error.errors['weeks'])}") from error
        {"text": self._text, "csv": self._csv, "json": self._json}[options["format"]](found, options["weeks"])

    def _foresee(self, reference: str | None, slug: str | None, weeks: int) -> Forecast:
        now = timezone.now()
        if reference is None:
            return forecast_sites(_sites(slug), weeks=weeks, now=now)
        case = Case.objects.filter(reference=reference).first()
        if case is None:
            raise CommandError(f"--case {reference}: there is no such case.")
        return forecast_case(case, weeks=weeks, now=now)

    def _text(self, found: Forecast, weeks: int) -> None:
        self.stdout.write(ASSUMES)
        if found.is_paused:
            self.stdout.write("Sending is paused as a whole: nothing goes before somebody releases it.")
        self.stdout.write("")
        for each in found.messages:
            self.stdout.write(_line(each))
        self.stdout.write("" if found.messages else "Nothing is due.")
        for reference, count in found.per_case().items():
            self.stdout.write(
                f"{reference}: {count} message{'' if count == 1 else 's'} in {weeks} week{'' if weeks == 1 else 's'}"
            )
        calls, not_sent = (
            sum(each.outcome is outcome for each in found.messages) for outcome in (Outcome.CALL, Outcome.NOT_SENT)
        )
        self.stdout.write(f"{found.going} messages go, {calls} calls for the front desk, {not_sent} not sent")

    def _csv(self, found: Forecast, weeks: int) -> None:
        rows = csv.DictWriter(self.stdout, COLUMNS, lineterminator="\n")
        rows.writeheader()
        for each in found.messages:
            rows.writerow(_row(each) | {"waited_for": "; ".join(each.held)})

    def _json(self, found: Forecast, weeks: int) -> None:
        told = {
            "assumes": ASSUMES,
            "since": found.since.isoformat(),
            "until": found.until.isoformat(),
            "is_paused": found.is_paused,
            "messages": [_row(each) for each in found.messages],
            "per_case": found.per_case(),
        }
        self.stdout.write(json.dumps(told, indent=1))


def _line(each: Foreseen) -> str:
    way = each.channel.label.lower() if each.channel else "no channel"
    said = f"{each.local:%Y-%m-%d %H:%M %z} {each.zone:<20}  {each.about:<10}  {each.kind.label}, {way}"
    said += "" if each.outcome is Outcome.GOES else f": {SAYS[each.outcome]}"
    said += f", {each.why}" if each.why else ""
    return said + (f" (waited: {'; '.join(each.held)})" if each.held and each.outcome is Outcome.GOES else "")


def _row(each: Foreseen) -> dict[str, Any]:
    return {
        "at": each.local.isoformat(),
        "zone": each.zone,
        "about": each.about,
        "message": each.kind.value,
        "channel": each.channel.value if each.channel else "",
        "outcome": each.outcome.value,
        "why": each.why,
        "waited_for": list(each.held),
        "due_at": each.due_at.isoformat(),
    }


def _sites(slug: str | None) -> list[Site]:
    sites = list(Site.objects.order_by("slug"))
    found = [site for site in sites if slug in {None, site.slug}]
    if slug is not None and not found:
        known = ", ".join(site.slug for site in sites) or "none"
        raise CommandError(f"--site {slug}: there is no such site. Known: {known}.")
    return found
