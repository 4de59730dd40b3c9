"""The same numbers as the picture, as a table: for those who do not see it, and for those who want them exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.charts.picture import FOR_PATIENT, FOR_STAFF, Picture, Words
from cases.rules.terms import Instrument

_COLUMNS = (Instrument.NPRS_WORST, Instrument.NPRS_USUAL, Instrument.AKPS, Instrument.PSFS)
_OF_PATIENT = (Instrument.NPRS_WORST, Instrument.NPRS_USUAL, Instrument.PSFS)


@dataclass(frozen=True)
class Row:
    """One day. scores: in the order of the table's columns, None where none was taken.

    week: such as "Week 2", counted from the first score; "" before it.
    """

    on: date
    week: str
    scores: tuple[float | None, ...]
    happened: str

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple("" if score is None else f"{score:g}" for score in self.scores)


@dataclass(frozen=True)
class Table:
    """columns: the heading of each of the instruments, in their order."""

    instruments: tuple[Instrument, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def as_data(self) -> dict[str, Any]:
        headed = zip(self.instruments, self.columns, strict=True)
        return {
            "columns": [{"instrument": instrument.value, "heading": heading} for instrument, heading in headed],
            "rows": [
                {"on": row.on, "week": row.week, "scores": list(row.scores), "happened": row.happened}
                for row in self.rows
            ],
        }


def table_of(picture: Picture, *, for_patient: bool = False, words: Words | None = None) -> Table:
    """Every day with a score or a mark, oldest first; a patient's table holds the patient's own answers alone."""
    words = words or (FOR_PATIENT if for_patient else FOR_STAFF)
    shown = [each for each in (_OF_PATIENT if for_patient else _COLUMNS) if picture.of(each)]
    scores = {each: dict(picture.of(each)) for each in shown}
    happened: dict[date, list[str]] = {}
    if not for_patient:
        for each in picture.happenings:
            happened.setdefault(each.on, []).append(each.label or words.marks[each.mark])
    measured = [on for by_day in scores.values() for on in by_day]
    start = min(measured, default=None)
    return Table(
        tuple(shown),
        tuple(_heading(each, words) for each in shown),
        tuple(
            Row(
                on,
                words.week.format(number=(on - start).days // 7) if start and on >= start else "",
                tuple(scores[each].get(on) for each in shown),
                ", ".join(dict.fromkeys(happened.get(on, ()))),
            )
            for on in sorted({*measured, *happened})
        ),
    )


def _heading(instrument: Instrument, words: Words) -> str:
    match instrument:
        case Instrument.NPRS_WORST:
            return f"{words.pain}: {words.worst}"
        case Instrument.NPRS_USUAL:
            return f"{words.pain}: {words.usual}"
        case Instrument.AKPS:
            return words.function
    return words.goals
