"""Rows and people the admin's tests share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cases.models import Case, Flag, SymptomReport
from clinic.accounts.models import Role, Site, User
from tests.factories import MONDAY, CaseFactory, PatientFactory, staff


def raise_flag(case: Case, *, level: str = "emergency", rule_id: str = "E1", **more: Any) -> Flag:
    """A standing flag of a case, with the report that raised it."""
    report = SymptomReport.objects.create(
        case=case,
        source="intake",
        reported_at=MONDAY,
        answers={"fever": "yes"},
        questionnaire_version="2026.11",
        rules_version="2026.11",
        urgency=level,
    )
    fields = {
        "suspicion": "Septic joint",
        "answers": {"fever": "yes"},
        "source": "reference 3.1",
        "rules_version": "2026.11",
        "raised_at": MONDAY,
        "act_by": MONDAY + timedelta(minutes=15),
    }
    return Flag.objects.create(case=case, report=report, rule_id=rule_id, level=level, **(fields | more))


def case_of(site: Site, *, name: str = "Quill", **more: Any) -> Case:
    patient = {key.removeprefix("patient__"): more.pop(key) for key in list(more) if key.startswith("patient__")}
    return CaseFactory(patient=PatientFactory(site=site, family_name=name, **patient), **more)


@pytest.fixture
def desk(client: Client, front_desk: User) -> Client:
    """The front desk, signed in."""
    client.force_login(front_desk)
    return client


@pytest.fixture
def clinician(site: Site) -> tuple[Client, User]:
    client, person = Client(), staff(Role.THERAPIST, site, name="Tara Treats")
    client.force_login(person)
    return client, person


@pytest.fixture
def boss(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client
