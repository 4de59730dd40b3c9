import os
import signal
import subprocess
import time

import psutil
import psycopg
import pytest
import redis

from clinic.local import redis as local_redis
from clinic.local.paths import LocalError
from clinic.local.stack import AlreadyRunning, Stack

SECONDS_TO_COME_BACK = 40  # on a machine that is busy with other tests; 2 on an idle one


def write(stack):
    with psycopg.connect(stack.paths.database_url) as connection:
        connection.execute("create table if not exists kept (word text)")
        connection.execute("insert into kept values ('knee')")
    with redis_of(stack) as client:
        client.set("kept", "knee")


def words(stack):
    with psycopg.connect(stack.paths.database_url) as connection, redis_of(stack) as client:
        return [*[row[0] for row in connection.execute("select word from kept")], client.get("kept").decode()]


def redis_of(stack):
    return redis.Redis(unix_socket_path=str(stack.paths.redis_socket))


def children_of(data):
    return [p for p in psutil.process_iter(["cmdline"]) if any(str(data) in part for part in p.info["cmdline"] or [])]


def test_the_stack_answers_on_private_sockets_and_keeps_what_was_written(data):
    with Stack(data) as stack:
        write(stack)
        modes = [stack.paths.run.stat().st_mode & 0o777, stack.paths.redis_socket.stat().st_mode & 0o777]
        listening = [c for p in children_of(data) for c in p.net_connections("tcp")]
    with Stack(data) as stack:
        found = words(stack)

    assert modes == [0o700, 0o700]
    assert listening == []
    assert found == ["knee", "knee"]
    assert children_of(data) == []


def test_a_killed_supervisor_takes_its_servers_along_and_the_next_start_has_the_data(data, supervisor):
    stack = Stack(data)
    killed = supervisor()
    write(stack)

    killed.kill()
    killed.wait()
    begun = time.monotonic()
    supervisor()

    assert words(stack) == ["knee", "knee"]
    assert time.monotonic() - begun < SECONDS_TO_COME_BACK


def test_after_everything_was_killed_the_next_start_has_the_data(data, supervisor):
    stack = Stack(data)
    running = supervisor()
    write(stack)

    for process in children_of(data):
        process.kill()
    running.wait()
    supervisor()

    assert words(stack) == ["knee", "knee"]


def test_a_session_in_a_long_statement_does_not_hold_up_the_start_after_a_kill(data):
    stack = Stack(data)
    stack.start()
    busy = psycopg.connect(stack.paths.database_url)
    waiting = psycopg.connect(stack.paths.database_url)
    pid = busy.info.backend_pid
    waiting.close()
    # A stopped backend cannot notice that its server died.
    os.kill(pid, signal.SIGSTOP)
    stack.postgres.process.kill()
    stack.postgres.process.wait()

    stack.postgres.start()

    with psycopg.connect(stack.paths.database_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not psutil.pid_exists(pid)
    busy.close()
    stack.stop()


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(data):
    with Stack(data) as stack:
        write(stack)
        stack.postgres.process.kill()
        stack.postgres.process.wait()
        pid_file = stack.paths.postgres / "postmaster.pid"
        stranger = subprocess.Popen(["sleep", "60"])
        pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().splitlines()[1:]]) + "\n")

        stack.postgres.start()

        assert words(stack) == ["knee", "knee"]
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()


def test_a_second_start_says_where_the_first_one_answers(data, supervisor):
    supervisor()

    with pytest.raises(AlreadyRunning, match=r"^already running at http://127\.0\.0\.1:8000$"):
        Stack(data).start()


def test_an_interrupted_first_start_begins_again(data):
    left = data / "postgres.new"
    left.mkdir()
    (left / "PG_VERSION").write_text("18\n")

    with Stack(data, with_redis=False) as stack, psycopg.connect(stack.paths.database_url) as connection:
        assert connection.execute("show data_checksums").fetchone() == ("on",)


def test_a_cluster_of_another_version_is_left_alone(data):
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(LocalError, match=r"was made by PostgreSQL 15, this is 18"):
        Stack(data).start()


def test_a_damaged_redis_file_is_put_aside_and_redis_starts_empty(data):
    with Stack(data, with_postgres=False) as stack, redis_of(stack) as client:
        client.set("kept", "knee")
    written = [path for path in stack.paths.redis.rglob("*.aof") if path.stat().st_size]
    for path in written:
        path.write_bytes(b"*9\r\nnonsense" + path.read_bytes())

    with Stack(data, with_postgres=False) as stack, redis_of(stack) as client:
        assert client.get("kept") is None
    assert len(list(data.glob("redis-unreadable-*"))) == 1


def test_without_any_redis_one_line_says_what_to_install(data, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(local_redis.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(LocalError, match=r"apt install redis-server.*or set REDIS_URL\.$"):
        Stack(data, with_postgres=False).start()
    assert children_of(data) == []


def test_only_what_the_environment_does_not_name_is_started(data):
    with Stack(data, with_postgres=False) as stack:
        assert list(stack.environment()) == ["REDIS_URL"]
        assert not (data / "postgres").exists()
