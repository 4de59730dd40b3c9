"""The outcome instruments: range, direction, meaningful change, licence, and how each is scored (reference 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.rules.load_history import number
from cases.rules.terms import Instrument


@dataclass(frozen=True)
class InstrumentRow:
    """One instrument of reference 10.

    important_change: the smallest change that counts, in the instrument's own points; None where none is defined.
    weeks: when it is due, in weeks after the plan began; 0 is the baseline; empty for "at each check-in or review".
    """

    instrument: Instrument
    low: float
    high: float
    higher_is_better: bool
    important_change: float | None
    weeks: tuple[int, ...]
    cadence: str
    source: str
    licence: str

    @property
    def unit(self) -> str:
        return "%" if self.instrument is Instrument.ADHERENCE else "points"


_NPRS_SOURCE = "reference 10; Crossley 2004 [S], Piva 2009 [S]"
_GENERIC = "free, generic"


def _nprs(instrument: Instrument) -> InstrumentRow:
    return InstrumentRow(instrument, 0, 10, False, 2, (), "every check-in", _NPRS_SOURCE, _GENERIC)


INSTRUMENTS: dict[Instrument, InstrumentRow] = {
    Instrument.NPRS_NOW: _nprs(Instrument.NPRS_NOW),
    Instrument.NPRS_WORST: _nprs(Instrument.NPRS_WORST),
    Instrument.NPRS_USUAL: _nprs(Instrument.NPRS_USUAL),
    Instrument.AKPS: InstrumentRow(
        Instrument.AKPS,
        0,
        100,
        True,
        10,
        (0, 6, 12, 26, 52),
        "baseline, weeks 6, 12, 26 and 52",
        "reference 10 and 10.1; Kujala 1993, Crossley 2004 [S]",
        "No licence text found; widely reprinted. Our own short labels; confirm with the publisher before shipping "
        "the official wording",
    ),
    Instrument.PSFS: InstrumentRow(
        Instrument.PSFS,
        0,
        10,
        True,
        2.3,
        (),
        "each review",
        "reference 10; Abbott 2014 [S]",
        "treated as free [R]",
    ),
    Instrument.GROC: InstrumentRow(
        Instrument.GROC,
        -3,
        3,
        True,
        2,
        (),
        "from week 2 onward",
        "reference 10; Rathleff [S]",
        _GENERIC,
    ),
    Instrument.ADHERENCE: InstrumentRow(
        Instrument.ADHERENCE, 0, 100, True, None, (), "weekly", "reference 10 [G]", "our own"
    ),
}
GROC_SUCCESS_FROM = 2
ADHERENCE_RECEIVED_FROM_PERCENT = 50  # [G]


@dataclass(frozen=True)
class AkpsItem:
    """One question of the AKPS. options: value to points, best first."""

    name: str
    label: str
    options: Mapping[str, int]


AKPS_VERSION = "reference 10.1, 2023 reprint"
# Online copies differ (limp constant 2, squat part weight 1): this table is the one we score by.
AKPS_ITEMS = (
    AkpsItem("limp", "Limp", {"none": 5, "slight_or_now_and_then": 3, "constant": 0}),
    AkpsItem("weight_support", "Weight on the leg", {"full_no_pain": 5, "painful": 3, "cannot": 0}),
    AkpsItem("walking", "Walking", {"unlimited": 5, "over_2_km": 3, "1_to_2_km": 2, "cannot": 0}),
    AkpsItem(
        "stairs",
        "Stairs",
        {"no_trouble": 10, "slight_pain_down": 8, "pain_both_ways": 5, "cannot": 0},
    ),
    AkpsItem(
        "squatting",
        "Squatting",
        {
            "no_trouble": 5,
            "repeated_squats_painful": 4,
            "painful_every_time": 3,
            "only_with_part_weight": 2,
            "cannot": 0,
        },
    ),
    AkpsItem(
        "running",
        "Running",
        {
            "no_trouble": 10,
            "pain_after_2_km": 8,
            "slight_pain_from_start": 6,
            "severe_pain": 3,
            "cannot": 0,
        },
    ),
    AkpsItem("jumping", "Jumping", {"no_trouble": 10, "slight_trouble": 7, "constant_pain": 2, "cannot": 0}),
    AkpsItem(
        "long_sitting",
        "Long sitting, knees bent",
        {
            "no_trouble": 10,
            "pain_after_exercise": 8,
            "constant_pain": 6,
            "must_straighten_at_times": 4,
            "cannot": 0,
        },
    ),
    AkpsItem(
        "pain",
        "Pain",
        {
            "none": 10,
            "slight_occasional": 8,
            "disturbs_sleep": 6,
            "severe_at_times": 3,
            "constant_severe": 0,
        },
    ),
    AkpsItem(
        "swelling",
        "Swelling",
        {
            "none": 10,
            "after_hard_effort": 8,
            "after_daily_activity": 6,
            "every_evening": 4,
            "constant": 0,
        },
    ),
    AkpsItem(
        "kneecap_movement",
        "Painful abnormal kneecap movement",
        {
            "none": 10,
            "sometimes_in_sport": 6,
            "sometimes_daily": 4,
            "at_least_one_dislocation": 2,
            "more_than_two_dislocations": 0,
        },
    ),
    AkpsItem("thigh_wasting", "Thinner thigh", {"none": 5, "slight": 3, "severe": 0}),
    AkpsItem("loss_of_bending", "Loss of bending", {"none": 5, "slight": 3, "severe": 0}),
)


def score_nprs(value: Any) -> int | None:
    """The rating itself, a whole number 0 (no pain) to 10; None for anything else."""
    return value if _whole(value) and 0 <= value <= 10 else None


def score_psfs(goals: Sequence[Mapping[str, Any]]) -> float | None:
    """The mean of one to three activities rated 0 (unable) to 10 (as before); None when none or one is unrated."""
    scores = [number(goal.get("score")) for goal in goals]
    rated = [score for score in scores if score is not None and 0 <= score <= 10]
    return round(sum(rated) / len(rated), 2) if 1 <= len(rated) == len(scores) <= 3 else None


def score_groc(value: Any) -> int | None:
    """The rating itself, -3 (much worse) to +3 (much better); None for anything else."""
    return value if _whole(value) and -3 <= value <= 3 else None


def score_adherence(done: Any, prescribed: Any) -> float | None:
    """Sessions done of those prescribed, 0-100 %; more than prescribed counts as 100; None when nothing was."""
    sessions, of = number(done), number(prescribed)
    if sessions is None or of is None or sessions < 0 or of <= 0:
        return None
    return round(min(100, 100 * sessions / of), 1)


def score_akps(items: Mapping[str, str]) -> int | None:
    """The sum of the 13 items, 0-100; None ("incomplete") when one is missing: no imputation is published."""
    points = [item.options.get(items.get(item.name, "")) for item in AKPS_ITEMS]
    return None if None in points else sum(point for point in points if point is not None)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
