"""`manage.py after_restore`: the first step after a backup was put back, before any worker starts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cases.services import gate
from cases.services.turns import database_now


class Command(BaseCommand):
    help = "Pause everything until release_sending. A sender that starts first notices by itself and does the same."

    def handle(self, *args: Any, **options: Any) -> None:
        gate.pause_after_restore(now=database_now())
        beat = gate.last_beat()
        last = f"{beat:%Y-%m-%d %H:%M:%S %Z}" if beat else "never"
        self.stdout.write(
            f"Everything is paused. This copy last saw a sender: {last}.\n"
            "Then: manage.py release_sending --sent-log <the log kept outside the database, or the provider's>"
        )
