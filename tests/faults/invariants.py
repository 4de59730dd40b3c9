"""The invariants of the plan (I4 to I6) over what was planned and what arrived: one sentence for each breach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from cases.models import Reminder, ReminderAttempt
from cases.rules.quiet_hours import EARLIEST, LATEST, Window, is_quiet
from cases.rules.wall_clock import zone_of
from clinic.local.sinks import Sinks

# Between the moment a service writes down and its commit, during which a sender may still begin.
ON_ITS_WAY = timedelta(seconds=2)


def breaches(sinks: Sinks) -> list[str]:
    found = []
    lines = sinks.lines()
    copies = Counter(line["to"][0] for line in lines)
    keys: dict[str, set[str]] = {}
    for line in lines:
        keys.setdefault(line["to"][0], set()).add(line["key"])
    ambiguous = Counter(
        ReminderAttempt.objects.filter(result=ReminderAttempt.Result.AMBIGUOUS).values_list("reminder", flat=True)
    )
    for row in Reminder.objects.select_related("patient"):
        to = row.patient.reachable_by(row.channel)
        most = 1 if row.channel == "sms" else min(2, 1 + ambiguous[row.pk])
        if row.status == Reminder.Status.WAITING:
            found.append(f"{row.pk} is still open")
        elif row.status == Reminder.Status.ACCEPTED and not copies[to]:
            found.append(f"{row.pk} counts as sent and never arrived")
        elif row.status not in {Reminder.Status.ACCEPTED, Reminder.Status.UNKNOWN} and copies[to]:
            found.append(f"{row.pk} arrived and counts as {row.status}")
        if row.status == Reminder.Status.UNKNOWN and not ambiguous[row.pk]:
            found.append(f"{row.pk} is uncertain though it never began")
        if copies[to] > most:
            found.append(f"{row.pk} arrived {copies[to]} times by {row.channel}, {ambiguous[row.pk]} turns in doubt")
        if len(keys.get(to, ())) > 1:
            found.append(f"{row.pk} went out under {len(keys[to])} keys")
    if strangers := copies.keys() - set(_addresses()):
        found.append(f"{len(strangers)} messages to people without a reminder")
    return found + untimely(sinks)


def untimely(sinks: Sinks) -> list[str]:
    """I6: nothing before it is due, after its end, at night, or after somebody said no, answered or ended the case.

    Whoever says no while a message is on its way has a minute's patience in the plan; here nobody needs it.
    """
    found = []
    rows = {
        str(row.pk): row
        for row in Reminder.objects.select_related("patient__site", "case", "check_in").prefetch_related(
            "patient__consents", "attempts"
        )
    }
    for line in sinks.lines():
        row = rows.get(line["key"].strip("<>").partition("@")[0])
        if row is None:
            continue
        at = datetime.fromisoformat(line["at"])
        begun = max((each.started_at for each in row.attempts.all() if each.started_at), default=row.begun_at or at)
        if at < row.due_at:
            found.append(f"{row.pk} went {row.due_at - at} early")
        if begun >= row.expires_at:
            found.append(f"{row.pk} went after its end")
        zone = zone_of(row.patient.time_zone, row.patient.site.time_zone)
        if is_quiet(at, zone, Window(EARLIEST, LATEST)):
            found.append(f"{row.pk} went at {at.astimezone(zone):%H:%M} where the patient is")
        consents = [each for each in row.patient.consents.all() if each.channel == row.channel]
        said_no = [each.withdrawn_at for each in consents if each.withdrawn_at is not None]
        if len(said_no) == len(consents) and said_no and begun > max(said_no) + ON_ITS_WAY:
            found.append(f"{row.pk} went after an opt-out")
        if row.check_in and row.check_in.answered_at and begun > row.check_in.answered_at + ON_ITS_WAY:
            found.append(f"{row.pk} went after the answer")
        if row.case and not row.case.is_open and begun > row.case.status_since + ON_ITS_WAY:
            found.append(f"{row.pk} went though the case had ended")
    return found


def _addresses() -> Iterator[str]:
    for row in Reminder.objects.select_related("patient"):
        yield row.patient.reachable_by(row.channel)
