"""Tests find a real PostgreSQL and Redis: those the environment names, else private ones thrown away afterwards."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from clinic.local import throwaway
from clinic.local.paths import value_of
from clinic.local.stack import Stack

_stacks: list[Stack] = []


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """A wrapper, because pytest-django reads the settings inside this very hook: a conftest.py is too late."""
    try:
        _prepare()
        return (yield)
    except BaseException:
        pytest_unconfigure()  # pytest itself calls it only after a start that succeeded
        raise


def _prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        # One PostgreSQL serves all workers, each with its own test database; of Redis each has one to itself.
        if os.environ.get("PATELLA_TEST_REDIS") == "embedded":
            os.environ["REDIS_URL"] = _start(with_postgres=False)["REDIS_URL"]
        else:
            os.environ["REDIS_URL"] = throwaway.redis_url_of(worker, os.environ["REDIS_URL"])
        return
    missing = {name for name in ("DATABASE_URL", "REDIS_URL") if not value_of(name)}
    if missing:
        os.environ.update(_start(with_postgres="DATABASE_URL" in missing, with_redis="REDIS_URL" in missing))
    os.environ["PATELLA_TEST_REDIS"] = "embedded" if "REDIS_URL" in missing else "named"


def _start(**which: bool) -> dict[str, str]:
    stack = throwaway.stack(**which)
    _stacks.append(stack)
    return stack.environment()


def pytest_unconfigure() -> None:
    for stack in _stacks:
        throwaway.discard(stack)
    _stacks.clear()
