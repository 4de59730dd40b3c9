"""Run as a program: the sweep beside a bare SKIP LOCKED loop on the same table, with few and with many rows stored.

`python -m tests.benchmarks.sweeping 10000 5000000`; the database is that of DATABASE_URL, empty and thrown away later.
Prints a table for people and one line of JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import django
import psutil

BATCH = 100
DUE = 10_000
ROUNDS = 3
MIDDAY = 12
GOAL = 0.5


@dataclass
class Loop:
    """What one of the two did in all its rounds. Processor seconds: ours and PostgreSQL's together."""

    rows: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.rows / self.seconds

    @property
    def processor_ms_a_batch(self) -> float:
        return self.processor_seconds / self.rows * BATCH * 1000


def main(sizes: Sequence[int]) -> list[dict[str, Any]]:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    now = datetime.now(UTC)
    people(DUE, now=now)
    rows = []
    stored = 0
    for size in sizes:
        settled(size - stored, now=now)
        stored = size
        pairs = [_round(now=now) for _ in range(ROUNDS)]
        empty = statistics.median(_timed(lambda: _claim(now=now)) for _ in range(20))
        ours, bare = zip(*pairs, strict=True)
        spent, least = (statistics.median(each.processor_ms_a_batch for each in side) for side in (ours, bare))
        rows.append(
            {
                "stored": size,
                "batch": BATCH,
                "goal": GOAL,
                "sweep_per_s": round(statistics.median(each.rate for each in ours)),
                "bare_per_s": round(statistics.median(each.rate for each in bare)),
                "ratio": round(statistics.median(mine.rate / theirs.rate for mine, theirs in pairs), 3),
                "cpu_ms": round(spent, 1),
                "bare_cpu_ms": round(least, 1),
                "cpu_ratio": round(least / spent, 3),
                "empty_sweep_ms": round(empty * 1000, 2),
            }
        )
        sys.stderr.write(f"{rows[-1]}\n")
    return rows


# -- what is stored, by bulk SQL


def people(count: int, *, now: datetime) -> None:
    """Patients who agreed to e-mail, each with a case, a check-in and a link to stop messages; it is midday there."""
    from django.db import connection

    from clinic.accounts.models import Site

    east = MIDDAY - now.hour
    zone = f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
    site = Site.objects.create(slug="bench", name="Bench", time_zone=zone, phone="+13125550100")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        made = _Maker(cursor, count, now)
        made("cases_patient", id="n", reference="'P-' || n", site_id=str(site.pk), given_name="'A'", family_name="'B'",
             date_of_birth="'1990-01-01'", phone="''", email="'p' || n || '@example.org'", preferred_channel="'email'",
             language="'en'", time_zone=f"'{zone}'", is_provisional="false", registered_at="%(now)s",
             version="1")  # fmt: skip
        made("cases_contactconsent", patient_id="n", channel="'email'", purpose="'all'", granted_at="%(now)s",
             source="'bench'")  # fmt: skip
        made("cases_case", id="n", reference="'K-' || n", site_id=str(site.pk), patient_id="n", affects_left="true",
             affects_right="false", status="'new'", urgency="'routine'", opened_at="%(now)s", status_since="%(now)s",
             updated_at="%(now)s", close_reason="''", ending_note="''", version="1")  # fmt: skip
        for purpose in ("check_in", "contact"):
            made("cases_link", id=f"md5('{purpose}' || n)::uuid", purpose=f"'{purpose}'", patient_id="n",
                 digest=f"md5('{purpose}a' || n) || md5('{purpose}b' || n)", made_at="%(now)s",
                 expires_at="%(now)s + interval '50 days'", wrong_tries="0")  # fmt: skip
        made("cases_checkin", id="n", case_id="n", step="'rest_check'", round="1", due_at="%(now)s",
             expires_at="%(now)s + interval '7 days'", link_id="md5('check_in' || n)::uuid")  # fmt: skip
        cursor.execute("SET session_replication_role = origin; ANALYZE")


