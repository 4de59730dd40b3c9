"""Run as a program: how long one report takes to be judged, and all stored ones to be judged again by a candidate.

Prints one line of JSON, for `rig`.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import date
from typing import Any

import django
import psutil

from cases.rules.examination import Examined
from tests.benchmarks.work import ANSWERS

GOAL_JUDGE_MS, GOAL_REPLAY_SECONDS = 2.0, 60.0
REPORTS = 10_000
JUDGED, ROUNDS = 200, 15
# Strength, control, kneecap and flexibility: something for every group of rules that only an examination meets.
EXAMINED = Examined(
    {
        "quadriceps_strength": {"left": 240, "right": 300, "unit": "N"},
        "hip_abductor_strength": {"left": 75, "right": 100, "unit": "N"},
        "landing": {"left": ["inward_collapse"], "right": ["good_control"]},
        "step_down": {"left": ["good_control"], "right": ["good_control"]},
        "j_sign": {"left": "present", "right": "absent"},
        "squat_pain": {"left": "usual_pain", "right": "no_pain"},
    },
    ("left",),
)
_MEGABYTE = 1024 * 1024
# The copies of one form made unlike each other, as a clinic's are.
_UNLIKE = """
    UPDATE cases_symptomreport SET answers = answers || CASE id % 5
        WHEN 0 THEN '{"knee_moves_inward": "not_sure"}'::jsonb
        WHEN 1 THEN '{"weakness_or_one_side_stronger": "yes", "thigh_looks_smaller": "yes"}'::jsonb
        WHEN 2 THEN '{"calf_swelling": "yes"}'::jsonb
        WHEN 3 THEN '{"activities": [], "work_load": "kneel_squat_climb_steady"}'::jsonb
        ELSE '{}'::jsonb END
"""


def main() -> dict[str, Any]:
    from cases.rules.ruleset import CURRENT
    from cases.services.replay import replay
    from clinic.accounts.models import Site

    judged, judged_examined = judge_ms(), judge_ms(EXAMINED)
    _make_unlike()
    candidate = CURRENT.changed(version="bench", thresholds={"overuse": 4}, weights={"MV1": 1})
    process = psutil.Process()
    before = process.memory_info().rss
    started, worked, read, changed, largest = time.perf_counter(), time.process_time(), 0, 0, before
    for each in replay(candidate, sites=list(Site.objects.all())):
        read += 1
        changed += bool(each.difference)
        if read % 500 == 0:
            largest = max(largest, process.memory_info().rss)
    return {
        "judge_ms": round(judged, 3),
        "judge_examined_ms": round(judged_examined, 3),
        "replay_reports": read,
        "replay_changed": changed,
        "replay_seconds": round(time.perf_counter() - started, 1),
        "replay_processor_seconds": round(time.process_time() - worked, 1),
        "replay_memory_mb": [round(before / _MEGABYTE, 1), round(largest / _MEGABYTE, 1)],
    }


def judge_ms(exam: Examined | None = None) -> float:
    """Milliseconds of processor time for one report, everything the rules say of it; median of the rounds.

    exam: what was found on examining; None for the form alone.
    """
    from cases.rules.judgement import judge
    from cases.rules.measures import report_of

    answers = {**ANSWERS, "age": 27}
    shown = frozenset(answers)
    rounds = []
    for _ in range(ROUNDS):
        # Of this process alone: neighbours on the machine are none of the rules' doing.
        started = time.process_time()
        for _ in range(JUDGED):
            judge(report_of(answers, date(2026, 11, 2), shown=shown, exam=exam))
        rounds.append((time.process_time() - started) / JUDGED)
    return 1000 * statistics.median(rounds)


def _make_unlike() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_UNLIKE)
        cursor.execute("SET session_replication_role = origin")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    sys.stdout.write(json.dumps(main()) + "\n")
