"""What every test may ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from clinic.accounts.limits import IntakeLimit
from clinic.accounts.models import Role, Site, User
from tests.factories import MONDAY, SiteFactory, staff
from tests.faults.table import lines


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests with transactions of their own empty every table afterwards, which tables of evidence refuse."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass, quote_ident(tgname) FROM pg_trigger WHERE tgname LIKE '%never_emptied%'"
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Here and not beside the faults: who shares the work out to other processes reads this file alone."""
    chosen = config.args_source is pytest.Config.ArgsSource.ARGS or config.option.keyword
    table = lines(terminalreporter.stats, whole=not chosen)
    if table:
        terminalreporter.section("faults")
        for line in table:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _redis_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an earlier test took Redis away, it would be left alone for a while."""
    monkeypatch.setattr(IntakeLimit, "_ask_again_at", 0.0)


@pytest.fixture
def monday() -> datetime:
    """Monday, 2 November 2026, 09:00 in Chicago."""
    return MONDAY


@pytest.fixture
def site(db: None) -> Site:
    return SiteFactory()


@pytest.fixture
def other_site(db: None) -> Site:
    return SiteFactory(slug="hilltop", name="Hilltop", time_zone="America/Denver")


@pytest.fixture
def front_desk(site: Site) -> User:
    return staff(Role.FRONT_DESK, site, email="desk@clinic.example", name="Dana Desk")


@pytest.fixture
def therapist(site: Site) -> User:
    return staff(Role.THERAPIST, site, email="therapist@clinic.example", name="Theo Therapist")


@pytest.fixture
def manager(site: Site) -> User:
    return staff(Role.MANAGER, site, email="manager@clinic.example", name="Mara Manager")
