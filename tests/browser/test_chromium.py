"""The browser of the tests waits for the page it was sent to, and for what it is to press."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.browser.chromium import Chromium

_PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
_LATER = b"setTimeout(() => document.body.append(Object.assign(document.createElement('input'), {name: 'side'})), 500)"
# Seconds until the answer begins, seconds until it goes on, and the answer: these pauses make sure of the order.
_PAGES: dict[str, tuple[float, float, bytes]] = {
    "/slow-picture": (0, 0, b"<title>first</title><img src=/picture.svg>"),
    "/picture.svg": (0.5, 0, _PICTURE),
    "/slow-page": (1, 1, b"<title>second</title><input name=side>"),
    "/late-question": (0, 0, b"<title>third</title><body><script src=/late.js></script>"),
    "/late.js": (0, 0, _LATER),
    "/leads-on": (0, 0, b"<title>fourth</title><script src=/on.js></script><img src=/picture.svg>"),
    "/on.js": (0, 0, b"location.replace('/slow-page')"),
}


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        until_begun, until_on, body = _PAGES.get(self.path, (0, 0, b""))
        time.sleep(until_begun)
        self.send_response(200)
        kind = {"svg": "image/svg+xml", "js": "text/javascript"}.get(self.path.partition(".")[2], "text/html")
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.flush()
        time.sleep(until_on)
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_late_load_of_the_last_page_is_not_taken_for_the_next(browser: Chromium, pages: str) -> None:
    browser.run(f"location.href = '{pages}/slow-picture'")
    browser.until("document.title === 'first'")

    browser.open(f"{pages}/slow-page")

    assert browser.run("document.title") == "second"


def test_a_page_that_leads_on_by_itself_is_followed(browser: Chromium, pages: str) -> None:
    browser.open(f"{pages}/leads-on")

    browser.fill("side", "left")

    assert browser.run("[document.title, document.querySelector('input').value]") == ["second", "left"]


def test_a_question_that_comes_a_little_later_is_waited_for(browser: Chromium, pages: str) -> None:
    browser.open(f"{pages}/late-question")

    browser.fill("side", "left")

    assert browser.run("document.querySelector('input').value") == "left"
