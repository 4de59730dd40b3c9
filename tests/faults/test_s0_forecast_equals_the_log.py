"""What is foreseen is what goes: random clinics, and every message held against the log of the sinks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import QuerySet
from pytest_django import Settings

from cases.models import (
    Reminder,
)
from cases.rules.sending import Hold, Why
from cases.rules.terms import Channel
from cases.services import forecast_queue
from cases.services.dispatch import dispatch_due
from cases.services.forecast import Forecast, forecast_sites
from cases.services.foreseen import Outcome
from cases.services.planned_messages import subject_of
from cases.services.verdicts import Sorted
from clinic.local.sinks import Sinks
from tests.faults.random_clinic import Clinic
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.beside_others, pytest.mark.timeout(size(600, 7_200))]

FIRST_SEED = 20_261_101
SABOTAGED = 8
# Who, about what, which message, how, and at which moment.
Line = tuple[datetime, str, str, str, str]
# And why not.
Unsent = tuple[datetime, str, str, str, str, str]


@pytest.fixture
def sinks(tmp_path: Path, settings: Settings) -> Iterator[Sinks]:
    with Sinks(tmp_path / "outbox.jsonl") as sinks:
        mail = urlsplit(sinks.email_url)
        settings.EMAIL_HOST, settings.EMAIL_PORT = mail.hostname, mail.port
        settings.SMS_GATEWAY_URL = sinks.sms_gateway_url
        settings.SITE_URL = "https://clinic.example"
        settings.DEFAULT_FROM_EMAIL = "Riverside <hello@clinic.example>"
        yield sinks


# -- the clock, and what the sinks kept


def next_event(after: datetime | None) -> datetime | None:
    """When a sender next has something to do. What is paused is looked at again when its time is over, not each tick:
    nobody resumes it here."""
    found = []
    for row in Reminder.objects.waiting().exclude(channel="phone").select_related("link"):
        at = row.try_at
        if row.held_for == Hold.PAUSED:
            link = row.link
            at = link.expires_at if link and at < link.expires_at < row.expires_at else row.expires_at
        found.append(at)
    first = min(found, default=None)
    return first if first is None or after is None else max(first, after)


def run_clock(sinks: Sinks, *, since: datetime, until: datetime) -> list[Line]:
    """Move the clock from one thing that is due to the next; what arrived at the sinks, and when it did."""
    log: list[Line] = []
    kept = len(sinks.lines())
    now = next_event(since)
    while now is not None and now < until:
        moment = now
        dispatch_due(clock=lambda moment=moment: moment)
        arrived = sinks.lines()
        for line in arrived[kept:]:
            row = Reminder.objects.select_related("case", "patient").get(pk=_key_in(line["key"]))
            assert line["to"] == [row.patient.reachable_by(row.channel)]
            log.append((now, _about(row), subject_of(row), row.kind, row.channel))
        kept = len(arrived)
        later = next_event(now)
        # Everything is paused: no claim takes anything.
        now = None if later == now else later
    return sorted(log)


def _about(row: Reminder) -> str:
    return row.case.reference if row.case else row.patient.reference


def _key_in(key: str) -> UUID:
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key)
    assert found is not None, key
    return UUID(found.group())


def foreseen(found: Forecast, outcome: Outcome) -> list[Line]:
    return sorted(
        (each.at, each.about, each.subject, each.kind.value, each.channel.value)
        for each in found.messages
        if each.outcome is outcome and each.channel is not None and each.channel is not Channel.PHONE
    )


def foreseen_unsent(found: Forecast) -> list[Unsent]:
    """With the reason as the row will carry it: the forecast also says what held a message until it was too late."""
    return sorted(
        (
            *(each.at, each.about, each.subject, each.kind.value, each.channel.value),
            each.why.removesuffix(f": {each.held[-1]}") if each.held else each.why,
        )
        for each in found.messages
        if each.outcome is Outcome.NOT_SENT and each.channel is not None and each.channel is not Channel.PHONE
    )


def taken_back(*, now: datetime, until: datetime) -> list[Unsent]:
    """What planning has just taken back, or staff before it: each would have gone when it was due.

    Another channel's row stands in the list for those two reasons.
    """
    rows = Reminder.objects.filter(status="suppressed", settled_at=now, expires_at__gt=now, due_at__lt=until)
    return _unsent(
        rows.exclude(reason__in=[Why.OTHER_CHANNEL.value, Why.NO_CONSENT.value]), at=lambda row: max(row.due_at, now)
    )


def settled_unsent(*, without: set[UUID], since: datetime, until: datetime) -> list[Unsent]:
    """What a claim settled without sending it."""
    rows = Reminder.objects.filter(
        status__in=["suppressed", "expired", "failed"], settled_at__gte=since, settled_at__lt=until
    )
    return _unsent(rows.exclude(pk__in=without), at=lambda row: row.settled_at)


def _unsent(rows: QuerySet[Reminder], *, at: Callable[[Reminder], datetime]) -> list[Unsent]:
    return sorted(
        (at(row), _about(row), subject_of(row), row.kind, row.channel, row.reason)
        for row in rows.exclude(channel="phone").select_related("case", "patient")
    )


class Differs(AssertionError):
    """The forecast and the log are not the same."""


def hold_against_the_log(seed: int, sinks: Sinks, settings: Settings) -> tuple[int, int]:
    """One clinic; how many messages went, and how many did not. Raises Differs."""
    clinic = Clinic(seed)
    settings.SMS_GATEWAY_URL = "" if clinic.happens(10) else sinks.sms_gateway_url
    # Something has gone already, and counts towards the week.
    run_clock(sinks, since=clinic.past, until=clinic.now)
    clinic.change()
    weeks = clinic.dice.choice([2, 6, 9])
    until = clinic.now + timedelta(weeks=weeks)
    before = set(Reminder.objects.values_list("pk", "status", "try_at", "fencing_token"))

    found = forecast_sites(clinic.sites, weeks=weeks, now=clinic.now)

    if set(Reminder.objects.values_list("pk", "status", "try_at", "fencing_token")) != before:
        raise Differs(f"seed {seed}: the forecast changed a row")
    clinic.plan()
    gone = taken_back(now=clinic.now, until=until)
    already = set(Reminder.objects.filter(settled_at=clinic.now).values_list("pk", flat=True))
    log = run_clock(sinks, since=clinic.now, until=until)
    _compare(seed, "goes", log, foreseen(found, Outcome.GOES))
    unsent = [*gone, *settled_unsent(without=already, since=clinic.now, until=until)]
    _compare(seed, "is not sent", sorted(unsent), foreseen_unsent(found))
    if any(not each.why for each in found.messages if each.outcome is Outcome.NOT_SENT):
        raise Differs(f"seed {seed}: something is not sent, and nobody says why")
    return len(log), len(unsent)


def _compare(seed: int, what: str, came: Sequence[object], expected: Sequence[object]) -> None:
    more, less = Counter(came) - Counter(expected), Counter(expected) - Counter(came)
    if more or less:
        raise Differs(f"seed {seed}, what {what}: not foreseen {[*more]}, foreseen and not so {[*less]}")


def test_the_forecast_of_random_clinics_is_what_the_sinks_received(
    db: None, sinks: Sinks, settings: Settings, tell: Callable[..., None]
):
    clinics = size(25, 1_000)
    messages = unsent = silent = 0

    for seed in range(FIRST_SEED, FIRST_SEED + clinics):
        with transaction.atomic():
            went, stayed = hold_against_the_log(seed, sinks, settings)
            messages, unsent, silent = messages + went, unsent + stayed, silent + (went == 0)
            transaction.set_rollback(True)

    tell(
        "S0 forecast equals log",
        landed=clinics,
        at_least=clinics,
        figure=f"{messages} messages foreseen to the moment, {unsent} foreseen not to go and why, "
        f"{silent} clinics in which none goes",
    )
    assert messages > clinics
    assert unsent > clinics // 2


def test_taking_what_is_planned_for_what_goes_is_caught(
    db: None, sinks: Sinks, settings: Settings, tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    """The saboteur: nothing that a claim asks is foreseen."""
    monkeypatch.setattr(
        forecast_queue, "sort_rows", lambda rows, past, ground: Sorted(ready=[(row, past[row.id]) for row in rows])
    )
    caught = 0

    for seed in range(FIRST_SEED, FIRST_SEED + SABOTAGED):
        with transaction.atomic():
            try:
                hold_against_the_log(seed, sinks, settings)
            except Differs:
                caught += 1
            transaction.set_rollback(True)

    tell("S0 saboteur", landed=SABOTAGED, at_least=1, figure=f"wrong about {caught} clinics of {SABOTAGED}: caught")
    assert caught > 0
