"""Directories and supervisors for tests of the local stack."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from clinic.local.paths import PROJECT

SUPERVISOR = """
import signal, sys, time
from pathlib import Path
from clinic.local.stack import Stack
# A run of the tests in the background ignores Ctrl-C, and its children with it.
signal.signal(signal.SIGINT, signal.default_int_handler)
with Stack(Path(sys.argv[1])) as stack:
    stack.announce("http://127.0.0.1:8000")
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def data():
    """A data directory outside pytest's own, which is closed to the account that PostgreSQL runs under for root."""
    directory = Path(tempfile.mkdtemp(prefix="patella-local-")).resolve()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def supervisor(data):
    """Starts a supervisor of `data` in a process of its own, and returns it when its servers are ready."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(data)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()


@pytest.fixture
def environment():
    """What a shell on a fresh machine would have: no address of any server."""
    hidden = ("DATABASE_URL", "REDIS_URL", "CLINIC_DATA", "PORT", "PRODUCTION", "DEMO", "EMAIL_URL", "SMS_GATEWAY_URL")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {name: value for name, value in kept.items() if not name.startswith(("PYTEST_", "PATELLA_"))}
