"""The clock's engine: a Celery app whose tasks only wake services up."""

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

from django.conf import settings

app = Celery("clinic")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_web_does(**kwargs: object) -> None:
    logging.config.dictConfig(settings.LOGGING)
