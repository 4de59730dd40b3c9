"""The words of a message: the clinic's name, that something is ready, a link, how to stop; nothing about anybody."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from cases.rules.message_lint import as_one_line, filled
from cases.rules.terms import Channel, Language

LANGUAGES = tuple(language.value for language in Language)
SUBJECTS = {Language.EN: "A message from your clinic", Language.ES: "Un mensaje de su clínica"}


SHIPPED = "shipped"


@dataclass(frozen=True)
class Words:
    """A site's own words, with their placeholders still in braces; see `cases.rules.message_lint`."""

    version: int
    subject: str
    body: str


@dataclass(frozen=True)
class Message:
    """One message, ready to go. key: the same on every attempt. to: an e-mail address or a number in E.164.

    words: which ones were used, for the record.
    """

    key: str
    channel: Channel
    to: str
    subject: str
    text: str
    html: str
    stop_address: str
    domain: str
    words: str = SHIPPED


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
    own: Words | None = None,
) -> Message:
    """kind: of the reminder. phone: the clinic's. address: the link to open, "" where there is none.

    own: the site's words. Where they cannot be filled the shipped ones go instead, and the message says so.
    """
    language = language if language in LANGUAGES else LANGUAGES[0]
    used = SHIPPED
    if own is not None:
        values = {"clinic": clinic, "phone": phone, "link": address, "stop": stop_address}
        try:
            return _own_message(own, values, key=key, channel=channel, to=to, language=language)
        except KeyError:
            used = f"{SHIPPED}: version {own.version} could not be filled"
    # One line of the template each: what is said differs by kind, how it is wrapped by channel.
    words = {
        "clinic": clinic,
        "phone": phone,
        "address": address,
        "stop_address": stop_address,
        "sentence": _one_line(f"messages/{language}/{kind}.txt"),
    }
    if channel is Channel.SMS:
        text = _one_line(f"messages/{language}/sms.txt", words)
        return _message(key, channel, to, SUBJECTS[Language(language)], stop_address, text=text, words=used)
    return _message(
        key,
        channel,
        to,
        SUBJECTS[Language(language)],
        stop_address,
        text=render_to_string(f"messages/{language}/email.txt", words),
        html=render_to_string(f"messages/{language}/email.html", words),
        words=used,
    )


def reply(*, key: str, answer: str, to: str, language: str, clinic: str, phone: str) -> Message:
    """What goes back by itself to a text: stopped, started or help."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    text = _one_line(f"messages/{language}/reply_{answer}.txt", {"clinic": clinic, "phone": phone})
    return _message(key, Channel.SMS, to, "", "", text=text, words=SHIPPED)


def shipped_words(*, kind: str, channel: Channel, language: str, has_link: bool) -> Words:
    """The shipped words as a site would write them, to begin one's own from; version 0."""
    marks = {"clinic": "{clinic}", "phone": "{phone}", "stop_address": "{stop}"}
    marks |= {"address": "{link}" if has_link else "", "key": "", "to": ""}
    message = render(kind=kind, channel=channel, language=language, **marks)
    return Words(0, message.subject if channel is Channel.EMAIL else "", message.text.strip())


def _own_message(own: Words, values: dict[str, str], *, key: str, channel: Channel, to: str, language: str) -> Message:
    """Raises KeyError for a placeholder that is unknown or has nothing to show."""
    used = f"version {own.version}, {language}"
    text = filled(own.body, values)
    if channel is Channel.SMS:
        return _message(key, channel, to, "", values["stop"], text=as_one_line(text), words=used)
    shell = {"language": language, "clinic": values["clinic"], "text": text.strip()}
    return _message(
        key,
        channel,
        to,
        as_one_line(filled(own.subject, values)) or SUBJECTS[Language(language)],
        values["stop"],
        text=text.strip() + "\n",
        html=render_to_string("messages/written.html", shell),
        words=used,
    )


def _message(
    key: str, channel: Channel, to: str, subject: str, stop_address: str, *, text: str, html: str = "", words: str
) -> Message:
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return Message(key, channel, to, subject, text, html, stop_address, domain, words)


def _one_line(template: str, words: dict[str, str] | None = None) -> str:
    return " ".join(render_to_string(template, words).split())
