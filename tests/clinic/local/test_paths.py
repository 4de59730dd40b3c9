import os
import shutil

import psycopg
import pytest

from clinic.local import paths
from clinic.local.paths import LocalError, Paths
from clinic.local.stack import Stack


def test_the_same_directory_always_has_the_same_addresses(data):
    assert Paths(data).environment() == Paths(data).environment()
    assert Paths(data).environment() == {
        "DATABASE_URL": f"postgresql://clinic@/clinic?host={data}/run",
        "REDIS_URL": f"unix://{data}/run/redis.sock",
    }


def test_a_second_terminal_finds_the_stack_by_the_data_directory_alone(data, monkeypatch):
    monkeypatch.setenv("CLINIC_DATA", str(data))

    (data / "link-secret").write_text("made by the first up")

    assert paths.environment() == Paths(data).environment() | {"LINK_SECRET": "made by the first up"}


@pytest.mark.parametrize(("length", "moved"), [(95, False), (96, True)])
def test_sockets_move_when_their_path_would_be_too_long(length, moved):
    rest = len(f"/run/{paths.LONGEST_SOCKET_NAME}")
    found = Paths(paths.Path("/" + "k" * (length - rest - 1)))

    assert len(str(found.run)) <= paths.LONGEST_SOCKET_PATH
    assert (found.run.parent != found.data) is moved


def test_a_stack_in_a_very_long_path_answers(data):
    deep = data / ("knee" * 20) / ("cap" * 20)
    deep.mkdir(parents=True)
    data.chmod(0o755)

    with Stack(deep) as stack, psycopg.connect(stack.paths.database_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        assert stack.paths.run.parent != deep
    shutil.rmtree(stack.paths.run)


def test_a_socket_directory_that_somebody_put_there_first_is_refused(data):
    (data / "elsewhere").mkdir()
    (data / "run").symlink_to(data / "elsewhere")

    with pytest.raises(LocalError, match="belongs to somebody else"):
        paths.claim(data / "run")


def test_a_claimed_directory_is_ours_alone(data):
    (data / "run").mkdir(mode=0o777)

    paths.claim(data / "run")

    assert (data / "run").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("content", "value"), [("  secret\n", "secret"), ("", "")])
def test_a_value_may_come_from_a_mounted_file(data, monkeypatch, content, value):
    (data / "secret").write_text(content)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("REDIS_URL_FILE", str(data / "secret"))

    assert paths.value_of("REDIS_URL") == value


def test_a_named_file_that_is_missing_stops_the_start_by_name(data, monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("REDIS_URL_FILE", str(data / "missing"))

    with pytest.raises(LocalError, match=r"^REDIS_URL_FILE: cannot read"):
        paths.value_of("REDIS_URL")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")
def test_root_hears_that_the_other_account_cannot_walk_to_the_data(data):
    (data / "closed").mkdir(mode=0o700)
    (data / "closed" / "data").mkdir()

    with pytest.raises(LocalError, match="no other account can walk to"):
        Stack(data / "closed" / "data").start()
