"""Alive, ready, and the gauges: what watchers from outside see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cases.models import Heartbeat
from cases.services.turns import database_now
from tests.factories import CaseFactory, FlagFactory, ReminderFactory


def test_live_asks_nobody(client: Client):
    """No database mark: a query would fail here."""
    answer = client.get("/health/live/")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_once_the_dispatcher_has_shown_life(db: None, client: Client):
    Heartbeat.objects.create(name="dispatch", beat_at=database_now())

    answer = client.get("/health/ready/")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("minutes", [None, 3])
def test_not_ready_while_no_sender_is_at_work(db: None, client: Client, minutes: int | None):
    if minutes:
        Heartbeat.objects.create(name="dispatch", beat_at=database_now() - timedelta(minutes=minutes))

    answer = client.get("/health/ready/")

    assert answer.status_code == 503
    assert answer.json()["reminders"].startswith("Messages are not being sent")


def test_not_ready_when_messages_are_late(db: None, client: Client):
    Heartbeat.objects.create(name="dispatch", beat_at=database_now())
    ReminderFactory(due_at=database_now() - timedelta(minutes=6))

    assert client.get("/health/ready/").json()["reminders"] == "Messages are late by 6 min."


@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/", "/metrics"])
def test_watching_changes_nothing(db: None, client: Client, settings, path: str):
    settings.METRICS_TOKEN = "a-token"

    assert client.post(path).status_code == 405


def test_metrics_are_read_from_the_database(db: None, client: Client, settings):
    settings.METRICS_TOKEN = "a-token"
    case = CaseFactory(urgency="same_day")
    FlagFactory(case=case)
    ReminderFactory(case=case)

    answer = client.get("/metrics", headers={"Authorization": "Bearer a-token"})

    lines = answer.content.decode().splitlines()
    assert answer.status_code == 200
    assert 'patella_reminders{status="waiting"} 1.0' in lines
    assert 'patella_reminders{status="unknown"} 0.0' in lines
    assert 'patella_open_cases{urgency="same_day"} 1.0' in lines
    assert "patella_dispatcher_silence_seconds +Inf" in lines


@pytest.mark.parametrize(("token", "given"), [("", ""), ("", "Bearer "), ("a-token", ""), ("a-token", "Bearer other")])
def test_without_the_token_metrics_are_not_there(db: None, client: Client, settings, token: str, given: str):
    settings.METRICS_TOKEN = token

    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404
