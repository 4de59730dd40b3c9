"""A browser without scripts: reads the form on a page, fills it in, and sends it as the page would."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client


@dataclass
class Form:
    """action: "" for the page's own address. fields: what would be sent untouched; offered: every input's values."""

    action: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)


@dataclass
class Page:
    status: int
    path: str
    html: str
    forms: list[Form]
    text: str
    origin: str

    @property
    def form(self) -> Form:
        return self.forms[0]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.inside: Form | None = None
        self.select: str = ""
        self.textarea: str = ""
        self.quiet = 0
        self.text: list[str] = []
        self.referrer = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag in {"script", "style", "title"}:
            self.quiet += 1
        if tag == "meta" and found.get("name") == "referrer":
            self.referrer = found["content"]
        if tag == "form":
            self.inside = Form(action=found.get("action", ""))
            self.forms.append(self.inside)
        if self.inside is None:
            return
        if "id" in found:
            self.inside.ids.append(found["id"])
        name = found.get("name", "")
        match tag:
            case "input" if name:
                value = found.get("value", "on" if found.get("type") in {"checkbox", "radio"} else "")
                self.inside.offered.setdefault(name, []).append(value)
                is_box = found.get("type") in {"checkbox", "radio"}
                if "disabled" not in found and (not is_box or "checked" in found):
                    self.inside.fields.setdefault(name, []).append(value)
            case "select":
                self.select = name
                self.inside.offered.setdefault(name, [])
            case "option" if self.select:
                self.inside.offered[self.select].append(found.get("value", ""))
                if "selected" in found or self.select not in self.inside.fields:
                    self.inside.fields[self.select] = [found.get("value", "")]
            case "textarea":
                self.textarea = name
                self.inside.fields[name] = [""]
                self.inside.offered[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "title"}:
            self.quiet -= 1
        if tag == "form":
            self.inside = None
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea and self.inside is not None:
            self.inside.fields[self.textarea][0] += data.lstrip("\n")
        if not self.quiet:
            self.text.append(data)


def page_of(response: Any) -> Page:
    html = response.content.decode()
    reader = _Reader()
    reader.feed(html)
    chain = getattr(response, "redirect_chain", None)
    path = chain[-1][0] if chain else response.request["PATH_INFO"]
    # As browsers do: where nothing may be told, a form names no origin, and Django then refuses it.
    policy = reader.referrer or response.headers["Referrer-Policy"]
    origin = "null" if policy == "no-referrer" else "http://testserver"
    return Page(response.status_code, path, html, reader.forms, " ".join(" ".join(reader.text).split()), origin)


class PlainBrowser:
    """Follows links and sends forms; `page` is the page it is on."""

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(enforce_csrf_checks=True)
        self.page: Page

    def open(self, path: str) -> Page:
        self.page = page_of(self.client.get(path, follow=True))
        return self.page

    def send(self, answers: dict[str, Any] | None = None, *, button: tuple[str, str] | None = None) -> Page:
        """Fill in by input name and press the button; None clears a field."""
        form = self.page.form
        data: dict[str, Any] = dict(form.fields)
        for name, value in (answers or {}).items():
            if name not in form.offered:
                raise AssertionError(f"{name} is not asked at {self.page.path}; asked: {sorted(form.offered)}")
            data[name] = [] if value is None else value if isinstance(value, list) else [str(value)]
        if button is not None:
            data[button[0]] = [button[1]]
        path = form.action or self.page.path
        self.page = page_of(self.client.post(path, data, follow=True, headers={"origin": self.page.origin}))
        return self.page
