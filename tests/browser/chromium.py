"""A real browser for tests, driven through the two pipes it offers: nothing to install but the browser."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCREENSHOTS = Path(__file__).parents[2] / ".build" / "screenshots"
_KEYS = {
    "Tab": (9, ""),
    "Space": (32, " "),
    "Enter": (13, "\r"),
    "ArrowDown": (40, ""),
    "ArrowRight": (39, ""),
}
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def found() -> str | None:
    """The browser of this machine; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One window. `problems` collects what its console complained about, refused scripts and styles included."""

    def __init__(self, program: str, profile: Path) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def as_3_and_4() -> None:
            # Copied high first: one of the pipes may itself be 3 or 4.
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        self._process = subprocess.Popen(
            [program, *arguments, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            close_fds=False,
            preexec_fn=as_3_and_4,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._rest = b""
        self._count = 0
        self._session = ""
        # Of the window itself, by loader: every document it came to, and those whose load is over.
        self._documents: list[str] = []
        self._loaded: set[str] = set()
        self.problems: list[str] = []
        self._target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._attach()

    def _attach(self) -> None:
        self._session = self.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self._documents, self._loaded = [], set()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)
        self.call("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, address: str) -> None:
        """Go there and wait until it, or what it led on to by itself, is loaded."""
        came = self.call("Page.navigate", url=address).get("loaderId")
        # A place on the page that is shown already makes no new document.
        if came is not None:
            self._wait_until(lambda: came in self._documents and self._is_loaded(), "the page did not load")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def leave_by(self, script: str) -> None:
        """Do something that leads to another page, and wait for it."""
        before = len(self._documents)
        self.run(script)
        self._wait_until(lambda: len(self._documents) > before and self._is_loaded(), "it led to no other page")

    def leave_by_key(self, name: str) -> None:
        """Press a key that leads to another page, and wait for it."""
        before = len(self._documents)
        self.key(name)
        self._wait_until(lambda: len(self._documents) > before and self._is_loaded(), "it led to no other page")

    def press(self, selector: str) -> None:
        found = f"document.querySelector({json.dumps(selector)})"
        self.until(f"{found} !== null")
        self.leave_by(f"{found}.click()")

    def choose(self, name: str, value: str) -> None:
        self._do_with(f'document.querySelector(\'[name="{name}"][value="{value}"]\')', "found.click();")

    def type(self, name: str, text: str) -> None:
        self._do_with(
            f"document.querySelector('[name=\"{name}\"]')",
            f"found.value = {json.dumps(text)}; found.dispatchEvent(new Event('input', {{bubbles: true}}));"
            " found.dispatchEvent(new Event('change', {bubbles: true}));",
        )

    def _do_with(self, finding: str, deed: str) -> None:
        """Do something with an element as soon as it is there: a page may be on its way to another one."""
        self.until(f"(() => {{ const found = {finding}; if (!found) return false; {deed} return true; }})()")

    def until(self, script: str, seconds: float = 30) -> Any:
        """Wait until an expression comes true; it may lead to other pages meanwhile."""
        end = time.monotonic() + seconds
        value: Any = None
        while time.monotonic() < end:
            try:
                if value := self.run(script):
                    return value
            except RuntimeError:
                value = "the page was being changed"
            time.sleep(0.03)
        seen = self.run("location.href + ' ' + document.body.innerText.slice(0, 600)")
        raise AssertionError(f"{script} did not come true in {seconds} s; last: {value}; at {seen}")

    def key(self, name: str, *, times: int = 1, shift: bool = False) -> None:
        """Press a key of the keyboard, as a person does."""
        code, text = _KEYS[name]
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                more = {"text": text} if text and kind == "keyDown" else {}
                self.call(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key=" " if name == "Space" else name,
                    code=name,
                    windowsVirtualKeyCode=code,
                    modifiers=8 if shift else 0,
                    **more,
                )

    def write(self, text: str) -> None:
        """Type into whatever has the focus."""
        self.call("Input.insertText", text=text)

    def picture(self, name: str) -> None:
        """Keep what the window shows, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    def new_tab(self) -> None:
        """Kill the tab and open another: what was only in the page is gone."""
        old, self._session = self._target, ""
        self._target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.call("Target.closeTarget", targetId=old)
        self._attach()

    def fill(self, name: str, value: str) -> None:
        """Give one answer, whatever kind of input it is."""
        given = json.dumps(value)
        self._do_with(
            f"[...document.querySelectorAll('[name=\"{name}\"]')].find((each) => each.type !== 'hidden'"
            f" && (!['radio', 'checkbox'].includes(each.type) || each.value === {given}))",
            "if (['radio', 'checkbox'].includes(found.type)) { if (!found.checked) found.click(); }"
            f" else {{ found.value = {given}; found.dispatchEvent(new Event('input', {{bubbles: true}}));"
            " found.dispatchEvent(new Event('change', {bubbles: true})); }",
        )

    def sees(self, name: str) -> bool:
        """Is an input of that name on the page and not hidden?"""
        found = f"document.querySelector('[name=\"{name}\"]')"
        return bool(self.run(f"{found} !== null && {found}.checkVisibility()"))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._in)
        os.close(self._out)

    def _is_loaded(self) -> bool:
        return bool(self._documents) and self._documents[-1] in self._loaded

    def _wait_until(self, is_so: Callable[[], bool], otherwise: str) -> None:
        """Listen to the browser until it has told of something."""
        end = time.monotonic() + 60
        while not is_so():
            if b"\0" not in self._rest and not select.select([self._in], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(otherwise)
            self._next()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._in, 65536)
            if not piece:
                raise RuntimeError("the browser has gone")
            self._rest += piece
        line, self._rest = self._rest.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        match message.get("method"):
            case "Page.frameNavigated" if "parentId" not in (frame := message["params"]["frame"]):
                self._documents.append(frame["loaderId"])
            case "Page.lifecycleEvent" if message["params"]["name"] == "load":
                # Not counted but named: the last page's load may come after the next one was asked for.
                self._loaded.add(message["params"]["loaderId"])
            case "Runtime.exceptionThrown":
                self.problems.append(message["params"]["exceptionDetails"]["exception"].get("description", "?"))
            case "Log.entryAdded":
                entry = message["params"]["entry"]
                # A 422 is the answer to a mistake: the network's own line about it is no problem.
                if entry["source"] != "network":
                    self.problems.append(entry["text"])
        return message
