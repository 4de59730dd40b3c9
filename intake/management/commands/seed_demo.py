"""`manage.py seed_demo`: fill an empty database with the demo clinic, and say who may sign in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic.accounts.models import User
from clinic.accounts.tokens import issue_token
from intake.demo.clinic import PASSWORD
from intake.demo.life import NotEmpty, fill_clinic


class Command(BaseCommand):
    help = "Fill an empty database with the demo clinic: two sites, their staff, and three months of invented patients."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo's accounts have a published password. Set DEMO=1 to allow them here.")
        now = timezone.now()
        try:
            clinic = fill_clinic(now=now, say=self.stdout.write)
        except NotEmpty as error:
            raise CommandError(str(error)) from error
        _token, secret = issue_token(clinic.therapist, now=now)
        self.stdout.write(f"Accounts, all with the password {PASSWORD}:")
        for user in User.objects.exclude(pk=clinic.bridge.pk).order_by("pk"):
            self.stdout.write(f"  {user.email:<24} {user.name}")
        self.stdout.write(f"API token of {clinic.therapist.email}: {secret}")
