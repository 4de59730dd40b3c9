"""How often one person or address may do a thing: counted in Redis, in windows of fixed length."""

from __future__ import annotations

import re
import time
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"([1-9]\d{0,6})/(?:([1-9]\d{0,3}) ?)?(second|minute|hour|day)")


def parse_rate(rate: str) -> tuple[int, int]:
    """ "60/hour" or "10/15 minute" as (times, seconds). Raises ValueError for anything else."""
    match = _RATE.fullmatch(rate)
    if match is None:
        raise ValueError(f"{rate!r} is not a rate: write times/period, such as 60/hour or 10/15 minute.")
    times, periods, period = match.groups()
    return int(times), int(periods or 1) * _SECONDS[period]


class Limit(BaseThrottle):
    """One limit. `setting` names its rate in the settings; `scope` keeps its counts apart from others.

    fails_open: what happens when Redis cannot count. A patient's form goes through; a guess at a password does not.
    """

    setting: ClassVar[str]
    scope: ClassVar[str]
    fails_open: ClassVar[bool]
    _wait = 60.0

    def who(self, request: Request) -> str | None:
        """Whose attempts are counted together; None: not limited."""
        return self.get_ident(request)

    def allow_request(self, request: Request, view: Any) -> bool:
        who = self.who(request)
        if who is None:
            return True
        times, seconds = parse_rate(getattr(settings, self.setting))
        window, gone = divmod(time.time(), seconds)
        # A digest: addresses and e-mails are personal, and Redis holds nothing personal.
        digest = salted_hmac("clinic.accounts.limits", f"{self.scope}:{who}", algorithm="sha256").hexdigest()[:32]
        key = f"limit:{self.scope}:{digest}:{int(window)}"
        try:
            cache.add(key, 0, timeout=seconds)
            count = cache.incr(key)
        except (RedisError, ValueError):
            # ValueError: the key went between the two calls (Redis was emptied).
            self._wait = 60.0
            return self.fails_open
        self._wait = seconds - gone
        return count <= times

    def wait(self) -> float:
        return self._wait


class IntakeLimit(Limit):
    """Forms sent without an account, by address: a clinic's waiting room shares one."""

    setting, scope, fails_open = "INTAKE_RATE", "intake", True

    def who(self, request: Request) -> str | None:
        return None if request.user and request.user.is_authenticated else self.get_ident(request)


class SignInLimit(Limit):
    """Passwords tried for one account from one address."""

    setting, scope, fails_open = "SIGN_IN_RATE", "sign_in", False

    def who(self, request: Request) -> str | None:
        if request.user and request.user.is_authenticated:
            return None
        # The account as typed: the limit answers alike whether it exists or not.
        typed = request.data.get("email") if isinstance(request.data, dict) else None
        return f"{str(typed).strip().lower()}:{self.get_ident(request)}"


class SignInAddressLimit(SignInLimit):
    """Passwords tried from one address, whatever the account."""

    setting, scope = "SIGN_IN_ADDRESS_RATE", "sign_in_address"

    def who(self, request: Request) -> str | None:
        return self.get_ident(request) if super().who(request) else None
