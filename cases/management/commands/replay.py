"""`manage.py replay`: what another version of the rules would have said of the reports on file."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.rules.candidate import LONGEST, candidate_from
from cases.rules.difference import Totals
from cases.rules.ruleset import CURRENT, RuleSet, UnknownRule
from cases.services.replay import Replayed, replay
from clinic.accounts.models import Site

# Rule sets the code itself carries, by version.
KNOWN = {CURRENT.version: CURRENT}
FORMATS = ("text", "csv", "json")
COLUMNS = (
    *("case", "reported_on", "judged_by", "urgency", "flags_gained", "flags_lost", "likelihood", "causes_gained"),
    *("causes_lost", "reordered", "confidence"),
)
TELL_EVERY = 1_000


class Command(BaseCommand):
    help = (
        "Judge the stored whole forms again with another version of the rules and show what would change. Nothing is "
        "changed: the transaction can only read. Without --ruleset or --version-name, the rules in force are run over "
        "the reports that older versions judged. The same reports give the same bytes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--ruleset", type=Path, metavar="FILE", help="a candidate as TOML; docs/rules.md shows one")
        which.add_argument("--version-name", metavar="NAME", help=f"a version the code has: {', '.join(KNOWN)}")
        parser.add_argument("--site", metavar="SLUG", help="reports of this site alone")
        parser.add_argument("--from", dest="since", type=_day, metavar="DAY", help="first day reported, 2026-01-31")
        parser.add_argument("--to", dest="until", type=_day, metavar="DAY", help="last day reported")
        parser.add_argument("--format", choices=FORMATS, default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = options["since"], options["until"]
        if since and until and since > until:
            raise CommandError(f"--from {since} lies after --to {until}.")
        ruleset = _ruleset(options["ruleset"], options["version_name"])
        only_older = options["ruleset"] is None and options["version_name"] is None
        found = replay(ruleset, sites=_sites(options["site"]), since=since, until=until, only_older=only_older)
        totals = Totals()
        write = {"text": self._text, "csv": self._csv, "json": self._json}[options["format"]]
        write(ruleset, self._counted(found, totals), totals)

    def _counted(self, found: Iterator[Replayed], totals: Totals) -> Iterator[Replayed]:
        """Those that would change, while the totals count all; how far it is goes to the error stream."""
        for each in found:
            totals.add(each.difference, judged_by=each.judged_by)
            if totals.read % TELL_EVERY == 0:
                self.stderr.write(f"{totals.read:,} reports read, {totals.changed:,} would change")
            if each.difference:
                yield each

    def _text(self, ruleset: RuleSet, changed: Iterator[Replayed], totals: Totals) -> None:
        self.stdout.write(f"Rules {ruleset.version} against what was stored with each report")
        self.stdout.write("")
        for each in changed:
            self.stdout.write(f"{each.case:<10}  {each.reported_on}  by {each.judged_by}: {'; '.join(_said(each))}")
        told = totals.as_data()
        self.stdout.write("" if totals.changed else "Nothing would change.")
        self.stdout.write(f"{totals.read:,} reports read, {totals.changed:,} would change")
        for title, counts in (("judged by", told["judged_by"]), ("changes", told["changes"])):
            self.stdout.write(f"{title}:" if counts else f"{title}: none")
            for name, count in counts.items():
                self.stdout.write(f"  {count:>7,}  {name}")

    def _csv(self, ruleset: RuleSet, changed: Iterator[Replayed], totals: Totals) -> None:
        rows = csv.DictWriter(self.stdout, COLUMNS, lineterminator="\n", extrasaction="ignore")
        rows.writeheader()
        for each in changed:
            told = each.difference.as_data()
            lists = {name: " ".join(value) for name, value in told.items() if isinstance(value, list)}
            confidence = "; ".join(f"{cause} {change}" for cause, change in told["confidence"].items())
            rows.writerow({**_head(each), **told, **lists, "confidence": confidence})
        self.stderr.write(f"{totals.read:,} reports read, {totals.changed:,} would change")

    def _json(self, ruleset: RuleSet, changed: Iterator[Replayed], totals: Totals) -> None:
        # Written piece by piece: a clinic's whole history need not fit into memory.
        self.stdout.write(f'{{"rules_version": {json.dumps(ruleset.version)},\n"changed": [', ending="\n")
        for place, each in enumerate(changed):
            row = json.dumps({**_head(each), **each.difference.as_data()})
            self.stdout.write(row if place == 0 else f",{row}")
        self.stdout.write(f'],\n"totals": {json.dumps(totals.as_data())}}}')


def _head(each: Replayed) -> dict[str, Any]:
    return {"case": each.case, "reported_on": each.reported_on.isoformat(), "judged_by": each.judged_by}


def _said(each: Replayed) -> list[str]:
    """The changes of one report in words."""
    told = each.difference.as_data()
    said = [f"urgency {told['urgency']}"] if told["urgency"] else []
    for name in ("flags", "causes"):
        gone = [f"-{value}" for value in told[f"{name}_lost"]]
        come = [f"+{value}" for value in told[f"{name}_gained"]]
        said += [f"{name} {' '.join([*come, *gone])}"] if come or gone else []
    said += [f"likelihood {told['likelihood']}"] if told["likelihood"] else []
    said += ["causes in another order"] if told["reordered"] else []
    return said + [f"confidence of {cause} {change}" for cause, change in told["confidence"].items()]


def _ruleset(file: Path | None, version: str | None) -> RuleSet:
    if file is not None:
        try:
            with file.open(encoding="utf-8") as source:
                return candidate_from(source.read(LONGEST + 1))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"--ruleset {file}: cannot be read ({error}).") from error
        except UnknownRule as error:
            raise CommandError(f"--ruleset {file}: {error}") from error
    if version is not None and version not in KNOWN:
        raise CommandError(f"--version-name {version}: the code has {', '.join(KNOWN)}; write others as a --ruleset.")
    return KNOWN[version or CURRENT.version]


def _sites(slug: str | None) -> list[Site]:
    sites = list(Site.objects.order_by("slug"))
    if slug is None:
        return sites
    found = [site for site in sites if site.slug == slug]
    if not found:
        known = ", ".join(site.slug for site in sites) or "none"
        raise CommandError(f"--site {slug}: there is no such site. Known: {known}.")
    return found


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 2100:
        raise argparse.ArgumentTypeError(f"{text!r} is no day of this century, such as 2026-01-31")
    return day
