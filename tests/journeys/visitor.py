"""A person with a plain browser: cookies, links and forms, no JavaScript."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """One form of a page: where it goes, what it holds already, and the names it asks for."""

    action: str
    values: list[tuple[str, str]] = field(default_factory=list)
    asks: set[str] = field(default_factory=set)
    button: str = ""


@dataclass
class Page:
    status: int
    address: str
    text: str
    forms: list[Form]

    def form_with(self, words: str) -> Form:
        """The form whose button or address holds the words."""
        return next(form for form in self.forms if words in form.button or words in form.action)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""
        self._in_button = False
        self._open = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
            self._open = True
        if not self._open:
            return
        form = self.forms[-1]
        name = given.get("name", "")
        if tag == "button":
            self._in_button = True
        if tag == "select":
            self._select = name
        if tag == "option" and "selected" in given:
            form.values.append((self._select, given.get("value", "")))
        if tag in {"input", "textarea", "select"} and name:
            form.asks.add(name)
            kind = given.get("type", "text")
            if (kind in {"radio", "checkbox"} and "checked" in given) or kind in {"hidden", "text", "number", "tel"}:
                form.values.append((name, given.get("value", "on" if kind == "checkbox" else "")))

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "form"
        self._in_button = self._in_button and tag != "button"

    def handle_data(self, text: str) -> None:
        if self._open and self._in_button:
            self.forms[-1].button += text


class Visitor:
    """Opens pages of one clinic and sends their forms."""

    def __init__(self, address: str, *, token: str = "") -> None:
        self.address = address
        self.token = token
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def open(self, path: str) -> Page:
        return self._ask(urllib.request.Request(urllib.parse.urljoin(self.address, path)))

    def send(self, page: Page, form: Form, **answers: Any) -> Page:
        """Fill in the form and press its button; a list answers a multiple choice."""
        given = {name.replace("__", "-"): value for name, value in answers.items()}
        pairs = [(name, value) for name, value in form.values if name not in given]
        for name, value in given.items():
            pairs += [(name, each) for each in value] if isinstance(value, list) else [(name, value)]
        where = urllib.parse.urljoin(page.address, form.action or page.address)
        body = urllib.parse.urlencode(pairs).encode()
        return self._ask(urllib.request.Request(where, data=body, headers={"Referer": page.address}))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """One call of the API: status, JSON, headers."""
        request = urllib.request.Request(urllib.parse.urljoin(self.address, path), method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        page = self._ask(request)
        return page.status, json.loads(page.text) if page.text else None, dict(self._headers)

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return self._page(answer)
        except urllib.error.HTTPError as answer:
            return self._page(answer)

    def _page(self, answer: Any) -> Page:
        text = answer.read().decode()
        self._headers = answer.headers
        reader = _Reader()
        if "html" in answer.headers.get("Content-Type", ""):
            reader.feed(text)
        return Page(answer.status, answer.url, text, reader.forms)
