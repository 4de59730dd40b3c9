"""How good are we? Suggestions against findings, and outcomes of treatments, of the cases one may read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from cases.models import CheckIn, Finding, Outcome, Plan, PlanItem, ProgressPoint, Suggestion
from cases.rules.agreement import LEAST_CASES, NUMBERS, Agreement, Compared, agreement
from cases.rules.averages import FOLLOWED, AverageChange, Averages, Measured
from cases.rules.causes import score_causes
from cases.rules.examination import examined_from
from cases.rules.follow_up import STEP, Start
from cases.rules.measures import report_of
from cases.rules.terms import FoundCause, Instrument, Intervention, ProgressStatus, Term
from cases.services.errors import WrongInput
from cases.services.periods import between_days
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, reach_of, within_reach

# What the numbers are not: said wherever they are shown.
CAVEATS = (
    "Therapists see the suggestion before they record what they found, so agreement is not accuracy.",
    "Counted is the current finding of each case, by the day it was recorded. Cases where a red flag withheld the "
    "causes are left out, and said.",
    "Averages of change run from the first score of a case to its latest. Measured of due says how complete they are; "
    "the bounds say what they would be if every missing case had done as badly, or as well, as possible.",
    "A case with several causes, or several interventions in its plan, counts under each: the groups overlap and are "
    "not comparable like the arms of a trial.",
)
SYNTHETIC = (
    "This is a demo clinic. Its patients are invented, so nothing here says anything about how good the rules or the "
    "treatments are."
)
AT_A_TIME = 500
MOST_CASES = 200
# The answer of a check-in that each instrument is scored from.
_ASKED_BY = {Instrument.NPRS_WORST: "pain_worst", Instrument.AKPS: "akps", Instrument.PSFS: "goals"}


class Stage(Term):
    """Which suggestion is held against the finding."""

    INTAKE = "intake", "From the form alone"
    EXAMINATION = "examination", "After the examination"


@dataclass(frozen=True)
class Scope:
    """Whose cases and which. since, until: days on which the current finding was recorded, on each site's calendar."""

    user: User
    sites: tuple[Site, ...]
    since: date | None = None
    until: date | None = None


@dataclass
class Compares:
    """One stage of comparing. withheld: a red flag of the day came before any cause; unsuggested: nothing was stored.

    Both are left out of the numbers, and said.
    """

    stage: Stage
    agreement: Agreement
    withheld: int = 0
    unsuggested: int = 0


@dataclass(frozen=True)
class Group:
    """Outcomes of the treated cases with one cause, or one intervention in their plan; a case may be in several."""

    key: str
    label: str
    cases: int
    changes: tuple[AverageChange, ...]
    statuses: Mapping[ProgressStatus, int]

    def as_data(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label,
            "cases": self.cases,
            "changes": [change.as_data() for change in self.changes],
            "statuses": [{"status": status.value, "cases": count} for status, count in self.statuses.items()],
        }


@dataclass(frozen=True)
class Quality:
    scope: Scope
    compared: tuple[Compares, ...]
    all_treated: Group
    by_cause: tuple[Group, ...]
    by_intervention: tuple[Group, ...]

    def as_data(self) -> dict[str, Any]:
        """Plain JSON; days as text."""
        since, until = self.scope.since, self.scope.until
        return {
            "from": since and since.isoformat(),
            "to": until and until.isoformat(),
            "sites": [site.slug for site in self.scope.sites],
            "least_cases": LEAST_CASES,
            "caveats": list(CAVEATS),
            "agreement": [
                {
                    "stage": compares.stage.value,
                    "withheld": compares.withheld,
                    "unsuggested": compares.unsuggested,
                    **compares.agreement.as_data(),
                }
                for compares in self.compared
            ],
            "outcomes": {
                "all": self.all_treated.as_data(),
                "by_cause": [group.as_data() for group in self.by_cause],
                "by_intervention": [group.as_data() for group in self.by_intervention],
            },
        }


def readable_sites(user: User) -> tuple[Site, ...]:
    """The sites of which the user may read any case's quality, by name."""
    whole, own = reach_of(user, Action.READ_QUALITY)
    return tuple(Site.objects.filter(pk__in=whole | own).order_by("name", "pk"))


