"""The words of a message: the clinic's name, that something is ready, a link, how to stop; nothing about anybody."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from cases.rules.terms import Channel, Language

LANGUAGES = tuple(language.value for language in Language)
SUBJECTS = {Language.EN: "A message from your clinic", Language.ES: "Un mensaje de su clínica"}


@dataclass(frozen=True)
class Message:
    """One message, ready to go. key: the same on every attempt. to: an e-mail address or a number in E.164."""

    key: str
    channel: Channel
    to: str
    subject: str
    text: str
    html: str
    stop_address: str
    domain: str


def render(
    *,
    key: str,
    kind: str,
    channel: Channel,
    to: str,
    language: str,
    clinic: str,
    phone: str,
    address: str,
    stop_address: str,
) -> Message:
    """kind: of the reminder. phone: the clinic's. address: the link to open, "" where there is none."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    # One line of the template each: what is said differs by kind, how it is wrapped by channel.
    words = {
        "clinic": clinic,
        "phone": phone,
        "address": address,
        "stop_address": stop_address,
        "sentence": _one_line(f"messages/{language}/{kind}.txt"),
    }
    if channel is Channel.SMS:
        return _message(key, channel, to, language, stop_address, text=_one_line(f"messages/{language}/sms.txt", words))
    return _message(
        key,
        channel,
        to,
        language,
        stop_address,
        text=render_to_string(f"messages/{language}/email.txt", words),
        html=render_to_string(f"messages/{language}/email.html", words),
    )


def _message(
    key: str, channel: Channel, to: str, language: str, stop_address: str, *, text: str, html: str = ""
) -> Message:
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return Message(key, channel, to, SUBJECTS[Language(language)], text, html, stop_address, domain)


def _one_line(template: str, words: dict[str, str] | None = None) -> str:
    return " ".join(render_to_string(template, words).split())
