"""The clock's engine: a Celery app whose tasks only wake services up."""

import logging
import logging.config
import os
import sys
from typing import Any

from celery import Celery
from celery.exceptions import OperationalError
from celery.signals import setup_logging, worker_init, worker_ready
from kombu.transport import redis
from redis.exceptions import RedisError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

from django.conf import settings

log = logging.getLogger(__name__)


class Channel(redis.Channel):
    """Passes over what is no message: kombu lets it end the worker, once for each piece of junk."""

    def _brpop_read(self, **options: Any) -> bool:
        try:
            return super()._brpop_read(**options)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            # Not its text: nobody knows who put it there, nor what it says.
            log.error("something in the queue is no message (%s): thrown away", type(error).__name__)
            return True


redis.Transport.Channel = Channel

app = Celery("clinic")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_web_does(**kwargs: object) -> None:
    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def refuse_a_forgetful_broker(sender: Any, **kwargs: object) -> None:
    """A Redis that throws away what it has no room for would throw away wake-ups: better not to start at all.

    One that is away, or does not tell, is no reason: it carries wake-ups only.
    """
    try:
        with app.connection_for_read() as connection:
            policy = connection.default_channel.client.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except (OSError, RedisError, OperationalError):
        return
    if policy.startswith("allkeys-"):
        sys.stderr.write(f"Cannot start: Redis forgets keys at will ({policy}). Set maxmemory-policy noeviction.\n")
        raise SystemExit(78)


@worker_ready.connect
def look_at_once(sender: Any, **kwargs: object) -> None:
    """Whatever fell due while no worker was there goes now, not at the clock's next tick."""
    sender.app.send_task("cases.tasks.dispatch_due")
