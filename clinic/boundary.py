"""The one text boundary: every string that comes in by path, query, cookie, form or JSON is checked here first.

PostgreSQL's JSON refuses NUL and lone surrogates; without this door the answer would be a 500. Headers that carry
words of ours (If-Match, Idempotency-Key, a token) are matched whole by the door that reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext, gettext_noop, override
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from clinic.accounts.languages import language_of
from clinic.pages import refusal_page
from clinic.problems import problem, speaks_json

MAX_TEXT = 10_000  # characters in one string
MAX_KEY = 100  # characters in the name of a field
MAX_DEPTH = 10  # lists and objects inside each other
MAX_LEAVES = 500  # values in one body
MAX_DIGITS = 40  # of one number: longer ones cost quadratic time to read
MAX_PATH = 2_000

# C0 without \t \n \r, DEL, C1, and lone surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Signed over their bytes and read after that by their own door, which refuses nobody's text: what a provider cannot
# deliver it repeats for days. Their size and their address are checked like everybody's.
_SIGNED = "/webhooks/"
# The screens of the form judge each answer themselves and say at its field what is wrong: a page of refusal would cost
# the other answers of the screen, and nobody finds a sign that cannot be seen. Length is checked here all the same.
_JUDGED_AT_FIELD = ("/intake/step/", "/intake/save/")
# The one place that takes a file, whole or in pieces of this type; the piece's size is bounded like any body's.
FILES = "/intake/files/"
PIECE = "application/offset+octet-stream"
MOST_FILE = 10 * 1024 * 1024
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class Refused(Exception):
    """Text that may not come in. `where` names the field; `what` says what is wrong and what to do.

    values: for the placeholders of `what`, so that a page can say it in the patient's language.
    """

    def __init__(self, where: str, what: str, *, status: int = 400, code: str = "bad_text", **values: object) -> None:
        self.where, self.status, self.code, self._what, self._values = where, status, code, what, values
        super().__init__(f"{where}: {self.what}")

    @property
    def what(self) -> str:
        return self._what % self._values if self._values else self._what

    def in_words(self, language: str) -> str:
        """As a page says it. Programs read English."""
        with override(language):
            said = gettext(self._what)
        return f"{self.where}: {said % self._values if self._values else said}"


def check_text(where: str, text: str, *, most: int = MAX_TEXT) -> None:
    """Raises Refused unless the text is plain: no control characters but tab and line ends, not too long."""
    if len(text) > most:
        raise Refused(where, gettext_noop("is longer than %(most)d characters. Shorten it."), most=most)
    if _FORBIDDEN.search(text):
        raise Refused(where, gettext_noop("holds a character that is not text. Remove it and send again."))


def check_json(value: Any, where: str = "body") -> None:
    """Raises Refused unless every key and leaf is plain text or a finite number, within depth and count.

    An empty list or object counts as a leaf: a hundred thousand of them are no smaller for being empty.
    """
    leaves = 0
    waiting: list[tuple[str, Any, int]] = [(where, value, 0)]
    while waiting:
        place, item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Refused(place, f"is nested more than {MAX_DEPTH} levels deep. Flatten it.")
        if isinstance(item, dict):
            for key in item:
                check_text(_readable(key) or place, key, most=MAX_KEY)
        inner: Iterator[tuple[str, Any]]
        if isinstance(item, dict) and item:
            inner = iter(item.items())
        elif isinstance(item, list) and item:
            inner = ((str(place_in_list), each) for place_in_list, each in enumerate(item))
        else:
            leaves += 1
            if leaves > MAX_LEAVES:
                raise Refused(where, f"holds more than {MAX_LEAVES} values. Send less at once.")
            if isinstance(item, str):
                check_text(place, item)
            continue
        waiting.extend((name if place == where else f"{place}.{name}", each, depth + 1) for name, each in inner)


def read_json(body: bytes) -> Any:
    """The JSON value of a request body, checked. Raises Refused for anything but strict UTF-8 JSON (RFC 8259)."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("body", "is not UTF-8. Send JSON in UTF-8.", code="bad_json") from error
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole, parse_float=_real
        )
    except RecursionError as error:
        raise Refused("body", f"is nested more than {MAX_DEPTH} levels deep. Flatten it.") from error
    except ValueError as error:
        raise Refused("body", f"is not JSON: {error}.", code="bad_json") from error
    check_json(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Refused(_readable(key), "is given twice. Give it once.", code="bad_json")
        found[key] = value
    return found


def _readable(name: str) -> str:
    """A name from outside, fit to stand in an answer: cut, and without what could not be written."""
    return _FORBIDDEN.sub("?", name[:MAX_KEY])


def _no_constant(name: str) -> None:
    raise Refused("body", f"holds {name}, which is not JSON.", code="bad_json")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Refused("body", f"holds a number of more than {MAX_DIGITS} digits.")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if len(digits) > MAX_DIGITS or number in (float("inf"), float("-inf")):
        raise Refused("body", "holds a number that is too large.")
    return number


class CheckedJSONParser(JSONParser):
    """Hands DRF what the boundary already read: no body is read twice, none past the check."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]._request if parser_context else stream
        if not hasattr(request, "checked_json"):
            raise ParseError("Send a body of JSON with the header Content-Type: application/json.")
        return request.checked_json


class _NoFile(FileUploadHandler):
    """Refuses a file before its first byte is kept."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise TooManyFilesSent("No file is expected here.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class _AtMost(TemporaryFileUploadHandler):
    """Stops a file while it comes in, once it is larger than any we take; what came is gone at once."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MOST_FILE:
            self.upload_interrupted()
            raise RequestDataTooBig("The file is too large.")
        super().receive_data_chunk(raw_data, start)


class TextBoundary:
    """Middleware in front of every door. A refusal is a clear 4xx that names the field; nothing has been stored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            self.check(request)
        except Refused as refused:
            return self.refuse(request, refused)
        return self.get_response(request)

    def check(self, request: HttpRequest) -> None:
        # Dropped and not refused: a cookie may be another program's of the same domain, and nobody can mend it.
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if not _FORBIDDEN.search(value)}
        check_text("address", request.path, most=MAX_PATH)
        query = request.META.get("QUERY_STRING", "")
        if len(query) > MAX_PATH:
            what = gettext_noop("has more than %(most)d characters after '?'.")
            raise Refused("address", what, status=414, code="too_large", most=MAX_PATH)
        try:
            unquote_to_bytes(query.replace("+", " ")).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("address", gettext_noop("is not UTF-8 after '?'.")) from error
        try:
            parameters = request.GET
        except TooManyFieldsSent as error:
            raise Refused("address", gettext_noop("has too many parameters."), status=414, code="too_large") from error
        self._check_fields(parameters)
        if request.method in _BODY_METHODS:
            self._check_body(request)

    def _check_body(self, request: HttpRequest) -> None:
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            # Django reads a body without a length as empty: say so instead of storing nothing.
            raise Refused(
                "body",
                gettext_noop("was sent without its length. Send Content-Length."),
                status=411,
                code="length_required",
            )
        if request.path.startswith(_SIGNED):
            try:
                _ = request.body
            except RequestDataTooBig as error:
                raise self._too_large() from error
            return
        if request.content_type in _FORM_TYPES:
            encoding = (request.content_params or {}).get("charset", "utf-8").lower()
            if encoding not in {"utf-8", "utf8"}:
                raise Refused("body", gettext_noop("is not UTF-8. Send it in UTF-8."), status=415, code="bad_charset")
            takes_file = request.path.startswith(FILES)
            # Set before anything is read: the handlers decide what becomes of a file while it comes in.
            request.upload_handlers = [_AtMost(request)] if takes_file else [_NoFile(request)]
            try:
                fields = request.POST
            except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent) as error:
                raise self._too_large("10 MB" if takes_file else "") from error
            except MultiPartParserError as error:
                raise Refused("body", gettext_noop("is not a form that can be read."), code="bad_form") from error
            self._check_fields(fields, signs=not request.path.startswith(_JUDGED_AT_FIELD))
            if speaks_json(request.path) and request.META.get("CONTENT_LENGTH", "0").strip("0"):
                # No door of programs reads a form: left alone, it would be taken for no body, and a bare move made.
                raise self._not_json()
            return
        try:
            body = request.body
        except RequestDataTooBig as error:
            raise self._too_large() from error
        if request.content_type == PIECE and request.path.startswith(FILES):
            return
        if request.content_type == "application/json":
            charset = (request.content_params or {}).get("charset", "utf-8").lower()
            if charset not in {"utf-8", "utf8"}:
                raise Refused("body", "is not UTF-8. Send JSON in UTF-8.", status=415, code="bad_charset")
            request.checked_json = read_json(body) if body else {}  # type: ignore[attr-defined]
        elif body:
            raise self._not_json()
        else:
            request.checked_json = {}  # type: ignore[attr-defined]
            # A POST without a body and type is a bare move; DRF would otherwise choose no parser.
            request.META.setdefault("CONTENT_TYPE", "application/json")

    def _not_json(self) -> Refused:
        what = "must be JSON, with Content-Type: application/json."
        return Refused("body", what, status=415, code="unsupported_media_type")

    def _too_large(self, most: str = "") -> Refused:
        what = gettext_noop("is too large: at most %(most)s.")
        most = most or f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024} kB"
        return Refused("body", what, status=413, code="too_large", most=most)

    def _check_fields(self, fields: Any, *, signs: bool = True) -> None:
        for name, values in fields.lists():
            check_text(_readable(name) or "address", name, most=MAX_KEY)
            for value in values:
                check_text(name, value if signs else _FORBIDDEN.sub(" ", value))

    def refuse(self, request: HttpRequest, refused: Refused) -> HttpResponse:
        if speaks_json(request.path):
            return problem(
                status=refused.status, code=refused.code, detail=str(refused), errors={refused.where: [refused.what]}
            )
        return refusal_page(request, status=refused.status, what=refused.in_words(language_of(request)))
