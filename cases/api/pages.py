"""Pages by cursor: a place in a stable order, so that page one thousand costs what page one costs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

USUAL, MOST = 25, 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"([a-z]+):(\d{1,17}):(\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class Order:
    """A stable order: a moment, then the row's id. name: stands in the cursor, so that orders are not mixed."""

    name: str
    column: str
    newest_first: bool

    def sort(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.newest_first else ""
        return rows.order_by(f"{sign}{self.column}", f"{sign}pk")

    def after(self, moment: datetime, pk: int) -> Q:
        way = "lt" if self.newest_first else "gt"
        # The first part alone says all that an index needs to start at the right place.
        return Q(**{f"{self.column}__{way}e": moment}) & (
            Q(**{f"{self.column}__{way}": moment}) | Q(**{f"pk__{way}": pk})
        )


def page_of(rows: QuerySet[Any], order: Order, request: Request) -> tuple[list[Any], str | None]:
    """The rows of the page the request asks for, and the address of the next page. One statement.

    rows: dictionaries (`values`) with `pk` and the order's column, or models. Raises ValidationError naming
    `cursor` or `limit`.
    """
    limit = _limit(request)
    rows = order.sort(rows)
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        rows = rows.filter(order.after(*_read(cursor, order)))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    found.pop()
    last = found[-1]
    keys = last if isinstance(last, Mapping) else vars(last) | {"pk": last.pk}
    return found, _address(request, _write(order, keys[order.column], keys["pk"]))


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST):
        raise ValidationError({"limit": [f"Write a whole number from 1 to {MOST}."]})
    return int(text)


def _write(order: Order, moment: datetime, pk: int) -> str:
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{order.name}:{micros}:{pk}".encode()).decode().rstrip("=")


def _read(cursor: str, order: Order) -> tuple[datetime, int]:
    wrong = ValidationError({"cursor": ["This is not a cursor of this list. Begin again without one."]})
    if len(cursor) > 100:
        raise wrong
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        match = _PLACE.fullmatch(text)
        if match is None or match[1] != order.name:
            raise wrong
        return _EPOCH + timedelta(microseconds=int(match[2])), int(match[3])
    except (binascii.Error, ValueError, OverflowError) as error:
        raise wrong from error


def _address(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    # From the setting, never from the Host header.
    return f"{settings.SITE_URL}{request.path}?{query.urlencode()}"
