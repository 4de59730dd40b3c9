"""Averages of change that say how many were measured, of how many, and what the missing ones could make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cases.rules.agreement import LEAST_CASES, TOO_FEW, wilson
from cases.rules.instruments import INSTRUMENTS, gain, is_important
from cases.rules.terms import Instrument

# What a case is followed by (reference 11): pain, function, one's own activities.
FOLLOWED = (Instrument.NPRS_WORST, Instrument.AKPS, Instrument.PSFS)


@dataclass(frozen=True)
class Measured:
    """One case and one instrument, in the instrument's own points.

    first: its first score, None where there is none. latest: a later one, None where none followed.
    due: a later one was to be expected by now; a case that has one counts as due in any case.
    """

    first: float | None
    latest: float | None
    due: bool


@dataclass(frozen=True)
class AverageChange:
    """The mean change of those measured, first to latest, with the bounds that the missing ones leave.

    instrument: says which direction is better. measured of due: how complete it is.
    mean, worst, best: points; worst and best put every missing case at its worst and best possible score.
    improved, improved_worst, improved_best: shares with an important change (reference 10), as counts of `measured`
    and of `due`. All hidden below `LEAST_CASES` measured.
    """

    instrument: Instrument
    measured: int
    due: int
    total: float
    total_if_worst: float
    total_if_best: float
    improved: int

    @property
    def missing(self) -> int:
        return self.due - self.measured

    @property
    def hidden(self) -> str:
        return "" if self.measured >= LEAST_CASES else TOO_FEW

    @property
    def completion(self) -> float | None:
        """Measured of due, 0 to 1; shown however few they are. None when nothing was due."""
        return self.measured / self.due if self.due else None

    @property
    def mean(self) -> float | None:
        return None if self.hidden else self.total / self.measured

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The mean if all missing cases had done as badly, and as well, as the instrument allows."""
        return None if self.hidden else (self.total_if_worst / self.due, self.total_if_best / self.due)

    @property
    def improved_rate(self) -> float | None:
        return None if self.hidden else self.improved / self.measured

    @property
    def improved_bounds(self) -> tuple[float, float] | None:
        """The share improved if none, and if all, of the missing cases had."""
        return None if self.hidden else (self.improved / self.due, (self.improved + self.missing) / self.due)

    def as_data(self) -> dict[str, Any]:
        interval = None if self.hidden else wilson(self.improved, self.measured)
        return {
            "instrument": self.instrument.value,
            "higher_is_better": INSTRUMENTS[self.instrument].higher_is_better,
            "n": self.measured,
            "due": self.due,
            "completion": _rounded(self.completion, 4),
            "mean_change": _rounded(self.mean, 2),
            "bounds": _ends(self.bounds, 2),
            "improved": _rounded(self.improved_rate, 4),
            "improved_interval_95": _ends(interval, 4),
            "improved_bounds": _ends(self.improved_bounds, 4),
            "hidden": self.hidden,
        }


class Averages:
    """Adds up cases as they come by; the cases themselves are not kept."""

    def __init__(self) -> None:
        self.cases = 0
        self._sums = {instrument: _Sum() for instrument in FOLLOWED}

    def add(self, scores: Mapping[Instrument, Measured]) -> None:
        self.cases += 1
        for instrument, measured in scores.items():
            self._sums[instrument].add(instrument, measured)

    def of(self, instrument: Instrument) -> AverageChange:
        sums = self._sums[instrument]
        return AverageChange(
            instrument, sums.measured, sums.due, sums.total, sums.if_worst, sums.if_best, sums.improved
        )

    def all(self) -> tuple[AverageChange, ...]:
        return tuple(self.of(instrument) for instrument in FOLLOWED)


def averages(cases: Iterable[Mapping[Instrument, Measured]]) -> tuple[AverageChange, ...]:
    """The averages of some cases, one for each of `FOLLOWED`."""
    sums = Averages()
    for scores in cases:
        sums.add(scores)
    return sums.all()


@dataclass
class _Sum:
    measured: int = 0
    due: int = 0
    total: float = 0.0
    if_worst: float = 0.0
    if_best: float = 0.0
    improved: int = 0

    def add(self, instrument: Instrument, each: Measured) -> None:
        if each.latest is None or each.first is None:
            if not each.due:
                return
            self.due += 1
            worst, best = _extremes(instrument, each.first)
            self.if_worst += worst
            self.if_best += best
            return
        change = each.latest - each.first
        self.due += 1
        self.measured += 1
        self.total += change
        self.if_worst += change
        self.if_best += change
        self.improved += is_important(instrument, gain(instrument, each.first, each.latest))


def _extremes(instrument: Instrument, first: float | None) -> tuple[float, float]:
    """The worst and the best change a case could have had; without a first score, over the whole scale."""
    row = INSTRUMENTS[instrument]
    start_for_fall, start_for_rise = (row.high, row.low) if first is None else (first, first)
    fall, rise = row.low - start_for_fall, row.high - start_for_rise
    return (fall, rise) if row.higher_is_better else (rise, fall)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _ends(pair: tuple[float, float] | None, digits: int) -> list[float] | None:
    return None if pair is None else [round(end, digits) for end in pair]
