"""What speaks for a slower or poorer course (reference 11): flags for staff, which change no plan by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Baseline:
    """How the knee was at first. duration_weeks: as first told. akps: the first score, 0-100. None: not known."""

    duration_weeks: float | None = None
    akps: float | None = None


@dataclass(frozen=True)
class PrognosisFlag:
    """One row. condition: in words. holds: of the baseline."""

    id: str
    statement: str
    condition: str
    source: str
    holds: Callable[[Baseline], bool]

    def as_data(self) -> dict[str, Any]:
        return {"rule_id": self.id, "statement": self.statement, "source": self.source}


# reference 2 row 5 has 2 and 12 months as weeks of the form's question.
TWO_MONTHS_WEEKS, TWELVE_MONTHS_WEEKS = 8, 52
LOW_AKPS = 70


def _longer_than(weeks: int, at_most: int | None = None) -> Callable[[Baseline], bool]:
    def holds(first: Baseline) -> bool:
        told = first.duration_weeks
        return told is not None and told > weeks and (at_most is None or told <= at_most)

    return holds


PROGNOSIS = (
    PrognosisFlag(
        "PR1",
        "Pain for more than 2 months at the first form: a poorer outcome is likelier",
        f"duration_weeks > {TWO_MONTHS_WEEKS} and <= {TWELVE_MONTHS_WEEKS}",
        "reference 11 and 2; [R]",
        _longer_than(TWO_MONTHS_WEEKS, TWELVE_MONTHS_WEEKS),
    ),
    PrognosisFlag(
        "PR2",
        "Pain for more than 12 months at the first form: a poorer outcome is likelier",
        f"duration_weeks > {TWELVE_MONTHS_WEEKS}",
        "reference 11 and 2; [S]",
        _longer_than(TWELVE_MONTHS_WEEKS),
    ),
    PrognosisFlag(
        "PR3",
        f"First AKPS under {LOW_AKPS}: a poorer outcome is likelier",
        f"AKPS < {LOW_AKPS}",
        "reference 11; [S]",
        lambda first: first.akps is not None and first.akps < LOW_AKPS,
    ),
)


def prognosis_of(first: Baseline) -> tuple[PrognosisFlag, ...]:
    """The flags that hold; age, sex and BMI do not reliably predict and are not read (reference 11)."""
    return tuple(flag for flag in PROGNOSIS if flag.holds(first))