def settled(count: int, *, now: datetime) -> None:
    """Messages of years ago. Their indexes are made afterwards, which is many times as fast."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE tablename = 'cases_reminder' AND indexdef LIKE 'CREATE INDEX%'"
        )
        indexes = dict(cursor.fetchall())
        cursor.execute("SELECT split_part(reloptions[1], '=', 2) FROM pg_class WHERE relname = 'cases_reminder'")
        room = cursor.fetchone()[0]
        for name in indexes:
            cursor.execute(f"DROP INDEX {name}")
        # Old rows never change again: they may lie close together, which fills the disk a third as much.
        cursor.execute("ALTER TABLE cases_reminder SET (fillfactor = 100)")
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '256MB'")
        moment = "%(now)s - (n %% 700 + 30) * interval '1 day'"
        _Maker(cursor, count, now)(
            "cases_reminder", id="gen_random_uuid()", case_id=f"1 + n %% {DUE}", patient_id=f"1 + n %% {DUE}",
            check_in_id=f"1 + n %% {DUE}", kind="'check_in'", channel="'email'",
            dedupe_key="'old:' || n || ':' || random()", due_at=moment, try_at=moment,
            expires_at=f"{moment} + interval '3 days'", status="'accepted'", reason="''", held_for="''",
            attempts_made="1", fencing_token="1", started_at=moment, settled_at=moment, planned_at=moment,
        )  # fmt: skip
        cursor.execute("SET session_replication_role = origin")
        cursor.execute(f"ALTER TABLE cases_reminder SET (fillfactor = {room})")
        for definition in indexes.values():
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE cases_reminder")


class _Maker:
    def __init__(self, cursor: Any, count: int, now: datetime) -> None:
        self.cursor, self.count, self.now = cursor, count, now

    def __call__(self, table: str, **columns: str) -> None:
        self.cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
            f" FROM generate_series(1, {self.count}) AS n",
            {"now": self.now},
        )


def due(count: int, *, now: datetime) -> None:
    """As many messages, due now; what is left of an earlier round is taken away."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM cases_reminderattempt")
        cursor.execute("DELETE FROM cases_reminder WHERE dedupe_key LIKE 'due:%'")
        _Maker(cursor, count, now)(
            "cases_reminder", id="gen_random_uuid()", case_id="n", patient_id="n", check_in_id="n",
            link_id="md5('check_in' || n)::uuid", kind="'check_in'", channel="'email'", dedupe_key="'due:' || n",
            due_at="%(now)s - interval '1 minute'", try_at="%(now)s - interval '1 minute'",
            expires_at="%(now)s + interval '3 days'", status="'waiting'", reason="''", held_for="''",
            attempts_made="0", fencing_token="0", planned_at="%(now)s",
        )  # fmt: skip
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE cases_reminder")
        cursor.execute("VACUUM ANALYZE cases_reminderattempt")


# -- the two loops


def _claim(*, now: datetime) -> list[Any]:
    from cases.services.claims import claim_due

    return claim_due(now=now, limit=BATCH)[0]


def _sweep(*, now: datetime) -> int:
    """Ours without the network: every turn is begun and accepted at once."""
    from cases.messages.results import Outcome, Sent
    from cases.services.turns import mark, start

    turns = _claim(now=now)
    begun = start(turns, now=now) if turns else []
    return mark([(turn, Sent(Outcome.ACCEPTED)) for turn in begun], now=now) if begun else 0


def _bare(*, now: datetime) -> int:
    """What any queue in PostgreSQL must do: take a batch, commit, settle it, commit. It asks nothing."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_reminder r SET leased_until = %(until)s FROM (SELECT id FROM cases_reminder"
            " WHERE status = 'waiting' AND channel = 'email' AND try_at <= %(now)s"
            " AND (leased_until IS NULL OR leased_until <= %(now)s)"
            " ORDER BY try_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED) due WHERE r.id = due.id RETURNING r.id",
            {"now": now, "until": now + timedelta(minutes=2), "batch": BATCH},
        )
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE cases_reminder SET status = 'accepted', settled_at = %s WHERE id = ANY(%s)", [now, ids]
            )
    return len(ids)


def _round(*, now: datetime) -> tuple[Loop, Loop]:
    """Ours and the bare loop, in turns until nothing is due: a neighbour's noise slows both."""
    due(DUE, now=now)
    for warm_up in (_sweep, _bare):
        warm_up(now=now)
    server = _server()
    ours, bare = Loop(), Loop()
    while True:
        for sweep, loop in ((_sweep, ours), (_bare, bare)):
            begun, spent = time.perf_counter(), _processor_seconds(server)
            count = sweep(now=now)
            loop.seconds += time.perf_counter() - begun
            loop.processor_seconds += _processor_seconds(server) - spent
            loop.rows += count
            if count < BATCH:
                return ours, bare


def _server() -> psutil.Process:
    """The process of PostgreSQL that serves us; it must be on this machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0])


def _processor_seconds(server: psutil.Process) -> float:
    theirs = server.cpu_times()
    return time.process_time() + theirs.user + theirs.system


def _timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    # Filling with millions takes longer than any statement of ours may.
    os.environ.setdefault("STATEMENT_SECONDS", "900")
    django.setup()
    sys.stdout.write(json.dumps(main([int(each) for each in sys.argv[1:]] or [10_000])) + "\n")
