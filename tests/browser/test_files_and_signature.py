"""A drawn signature and a file sent in pieces, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clinic.accounts.models import Site
from intake.models import SignedConsent, Upload
from tests.browser.cable import Cable
from tests.browser.chromium import Chromium
from tests.browser.journey import agree_and_send, begin, go_until
from tests.intake import real_files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def pointer(browser: Chromium, kind: str, x: float, y: float) -> None:
    browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)


def test_a_signature_is_drawn_wiped_and_drawn_again(browser: Chromium, live_server: Any, riverside: Site) -> None:
    begin(browser, live_server.url)
    go_until(browser, "/intake/review/")
    browser.run("document.querySelector('svg.pad').scrollIntoView({block: 'center'})")
    left, top, width, height = browser.run(
        "(() => { const box = document.querySelector('svg.pad').getBoundingClientRect();"
        " return [box.left, box.top, box.width, box.height]; })()"
    )

    def draw(points: list[tuple[float, float]]) -> None:
        kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 1)]
        for kind, (x, y) in zip(kinds, points, strict=True):
            pointer(browser, kind, left + x * width, top + y * height)
        pointer(browser, "mouseReleased", left + points[-1][0] * width, top + points[-1][1] * height)

    drawn = "document.querySelector('[name=signature_drawn]').value"
    draw([(0.1, 0.1), (0.2, 0.9)])
    assert browser.run(drawn).startswith("M")
    browser.run("document.querySelector('[data-clear]').click()")
    assert browser.run(drawn) == ""

    draw([(0.1 + 0.05 * place, 0.2 + 0.5 * (place % 2)) for place in range(10)])
    draw([(0.7, 0.5), (0.8, 0.6), (0.9, 0.5)])
    line = browser.run(drawn)
    assert line.count("M") == 2
    assert line.count("L") >= 8
    assert browser.run("document.querySelector('[data-drawn]').textContent") == "Drawn."
    browser.picture("signature-drawn")
    browser.fill("consent_to_process", "yes")
    browser.press("[data-continue]")

    assert browser.run("location.pathname") == "/intake/done/"
    assert SignedConsent.objects.get().drawn == line
    assert browser.problems == []


def test_a_file_goes_on_in_pieces_where_the_network_broke(
    browser: Chromium, cable: Cable, riverside: Site, settings: Any, tmp_path: Path
) -> None:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.UPLOAD_SCANNER = ""
    riverside.accepts_uploads = True
    riverside.save()
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(real_files.pdf(b"/Long (" + b"x" * 900_000 + b")"))
    begin(browser, cable.address)
    go_until(browser, "/intake/review/")
    agree_and_send(browser)
    browser.open(f"{cable.address}/intake/files/")
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    box = browser.call("DOM.querySelector", nodeId=root, selector="#id_file")["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=box, files=[str(scan)])
    state = "document.querySelector('[data-state]').textContent"

    # A piece is on its way, or the next: cut before the last of five can have arrived.
    browser.run(
        "{ const send = window.fetch; let pieces = 0; window.fetch = (where, what) => {"
        " if (what && what.method === 'PATCH' && ++pieces === 3) return new Promise((done, failed) => {"
        " window.go = () => send(where, what).then(done, failed); }); return send(where, what); }; }"
    )
    browser.run("document.querySelector('form[data-files] button').click()")
    browser.until("window.go !== undefined")
    cable.cut()
    browser.run("window.go()")
    browser.until(f"{state}.startsWith('No network')")
    assert 0 < Upload.objects.get().received < scan.stat().st_size
    posts = cable.posts

    cable.mend()
    browser.until("location.search === '?sent=1'", 60)

    upload = Upload.objects.get()
    assert upload.received == scan.stat().st_size
    assert cable.posts == posts
    assert "scan.pdf" in browser.run("document.querySelector('.files').textContent")
    assert browser.problems == []
