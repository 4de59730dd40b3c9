"""A wrong environment stops the start with the variable's name and what to write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.env import LOCAL_SECRET, WrongEnvironment, read

STRONG = "kJ8vQ2xW7nT4rB9yL6mD3sF1gH5pZ0cA-eU_iO2qXwVb"
LOCAL = {"DATABASE_URL": "postgresql://clinic@127.0.0.1/clinic", "REDIS_URL": "redis://127.0.0.1:6379"}
PRODUCTION = LOCAL | {
    "PRODUCTION": "1",
    "SECRET_KEY": STRONG,
    "LINK_SECRET": STRONG[::-1],
    "SITE_URL": "https://clinic.example.org",
    "EMAIL_URL": "smtp+starttls://user:secret@mail.example.org:587",
    "EMAIL_FROM": "Knee Clinic <hello@clinic.example.org>",
}


def test_a_laptop_needs_two_addresses_and_nothing_else():
    env = read(LOCAL)

    assert (env.production, env.demo, env.debug, env.proxy_count) == (False, False, False, 0)
    assert (env.site_url, env.allowed_hosts) == ("http://127.0.0.1:8000", ["127.0.0.1", "localhost", "[::1]"])


def test_a_clinic_reads_what_it_was_given():
    env = read(PRODUCTION)

    assert (env.production, env.secret_key, env.proxy_count) == (True, STRONG, 1)
    assert env.allowed_hosts == ["clinic.example.org"]


@pytest.mark.parametrize(
    ("base", "changes", "name", "advice"),
    [
        (LOCAL, {"DATABASE_URL": ""}, "DATABASE_URL", "postgresql://user:password@host:5432/name"),
        (LOCAL, {"DATABASE_URL": "mysql://clinic@127.0.0.1/clinic"}, "DATABASE_URL", "postgresql://"),
        (LOCAL, {"DATABASE_URL": "postgresql://host:port/name"}, "DATABASE_URL", "postgresql://user"),
        (LOCAL, {"DATABASE_URL": "clinic"}, "DATABASE_URL", "must begin with postgresql://"),
        (LOCAL, {"REDIS_URL": ""}, "REDIS_URL", "redis://host:6379"),
        (LOCAL, {"REDIS_URL": "http://127.0.0.1"}, "REDIS_URL", "redis://"),
        (LOCAL, {"PORT": "http"}, "PORT", "from 1 to 65535"),
        (LOCAL, {"PORT": "0"}, "PORT", "from 1 to 65535"),
        (LOCAL, {"PORT": "65536"}, "PORT", "from 1 to 65535"),
        (LOCAL, {"PORT": "\u0668\u0660"}, "PORT", "whole number"),
        (LOCAL, {"PRODUCTION": "maybe"}, "PRODUCTION", "write 1 or 0"),
        (LOCAL, {"DEMO": "2"}, "DEMO", "write 1 or 0"),
        (LOCAL, {"DEBUG": "si"}, "DEBUG", "write 1 or 0"),
        (LOCAL, {"SITE_URL": "clinic.example.org"}, "SITE_URL", "https://clinic.example.org"),
        (LOCAL, {"SITE_URL": "ftp://clinic.example.org"}, "SITE_URL", "http://"),
        (LOCAL, {"EMAIL_URL": "mail.example.org"}, "EMAIL_URL", "smtp+starttls://user:password@host:587"),
        (LOCAL, {"EMAIL_URL": "smtp://mail.example.org:mail"}, "EMAIL_URL", "smtp+starttls://"),
        (LOCAL, {"SMS_GATEWAY_FORM": "To={to}"}, "SMS_GATEWAY_FORM", "Body={text}"),
        (LOCAL, {"SMS_WEBHOOK_SECRETS": "a,b,c"}, "SMS_WEBHOOK_SECRETS", "the old one for a while"),
        (PRODUCTION, {"EMAIL_WEBHOOK_SECRETS": "short"}, "EMAIL_WEBHOOK_SECRETS", "24 random characters"),
        (LOCAL, {"SMS_GATEWAY_URL": "gateway"}, "SMS_GATEWAY_URL", "empty"),
        (LOCAL, {"PROXY_COUNT": "-1"}, "PROXY_COUNT", "from 0 to 5"),
        (LOCAL, {"PROXY_COUNT": "many"}, "PROXY_COUNT", "whole number"),
        (LOCAL, {"PHONE_REGION": "USA"}, "PHONE_REGION", "two-letter"),
        (LOCAL, {"PHONE_REGION": "1A"}, "PHONE_REGION", "two-letter"),
        (LOCAL, {"INTAKE_RATE": "often"}, "INTAKE_RATE", "60/hour"),
        (LOCAL, {"INTAKE_RATE": "0/hour"}, "INTAKE_RATE", "60/hour"),
        (LOCAL, {"SECRET_KEY_FILE": "/nowhere/at/all"}, "SECRET_KEY_FILE", "cannot read"),
        (PRODUCTION, {"DEMO": "1"}, "DEMO", "refused"),
        (PRODUCTION, {"DATABASE_URL": ""}, "DATABASE_URL", "is not set"),
        (PRODUCTION, {"REDIS_URL": ""}, "REDIS_URL", "is not set"),
        (PRODUCTION, {"SECRET_KEY": ""}, "SECRET_KEY", "token_urlsafe"),
        (PRODUCTION, {"SECRET_KEY": "short"}, "SECRET_KEY", "at least 40"),
        (PRODUCTION, {"SECRET_KEY": "a" * 60}, "SECRET_KEY", "random"),
        (PRODUCTION, {"SECRET_KEY": LOCAL_SECRET}, "SECRET_KEY", "too weak"),
        (PRODUCTION, {"LINK_SECRET": ""}, "LINK_SECRET", "token_urlsafe"),
        (PRODUCTION, {"SITE_URL": ""}, "SITE_URL", "is not set"),
        (PRODUCTION, {"SITE_URL": "http://clinic.example.org"}, "SITE_URL", "https://"),
        (PRODUCTION, {"EMAIL_URL": ""}, "EMAIL_URL", "is not set"),
        (PRODUCTION, {"EMAIL_FROM": ""}, "EMAIL_FROM", "is not set"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(
    base: dict[str, str], changes: dict[str, str], name: str, advice: str
):
    with pytest.raises(WrongEnvironment) as caught:
        read(base | changes)

    assert str(caught.value).startswith(name)
    assert advice in str(caught.value)


def test_a_secret_may_stand_in_a_mounted_file(tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text(f"{STRONG}\n", encoding="utf-8")

    assert read(LOCAL | {"SECRET_KEY_FILE": str(path)}).secret_key == STRONG


def test_a_file_that_is_not_text_is_named(tmp_path: Path):
    path = tmp_path / "secret"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(WrongEnvironment, match="SECRET_KEY_FILE: cannot read"):
        read(LOCAL | {"SECRET_KEY_FILE": str(path)})


def test_a_secret_is_never_printed():
    with pytest.raises(WrongEnvironment) as caught:
        read(PRODUCTION | {"SECRET_KEY": "hunter2hunter2"})

    assert "hunter2" not in str(caught.value)


def test_an_address_with_a_password_is_never_printed():
    with pytest.raises(WrongEnvironment) as caught:
        read(LOCAL | {"DATABASE_URL": "postgres+ssl://clinic:hunter2@127.0.0.1/clinic"})

    assert "hunter2" not in str(caught.value)


def test_the_program_stops_with_one_line_and_status_78():
    root = Path(__file__).resolve().parents[2]
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "clinic.settings"} | LOCAL | {"PORT": "lots"}

    stopped = subprocess.run(
        [sys.executable, "-c", "import clinic.settings"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert stopped.returncode == 78
    assert stopped.stderr == "Cannot start: PORT is 'lots': write a whole number from 1 to 65535.\n"
