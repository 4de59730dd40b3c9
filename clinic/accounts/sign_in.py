"""Signing in: by e-mail, and not more than ten tries for one account from one address in a quarter of an hour."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from redis.exceptions import RedisError

TRIES = 10
WITHIN_SECONDS = 15 * 60

log = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str:
    """Where the request comes from; of X-Forwarded-For only what our own proxies wrote is believed."""
    proxies = settings.REST_FRAMEWORK["NUM_PROXIES"]
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies and forwarded:
        return forwarded[-min(proxies, len(forwarded))]
    return request.META.get("REMOTE_ADDR", "")


class Tries:
    """Counts tries to sign in to one account from one address. The key is a digest: no e-mail reaches the cache.

    Without Redis nothing is counted and everybody may try: a clinic that cannot open its day is worse than a slow
    guesser in front of scrypt and twelve-letter passwords.
    """

    def __init__(self, request: HttpRequest, email: str) -> None:
        given = f"{client_address(request)}\n{email.strip().lower()}"
        self.key = "sign-in:" + hashlib.blake2b(given.encode(), key=settings.SECRET_KEY.encode()[:64]).hexdigest()

    def another(self) -> bool:
        """Count one more try; False when there were too many."""
        try:
            cache.add(self.key, 0, timeout=WITHIN_SECONDS)
            return cache.incr(self.key) <= TRIES
        except ValueError:
            return True  # it expired between the two steps
        except (RedisError, OSError) as error:
            log.warning("Sign-ins are not being counted: %s", type(error).__name__)
            return True

    def forget(self) -> None:
        try:
            cache.delete(self.key)
        except (RedisError, OSError) as error:
            log.warning("Sign-ins are not being counted: %s", type(error).__name__)


class SignInForm(AdminAuthenticationForm):
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "This e-mail and password do not go together. Check both; capital letters matter.",
        "too_many": "Too many tries. Wait a quarter of an hour, or ask your manager to set a new password.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget.input_type = "email"

    def clean(self) -> dict[str, Any]:
        # Counted before the password is looked at, so that tries sent side by side count too.
        email = self.cleaned_data.get("username")
        tries = Tries(self.request, email) if email else None
        if tries and not tries.another():
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        cleaned = super().clean()
        if tries:
            tries.forget()
        return cleaned
