import ast
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from clinic.local import bootstrap
from clinic.local.paths import PROJECT

BEFORE_THE_ENVIRONMENT = ["manage.py", "clinic/__init__.py", "clinic/local/__init__.py", "clinic/local/bootstrap.py"]
PREPARE = """
import sys
from pathlib import Path
from clinic.local import bootstrap
made = bootstrap.prepare(Path(sys.argv[1]) / "venv", Path(sys.argv[1]) / "locks", "run")
print("made" if made else "fresh")
"""


@pytest.fixture
def bare_machine(tmp_path, monkeypatch, environment):
    """A directory with one lock of one small package, a place to install it from, and no uv on PATH."""
    wheel = tmp_path / "wheels" / "kneecap-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("kneecap.py", "WHOLE = True\n")
        archive.writestr("kneecap-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: kneecap\nVersion: 1.0\n")
        archive.writestr("kneecap-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(
            "kneecap-1.0.dist-info/RECORD",
            "kneecap.py,,\nkneecap-1.0.dist-info/METADATA,,\nkneecap-1.0.dist-info/WHEEL,,\nkneecap-1.0.dist-info/RECORD,,\n",
        )
    locks = tmp_path / "locks"
    locks.mkdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (locks / "run.txt").write_text(f"kneecap==1.0 \\\n    --hash=sha256:{digest}\n")
    environment |= {"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent)}
    environment.pop("PIP_EXTRA_INDEX_URL", None)

    def prepare():
        return subprocess.Popen(
            [sys.executable, "-c", PREPARE, str(tmp_path)],
            cwd=PROJECT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    return prepare


@pytest.mark.parametrize("path", BEFORE_THE_ENVIRONMENT)
def test_an_old_python_can_read_what_tells_it_that_it_is_too_old(path):
    ast.parse((PROJECT / path).read_text(), feature_version=(3, 9))


def test_the_bootstrap_needs_the_standard_library_alone():
    command = [sys.executable, "-S", "-W", "error", "-c", "from clinic.local import bootstrap"]

    subprocess.run(command, cwd=PROJECT, check=True)


def test_an_environment_is_made_once_repaired_after_an_interruption_and_shared(bare_machine, tmp_path):
    first, second = bare_machine(), bare_machine()
    outputs = [first.communicate(timeout=90)[0], second.communicate(timeout=90)[0]]
    assert sorted(output.splitlines()[-1] for output in outputs) == ["made", "made"]
    assert "".join(outputs).count("Installing 1 packages") == 1
    assert "".join(outputs).count("Another start is installing; waiting") == 1

    assert bare_machine().communicate()[0] == "fresh\n"

    module = next((tmp_path / "venv").rglob("kneecap.py"))
    module.write_text("WHOLE =")
    (tmp_path / "venv" / ".patella-run").unlink()
    (tmp_path / "venv" / ".patella-installing").touch()
    assert bare_machine().communicate()[0].endswith("made\n")
    assert module.read_text() == "WHOLE = True\n"
    assert not (tmp_path / "venv" / ".patella-installing").exists()


def test_an_environment_is_fresh_while_the_lock_it_was_filled_from_stands(tmp_path):
    venv, locks = tmp_path / "venv", tmp_path / "locks"
    locks.mkdir()
    for profile in bootstrap.PROFILES:
        (locks / f"{profile}.txt").write_text(profile)
    states = [bootstrap.is_fresh(venv, locks, "run")]

    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "pyvenv.cfg").touch()
    states.append(bootstrap.is_fresh(venv, locks, "run"))
    (venv / ".patella-test").write_text(hashlib.sha256(b"test").hexdigest())
    states += [bootstrap.is_fresh(venv, locks, profile) for profile in bootstrap.PROFILES]
    (locks / "test.txt").write_text("a newer lock")
    states.append(bootstrap.is_fresh(venv, locks, "run"))

    assert states == [False, False, True, True, False, False]


def test_an_environment_whose_python_went_away_is_not_fresh(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/nowhere/python3")
    (tmp_path / "pyvenv.cfg").touch()
    (tmp_path / ".patella-run").write_text(hashlib.sha256(b"").hexdigest())
    (tmp_path / "run.txt").touch()

    assert not bootstrap.is_fresh(tmp_path, tmp_path, "run")


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 10, 0), (3, 15, 0)])
def test_a_python_that_will_not_do_is_told_so_in_one_line(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(bootstrap.CannotInstall, match=rf"3\.11 to 3\.14, this is 3\.{version[1]}"):
        bootstrap._base_python(uv=None)


def test_another_python_on_the_path_is_used_when_this_one_is_too_old(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "python3.12").symlink_to(shutil.which("true", path="/usr/bin:/bin"))

    assert bootstrap._suitable_python() == str(tmp_path / "python3.12")


def test_a_python_without_ensurepip_is_told_what_to_install(tmp_path, monkeypatch):
    without = tmp_path / "python3"
    without.write_text("#!/bin/sh\nexit 1\n")
    without.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(without))

    with pytest.raises(bootstrap.CannotInstall, match="apt install python3-venv"):
        bootstrap._base_python(uv=None)


def test_a_wheel_for_another_python_keeps_its_hashes_and_loses_its_condition(tmp_path):
    lock = tmp_path / "run.txt"
    lock.write_text(
        "a==1 ; x \\\n    --hash=sha256:1\nb==2 ; y \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\nc==3\n"
    )

    assert bootstrap.pinned("b", lock) == "b==2 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"


def test_the_command_line_asks_for_nothing_in_an_environment_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(os, "execv", None)  # would raise

    bootstrap.ensure("run")
