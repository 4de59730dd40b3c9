"""The clock at the front door."""

from celery import shared_task
from django.utils import timezone

from intake.services import drafts


@shared_task
def forget_old_drafts() -> None:
    drafts.forget_old_drafts(now=timezone.now())
