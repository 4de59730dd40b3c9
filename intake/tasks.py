"""The clock at the front door."""

from celery import shared_task
from django.utils import timezone

from intake import services


@shared_task
def forget_old_drafts() -> None:
    services.forget_old_drafts(now=timezone.now())
