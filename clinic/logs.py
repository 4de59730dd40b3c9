"""What may stand in a log line: never what follows a '?', the secret of a link, or an error's own words."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

_QUERY = re.compile(r"\?[^\s\"']*")
_SECRET = re.compile(r"(/(?:check-in|intake/resume|intake/link|my|stop)/)[^/\s\"']+")


class WithoutQueries(logging.Filter):
    """Strips queries and link secrets from the finished line."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        record.msg = _SECRET.sub(r"\1…", _QUERY.sub("?…", text))
        record.args = ()
        return True


class WithoutWords(logging.Formatter):
    """Tracebacks with places and types alone: the words of an error may be a patient's.

    PostgreSQL quotes the whole row that it refuses, Python the text that it could not read.
    """

    def formatException(self, ei: Any) -> str:
        return "\n".join(_described(ei[1])) if ei[1] is not None else ""


def _described(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _described(before)
        yield "and from that:"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    yield f"{type(error).__module__}.{type(error).__qualname__}"
