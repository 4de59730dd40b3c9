"""Forks real Celery workers and beats from one process that has everything imported: a restart takes no second.

Reads one order (JSON) per line and answers with the pid; each child leads a session of its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

import django

PR_SET_PDEATHSIG = 1


def main() -> None:
    django.setup()
    from cases import tasks
    from clinic.celery import app
    from tests.faults import harm, heavy, published

    app.conf.update(
        beat_schedule={"tick": {"task": tasks.dispatch_due.name, "schedule": 0.25}},
        worker_proc_alive_timeout=30,
    )
    app.finalize()
    assert {published.send_one.name, heavy.hang.name} <= app.tasks.keys()
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(app, harm, **json.loads(line))
        while os.getsid(child) != child:
            # Whoever kills its group a moment later would find none, and the child would live on.
            time.sleep(0.001)
        print(child, flush=True)
        _bury()


def _become(app, harm, *, arguments: list[str], directory: str, **switches) -> None:
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(f"{directory}/workers.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        harm.install(stages=Path(directory, "stages"), **switches)
        app.start(argv=arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


if __name__ == "__main__":
    main()
