"""Where the clinic of this machine keeps its data and its sockets."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# A unix socket's path may hold 108 bytes on Linux and 104 on macOS; PostgreSQL's lock file is the longest we make.
LONGEST_SOCKET_PATH = 95
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


class LocalError(Exception):
    """The local services cannot be started; the text is one line that says what to do."""


def open_to_others(path: Path) -> bool:
    """True if an account that owns nothing here could walk to `path`."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in [path, *path.parents] if step.exists())


def default_data_directory() -> Path:
    """CLINIC_DATA, else `.data` in the checkout, else (root, in a closed checkout) the system's state directory."""
    named = os.environ.get("CLINIC_DATA", "").strip()
    if named:
        return Path(named).expanduser().resolve()
    if os.geteuid() == 0 and not open_to_others(PROJECT):
        # PostgreSQL refuses to run as root, and the account it runs under could not walk to the checkout.
        return Path("/var/lib") / f"patella-{_short(PROJECT)}"
    return PROJECT / ".data"


def value_of(variable: str) -> str:
    """What the environment gives for `variable`, itself or in the file that `variable_FILE` names; else ""."""
    value = os.environ.get(variable, "").strip()
    file = os.environ.get(f"{variable}_FILE", "").strip()
    if not value and file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise LocalError(f"{variable}_FILE: cannot read {file}: {error}") from error
    return value


class Paths:
    """Every file and directory of one local stack. The same `data` always gives the same sockets."""

    def __init__(self, data: Path | None = None) -> None:
        self.data = Path(data) if data else default_data_directory()
        self.run = self.data / "run"
        if len(os.fsencode(self.run / LONGEST_SOCKET_NAME)) > LONGEST_SOCKET_PATH:
            self.run = Path("/tmp") / f"patella-{os.geteuid()}-{_short(self.data)}"  # noqa: S108 - `claim` checks whose it is
        self.postgres = self.data / "postgres"
        self.redis = self.data / "redis"
        self.postgres_socket = self.run / ".s.PGSQL.5432"
        self.redis_socket = self.run / "redis.sock"
        self.lock = self.data / "lock"
        self.children = self.data / "children.json"
        self.secrets = {"SECRET_KEY": self.data / "secret-key", "LINK_SECRET": self.data / "link-secret"}

    def log(self, name: str) -> Path:
        return self.data / f"{name}.log"

    @property
    def database_url(self) -> str:
        return f"postgresql://clinic@/clinic?host={self.run}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}"

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


def environment() -> dict[str, str]:
    """The addresses and keys of this machine's stack, running or not: a second terminal finds it by these."""
    paths = Paths()
    keys = {}
    for name, file in paths.secrets.items():
        with contextlib.suppress(OSError):  # `up` has not made it yet, or made it for another account
            keys[name] = file.read_text()
    return paths.environment() | keys


def claim(directory: Path, *, owner: int | None = None, group: int | None = None, mode: int = 0o700) -> None:
    """Make `directory` ours (or `owner`'s) alone; refuse one that somebody else put there first."""
    directory.mkdir(mode=mode, parents=True, exist_ok=True)
    found = directory.lstat()
    ours = {os.geteuid()} if owner is None else {os.geteuid(), owner}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise LocalError(
            f"{directory} belongs to somebody else: remove it, or set CLINIC_DATA to a directory of your own."
        )
    if owner is not None and (found.st_uid, found.st_gid) != (owner, group):
        os.chown(directory, owner, -1 if group is None else group)
    if stat.S_IMODE(found.st_mode) != mode:
        directory.chmod(mode)


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
