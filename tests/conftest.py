"""What every test may ask for."""

from __future__ import annotations

from datetime import datetime

import pytest

from clinic.accounts.models import Role, Site, User
from tests.factories import MONDAY, SiteFactory, staff


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
