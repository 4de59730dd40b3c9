"""Jobs that no clinic wants: one that takes all memory there is, and one that never ends."""

from __future__ import annotations

import contextlib
import os
import time

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

# What the machine is said to have: `tests.faults.test_c4_jobs_out_of_hand` kills whoever takes more, as a kernel would.
MEMORY_MEGABYTES = 200
HARD_LIMIT_SECONDS = 2
HANGS = "a job that never ends"


@shared_task(name="tests.faults.take_memory")
def take_memory() -> None:
    taken = []
    while True:
        taken.append(bytearray(b"x" * 8 * 1024 * 1024))
        time.sleep(0.005)


@shared_task(name="tests.faults.hang", soft_time_limit=HARD_LIMIT_SECONDS / 2, time_limit=HARD_LIMIT_SECONDS)
def hang() -> None:
    os.write(1, f"{HANGS}\n".encode())
    while True:
        # Deaf to the soft limit, so that only the hard one ends it.
        with contextlib.suppress(SoftTimeLimitExceeded):
            time.sleep(60)
