"""The clock at the front door."""

from celery import shared_task
from django.utils import timezone

from intake.services import drafts, uploads


@shared_task
def forget_old_drafts() -> None:
    drafts.forget_old_drafts(now=timezone.now())


@shared_task
def check_uploads() -> None:
    now = timezone.now()
    uploads.check_waiting(now=now)
    uploads.forget_broken_uploads(now=now)
