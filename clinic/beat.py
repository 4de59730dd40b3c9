"""What beat remembers between two starts, and how it gets over a memory that is broken or from the future."""

from __future__ import annotations

import logging

from celery.beat import PersistentScheduler

log = logging.getLogger(__name__)


class Schedule(PersistentScheduler):
    """Whatever its file holds, the next tick comes: the file only says what is due at once after a start."""

    def setup_schedule(self) -> None:
        try:
            super().setup_schedule()
        except Exception as error:
            # Bytes that are no pickle raise nearly anything, and beat would fail at each start for ever.
            log.warning("the schedule's file cannot be read (%s): begun anew", type(error).__name__)
            self._store = self._destroy_open_corrupted_schedule(error)
            super().setup_schedule()
        now = self.app.now()
        for entry in self.schedule.values():
            if entry.last_run_at > now:
                # Written while the clock was wrong. Believed, nothing would be due before that moment came.
                log.warning("%s ran last in the future, at %s: due again", entry.name, entry.last_run_at)
                entry.last_run_at = now - entry.schedule.run_every
