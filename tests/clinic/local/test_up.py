import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from clinic.local.paths import PROJECT
from clinic.local.stack import Stack

SECONDS_TO_A_PAGE = 60
SECONDS_TO_STOP = 20


def run(environment, **extra):
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=PROJECT,
        env=environment | extra,
        capture_output=True,
        text=True,
        timeout=30,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"PRODUCTION": "1"}, "PRODUCTION is set, and `up` is for one machine without TLS"),
        ({"PORT": "knee"}, "PORT is 'knee': write a whole number from 1 to 65535."),
        ({"PORT": "70000"}, "PORT is '70000': write a whole number from 1 to 65535."),
    ],
)
def test_up_refuses_what_it_cannot_do_in_one_line(data, environment, extra, expected):
    done = run(environment, CLINIC_DATA=str(data), **extra)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"Cannot start: {expected}")


def test_up_names_another_port_when_its_own_is_taken(data, environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(environment, CLINIC_DATA=str(data), PORT=str(port))

    assert done.returncode == 1
    assert done.stderr == f"Cannot start: port {port} is taken: try PORT={port + 1} python3 manage.py up\n"


def test_a_second_up_says_where_the_first_one_answers(data, environment):
    first = Stack(data)
    first.take_lock()
    first.announce("http://127.0.0.1:8000")

    done = run(environment, CLINIC_DATA=str(data), PORT=str(free_port()))

    assert (done.returncode, done.stderr) == (1, "Patella is already running at http://127.0.0.1:8000.\n")
    first.stop()


class Running:
    """`manage.py up` as a process, with the words it printed."""

    def __init__(self, environment):
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=PROJECT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.words = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def until(self, words):
        for line in self.process.stdout:
            self.words.append(line)
            if words in line:
                return time.monotonic() - self.begun
        raise AssertionError("".join(self.words))

    def children(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        rest = self.process.communicate(timeout=SECONDS_TO_STOP)[0]
        return self.process.returncode, rest.splitlines()[-1]


@pytest.mark.journey
@pytest.mark.timeout(300)  # two whole starts, and the machine may be busy
def test_the_clinic_comes_up_survives_kills_and_stops_without_a_trace(data, environment):
    address = f"http://127.0.0.1:{free_port()}"
    environment |= {"CLINIC_DATA": str(data), "PORT": address.rpartition(":")[2], "DEMO": "0"}

    with Running(environment) as first:
        assert first.until("Patella is running") < SECONDS_TO_A_PAGE
        for child in first.children():
            ours = child.ppid() == first.process.pid
            if ours and ("worker" in child.cmdline() or child.name() == "postgres"):
                child.kill()
        first.until("PostgreSQL ended with -9: starting it again")
        first.until("worker ended with -9: starting it again")
        first.process.kill()

    with Running(environment) as second:
        assert second.until("Patella is running") < SECONDS_TO_A_PAGE
        with urllib.request.urlopen(f"{address}/health/live/") as page:
            assert page.status == 200
        children = second.children()
        assert second.stop() == (0, "stopped")
    assert not any(child.is_running() for child in children)
