"""One transaction per intention: the outermost service opens it, inner services join it."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

_inside: ContextVar[bool] = ContextVar("inside_a_service", default=False)


MOST_TRIES = 3
LONGEST_PAUSE_SECONDS = 0.1
# Serialization failure, deadlock: PostgreSQL took all of it back and says that trying again may do.
PASSING = frozenset({"40001", "40P01"})


def _tried_again(work: Callable[[], R]) -> R:
    """The whole transaction, at most three times. Inside somebody else's it is theirs to repeat."""
    outermost = not connection.in_atomic_block
    for tries_left in reversed(range(MOST_TRIES)):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if not (outermost and tries_left and state in PASSING):
                raise
            # The two that met must not meet again.
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS) * (MOST_TRIES - tries_left))  # noqa: S311 - no secret
    raise AssertionError("the last try returns or raises")


def one_transaction(service: Callable[P, R]) -> Callable[P, R]:
    """All of the service happens or nothing does; two that block each other are tried again, whole.

    Inner services make no savepoint of their own: each costs two statements, and none of them may fail alone.
    So a service must not catch the refusal of another and go on.
    """

    @functools.wraps(service)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside.get():
            return service(*args, **kwargs)
        token = _inside.set(True)
        try:
            return _tried_again(functools.partial(service, *args, **kwargs))
        finally:
            _inside.reset(token)

    return whole
