"""Jobs that no clinic wants: one that takes all memory there is, one that never ends, one that takes its time."""

from __future__ import annotations

import time

from celery import shared_task

# What the machine is said to have: `tests.faults.test_c4_jobs_out_of_hand` kills whoever takes more, as a kernel would.
MEMORY_MEGABYTES = 200
HARD_LIMIT_SECONDS = 2


@shared_task(name="tests.faults.take_memory")
def take_memory() -> None:
    taken = []
    while True:
        taken.append(bytearray(b"x" * 8 * 1024 * 1024))
        time.sleep(0.005)


@shared_task(name="tests.faults.hang", soft_time_limit=None, time_limit=HARD_LIMIT_SECONDS)
def hang() -> None:
    while True:
        time.sleep(60)
