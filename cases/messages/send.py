"""The one door out: a message goes by the channel it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cases.messages import email, sms
from cases.messages.render import Message
from cases.messages.results import Sent
from cases.rules.terms import Channel

# Telephone calls are made by people, from the call list.
CHANNELS: Mapping[Channel, Callable[[Message], Sent]] = {Channel.EMAIL: email.send, Channel.SMS: sms.send}


def send(message: Message) -> Sent:
    return CHANNELS[message.channel](message)
