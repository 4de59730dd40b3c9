"""Every page a patient may meet, in a language that marks each translated sentence: no word stands outside a mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
import time_machine
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

from cases.models import Case
from clinic.accounts.models import Site, User
from intake.questionnaire import wording
from intake.questionnaire.consent_texts import shipped
from intake.urls import urlpatterns
from tests.api import flagged
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, fill_until
from tests.intake.test_nothing_suspected_reaches_a_patient import (
    Listening,
    ask_every_address,
    examined_and_found,
    walk_an_alarm,
    walk_the_links,
)

OPEN, CLOSE = "⟦", "⟧"
LANGUAGE = "es"
# Pages of staff among the addresses of patients: they speak English.
OF_STAFF = ("/intake/phone/",)
_SHOWN = {"alt", "title", "aria-label", "placeholder", "label", "content"}
# What a script says on the page.
_SPOKEN = {"sending", "unsaved", "failing", "conflict", "done", "missing", "progress-words", "waiting", "sent", "lost"}
_ADDRESSES = re.compile(r"^/|^https?:|^\d*$")


class Marked:
    """A catalogue whose translations are the English words between marks."""

    def __init__(self, real: object) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def gettext(self, message: str) -> str:
        return OPEN + message.split("\x04")[-1] + CLOSE

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return OPEN + (singular if number == 1 else plural).split("\x04")[-1] + CLOSE


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(trans_real._translations, LANGUAGE, Marked(trans_real.translation(LANGUAGE)))
    wording._said_in.cache_clear()
    yield
    wording._said_in.cache_clear()
    translation.activate(settings.LANGUAGE_CODE)


class _Unmarked(HTMLParser):
    """Collects the letters that stand outside the marks, in text and in attributes that are shown or spoken."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.quiet = 0
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag in {"script", "style"}:
            self.quiet += 1
        names_itself = "lang" in found and tag != "html"
        if names_itself and tag not in {"input", "meta"}:
            self.quiet += 1
        for name, value in found.items():
            spoken = name.removeprefix("data-") in _SPOKEN and name.startswith("data-")
            if (name in _SHOWN and tag != "meta") or (spoken and not _ADDRESSES.search(value)):
                self._take(value, 0)
        self._open = [*getattr(self, "_open", []), (tag, names_itself)]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self.quiet -= 1
        while self._open:
            opened, names_itself = self._open.pop()
            if names_itself and opened not in {"input", "meta"}:
                self.quiet -= 1
            if opened == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.depth = self._take(data, self.depth)

    def _take(self, text: str, depth: int) -> int:
        outside = ""
        for letter in text:
            if letter == OPEN:
                depth += 1
            elif letter == CLOSE:
                depth -= 1
            elif not depth:
                outside += letter
        if any(letter.isalpha() for letter in outside):
            self.found.append(" ".join(outside.split()))
        return depth


def unmarked(html: str, *, known: list[str]) -> list[str]:
    """Pieces of text that no translator has ever seen. known: data and names, which are the same in any language."""
    reader = _Unmarked()
    reader.feed(html)
    left = []
    for piece in reader.found:
        for each in known:
            piece = piece.replace(each, "")
        # A link to copy; a field that the browser named in what was refused; what stands between day and month.
        piece = re.sub(r"https?://\S+|^\w+:|\b(de|PDF)\b", "", piece)
        # A word of two letters is a unit or an abbreviation; numbers and signs need no translator.
        if re.search(r"[^\W\d_]{3,}", piece):
            left.append(piece)
    return left


def data_of(site: Site) -> list[str]:
    """Longest first, so that no part of a name is left over."""
    typed = {
        each
        for answers in (*SCREENS.values(), CONSENT)
        for value in answers.values()
        for each in (value if isinstance(value, list) else [str(value)])
    }
    text = shipped(LANGUAGE)
    consent = {" ".join(paragraph.split()) for paragraph in (text.title, *text.body.split("\n\n"))}
    names = {"Patella", "Dana Desk", "Theo Therapist", "PDF", "English", site.name, site.address, site.urgent_care}
    return sorted({each for each in typed | consent | names if len(each) > 3}, key=len, reverse=True)


@pytest.mark.django_db
def test_no_page_for_patients_says_a_word_that_is_not_translated(
    site: Site, therapist: User, on_monday: time_machine.Traveller, marked: None
):
    client = Listening(enforce_csrf_checks=True)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = LANGUAGE
    browser = PlainBrowser(client)
    browser.open("/")
    browser.open("/intake/")
    fill_until(browser, "review")
    browser.send({})
    browser.send(CONSENT)
    assert browser.page.path == "/intake/done/", browser.page.text[:300]
    case = Case.objects.get()
    examined_and_found(case, therapist)
    browser.open("/intake/done/")
    walk_the_links(client, case)
    walk_an_alarm(client)
    flagged(case)
    walk_the_links(client, case)
    ask_every_address(client)
    client.post("/intake/", {"site": "a\x00b"})

    assert {pattern.name for pattern in urlpatterns} <= client.names
    known = [*data_of(site), case.reference, *Case.objects.values_list("reference", flat=True)]
    said = {
        told.where: left
        for told in client.told
        if "</html>" in told.text and not told.where.endswith(OF_STAFF)
        if (left := unmarked(told.text.rsplit("</html>", 1)[0], known=known))
    }
    assert said == {}


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>Hello</p>", ["Hello"]),
        (f"<p>{OPEN}Hello <b>you</b>{CLOSE}</p>", []),
        (f"<p>{OPEN}Hello{CLOSE} there</p>", ["there"]),
        ('<button data-sending="Sending">1</button>', ["Sending"]),
        ('<img alt="A knee">', ["A knee"]),
        ('<a lang="es">Español</a><p>Rosa</p>', []),
        ('<a lang="es">Español</a><p>after</p>', ["after"]),
    ],
)
def test_the_walk_hears_what_is_not_marked(html: str, left: list[str]):
    assert unmarked(html, known=["Rosa"]) == left
