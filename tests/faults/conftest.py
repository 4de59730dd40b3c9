"""The rig as a fixture; what the workers said is shown when a test fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from psycopg.pq import TransactionStatus

from tests.faults.rig import Ground, Rig, prepared, started
from tests.faults.table import tell

__all__ = ["tell"]


@pytest.fixture(scope="session")
def ground(django_db_setup: None) -> Iterator[Ground]:
    with prepared() as ground:
        yield ground


@pytest.fixture
def rig(ground: Ground, tmp_path: Path, transactional_db: None) -> Iterator[Callable[..., AbstractContextManager[Rig]]]:
    def start(saboteur: str = "", **more: Any) -> AbstractContextManager[Rig]:
        return started(ground, tmp_path / (saboteur or "ours"), saboteur=saboteur, **more)

    yield start
    if connection.connection is not None and connection.connection.info.transaction_status is TransactionStatus.ACTIVE:
        # A time-out fell into a statement: on this connection every test to come would fail for this one.
        connection.close()
    for log in sorted(tmp_path.glob("*/workers.log")):
        print(log.read_text(errors="replace")[-4000:])
