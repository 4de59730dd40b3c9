"""A connection that gives up on a server that fell silent: the server's own time-outs cannot reach us then."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import errors


class DatabaseWrapper(base.DatabaseWrapper):
    """OPTIONS["patience"]: seconds to wait for any answer, longer than the server's statement_timeout."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        patience = conn_params.pop("patience")
        connection = super().get_new_connection(conn_params)
        connection.wait = _bounded(connection, seconds=patience)
        return connection


def _bounded(connection: psycopg.Connection[Any], *, seconds: float) -> Callable[..., Any]:
    wait = connection.wait

    def bounded(generator: Generator[Any, Any, Any], **how: Any) -> Any:
        try:
            return wait(generator, **{"timeout": seconds} | how)
        except errors._WaitTimeout as error:
            # Nobody knows what the server did with it: a connection in doubt is never used again, nor asked whether
            # it still works, which would take as long once more.
            connection.close()
            raise psycopg.OperationalError(f"the database did not answer within {seconds:g} s") from error

    return bounded
