"""What beat remembers between two starts, and how it gets over a memory that is broken or from the future."""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta

from celery.beat import PersistentScheduler

log = logging.getLogger(__name__)
# Longer than any period of ours: what ran that long ago is due.
LONGEST_PERIOD = timedelta(days=1)


class Schedule(PersistentScheduler):
    """Whatever its file holds, the next tick comes: the file only says what is due at once after a start."""

    def setup_schedule(self) -> None:
        try:
            super().setup_schedule()
        except Exception as error:
            # Bytes that are no pickle raise nearly anything, and beat would fail at each start for ever.
            log.warning("the schedule's file cannot be read (%s): begun anew", type(error).__name__)
            with contextlib.suppress(Exception):
                # Now: left to itself it would write what it holds over its successor.
                self._store.close()
            self._remove_db()
            super().setup_schedule()
        now = self.app.now()
        for entry in self.schedule.values():
            if entry.last_run_at > now:
                # Written while the clock was wrong. Believed, nothing would be due before that moment came.
                log.warning("%s ran last in the future, at %s: due again", entry.name, entry.last_run_at)
                entry.last_run_at = now - LONGEST_PERIOD
