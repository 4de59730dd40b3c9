"""How often one person or address may do a thing, in windows of fixed length."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

from clinic.accounts.models import SignInTries

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
    """One limit. `setting` names its rate in the settings; `scope` keeps its counts apart from others."""

    setting: ClassVar[str]
    scope: ClassVar[str]
    _wait = 60.0

    def who(self, request: HttpRequest) -> str | None:
        """Whose attempts are counted together; None: not limited."""
        return self.get_ident(request)

    def count(self, digest: str, *, seconds: int) -> int:
        """How often it was done in this window, this time included."""
        raise NotImplementedError

    def allow_request(self, request: HttpRequest, view: Any = None) -> bool:
        who = self.who(request)
        if who is None:
            return True
        times, seconds = parse_rate(getattr(settings, self.setting))
        window, gone = divmod(time.time(), seconds)
        self._wait = seconds - gone
        return self.count(self.digest(who, int(window)), seconds=seconds) <= times

    def wait(self) -> float:
        return self._wait

    def digest(self, who: str, window: int) -> str:
        """A keyed digest: addresses and e-mails are personal, and a counter needs neither."""
        return salted_hmac("clinic.accounts.limits", f"{self.scope}:{who}:{window}", algorithm="sha256").hexdigest()


class IntakeLimit(Limit):
    """Forms sent without an account, by address: a clinic's waiting room shares one.

    Counted in Redis. Without Redis nothing is counted: a patient's form goes through. It is not asked again for a
    while, because each question to a silent Redis costs the patient a second.
    """

    setting, scope = "INTAKE_RATE", "intake"
    leave_alone = timedelta(seconds=10)
    _ask_again_at = 0.0

    def who(self, request: HttpRequest) -> str | None:
        return None if request.user and request.user.is_authenticated else self.get_ident(request)

    def count(self, digest: str, *, seconds: int) -> int:
        if time.monotonic() < IntakeLimit._ask_again_at:
            return 0
        key = f"limit:{digest}"
        try:
            cache.add(key, 0, timeout=seconds)
            return cache.incr(key)
        except RedisError:
            IntakeLimit._ask_again_at = time.monotonic() + self.leave_alone.total_seconds()
            return 0
        except ValueError:
            # The key went between the two calls: Redis was emptied.
            return 0


class SignInLimit(Limit):
    """Passwords tried for one account from one address.

    Counted in PostgreSQL: with Redis away, guesses still count, and whoever knows the password still gets in.
    """

    setting, scope = "SIGN_IN_RATE", "sign_in"

    def __init__(self, email: str = "") -> None:
        self.email = email.strip().lower()

    def who(self, request: HttpRequest) -> str | None:
        # The account as typed: the limit answers alike whether it exists or not.
        return f"{self.email}:{self.get_ident(request)}"

    def count(self, digest: str, *, seconds: int) -> int:
        return SignInTries.objects.another(digest, until=timezone.now() + timedelta(seconds=seconds))

    def forget(self, request: HttpRequest) -> None:
        """The right password was given: earlier slips do not count."""
        _, seconds = parse_rate(getattr(settings, self.setting))
        SignInTries.objects.filter(digest=self.digest(self.who(request) or "", int(time.time() // seconds))).delete()


class SignInAddressLimit(SignInLimit):
    """Passwords tried from one address, whatever the account."""

    setting, scope = "SIGN_IN_ADDRESS_RATE", "sign_in_address"

    def who(self, request: HttpRequest) -> str | None:
        return self.get_ident(request)
