"""The page of messages to come, for one case or one site: what goes and when, and what does not with why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import dateformat

from cases.services.errors import WrongInput
from cases.services.forecast import ASSUMES, USUAL_WEEKS, Forecast, weeks_asked
from cases.services.foreseen import Foreseen, Outcome

SAYS = {Outcome.GOES: "Goes", Outcome.CALL: "To call", Outcome.NOT_SENT: "Not sent", Outcome.WAITS: "Waits"}
LOOKS = {Outcome.GOES: "accepted", Outcome.CALL: "waiting", Outcome.NOT_SENT: "suppressed", Outcome.WAITS: "waiting"}
MOST_LINES = 1_000


def forecast_page(request: HttpRequest, foresee: Callable[[int], Forecast]) -> dict[str, Any]:
    """The context; weeks come from the address, and what cannot be read falls back to the usual ones and says so."""
    wrong = ""
    weeks = USUAL_WEEKS
    if "weeks" in request.GET:
        try:
            weeks = weeks_asked(request.GET["weeks"])
        except WrongInput as error:
            wrong = " ".join(error.errors["weeks"])
    found = foresee(weeks)
    calls, not_sent = (
        sum(each.outcome is outcome for each in found.messages) for outcome in (Outcome.CALL, Outcome.NOT_SENT)
    )
    return {
        "assumes": ASSUMES,
        "weeks": weeks,
        "wrong": wrong,
        "is_paused": found.is_paused,
        "lines": [_line(each) for each in found.messages[:MOST_LINES]],
        "rest": max(0, len(found.messages) - MOST_LINES),
        "going": found.going,
        "calls": calls,
        "not_sent": not_sent,
    }


def _line(each: Foreseen) -> dict[str, Any]:
    return {
        "when": dateformat.format(each.local, "D j M Y, H:i"),
        "zone": each.zone,
        "about": each.about,
        "case_id": each.case_id,
        "reminder": each.reminder,
        "message": each.kind.label,
        "channel": each.channel.label.lower() if each.channel else "no channel",
        "says": SAYS[each.outcome],
        "looks": LOOKS[each.outcome],
        "why": each.why or ("; ".join(each.held) and f"waited: {'; '.join(each.held)}"),
    }