def scope_asked(user: User, *, site: str = "", since: str = "", until: str = "") -> Scope:
    """The scope that a door was asked for; "" leaves a side open, or takes every site one may read.

    site: a slug. since, until: days such as 2026-01-31. Raises WrongInput naming `site`, `from` or `to`; a site out
    of reach is answered like one that does not exist.
    """
    wrong: dict[str, list[str]] = {}
    sites = readable_sites(user)
    if site:
        sites = tuple(each for each in sites if each.slug == site)
        if not sites:
            wrong["site"] = ["There is no such site among yours."]
    days: dict[str, date | None] = {}
    for name, text in (("from", since), ("to", until)):
        days[name] = _day(text) if text else None
        if text and days[name] is None:
            wrong[name] = ["Write a day of this century, such as 2026-01-31."]
    if days["from"] and days["to"] and days["from"] > days["to"]:
        wrong["to"] = ["The last day lies before the first."]
    if wrong:
        raise WrongInput(wrong)
    return Scope(user, sites, days["from"], days["to"])


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # One way to write a day: the standard also has weeks and days of the year.
    return day if day.isoformat() == text and 2000 <= day.year < 2100 else None


def quality_of(scope: Scope, *, now: datetime) -> Quality:
    """The whole report: three statements, each streamed. now: what was due by then counts as due."""
    everything, by_cause, by_intervention = _outcomes(scope, now)
    return Quality(scope, tuple(_compare(scope, stage) for stage in Stage), everything, by_cause, by_intervention)


def cases_behind(scope: Scope, *, stage: Stage, number: str) -> list[dict[str, Any]]:
    """The cases a number is about, at most `MOST_CASES`, the latest found first; `counts` says which it counts.

    number: a key of `NUMBERS`. Raises KeyError for another.
    """
    about = NUMBERS[number]
    found: list[dict[str, Any]] = []
    for pk, pair in _pairs(scope, stage, Compares(stage, agreement(())), newest_first=True):
        if about.among(pair):
            found.append({"pk": pk, "pair": pair, "counts": about.counts(pair)})
            if len(found) == MOST_CASES:
                break
    return found


# --- suggestions against findings ---


def _compare(scope: Scope, stage: Stage) -> Compares:
    compares = Compares(stage, agreement(()))
    compares.agreement = agreement(pair for _, pair in _pairs(scope, stage, compares))
    return compares


def _pairs(
    scope: Scope, stage: Stage, compares: Compares, *, newest_first: bool = False
) -> Iterator[tuple[int, Compared]]:
    """Each case of the scope with its current finding and the latest suggestion of that stage before it."""
    zones = {site.pk: ZoneInfo(site.time_zone) for site in scope.sites}
    rows = (
        _current_findings(scope)
        .annotate(told=Subquery(_suggested(stage), output_field=JSONField()))
        .order_by("-recorded_at" if newest_first else "recorded_at", "pk")
        .values("case", "case__reference", "case__site", "causes", "told")
    )
    for row in rows.iterator(chunk_size=AT_A_TIME):
        told = row["told"]
        if told is None:
            compares.unsuggested += 1
        elif told["assessed"] is False:
            compares.withheld += 1
        else:
            fired = _fired(told, zones[row["case__site"]])
            suggested, found = tuple(told["causes"]), frozenset(row["causes"])
            yield row["case"], Compared(row["case__reference"], suggested, found, told["version"], fired)


def _current_findings(scope: Scope) -> QuerySet[Finding]:
    later = Finding.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"))
    reach = within_reach(scope.user, Action.READ_QUALITY, site="case__site", therapist="case__therapist")
    days = between_days(scope.sites, "recorded_at", site="case__site", since=scope.since, until=scope.until)
    return Finding.objects.filter(reach).filter(days).filter(~Exists(later))


def _suggested(stage: Stage) -> Any:
    return (
        Suggestion.objects.filter(
            case=OuterRef("case"),
            made_at__lte=OuterRef("recorded_at"),
            examination__isnull=stage is Stage.INTAKE,
        )
        .order_by("-pk")
        .values(
            told=JSONObject(
                causes="causes",
                version="rules_version",
                assessed=F("body__causes_assessed"),
                examined=F("body__examined"),
                answers="report__answers",
                shown="report__shown",
                at="report__reported_at",
            )
        )[:1]
    )


