import json
import subprocess

import psutil

from clinic.local.processes import Register


def survivor():
    return subprocess.Popen(["sleep", "60"], start_new_session=True)


def test_survivors_of_a_killed_supervisor_are_swept_up(tmp_path):
    left = survivor()
    entry = [left.pid, psutil.Process(left.pid).create_time(), 15]
    (tmp_path / "children.json").write_text(json.dumps([entry]))

    assert Register(tmp_path / "children.json").sweep() == 1
    assert not psutil.pid_exists(left.pid)
    left.wait()


def test_a_stranger_with_a_pid_that_was_used_again_is_left_alone(tmp_path):
    stranger = survivor()
    entry = [stranger.pid, psutil.Process(stranger.pid).create_time() - 60, 15]
    (tmp_path / "children.json").write_text(json.dumps([entry]))

    assert Register(tmp_path / "children.json").sweep() == 0
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_half_written_register_is_read_as_empty(tmp_path):
    (tmp_path / "children.json").write_text("[[12")

    assert Register(tmp_path / "children.json").sweep() == 0
