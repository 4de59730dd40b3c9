"""The environment, read once: every variable by name, and a start that stops by name on nonsense."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit


class WrongEnvironment(Exception):
    """A variable is missing or cannot be used; the text names it and says what to write."""


@dataclass(frozen=True)
class Reader:
    """Reads variables from `source`; `NAME_FILE` names a file that holds the value (a mounted secret)."""

    source: Mapping[str, str]

    def text(self, name: str, default: str | None = None, *, hint: str = "") -> str:
        value = self.source.get(name, "").strip()
        path = self.source.get(f"{name}_FILE", "").strip()
        if not value and path:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise WrongEnvironment(f"{name}_FILE: cannot read {path}: {error}") from error
        if value:
            return value
        if default is None:
            raise WrongEnvironment(f"{name} is not set. {hint}".strip())
        return default

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name, "1" if default else "0").lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise WrongEnvironment(f"{name} is {value!r}: write 1 or 0.")

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise WrongEnvironment(f"{name} is {value!r}: write a whole number from {low} to {high}.")
        return int(value)

    def url(self, name: str, default: str | None = None, *, schemes: tuple[str, ...], hint: str = "") -> str:
        value = self.text(name, default, hint=hint)
        try:
            parts = urlsplit(value)
            _ = parts.port  # a port that is not a number raises only when asked for
        except ValueError as error:
            raise WrongEnvironment(f"{name} is not an address: {error}. {hint}".strip()) from error
        if value and parts.scheme not in schemes:
            raise WrongEnvironment(f"{name} must begin with {' or '.join(s + '://' for s in schemes)}. {hint}".strip())
        return value

    def listed(self, name: str, default: str) -> list[str]:
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]


@dataclass(frozen=True)
class Environment:
    production: bool
    demo: bool
    debug: bool
    secret_key: str
    secret_key_fallbacks: list[str]
    link_secret: str
    database_url: str
    statement_seconds: int
    redis_url: str
    site_url: str
    allowed_hosts: list[str]
    email_url: str
    email_from: str
    sms_gateway_url: str
    sms_gateway_token: str
    sms_gateway_keeps_keys: bool
    email_rate: str
    sms_rate: str
    sent_log: str
    sms_gateway_form: str
    email_webhook_secrets: list[str]
    sms_webhook_secrets: list[str]
    proxy_count: int
    static_root: str
    phone_region: str
    intake_rate: str
    metrics_token: str
    upload_scanner: str
    upload_quota_mb: int


LOCAL_SECRET = "only-for-this-machine-never-for-a-clinic"  # noqa: S105 - refused when PRODUCTION=1


def read(
    source: Mapping[str, str] = os.environ, *, embedded: Callable[[], Mapping[str, str]] | None = None
) -> Environment:
    """The whole environment, checked. Raises WrongEnvironment naming the first variable that is wrong.

    embedded: where the database and Redis of this machine live, and its keys, for those variables that are unset.
    """
    env = Reader(source)
    production = env.flag("PRODUCTION")
    demo = env.flag("DEMO")
    if production and demo:
        raise WrongEnvironment("DEMO=1 is refused when PRODUCTION=1: demo accounts have a published password.")
    local = dict(embedded()) if embedded and not production else {}
    site_url = env.url(
        "SITE_URL",
        None if production else f"http://127.0.0.1:{env.number('PORT', 8000, low=1, high=65535)}",
        schemes=("https",) if production else ("http", "https"),
        hint="Write the address patients use, such as https://clinic.example.org.",
    ).rstrip("/")
    return Environment(
        production=production,
        demo=demo,
        debug=env.flag("DEBUG") and not production,
        secret_key=_secret(env, "SECRET_KEY", production, local),
        secret_key_fallbacks=env.listed("SECRET_KEY_FALLBACKS", ""),
        link_secret=_secret(env, "LINK_SECRET", production, local),
        database_url=env.url(
            "DATABASE_URL",
            local.get("DATABASE_URL"),
            schemes=("postgresql", "postgres"),
            hint="Write postgresql://user:password@host:5432/name.",
        ),
        statement_seconds=env.number("STATEMENT_SECONDS", 60, low=1, high=3600),
        redis_url=env.url(
            "REDIS_URL",
            local.get("REDIS_URL"),
            schemes=("redis", "rediss", "unix"),
            hint="Write redis://host:6379 or unix:///path/redis.sock.",
        ),
        site_url=site_url,
        allowed_hosts=env.listed(
            "ALLOWED_HOSTS", urlsplit(site_url).hostname or "" if production else "127.0.0.1,localhost,[::1]"
        ),
        email_url=env.url(
            "EMAIL_URL",
            None if production else "smtp://127.0.0.1:1025",
            schemes=("smtp", "smtps", "smtp+starttls"),
            hint="Write smtp+starttls://user:password@host:587.",
        ),
        email_from=env.text(
            "EMAIL_FROM",
            "Patella clinic <clinic@localhost>" if not production else None,
            hint="Write the sender, such as 'Knee Clinic <hello@clinic.example.org>'.",
        ),
        sms_gateway_url=env.url(
            "SMS_GATEWAY_URL", "", schemes=("http", "https"), hint="Leave it empty to send no texts."
        ),
        sms_gateway_token=env.text("SMS_GATEWAY_TOKEN", ""),
        sms_gateway_keeps_keys=env.flag("SMS_GATEWAY_KEEPS_KEYS"),
        email_rate=_rate_or_none("EMAIL_RATE", env.text("EMAIL_RATE", "")),
        sms_rate=_rate_or_none("SMS_RATE", env.text("SMS_RATE", "")),
        sent_log=env.text("SENT_LOG", ""),
        sms_gateway_form=_form(env.text("SMS_GATEWAY_FORM", "")),
        email_webhook_secrets=_webhook_secrets(env, "EMAIL_WEBHOOK_SECRETS", production),
        sms_webhook_secrets=_webhook_secrets(env, "SMS_WEBHOOK_SECRETS", production),
        proxy_count=env.number("PROXY_COUNT", 1 if production else 0, low=0, high=5),
        static_root=env.text("STATIC_ROOT", ""),
        phone_region=_region(env.text("PHONE_REGION", "US")),
        intake_rate=_rate("INTAKE_RATE", env.text("INTAKE_RATE", "60/hour")),
        metrics_token=env.text("METRICS_TOKEN", ""),
        upload_scanner=_scanner(env.text("UPLOAD_SCANNER", "")),
        upload_quota_mb=env.number("UPLOAD_QUOTA_MB", 5_000, low=10, high=10_000_000),
    )


def read_or_stop(
    source: Mapping[str, str] = os.environ, *, embedded: Callable[[], Mapping[str, str]] | None = None
) -> Environment:
    """`read`, or one plain line on stderr and exit status 78 (a configuration error)."""
    try:
        return read(source, embedded=embedded)
    except WrongEnvironment as error:
        _stop(str(error))


def _stop(text: str) -> NoReturn:
    sys.stderr.write(f"Cannot start: {text}\n")
    raise SystemExit(78)


def _secret(env: Reader, name: str, production: bool, local: Mapping[str, str]) -> str:
    value = env.text(
        name,
        None if production else local.get(name, LOCAL_SECRET),
        hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
    )
    if production and (len(value) < 40 or value == LOCAL_SECRET or len(set(value)) < 10):
        raise WrongEnvironment(
            f"{name} is too weak: write at least 40 random characters, from "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return value


def _webhook_secrets(env: Reader, name: str, production: bool) -> list[str]:
    """The secrets a provider signs with: one, or the new and the old one while it changes over."""
    found = env.listed(name, "")
    if len(found) > 2:
        raise WrongEnvironment(f"{name} holds {len(found)} secrets: write the new one, and the old one for a while.")
    if production and any(len(each) < 24 or len(set(each)) < 10 for each in found):
        raise WrongEnvironment(f"{name} is too weak: write at least 24 random characters each.")
    return found


def _form(value: str) -> str:
    if value and ("{to}" not in value or "{text}" not in value):
        raise WrongEnvironment(
            f"SMS_GATEWAY_FORM is {value!r}: write the gateway's fields, such as To={{to}}&Body={{text}}&From=+1..."
        )
    return value


def _scanner(value: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise WrongEnvironment(f"UPLOAD_SCANNER cannot be read as a command: {error}.") from error
    if words and not any("{file}" in word for word in words[1:]):
        raise WrongEnvironment("UPLOAD_SCANNER must say where the file goes: clamdscan --fdpass --no-summary {file}")
    return value


def _region(value: str) -> str:
    if len(value) != 2 or not value.isascii() or not value.isalpha():
        raise WrongEnvironment(f"PHONE_REGION is {value!r}: write a two-letter country code such as US.")
    return value.upper()


def _rate_or_none(name: str, value: str) -> str:
    return _rate(name, value) if value else ""


def _rate(name: str, value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,6}/(second|minute|hour|day)", value):
        raise WrongEnvironment(f"{name} is {value!r}: write times/period, such as 60/hour.")
    return value
