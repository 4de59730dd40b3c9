"""The text boundary: what is not text, JSON or of a bearable size gets a clear 4xx that names the field."""

from __future__ import annotations

import json
import time

import pytest
from django.core.cache import cache
from django.test import Client

from clinic.boundary import (
    MAX_DEPTH,
    MAX_KEY,
    MAX_LEAVES,
    MAX_PATH,
    MAX_TEXT,
    Refused,
    check_json,
    check_text,
    read_json,
)
from tests.api import Api, api_of

TOKENS = "/api/v1/tokens/"
PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def _no_tries_counted():
    cache.clear()


def nested(levels: int) -> bytes:
    return b'{"email":' + b"[" * (levels - 1) + b"1" + b"]" * (levels - 1) + b"}"


JSON_BODIES = [
    # body, status, code, field
    (b'{"email": "a\\u0000b"}', 400, "bad_text", "email"),
    (b'{"email": "\\ud800"}', 400, "bad_text", "email"),
    (b'{"email": "\\udc00\\ud800"}', 400, "bad_text", "email"),
    (b'{"email": "\\u001b[31m"}', 400, "bad_text", "email"),
    (b'{"email": "\\u0085"}', 400, "bad_text", "email"),
    (b'{"email": {"deep": ["\\u0000"]}}', 400, "bad_text", "email.deep.0"),
    (b'{"em\\u0000ail": 1}', 400, "bad_text", "em?ail"),
    (b'{"\\ud800": 1}', 400, "bad_text", "?"),
    (b'{"' + b"k" * (MAX_KEY + 1) + b'": 1}', 400, "bad_text", "k" * MAX_KEY),
    (b'{"email": "' + b"a" * (MAX_TEXT + 1) + b'"}', 400, "bad_text", "email"),
    (nested(MAX_DEPTH + 1), 400, "bad_text", "email" + ".0" * MAX_DEPTH),
    (b"[" * 100_000, 400, "bad_text", "body"),
    (b'{"email": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400, "bad_text", "body"),
    (json.dumps({"email": list(range(MAX_LEAVES + 1))}).encode(), 400, "bad_text", "body"),
    (json.dumps({"email": [[]] * (MAX_LEAVES + 1)}).encode(), 400, "bad_text", "body"),
    (json.dumps({"email": "x" * 300_000}).encode(), 413, "too_large", "body"),
    (b'{"email": "a", "email": "b"}', 400, "bad_json", "email"),
    (b'{"email": {"x": 1, "x": 2}}', 400, "bad_json", "x"),
    (b'{"\\ud800": 1, "\\ud800": 2}', 400, "bad_json", "?"),
    (b'{"days": NaN}', 400, "bad_json", "body"),
    (b'{"days": -Infinity}', 400, "bad_json", "body"),
    (b'{"days": 1e400}', 400, "bad_text", "body"),
    (b'{"days": ' + b"9" * 41 + b"}", 400, "bad_text", "body"),
    (b'{"days": ' + b"9" * 100_000 + b"}", 400, "bad_text", "body"),
    (b'{"days": 0.' + b"1" * 100_000 + b"}", 400, "bad_text", "body"),
    (b'{"days": 1', 400, "bad_json", "body"),
    (b"{'email': 1}", 400, "bad_json", "body"),
    (b'{"days": 1,}', 400, "bad_json", "body"),
    (b'{"days": 01}', 400, "bad_json", "body"),
    (b'\xef\xbb\xbf{"days": 1}', 400, "bad_json", "body"),
    ('{"email": "a@b"}'.encode("utf-16"), 400, "bad_json", "body"),
    (b'{"email": "\xff\xfe"}', 400, "bad_json", "body"),
    (b'{"email": "\xc0\x80"}', 400, "bad_json", "body"),  # NUL in overlong UTF-8
    (b'{"email": "\xed\xa0\x80"}', 400, "bad_json", "body"),  # a surrogate in UTF-8
    (b"\x00", 400, "bad_json", "body"),
    (b"null", 400, "invalid", "body"),
    (b"[]", 400, "invalid", "body"),
    (b'"text"', 400, "invalid", "body"),
    (b"12", 400, "invalid", "body"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "status", "code", "field"), JSON_BODIES)
def test_a_hostile_body_gets_a_clear_answer(body: bytes, status: int, code: str, field: str):
    response = api_of().send(TOKENS, body)

    assert (response.status_code, response.data["code"]) == (status, code), response.content
    assert list(response.data["errors"]) == [field]
    assert response.headers["Content-Type"] == PROBLEM


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("text/plain", 415, "unsupported_media_type"),
        ("application/xml", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("", 415, "unsupported_media_type"),
        ("nonsense", 415, "unsupported_media_type"),
        ("application/json; charset=utf-16", 415, "bad_charset"),
        ("application/json; charset=utf-7", 415, "bad_charset"),
        ("application/json; charset=bogus", 415, "bad_charset"),
        ("application/x-www-form-urlencoded; charset=utf-16", 415, "bad_charset"),
        ("multipart/form-data", 400, "bad_form"),
        ("multipart/form-data; boundary=\xff", 400, "bad_form"),
    ],
)
def test_a_wrong_content_type_is_named(content_type: str, status: int, code: str):
    response = api_of().send(TOKENS, b'{"email": "a"}', content_type=content_type)

    assert (response.status_code, response.data["code"]) == (status, code), response.content


