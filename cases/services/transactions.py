"""One transaction per intention: the outermost service opens it, inner services join it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")

_inside: ContextVar[bool] = ContextVar("inside_a_service", default=False)


def one_transaction(service: Callable[P, R]) -> Callable[P, R]:
    """All of the service happens or nothing does.

    Inner services make no savepoint of their own: each costs two statements, and none of them may fail alone.
    So a service must not catch the refusal of another and go on.
    """

    @functools.wraps(service)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside.get():
            return service(*args, **kwargs)
        token = _inside.set(True)
        try:
            with transaction.atomic():
                return service(*args, **kwargs)
        finally:
            _inside.reset(token)

    return whole
