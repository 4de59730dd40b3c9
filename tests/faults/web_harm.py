"""What is done to a web process on purpose: gunicorn reads this file as its settings, and the program never does.

Each file `<stage>.<anything>` among the tickets is one kill: whoever takes it away dies there.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

from clinic.web_server import *  # noqa: F403 - the settings it serves with, and what follows here

TICKETS = Path(os.environ.get("FAULT_TICKETS", "/nonexistent"))
HARM = os.environ.get("FAULT_HARM", "")
_here = threading.local()

if HARM == "wait_for_words":
    # A saboteur as well, and gunicorn's own way: whoever connects has a thread until it says something.
    from gunicorn.workers import gthread

    gthread.DEFAULT_WORKER_DATA_TIMEOUT = 5.0


def post_worker_init(worker: Any) -> None:
    from django.db import connection
    from django.db.backends.signals import connection_created

    def harm(*, connection: Any, **_: Any) -> None:
        if counted not in connection.execute_wrappers:
            connection.execute_wrappers.append(counted)
            commit = connection._commit

            def committed() -> None:
                commit()
                if _is_a_submit():
                    perhaps_die("after_commit")

            connection._commit = committed

    connection_created.connect(harm, weak=False)
    connection.close()
    if HARM in SABOTEURS:
        SABOTEURS[HARM]()


def pre_request(worker: Any, request: Any) -> None:
    _here.path, _here.statements = request.path, 0


def _is_a_submit() -> bool:
    return getattr(_here, "path", "") == "/api/v1/intakes/"


def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Die before the n-th statement of a submit, counted from the beginning of its transaction."""
    if _is_a_submit() and context["connection"].in_atomic_block:
        _here.statements += 1
        perhaps_die(f"step_{_here.statements}")
    return execute(sql, params, many, context)


def perhaps_die(stage: str) -> None:
    for ticket in TICKETS.glob(f"{stage}.*"):
        try:
            ticket.unlink()
        except FileNotFoundError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)


# -- saboteurs: what a hasty colleague might have written


def _answer_before_commit() -> None:
    """The submit is told that it is kept while the transaction is still open."""
    import time

    from django.db.backends.postgresql.base import DatabaseWrapper

    commit = DatabaseWrapper._commit

    def later(self: Any) -> None:
        if not _is_a_submit():
            return commit(self)
        connection = self.connection

        def finish() -> None:
            time.sleep(1)
            connection.commit()

        threading.Thread(target=finish, daemon=True).start()
        # The next request of this thread gets a connection of its own.
        self.connection = None
        return None

    DatabaseWrapper._commit = later


def _steps_in_transactions_of_their_own() -> None:
    from django.db import transaction

    class Each(transaction.Atomic):
        def __enter__(self) -> None:
            return None

        def __exit__(self, *error: object) -> None:
            return None

    transaction.Atomic.__enter__, transaction.Atomic.__exit__ = Each.__enter__, Each.__exit__


def _endless_patience() -> None:
    """No end to a wait but the ones a hasty colleague would leave: none."""
    from django.conf import settings

    options = settings.DATABASES["default"]["OPTIONS"]
    options |= {"options": "-c statement_timeout=0 -c lock_timeout=0", "patience": 3600, "connect_timeout": 3600}


def _wake_in_the_request() -> None:
    """The request itself tells the workers, and waits until Redis has heard it."""
    from django.db.backends.postgresql.base import DatabaseWrapper

    from clinic.celery import app

    commit = DatabaseWrapper._commit

    def then_wake(self: Any) -> None:
        commit(self)
        if _is_a_submit():
            try:
                app.send_task("cases.tasks.dispatch_due")
            except Exception:
                return

    DatabaseWrapper._commit = then_wake


def _one_try() -> None:
    from cases.services import transactions

    transactions.MOST_TRIES = 1


def _errors_as_they_come() -> None:
    """A database that is not there is a mistake like any other."""
    from django.db import OperationalError
    from django.http import HttpResponse

    from clinic import pages, problems

    describe = problems._describe
    problems._describe = lambda error: None if isinstance(error, OperationalError) else describe(error)
    pages._busy = lambda request: HttpResponse(status=500)


SABOTEURS = {
    "errors_as_they_come": _errors_as_they_come,
    "one_try": _one_try,
    "wake_in_the_request": _wake_in_the_request,
    "endless_patience": _endless_patience,
    "answer_before_commit": _answer_before_commit,
    "steps_of_their_own": _steps_in_transactions_of_their_own,
}