@pytest.mark.django_db
def test_a_body_of_files_is_refused():
    body = (
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n"
    )

    response = api_of().send(TOKENS, body, content_type="multipart/form-data; boundary=x")

    assert (response.status_code, response.data["code"]) == (413, "too_large")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.c\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=another", b'{"email": "a@b.c"}'),
        ("application/x-www-form-urlencoded", b"email=a%40b.c"),
    ],
)
def test_a_form_sent_to_a_program_is_refused_and_not_read_as_no_body(content_type: str, body: bytes):
    response = api_of().send(TOKENS, body, content_type=content_type)

    assert (response.status_code, response.data["code"]) == (415, "unsupported_media_type")
    assert response.data["errors"] == {"body": ["must be JSON, with Content-Type: application/json."]}


@pytest.mark.django_db
def test_a_body_without_its_length_is_refused_and_not_read_as_empty():
    response = api_of().generic(
        "POST", TOKENS, b"", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH=""
    )

    assert (response.status_code, response.data["code"]) == (411, "length_required")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_every_method_with_a_body_is_checked(method: str):
    response = api_of().send(TOKENS, b'{"email": "\\u0000"}', method=method.upper())

    assert (response.status_code, response.data["code"]) == (400, "bad_text")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/cases/K-%00/", 400),
        ("/api/v1/cases/?status=%00", 400),
        ("/api/v1/cases/?%00=1", 400),
        ("/api/v1/cases/?status=%ff", 400),
        ("/api/v1/cases/?status=%ed%a0%80", 400),
        ("/api/v1/cases/?status=%1b", 400),
        ("/api/v1/cases/?" + "k" * (MAX_KEY + 1) + "=1", 400),
        ("/api/v1/cases/?" + "&".join(["a=1"] * 400), 400),
        ("/api/v1/cases/?" + "&" * 900 + "a=1", 414),
        ("/api/v1/cases/?status=" + "x" * MAX_PATH, 414),
        ("/api/v1/cases/" + "x" * MAX_PATH + "/", 400),
        ("/api/v1/" + "%2e%2e/" * 20, 404),
    ],
)
def test_a_hostile_address_gets_a_clear_answer(manager, path: str, status: int):
    response = api_of(manager).get(path)

    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == PROBLEM
    assert response.data["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/tokens/"])
def test_a_cookie_that_is_not_text_is_no_cookie(path: str):
    with_none = Client().get(path)
    # Quoted, a cookie may hold any byte as an octal escape.
    hostile = Client().get(path, headers={"cookie": 'session="aaaaaaaaaaaaaaaa\\000"'})

    assert hostile.status_code == with_none.status_code


@pytest.mark.django_db
def test_pages_answer_with_a_page_and_not_with_a_problem():
    response = Client().post("/intake/", {"language": "e\x00n"})

    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith("text/html")
    assert "language" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Bearer \xff\xfe", "Bearer a b", "Bearer", "Bearer " + "x" * 5000, "Bearer pat\x00ella"]
)
def test_a_token_that_is_not_one_is_refused(header: str):
    response = Api().get("/api/v1/cases/", headers={"Authorization": header})

    assert response.status_code == 401
    assert response.data["code"] in {"authentication_failed", "not_authenticated"}


@pytest.mark.parametrize(
    "text",
    [
        "Ünïcödé",
        "line\nbreak\ttab\r\n",
        "\u202egnirts \u2066isolated\u2069",  # bidi controls stay: they are isolated where they are shown
        "\U0001f9b5",
        "\u200b\ufeff",
        "=HYPERLINK()",
        "'; DROP TABLE cases_case; --",
        "<script>alert(1)</script>",
        "x" * MAX_TEXT,
    ],
)
def test_what_is_text_goes_through_unchanged(text: str):
    check_text("field", text)

    assert read_json(json.dumps({"field": text}).encode()) == {"field": text}


def test_a_body_at_every_limit_is_taken():
    deep = nested(MAX_DEPTH)
    wide = json.dumps({"k" * MAX_KEY: list(range(MAX_LEAVES))}).encode()

    assert read_json(deep)["email"]
    assert len(read_json(wide)["k" * MAX_KEY]) == MAX_LEAVES
    assert read_json(b'{"n": ' + b"9" * 40 + b"}")["n"] == 10**40 - 1


def test_what_names_a_place_is_readable():
    with pytest.raises(Refused, match=r"answers\.activities\.1\.type: holds a character that is not text"):
        check_json({"answers": {"activities": [{"type": "running"}, {"type": "\x00"}]}})


def test_forty_thousand_different_keys_are_refused_at_once():
    body = ("{" + ",".join(f'"{number}":1' for number in range(25_000)) + ',"24999":2}').encode()
    assert len(body) < 256 * 1024 + 100_000

    begun = time.perf_counter()
    with pytest.raises(Refused, match="given twice"):
        read_json(body)

    # Looking through all keys for each key took half a minute.
    assert time.perf_counter() - begun < 2
