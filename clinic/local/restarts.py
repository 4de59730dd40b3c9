"""How soon something that ended may start again: pauses that double, and an end to patience."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

MOST_RESTARTS = 5
WINDOW_SECONDS = 60
LONGEST_PAUSE_SECONDS = 8


class Restarts:
    """The recent ends of one process. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: deque[float] = deque()
        self._due_at = 0.0

    def ended(self) -> bool:
        """Note an end; False when it was one too many within the window."""
        now = self._clock()
        self._ends.append(now)
        while self._ends[0] < now - WINDOW_SECONDS:
            self._ends.popleft()
        self._due_at = now + min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** (len(self._ends) - 1))
        return len(self._ends) <= MOST_RESTARTS

    def is_due(self) -> bool:
        return self._clock() >= self._due_at