def _fired(told: Mapping[str, Any], zone: ZoneInfo) -> frozenset[str]:
    """Every evidence rule that the form's answers, and what was examined, meet by the rules in force.

    Worked out again: a stored suggestion keeps the evidence of the causes it suspected, and a rule judged by those
    alone would look better than it is.
    """
    on = datetime.fromisoformat(told["at"]).astimezone(zone).date()
    report = report_of(told["answers"], on, shown=told["shown"], exam=examined_from(told["examined"]))
    return frozenset(line.rule_id for score in score_causes(report) for line in score.evidence)


# --- outcomes ---


@dataclass
class _Sums:
    label: str
    averages: Averages = field(default_factory=Averages)
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, scores: Mapping[Instrument, Measured], status: str | None) -> None:
        self.averages.add(scores)
        if status is not None:
            self.statuses[status] += 1

    def group(self, key: str) -> Group:
        counts = {status: self.statuses[status.value] for status in ProgressStatus if self.statuses[status.value]}
        return Group(key, self.label, self.averages.cases, self.averages.all(), counts)


def _outcomes(scope: Scope, now: datetime) -> tuple[Group, tuple[Group, ...], tuple[Group, ...]]:
    everything = _Sums("All treated cases")
    by_cause = {cause.value: _Sums(cause.label) for cause in FoundCause}
    by_intervention = {each.value: _Sums(each.label) for each in Intervention}
    for row in _treated(scope, now).iterator(chunk_size=AT_A_TIME):
        scores = {instrument: _measured(instrument, row) for instrument in FOLLOWED}
        belongs = [by_cause[cause] for cause in row["causes"]]
        belongs += [by_intervention[each] for each in set(row["interventions"])]
        for sums in (everything, *belongs):
            sums.add(scores, row["status"])
    return (
        everything.group("all"),
        tuple(sums.group(key) for key, sums in by_cause.items()),
        tuple(sums.group(key) for key, sums in by_intervention.items()),
    )


def _treated(scope: Scope, now: datetime) -> Any:
    """The cases of the scope with a plan in force, now or before, with what was planned, asked and measured."""
    of_case = Q(case=OuterRef("case"))
    latest_plan = Plan.objects.filter(of_case).exclude(status=Plan.Status.DRAFT).order_by("-number").values("pk")[:1]
    had_its_time = Q(answered_at__isnull=False) | (
        Q(expires_at__lte=now) & (Q(cancelled_at__isnull=True) | Q(cancelled_at__gte=F("expires_at")))
    )
    return (
        _current_findings(scope)
        .annotate(
            plan=Subquery(latest_plan),
            status=Subquery(
                ProgressPoint.objects.holding().filter(of_case).order_by("-taken_at", "-pk").values("status")[:1]
            ),
        )
        .filter(plan__isnull=False)
        .annotate(
            interventions=ArraySubquery(PlanItem.objects.filter(plan=OuterRef("plan")).values("intervention")),
            steps=ArraySubquery(CheckIn.objects.filter(of_case).filter(had_its_time).values("step")),
            scores=ArraySubquery(
                Outcome.objects.counting()
                .filter(of_case, instrument__in=[each.value for each in FOLLOWED], taken_at__lte=now)
                .order_by("taken_at", "pk")
                .values(told=JSONObject(instrument="instrument", score="score", at="taken_at"))
            ),
        )
        .order_by("pk")
        .values("causes", "interventions", "steps", "scores", "status")
    )


def _measured(instrument: Instrument, row: Mapping[str, Any]) -> Measured:
    series = [each for each in row["scores"] if each["instrument"] == instrument.value]
    first = float(series[0]["score"]) if series else None
    # Two scores of one moment are one measurement.
    followed = bool(series) and series[-1]["at"] != series[0]["at"]
    return Measured(first, float(series[-1]["score"]) if followed else None, _was_due(instrument, row["steps"]))


def _was_due(instrument: Instrument, steps: Iterable[str]) -> bool:
    asked = (STEP[name] for name in steps if name in STEP)
    return any(step.start is Start.TREATMENT and _ASKED_BY[instrument] in step.asks for step in asked)
