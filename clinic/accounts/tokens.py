"""Personal API tokens: hashed at rest, expiring, revocable; a token dies with its account or its password."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from clinic.accounts.models import User

MOST_TOKENS = 10  # alive at once for one person
MOST_DAYS = 90  # a token lives at most this long
USUAL_DAYS = 30

_TOKEN = re.compile(rb"[\w-]{20,100}", re.ASCII)
log = logging.getLogger("clinic.accounts.tokens")


class TooManyTokens(Exception):
    """The person has MOST_TOKENS tokens alive; one must be revoked first."""


@transaction.atomic
def issue_token(user: User, *, days: int = USUAL_DAYS, now: datetime) -> tuple[AuthToken, str]:
    """A new token and its secret, which is shown once and never stored. days: 1 to MOST_DAYS.

    Raises TooManyTokens.
    """
    User.objects.select_for_update().get(pk=user.pk)
    AuthToken.objects.filter(user=user, expiry__lte=now).delete()
    if AuthToken.objects.filter(user=user).count() >= MOST_TOKENS:
        raise TooManyTokens
    token, secret = AuthToken.objects.create(user=user, expiry=timedelta(days=days))
    log.info("token %s issued for user %s", token.token_key, user.pk)
    return token, secret


def revoke_tokens(user: User, *, token_key: str | None = None) -> int:
    """Revoke the person's own token of that key, or all of them; how many there were."""
    tokens = AuthToken.objects.filter(user=user)
    if token_key is not None:
        tokens = tokens.filter(token_key=token_key)
    count, _ = tokens.delete()
    if count:
        log.info("%s tokens revoked for user %s", count, user.pk)
    return count


class NewPasswordEndsTokens:
    """Among Django's password validators because they alone hear of a new password from every door that sets one."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Nothing about the password itself is asked here."""

    def get_help_text(self) -> str:
        return "A new password ends your API tokens; make new ones."

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None:
            revoke_tokens(user)


class PersonalToken(TokenAuthentication):
    """`Authorization: Bearer patella_…`, found by its digest in one statement.

    Knox's own search decodes the header unchecked (a 500 for bytes that are not UTF-8) and deletes other expired
    tokens while answering a GET.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        if not _TOKEN.fullmatch(token):
            raise AuthenticationFailed("This token is not valid. Make a new one.")
        valid = AuthToken.objects.filter(expiry__gt=timezone.now(), user__is_active=True).select_related("user")
        try:
            found = valid.get(digest=hash_token(token.decode("ascii")))
        except AuthToken.DoesNotExist:
            raise AuthenticationFailed("This token is not valid. Make a new one.") from None
        return found.user, found
