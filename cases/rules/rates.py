"""How many messages a provider takes: a bucket of tokens that fills with time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

PERIODS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
# What may have gathered while nothing was sent: no more than the provider would take in this time.
GATHERS_FOR = timedelta(seconds=1)


@dataclass(frozen=True)
class Rate:
    """So many messages in a period, such as 10/second."""

    count: int
    period: timedelta

    @classmethod
    def read(cls, text: str) -> Rate:
        """`text`: times/period. Raises ValueError."""
        count, _, period = text.partition("/")
        if period not in PERIODS or not count.isascii() or not count.isdigit() or int(count) < 1:
            raise ValueError(f"{text!r} is not a rate such as 10/second.")
        return cls(int(count), PERIODS[period])

    @property
    def most_at_once(self) -> float:
        return max(1.0, self.count * (GATHERS_FOR / self.period))

    def filled(self, tokens: float, since: timedelta) -> float:
        """How many tokens there are when there were `tokens` that long ago; a clock that went back adds none."""
        gained = self.count * (max(since, timedelta()) / self.period)
        return min(self.most_at_once, tokens + gained)
