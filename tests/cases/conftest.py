"""A real mail server and SMS gateway on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from clinic.local.sinks import Sinks


@pytest.fixture
def outbox(tmp_path: Path, settings: Settings) -> Iterator[Sinks]:
    """What arrives is kept; `outbox.knobs("sms", answer=503)` makes a channel misbehave."""
    with Sinks(tmp_path / "outbox.jsonl") as sinks:
        mail = urlsplit(sinks.email_url)
        settings.EMAIL_HOST, settings.EMAIL_PORT = mail.hostname, mail.port
        settings.SMS_GATEWAY_URL = sinks.sms_gateway_url
        settings.SITE_URL = "https://clinic.example"
        settings.DEFAULT_FROM_EMAIL = "Riverside <hello@clinic.example>"
        yield sinks
