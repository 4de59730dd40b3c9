"""How good are we: one page of tables, every number with how many cases it rests on, and the way to those cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from cases.rules.agreement import BY_CAUSE, LEAST_CASES, NUMBERS, OVERALL, Lift, Share
from cases.rules.averages import AverageChange
from cases.rules.terms import FoundCause
from cases.services.errors import WrongInput
from cases.services.quality import (
    CAVEATS,
    MOST_CASES,
    SYNTHETIC,
    Compares,
    Group,
    Scope,
    Stage,
    cases_behind,
    quality_of,
    readable_sites,
    scope_asked,
)
from clinic.accounts.permissions import Action, may

ASKED = ("site", "from", "to")


@dataclass(frozen=True)
class Line:
    """One number as it is shown. so_far: instead of a rate, where there are too few cases."""

    says: str
    rate: str
    interval: str
    so_far: str
    cases: int
    to: str = ""


def quality_page(request: HttpRequest) -> dict[str, Any]:
    """The context of the page. Raises PermissionDenied, and Http404 for a number that there is not."""
    user: Any = request.user
    if not may(user, Action.READ_QUALITY):
        raise PermissionDenied
    asked = {name: request.GET.get(name, "") for name in ASKED}
    context: dict[str, Any] = {
        "asked": asked,
        "sites": readable_sites(user),
        "caveats": CAVEATS,
        "synthetic": SYNTHETIC if settings.DEMO else "",
        "least": LEAST_CASES,
    }
    try:
        scope = scope_asked(user, site=asked["site"], since=asked["from"], until=asked["to"])
    except WrongInput as error:
        return {**context, "wrong": error.errors}
    if "show" in request.GET:
        return {**context, **_behind(scope, request.GET["show"], request.GET.get("stage", ""), asked)}
    found = quality_of(scope, now=timezone.now())
    return {
        **context,
        "stages": [_stage(each, asked) for each in found.compared],
        "treated": _treated((found.all_treated,)),
        "by_cause": _treated(found.by_cause),
        "by_intervention": _treated(found.by_intervention),
    }


def _address(asked: dict[str, str], **more: str) -> str:
    query = {name: value for name, value in {**asked, **more}.items() if value}
    return f"{reverse('admin:quality')}{'?' if query else ''}{urlencode(query)}"


def _behind(scope: Scope, number: str, stage: str, asked: dict[str, str]) -> dict[str, Any]:
    if number not in NUMBERS or stage not in {each.value for each in Stage}:
        raise Http404
    rows = cases_behind(scope, stage=Stage(stage), number=number)
    return {
        "behind": [
            {
                "page": reverse("admin:cases_case_change", args=[row["pk"]]),
                "reference": row["pair"].case,
                "suggested": _named(row["pair"].suggested) or "no cause",
                "found": _named(cause.value for cause in FoundCause if cause.value in row["pair"].found),
                "counts": row["counts"],
            }
            for row in rows
        ],
        "says": NUMBERS[number].says,
        "stage": Stage(stage).label,
        "most": MOST_CASES if len(rows) == MOST_CASES else 0,
        "back": _address(asked),
    }


def _named(causes: Any) -> str:
    return ", ".join(FoundCause(cause).label for cause in causes)


def _stage(compares: Compares, asked: dict[str, str]) -> dict[str, Any]:
    found = compares.agreement

    def line(says: str, share: Share, number: str = "") -> Line:
        to = _address(asked, show=number, stage=compares.stage.value) if number and share.of else ""
        return _line(says, share, to)

    return {
        "name": compares.stage.value,
        "label": compares.stage.label,
        "cases": found.cases,
        "withheld": compares.withheld,
        "unsuggested": compares.unsuggested if compares.stage is Stage.INTAKE else 0,
        "overall": [line(number.says, found.shares[number.key], number.key) for number in OVERALL],
        "by_cause": [line(number.says, found.shares[number.key], number.key) for number in BY_CAUSE],
        "lifts": [_lift(lift) for lift in found.lifts],
        "versions": [
            line(f"Rules {version}: {number.says}", shares[number.key])
            for version, shares in found.by_version.items()
            for number in OVERALL
        ],
    }


def _line(says: str, share: Share, to: str = "") -> Line:
    if share.rate is None or share.interval is None:
        return Line(says, "", "", _so_far(share.of), share.of, to)
    low, high = share.interval
    return Line(says, f"{share.rate:.0%} ({share.count} of {share.of})", f"{low:.0%} to {high:.0%}", "", share.of, to)


def _lift(lift: Lift) -> dict[str, Any]:
    waits = _so_far(lift.fired) if lift.fired < LEAST_CASES else lift.hidden
    return {
        "rule": lift.rule_id,
        "cause": lift.cause.label,
        "speaks": "for" if lift.direction == "+" else "against",
        "fired": lift.fired,
        "value": waits if lift.value is None else f"{lift.value:.2f} times as often",
    }


def _treated(groups: tuple[Group, ...]) -> list[dict[str, Any]]:
    return [
        {
            "label": group.label,
            "cases": group.cases,
            "changes": [_change(change) for change in group.changes],
            "statuses": ", ".join(f"{status.label.lower()} {count}" for status, count in group.statuses.items()),
        }
        for group in groups
        if group.cases
    ]


def _change(change: AverageChange) -> dict[str, Any]:
    done = "nothing due yet" if change.completion is None else f"{change.measured} of {change.due}"
    shown = {
        "instrument": change.instrument.label,
        "completion": done if change.completion is None else f"{done} ({change.completion:.0%})",
        "so_far": _so_far(change.measured) if change.hidden else "",
    }
    if change.mean is None or change.bounds is None or change.improved_bounds is None:
        return shown
    worst, best = change.bounds
    least, most = change.improved_bounds
    return {
        **shown,
        "mean": f"{change.mean:+.1f}",
        "bounds": f"{worst:+.1f} to {best:+.1f}",
        "improved": f"{change.improved_rate:.0%} ({change.improved} of {change.measured})",
        "improved_bounds": f"{least:.0%} to {most:.0%}",
    }


def _so_far(cases: int) -> str:
    return f"{cases} of {LEAST_CASES} cases so far"
