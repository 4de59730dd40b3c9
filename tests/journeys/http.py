"""What `PlainBrowser` and API calls need, over real HTTP to another process."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """One answer, with the names Django's test client gives its own."""

    status_code: int
    content: bytes
    headers: Any
    redirect_chain: list[tuple[str, int]] = field(default_factory=list)

    def json(self) -> Any:
        return json.loads(self.content) if self.content else None


class HttpClient:
    """One browser or program: keeps cookies, follows redirects. token: of the API, instead of a session."""

    def __init__(self, address: str, *, token: str = "") -> None:
        self.address = address
        self.token = token
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def get(self, path: str, *, follow: bool = True) -> Answer:
        return self._ask(urllib.request.Request(self._at(path)))

    def post(
        self, path: str, data: dict[str, Any], *, follow: bool = True, headers: dict[str, str] | None = None
    ) -> Answer:
        body = urllib.parse.urlencode(data, doseq=True).encode()
        # Where a page may tell nobody where it is, its browser names no origin; else its own, which is this server.
        silent = (headers or {}).get("origin") == "null"
        sent = {"Origin": "null"} if silent else {"Origin": self.address, "Referer": self.address}
        return self._ask(urllib.request.Request(self._at(path), body, sent))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One call of the API. headers: `If_Match="…"` becomes If-Match."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        data = None if body is None else json.dumps(body).encode()
        return self._ask(urllib.request.Request(self._at(f"/api/v1{path}"), data, sent, method=method))

    def _at(self, path: str) -> str:
        return urllib.parse.urljoin(self.address, path)

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            answer = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            path = urllib.parse.urlsplit(answer.url).path
            return Answer(answer.status, answer.read(), answer.headers, [(path, answer.status)])
