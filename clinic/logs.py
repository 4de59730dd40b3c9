"""What may stand in a log line: never what follows a '?', never the secret of a link."""

from __future__ import annotations

import logging
import re

_QUERY = re.compile(r"\?[^\s\"']*")
_SECRET = re.compile(r"(/(?:check-in|intake/resume|intake/link|stop)/)[^/\s\"']+")


class WithoutQueries(logging.Filter):
    """Strips queries and link secrets from the finished line."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        record.msg = _SECRET.sub(r"\1…", _QUERY.sub("?…", text))
        record.args = ()
        return True
