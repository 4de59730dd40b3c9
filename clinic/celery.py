"""The clock's engine: a Celery app whose tasks only wake services up."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

from django.conf import settings

app = Celery("clinic")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_web_does(**kwargs: object) -> None:
    logging.config.dictConfig(settings.LOGGING)


@worker_ready.connect
def look_at_once(sender: Any, **kwargs: object) -> None:
    """Whatever fell due while no worker was there goes now, not at the clock's next tick."""
    sender.app.send_task("cases.tasks.dispatch_due", expires=25)
