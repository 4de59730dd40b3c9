"""A worker that starts does not wait for the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.models import Reminder
from tests.factories import ConsentFactory, LinkFactory, PatientFactory, ReminderFactory, SiteFactory
from tests.journeys.building import Building, waiting
from tests.journeys.test_whole_loop import zone_where_it_is_day


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_what_fell_due_while_no_worker_was_there_goes_at_its_start(tmp_path: Path):
    now = datetime.now(UTC)
    patient = PatientFactory(site=SiteFactory(time_zone=zone_where_it_is_day()))
    ConsentFactory(patient=patient)
    link = LinkFactory(patient=patient, purpose="intake", made_at=now, expires_at=now + timedelta(days=3))
    times = {"due_at": now, "expires_at": now + timedelta(days=3), "planned_at": now}
    reminder = ReminderFactory(case=None, patient=patient, kind="form", link=link, **times)

    with Building(tmp_path, parts=("worker",)):
        for _ in waiting(30, what=lambda: Reminder.objects.values().get()):
            reminder.refresh_from_db()
            if reminder.status == Reminder.Status.ACCEPTED:
                break
