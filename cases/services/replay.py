"""Another version of the rules over stored reports: what would change, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, Func, JSONField, OuterRef, Subquery
from django.db.models.functions import JSONObject

from cases.models import Suggestion, SymptomReport
from cases.rules.difference import Difference, Gist, gist_of
from cases.rules.judgement import conclude
from cases.rules.measures import report_of
from cases.rules.ruleset import RuleSet
from cases.rules.terms import Likelihood, Urgency
from cases.services.periods import between_days
from clinic.accounts.models import Site

AT_A_TIME = 500


@dataclass(frozen=True)
class Replayed:
    """One stored report judged again. judged_by: the version that made the stored judgement."""

    case: str
    reported_on: date
    judged_by: str
    difference: Difference


def replay(
    ruleset: RuleSet,
    *,
    sites: list[Site],
    since: date | None = None,
    until: date | None = None,
    only_older: bool = False,
) -> Iterator[Replayed]:
    """Every whole form of those sites, oldest first, as it was judged and as `ruleset` judges it.

    since, until: the first and last day reported, on each site's calendar. only_older: leave out reports that this very
    version judged. Check-ins are left out: they ask too little to suggest anything.
    Streams through one cursor in a transaction that PostgreSQL itself holds to reading.
    """
    zones = {site.pk: ZoneInfo(site.time_zone) for site in sites}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        for row in _stored(sites, since, until).iterator(chunk_size=AT_A_TIME):
            before = row["before"]
            if only_older and before["rules_version"] == ruleset.version:
                continue
            on = row["reported_at"].astimezone(zones[row["case__site"]]).date()
            after = conclude(report_of(row["answers"], on, shown=row["shown"]), ruleset)
            yield Replayed(
                row["case__reference"],
                on,
                before["rules_version"],
                Difference(_gist_of(row["urgency"], before), gist_of(after)),
            )


def _stored(sites: list[Site], since: date | None, until: date | None) -> Any:
    """The reports with the first thing that was suggested from each: later ones also know an examination."""
    first = (
        Suggestion.objects.filter(report=OuterRef("pk"))
        .order_by("pk")
        .values(
            told=JSONObject(
                rules_version="rules_version",
                likelihood="likelihood",
                causes=_picked("$.causes[*].cause"),
                confidences=_picked("$.causes[*].confidence"),
                flags=_picked("$.triage.fired[*].rule_id"),
            )
        )[:1]
    )
    return (
        SymptomReport.objects.filter(between_days(sites, "reported_at", site="case__site", since=since, until=until))
        .exclude(source=SymptomReport.Source.CHECK_IN)
        .annotate(before=Subquery(first, output_field=JSONField()))
        .filter(before__isnull=False)
        .order_by("reported_at", "pk")
        .values("case__reference", "case__site", "reported_at", "answers", "shown", "urgency", "before")
    )


def _picked(path: str) -> Func:
    """The parts of the stored judgement at that path; the rest of it stays in the database."""
    return Func(
        F("body"),
        function="jsonb_path_query_array",
        template=f"%(function)s(%(expressions)s, '{path}')",
        output_field=JSONField(),
    )


def _gist_of(urgency: str, told: dict[str, Any]) -> Gist:
    return Gist(
        Urgency(urgency),
        frozenset(told["flags"]),
        Likelihood(told["likelihood"]),
        dict(zip(told["causes"], told["confidences"], strict=True)),
    )
