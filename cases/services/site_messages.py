"""What a site decides about its messages: changed by its managers, kept with who and when, and followed by the rows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q

from cases.models import Case, ClosedDay, Reminder, ReminderSettings, ReminderSettingsChange
from cases.rules.terms import CaseStatus
from cases.services import reminders
from cases.services.errors import Stale, WrongInput
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User

REPLAN_BATCH = 50
# Shorter than the time between two looks: ten thousand cases are in line within minutes, and other jobs get their turn.
LONGEST_REPLAN = timedelta(seconds=20)


def settings_at(site: Site) -> ReminderSettings:
    """The site's figures as stored, or as they hold where nothing was decided (a row not yet saved)."""
    return ReminderSettings.objects.filter(site=site).first() or ReminderSettings(site=site)


@one_transaction
def change_settings(
    site: Site, *, figures: Mapping[str, Any], expected_version: int | None = None, by: User, now: datetime
) -> ReminderSettings:
    """Change some of a site's figures; every case of it follows within minutes. Raises WrongInput, Stale."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    stored = settings_at(site)
    if expected_version is not None and stored.version != expected_version:
        raise Stale("Somebody else changed these settings. Look at them again, then repeat your change.")
    before = _figures(stored)
    for name in sorted(set(figures) - set(ReminderSettings.FIGURES)):
        raise WrongInput({name: ["There is no such setting."]})
    for name, value in figures.items():
        setattr(stored, name, value)
    try:
        stored.full_clean(validate_unique=False)
    except ValidationError as error:
        raise WrongInput(
            {("" if name == "__all__" else name): texts for name, texts in error.message_dict.items()}
        ) from error
    after = _figures(stored)
    if after == before:
        return stored
    stored.version += 0 if stored.pk is None else 1
    stored.changed_at, stored.changed_by = now, by
    stored.replan_after = 0
    stored.save()
    ReminderSettingsChange.objects.create(site=site, at=now, by=by, before=before, after=after)
    reminders.look_again(Reminder.objects.filter(patient__site=site), now=now)
    return stored


@one_transaction
def close_on(site: Site, *, day: date, name: str = "", by: User, now: datetime) -> ClosedDay:
    """The site is closed on that day. Harmless to repeat."""
    closed, created = ClosedDay.objects.get_or_create(site=site, day=day, defaults={"name": name.strip()})
    if created:
        _note_days(site, before=[], after=[day], by=by, now=now)
    return closed


@one_transaction
def open_on(site: Site, *, day: date, by: User, now: datetime) -> None:
    """The site is open on that day after all. Harmless to repeat."""
    if ClosedDay.objects.filter(site=site, day=day).delete()[0]:
        _note_days(site, before=[day], after=[], by=by, now=now)


def replan_sites(*, now: datetime, batch: int = REPLAN_BATCH, lasts: timedelta = LONGEST_REPLAN) -> int:
    """Bring the cases of each site whose settings or clock changed into line, site by site in turns; how many.

    It ends with the batches under way when the time is over. Safe to run at any time, by several at once, and to stop
    anywhere: how far it came stands in the row.
    """
    _note_moved_sites(now=now)
    waiting = ReminderSettings.objects.filter(replan_after__isnull=False).order_by("pk").values_list("pk", flat=True)
    end = time.monotonic() + lasts.total_seconds()
    done = 0
    while met := sum(_replan_site(pk, now=now, batch=batch) for pk in list(waiting)):
        done += met
        if time.monotonic() >= end:
            break
    return done


def _note_moved_sites(*, now: datetime) -> None:
    """A site that lives by another clock than its messages were planned by is planned again, whoever changed that.

    A site seen for the first time is remembered: what there is was planned by the clock it has.
    """
    same = Q(reminder_settings__zone=F("time_zone"))
    for pk, zone in Site.objects.filter(Q(reminder_settings__isnull=True) | ~same).values_list("pk", "time_zone"):
        with transaction.atomic():
            stored, _ = ReminderSettings.objects.get_or_create(site_id=pk)
            moved = ReminderSettings.objects.filter(pk=stored.pk).exclude(zone="")
            # The version: who is planning the first cases at this moment must find that they begin again.
            moved.update(replan_after=0, version=F("version") + 1)
            ReminderSettings.objects.filter(pk=stored.pk).update(zone=zone)
            reminders.look_again(Reminder.objects.filter(patient__site=pk), now=now)


def _replan_site(pk: int, *, now: datetime, batch: int) -> int:
    waiting = ReminderSettings.objects.filter(pk=pk, replan_after__isnull=False).first()
    if waiting is None or waiting.replan_after is None:
        return 0
    cases = list(
        Case.objects.filter(site=waiting.site_id, pk__gt=waiting.replan_after)
        .exclude(status=CaseStatus.CLOSED.value)
        .order_by("pk")[:batch]
    )
    for case in cases:
        with transaction.atomic():
            # The row that says how far it came waits for the disk, and for all that was written before it.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
            reminders.plan_for_case(case, now=now)
    after = cases[-1].pk if len(cases) == batch else None
    # Only forward: a change meanwhile has set it back to the beginning, and that holds.
    ReminderSettings.objects.filter(pk=pk, replan_after=waiting.replan_after, version=waiting.version).update(
        replan_after=after, replanned_at=now
    )
    return len(cases)


def _note_days(site: Site, *, before: list[date], after: list[date], by: User, now: datetime) -> None:
    stored, _ = ReminderSettings.objects.get_or_create(site=site)
    ReminderSettings.objects.filter(pk=stored.pk).update(
        replan_after=0, version=stored.version + 1, changed_at=now, changed_by=by
    )
    ReminderSettingsChange.objects.create(
        site=site,
        at=now,
        by=by,
        before={"closed_days": [str(day) for day in before]},
        after={"closed_days": [str(day) for day in after]},
    )
    reminders.look_again(Reminder.objects.filter(patient__site=site), now=now)


def _figures(settings: ReminderSettings) -> dict[str, Any]:
    found = {name: getattr(settings, name) for name in ReminderSettings.FIGURES}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in found.items()}
