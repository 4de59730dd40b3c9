"""Another version of the rules over what is stored: told as it is, streamed, and nothing touched."""

from __future__ import annotations

import tracemalloc
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseEvent, Flag, Suggestion, SymptomReport
from cases.rules.ruleset import CURRENT
from cases.services import replay as replay_service
from cases.services.replay import Replayed, replay
from cases.services.reports import file_report
from clinic.accounts.models import Site
from tests.cases.rules.reports import answers_with
from tests.factories import CaseFactory, PatientFactory, SiteFactory

# SET TRANSACTION READ ONLY would hold the rest of a test's own transaction too.
pytestmark = pytest.mark.django_db(transaction=True)

STRICT = CURRENT.changed(version="strict", thresholds={"movement_dysfunction": 3})
INWARD = {"knee_moves_inward": "yes"}


def filed(now: datetime, *, site: Site | None = None, source: str = "intake", **answers: Any) -> SymptomReport:
    case = CaseFactory(patient=PatientFactory(site=site or SiteFactory()), opened_at=now)
    told = answers_with(**answers)
    return file_report(
        case,
        source=SymptomReport.Source(source),
        answers=told,
        shown=told,
        questionnaire_version="2026.11",
        by=None,
        now=now,
    )


def replayed(ruleset: Any = CURRENT, **more: Any) -> list[Replayed]:
    return list(replay(ruleset, sites=list(Site.objects.order_by("pk")), **more))


@pytest.mark.parametrize(
    "answers",
    [
        {},
        INWARD,
        {"locking": "locked_now"},
        {"age": 12, "limp": "most_of_the_time"},
        {"calf_swelling": "not_sure"},
        {"activities": [{"type": "running", "recent_change": "new", "sessions_per_week": 4}]},
    ],
)
def test_the_rules_that_judged_a_report_would_change_nothing(monday: datetime, answers: dict[str, Any]):
    filed(monday, **answers)

    [found] = replayed()

    assert not found.difference


def test_a_candidate_shows_what_it_would_change(monday: datetime):
    case = filed(monday, **INWARD).case
    filed(monday, weakness_or_one_side_stronger="yes")

    changed, same = replayed(STRICT)

    assert (changed.case, changed.reported_on, changed.judged_by) == (
        case.reference,
        date(2026, 11, 2),
        CURRENT.version,
    )
    assert changed.difference.causes_lost == ("movement_dysfunction",)
    assert not same.difference


def test_urgency_and_flags_are_held_against_what_was_stored(monday: datetime):
    report = filed(monday, calf_swelling="yes")
    # As rules without S3 would have left it.
    SymptomReport.objects.update(urgency="routine", rules_version="2026.01")
    stored = Suggestion.objects.get(report=report)
    stored.body["triage"] = {"urgency": "routine", "fired": []}
    Suggestion.objects.update(body=stored.body, rules_version="2026.01", likelihood="likely")

    [found] = replayed()

    assert found.judged_by == "2026.01"
    assert found.difference.urgency == "up"
    assert found.difference.flags_gained == ("S3",)
    assert found.difference.likelihood == "likely -> uncertain"


def test_the_rules_in_force_may_leave_out_what_they_judged_themselves(monday: datetime):
    filed(monday)
    old = filed(monday + timedelta(hours=1))
    Suggestion.objects.filter(report=old).update(rules_version="2026.01")

    assert [each.case for each in replayed(only_older=True)] == [old.case.reference]


def test_a_check_in_and_a_report_without_a_suggestion_are_left_out(monday: datetime):
    filed(monday, source="check_in", calf_swelling="yes")
    Suggestion.objects.filter(report=filed(monday)).delete()

    assert replayed() == []


def test_reports_are_chosen_by_site_and_by_the_sites_own_days(monday: datetime):
    here, there = SiteFactory(), SiteFactory(slug="hilltop", time_zone="Pacific/Auckland")
    filed(monday, site=here)
    elsewhere = filed(monday, site=there)

    # 15:00 UTC is the second of November in Chicago and the third in Auckland.
    assert [each.reported_on for each in replayed()] == [date(2026, 11, 2), date(2026, 11, 3)]
    assert len(replayed(since=date(2026, 11, 2), until=date(2026, 11, 2))) == 1
    assert [each.case for each in replayed(since=date(2026, 11, 3))] == [elsewhere.case.reference]
    assert [each.case for each in replay(CURRENT, sites=[there])] == [elsewhere.case.reference]
    assert list(replay(CURRENT, sites=[])) == []


def test_replaying_changes_nothing(monday: datetime):
    filed(monday, **INWARD)
    tables = (Case, SymptomReport, Suggestion, Flag, CaseEvent)
    before = [list(table.objects.order_by("pk").values()) for table in tables]

    replayed(STRICT)

    assert [list(table.objects.order_by("pk").values()) for table in tables] == before


def test_postgresql_itself_refuses_a_change_while_replaying(monday: datetime):
    filed(monday)
    running = replay(STRICT, sites=list(Site.objects.all()))
    next(running)

    with pytest.raises(DatabaseError, match="read-only transaction"):
        Case.objects.update(version=7)

    running.close()
    assert Case.objects.update(version=7) == 1


def test_one_statement_reads_one_report_and_a_hundred(monday: datetime):
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            list(replay(STRICT, sites=sites))
        return len([each for each in seen if "SELECT" in each["sql"]])

    filed(monday)
    sites = list(Site.objects.all())
    for_one = statements()
    _copies(99)
    for_hundred = statements()

    assert (for_one, for_hundred) == (1, 1)
    assert len(replayed()) == 100


def test_memory_does_not_grow_with_what_is_stored(monday: datetime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replay_service, "AT_A_TIME", 25)
    filed(monday)
    sites = list(Site.objects.all())

    def peak() -> int:
        tracemalloc.start()
        for _ in replay(CURRENT, sites=sites):
            pass
        _, most_held = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most_held

    _copies(75)
    peak()
    few = peak()
    _copies(425)

    # Kept whole, nearly seven times the reports would take nearly seven times the memory.
    assert peak() < 2 * few


def _copies(count: int) -> None:
    """More reports of the first case, each with its suggestion."""
    report, suggestion = SymptomReport.objects.earliest("pk"), Suggestion.objects.earliest("pk")
    reports = [SymptomReport(**{**_columns(report), "case": report.case}) for _ in range(count)]
    SymptomReport.objects.bulk_create(reports)
    Suggestion.objects.bulk_create(
        Suggestion(**{**_columns(suggestion), "case": report.case, "report": each}) for each in reports
    )


def _columns(row: Any) -> dict[str, Any]:
    return {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if not field.is_relation and not field.primary_key
    }
