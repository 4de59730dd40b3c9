"""Providers that report back: the sinks of a rig tell the clinic's own web door what became of their messages."""

from __future__ import annotations

from typing import Any

from pytest_django.live_server_helper import LiveServer

from cases.rules.terms import Channel
from tests.faults.rig import Rig

SECRET = "what both sides of this test know"


def listen(rig: Rig, web: LiveServer, settings: Any) -> None:
    settings.WEBHOOK_SECRETS = {channel.value: [SECRET] for channel in (Channel.EMAIL, Channel.SMS)}
    rig.sinks.reporter.address, rig.sinks.reporter.secret = web.url, SECRET


def turn(rig: Rig, **knobs: object) -> None:
    """Both providers."""
    for channel in rig.sinks.channels:
        rig.sinks.knobs(channel, **knobs)
