"""The saboteur's task: one message in Redis for each reminder, published when it was planned."""

from __future__ import annotations

import uuid

from celery import shared_task

from cases.models import Reminder
from cases.services import claims, dispatch
from cases.services.turns import database_now

# A saboteur's switch: what was settled is opened again before it is sent.
REOPEN = False


@shared_task(name="tests.faults.send_one")
def send_one(*, reminder_id: str) -> None:
    only = [uuid.UUID(reminder_id)]
    if REOPEN:
        Reminder.objects.filter(pk__in=only).update(status="waiting", settled_at=None, started_at=None)
    waiting = Reminder.objects.waiting().filter(pk__in=only)
    looked = iter([list(waiting.values_list("pk", flat=True))])
    take_due, claims._take_due = claims._take_due, lambda **_: next(looked, [])
    try:
        dispatch.dispatch_due(clock=database_now, limit=2)
    finally:
        claims._take_due = take_due
