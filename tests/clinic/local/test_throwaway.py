import fcntl
import os
import tempfile

import pytest

from clinic.local import throwaway


@pytest.mark.parametrize(
    ("worker", "url", "expected"),
    [
        ("gw0", "redis://127.0.0.1:6379", "redis://127.0.0.1:6379/0"),
        ("gw1", "redis://127.0.0.1:6379", "redis://127.0.0.1:6379/2"),
        ("gw2", "redis://:word@redis:6379/4", "redis://:word@redis:6379/8"),
        ("gw1", "unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_each_worker_has_two_redis_databases_of_its_own(worker, url, expected):
    assert throwaway.redis_url_of(worker, url) == expected


def test_what_a_killed_test_run_left_is_removed_and_what_runs_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(throwaway, "SECONDS_TO_TAKE_THE_LOCK", -1)
    for name in ("left", "running"):
        (tmp_path / f"{throwaway.PREFIX}{name}").mkdir()
    (tmp_path / "somebody-elses").mkdir()
    lock = os.open(tmp_path / f"{throwaway.PREFIX}running" / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)

    throwaway._sweep()

    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{throwaway.PREFIX}running", "somebody-elses"]
    os.close(lock)
