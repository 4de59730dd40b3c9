"""What the clock starts: tasks of two lines, safe to run twice or not at all."""

from __future__ import annotations

from celery import shared_task

from cases.services import dispatch


@shared_task
def dispatch_due() -> None:
    dispatch.dispatch_due()
