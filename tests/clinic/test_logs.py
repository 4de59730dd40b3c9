"""What a log line never says, asked of the handler that writes them."""

from __future__ import annotations

import logging
import sys

import pytest
from django.db import IntegrityError

from tests.factories import PatientFactory


def line(text: str, error: bool = False) -> str:
    handler = logging.getLogger("django").handlers[0]
    details = sys.exc_info() if error else None
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, text, (), details)
    handler.filter(record)
    return handler.format(record)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Not Found: /admin/?q=Lovelace", "Not Found: /admin/?…"),
        ("Not Found: /stop/c2VjcmV0/", "Not Found: /stop/…/"),
        ("Not Found: /my/c2VjcmV0/", "Not Found: /my/…/"),
        ("Not Found: /check-in/c2VjcmV0/", "Not Found: /check-in/…/"),
    ],
)
def test_a_line_holds_neither_query_nor_secret(text: str, said: str):
    assert line(text).endswith(said)


@pytest.mark.django_db
def test_a_traceback_says_where_and_not_the_row():
    name = "".join(["Can", "ary"])  # a traceback shows the source, too

    try:
        PatientFactory(family_name=name, phone="", email="")
    except IntegrityError:
        said = line("Internal Server Error: /", error=True)

    assert name not in said
    assert "psycopg.errors.CheckViolation" in said
    assert "django.db.utils.IntegrityError" in said
    assert "in create" in said
