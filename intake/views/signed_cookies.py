"""What this browser may open, in a cookie that nobody else can write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class SignedCookie:
    """name: without the prefix that binds it to the host. lasts: from each time it is given."""

    name: str
    lasts: timedelta

    @property
    def key(self) -> str:
        return f"__Host-{self.name}" if settings.SESSION_COOKIE_SECURE else self.name

    @property
    def _salt(self) -> str:
        return f"intake.{self.name}"

    def give(self, response: HttpResponse, value: str) -> HttpResponse:
        response.set_signed_cookie(
            self.key,
            value,
            salt=self._salt,
            max_age=self.lasts,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def read(self, request: HttpRequest) -> str:
        """Its value; "" without one, for one that is too old, and for one we did not sign."""
        return request.get_signed_cookie(self.key, "", salt=self._salt, max_age=self.lasts) or ""

    def take_back(self, response: HttpResponse) -> HttpResponse:
        response.delete_cookie(self.key, samesite="Lax")
        return response


# After the birth date a page is open for so long, and again from each time it is shown.
OPEN_FOR = timedelta(minutes=20)
