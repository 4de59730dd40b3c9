"""Signing in: by e-mail, and not more than ten tries for one account from one address in a quarter of an hour."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from clinic.accounts.limits import SignInAddressLimit, SignInLimit


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
        email = self.cleaned_data.get("username") or ""
        tries = SignInLimit(email)
        if not all(limit.allow_request(self.request) for limit in (tries, SignInAddressLimit())):
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        cleaned = super().clean()
        tries.forget(self.request)
        return cleaned
