"""Stacks that live for one test run, and what is left of those that were killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from clinic.local.processes import Register
from clinic.local.stack import Stack

PREFIX = "patella-test-"
SECONDS_TO_TAKE_THE_LOCK = 60


def stack(**which: bool) -> Stack:
    """A started stack in a new directory; never in /dev/shm, which holds 64 MB in a container."""
    _sweep()
    made = Stack(Path(tempfile.mkdtemp(prefix=PREFIX)).resolve(), keep=False, **which)
    try:
        made.start()
    except BaseException:
        discard(made)
        raise
    return made


def discard(used: Stack) -> None:
    used.stop()
    shutil.rmtree(used.paths.data, ignore_errors=True)
    shutil.rmtree(used.paths.run, ignore_errors=True)


def redis_url_of(worker: str, url: str) -> str:
    """The two Redis databases of one xdist worker (`gw0`, `gw1`, …) on a server that the environment names.

    A unix socket is returned as it is: its databases cannot be named in the URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return url
    first = int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{first + 2 * int(worker.removeprefix('gw'))}").geturl()


def _sweep() -> None:
    """Remove the directories of test runs that were killed: nobody holds their lock any more."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            found = directory.lstat()
            if found.st_uid != os.geteuid() or time.time() - found.st_ctime < SECONDS_TO_TAKE_THE_LOCK:
                continue
            with (directory / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Register(directory / "children.json").sweep()
                shutil.rmtree(directory, ignore_errors=True)
        except OSError:  # in use, or gone meanwhile
            continue


def main() -> int:
    """`python -m clinic.local.throwaway COMMAND …`: run a command with servers of its own; its exit status."""
    used = stack()
    try:
        return subprocess.call(sys.argv[1:], env=os.environ | used.environment())
    finally:
        discard(used)


if __name__ == "__main__":
    sys.exit(main())
