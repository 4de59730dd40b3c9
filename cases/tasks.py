"""What the clock starts: tasks of two lines, safe to run twice or not at all."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from cases.services import dispatch, progress, replies, site_messages


@shared_task
def dispatch_due() -> None:
    dispatch.dispatch_due()


@shared_task
def note_lost_cases() -> None:
    progress.note_lost_cases(now=timezone.now())


@shared_task
def send_replies() -> None:
    replies.send_replies()


@shared_task
def replan_sites() -> None:
    site_messages.replan_sites(now=timezone.now())
