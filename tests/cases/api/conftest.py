"""Clients of the API, one for each role."""

from __future__ import annotations

from datetime import datetime

import pytest

from cases.models import Case
from clinic.accounts.models import Role, Site, User
from tests.api import Api, api_of
from tests.factories import CaseFactory, staff


@pytest.fixture
def desk_api(front_desk: User) -> Api:
    return api_of(front_desk)


@pytest.fixture
def therapist_api(therapist: User) -> Api:
    return api_of(therapist)


@pytest.fixture
def manager_api(manager: User) -> Api:
    return api_of(manager)


@pytest.fixture
def auditor_api(site: Site) -> Api:
    return api_of(staff(Role.AUDITOR, site))


@pytest.fixture
def case(therapist: User) -> Case:
    """A new case that the therapist has."""
    return CaseFactory(therapist=therapist)


@pytest.fixture
def tuesday(monday: datetime) -> datetime:
    return monday.replace(day=3)
