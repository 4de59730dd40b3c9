"""`manage.py rules`: every rule as a table that a therapist can hold against the reference."""

from __future__ import annotations

import csv
import json
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.rules.catalogue import SECTIONS, RuleRow, Section
from cases.rules.version import RULES_VERSION

HEAD = ("id", "about", "condition", "level, weight or result", "source", "version")
# Of 120 columns; two blanks between.
WIDTHS = (16, 26, 31, 16, 12, 9)
MARK = "*"
LEGEND = f"{MARK} our own addition [G], not a row of the reference"
INTRODUCTION = f"""\
# Every rule

Written by `python manage.py rules --format markdown`; a test fails when a rule changes and this page does not.
Rules {RULES_VERSION}. Conditions use the field names of the reference; what is worked out from answers stands in
[brackets]. [S] read in the source, [R] recalled, [G] general knowledge or our own decision.
\\{LEGEND}.

To see what a change of the evidence would do, write it down and run it over the reports on file; nothing is changed:

```toml
version = "2026.12-try"      # a name of its own
without = ["OV8"]            # rows of the evidence left out
load_increase_percent = 20   # also load_window_weeks, moderate_from_above, strength_percent
[weights]
MV1 = 1
[thresholds]
overuse = 4
```

```console
python manage.py replay --ruleset try.toml --from 2026-01-01
```
"""


class Command(BaseCommand):
    help = "Print every rule: its id, what it is about, its condition, level, weight or result, source and version."
    # It reads tables of Python: no database, no addresses.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=tuple(FORMATS), default="text")
        names = ", ".join(section.name for section in SECTIONS)
        parser.add_argument("--section", action="append", metavar="NAME", help=f"one of {names}; may be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in FORMATS[options["format"]](_sections(options["section"])):
            self.stdout.write(line)


def _sections(names: Sequence[str] | None) -> tuple[Section, ...]:
    known = {section.name: section for section in SECTIONS}
    if strange := [name for name in names or () if name not in known]:
        raise CommandError(f"--section {strange[0]}: there is no such section. Known: {', '.join(known)}.")
    return tuple(section for section in SECTIONS if not names or section.name in names)


def cells_of(row: RuleRow) -> tuple[str, ...]:
    marked = f"{row.id}{MARK if row.is_ours else ''}"
    return (marked, row.statement, row.condition, row.effect, row.source, row.version)


def _text(sections: Iterable[Section]) -> Iterable[str]:
    yield f"Rules {RULES_VERSION}. {LEGEND}."
    for section in sections:
        yield f"\n{section.title.upper()}\n"
        yield from _wrapped(HEAD)
        yield "  ".join("-" * width for width in WIDTHS)
        for row in section.rows():
            yield from _wrapped(cells_of(row))


def _wrapped(cells: Sequence[str]) -> Iterable[str]:
    """One row of the table, over as many lines as its longest cell needs."""
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
    for number in range(max(map(len, columns))):
        parts = (column[number] if number < len(column) else "" for column in columns)
        yield "  ".join(part.ljust(width) for part, width in zip(parts, WIDTHS, strict=True)).rstrip()


def _markdown(sections: Iterable[Section]) -> Iterable[str]:
    yield INTRODUCTION
    for section in sections:
        yield from ("", f"## {section.title}", "")
        yield f"| {' | '.join(HEAD)} |"
        yield f"|{'---|' * len(HEAD)}"
        for row in section.rows():
            cells = (cell.replace("|", "\\|").replace("*", "\\*") for cell in cells_of(row))
            yield f"| {' | '.join(cells)} |"


def _csv(sections: Iterable[Section]) -> Iterable[str]:
    rows = csv.writer(_Line(), lineterminator="")
    yield rows.writerow(("section", *HEAD, "ours"))
    for section in sections:
        for row in section.rows():
            yield rows.writerow((section.name, row.id, *cells_of(row)[1:], "yes" if row.is_ours else "no"))


class _Line:
    """What the csv writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def _json(sections: Iterable[Section]) -> Iterable[str]:
    found = [
        {
            "section": section.name,
            "title": section.title,
            "rules": [
                {
                    "id": row.id,
                    "about": row.statement,
                    "condition": row.condition,
                    "effect": row.effect,
                    "source": row.source,
                    "version": row.version,
                    "ours": row.is_ours,
                    "reads": sorted(row.reads),
                }
                for row in section.rows()
            ],
        }
        for section in sections
    ]
    yield json.dumps({"version": RULES_VERSION, "sections": found}, indent=2, ensure_ascii=False)


FORMATS: dict[str, Callable[[Iterable[Section]], Iterable[str]]] = {
    "text": _text,
    "csv": _csv,
    "markdown": _markdown,
    "json": _json,
}
