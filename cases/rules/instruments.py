"""The outcome instruments of reference 10: items, range, direction, important change, licence, and scoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cases.rules.load_history import number
from cases.rules.terms import Instrument


@dataclass(frozen=True)
class Item:
    """One thing an instrument asks.

    options: value to points, best first; empty for a number from `low` to `high`.
    most: 0 for one answer; else a list of one to `most` rows of {"activity": words, "score": number}.
    """

    name: str
    label: str
    options: Mapping[str, int] = field(default_factory=dict)
    low: float = 0
    high: float = 0
    most: int = 0

    def as_data(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": self.name, "label": self.label}
        if self.options:
            return shown | {"options": [{"value": value, "points": each} for value, each in self.options.items()]}
        return shown | {"low": self.low, "high": self.high, "most": self.most or 1}


@dataclass(frozen=True)
class InstrumentRow:
    """One instrument of reference 10.

    important_change: the smallest change that counts, in the instrument's own points; None where none is defined.
    weeks: when it is due, in weeks after the plan began; 0 is the baseline; empty for "at each check-in or review".
    whole: a score has no decimals; the others are means or parts.
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
    scoring: str
    items: tuple[Item, ...]
    version: str = "1"
    whole: bool = True

    @property
    def unit(self) -> str:
        return "%" if self.instrument is Instrument.ADHERENCE else "points"

    def as_data(self) -> dict[str, Any]:
        return {
            "instrument": self.instrument.value,
            "label": self.instrument.label,
            "version": self.version,
            "low": self.low,
            "high": self.high,
            "whole": self.whole,
            "unit": self.unit,
            "higher_is_better": self.higher_is_better,
            "important_change": self.important_change,
            "weeks": list(self.weeks),
            "cadence": self.cadence,
            "scoring": self.scoring,
            "items": [item.as_data() for item in self.items],
            "licence": self.licence,
            "source": self.source,
        }


AKPS_VERSION = "reference 10.1, 2023 reprint"
# Online copies differ (limp constant 2, squat part weight 1): this table is the one we score by.
AKPS_ITEMS = (
    Item("limp", "Limp", {"none": 5, "slight_or_now_and_then": 3, "constant": 0}),
    Item("weight_support", "Weight on the leg", {"full_no_pain": 5, "painful": 3, "cannot": 0}),
    Item("walking", "Walking", {"unlimited": 5, "over_2_km": 3, "1_to_2_km": 2, "cannot": 0}),
    Item(
        "stairs",
        "Stairs",
        {"no_trouble": 10, "slight_pain_down": 8, "pain_both_ways": 5, "cannot": 0},
    ),
    Item(
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
    Item(
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
    Item("jumping", "Jumping", {"no_trouble": 10, "slight_trouble": 7, "constant_pain": 2, "cannot": 0}),
    Item(
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
    Item(
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
    Item(
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
    Item(
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
    Item("thigh_wasting", "Thinner thigh", {"none": 5, "slight": 3, "severe": 0}),
    Item("loss_of_bending", "Loss of bending", {"none": 5, "slight": 3, "severe": 0}),
)

_NPRS_SOURCE = "reference 10; Crossley 2004 [S], Piva 2009 [S]"
_GENERIC = "free, generic"


def _nprs(instrument: Instrument, label: str) -> InstrumentRow:
    rating = Item("rating", label, low=0, high=10)
    row = (instrument, 0, 10, False, 2, (), "every check-in", _NPRS_SOURCE, _GENERIC)
    return InstrumentRow(*row, "the rating itself, a whole number", (rating,))


INSTRUMENTS: dict[Instrument, InstrumentRow] = {
    Instrument.NPRS_NOW: _nprs(Instrument.NPRS_NOW, "Pain right now"),
    Instrument.NPRS_WORST: _nprs(Instrument.NPRS_WORST, "Worst pain of the last 7 days"),
    Instrument.NPRS_USUAL: _nprs(Instrument.NPRS_USUAL, "Usual pain of the last 7 days"),
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
        "the sum of the 13 items; one missing: no total",
        AKPS_ITEMS,
        AKPS_VERSION,
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
        "the mean of one to three own activities; one unrated: no score",
        (Item("activities", "Own activity, 0 (unable) to 10 (as before)", low=0, high=10, most=3),),
        whole=False,
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
        "the rating itself, a whole number",
        (Item("rating", "-3 (much worse) to +3 (much better)", low=-3, high=3),),
    ),
    Instrument.ADHERENCE: InstrumentRow(
        Instrument.ADHERENCE,
        0,
        100,
        True,
        None,
        (),
        "weekly",
        "reference 10 [G]",
        "our own",
        "sessions done of those prescribed, at most 100 %",
        (
            Item("done", "Sessions done in the last 7 days", low=0, high=50),
            Item("prescribed", "Sessions prescribed for them", low=1, high=50),
        ),
        whole=False,
    ),
}
GROC_SUCCESS_FROM = 2
ADHERENCE_RECEIVED_FROM_PERCENT = 50  # [G]
MOST_WORDS_OF_AN_ACTIVITY = 100  # characters


def gain(instrument: Instrument, before: float, now: float) -> float:
    """How much better the later score is, in the instrument's points; below 0 where it is worse."""
    # Rounded: 2.3 must reach 2.3 where floats give 2.2999.
    return round((now - before) * (1 if INSTRUMENTS[instrument].higher_is_better else -1), 2)


def is_important(instrument: Instrument, change: float) -> bool:
    """A change of so many points counts (reference 10); none does where no important change is defined."""
    least = INSTRUMENTS[instrument].important_change
    return least is not None and change >= least


def wrong_score(instrument: Instrument, score: float | Decimal) -> str:
    """What to write instead of a score that the instrument cannot give; empty where it can."""
    row = INSTRUMENTS[instrument]
    if not row.low <= score <= row.high:
        return f"{instrument.label} goes from {row.low:g} to {row.high:g}."
    if row.whole and score != int(score):
        return f"{instrument.label} is a whole number."
    return ""


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
    points = [item.options.get(str(items.get(item.name, ""))) for item in AKPS_ITEMS]
    return None if None in points else sum(point for point in points if point is not None)


def score_of(instrument: Instrument, items: Mapping[str, Any]) -> float | None:
    """The score of an instrument's items; None where one is missing or is no answer."""
    match instrument:
        case Instrument.AKPS:
            return score_akps(items)
        case Instrument.PSFS:
            rows = items.get("activities")
            listed = isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)
            return score_psfs(rows or []) if listed else None
        case Instrument.ADHERENCE:
            return score_adherence(items.get("done"), items.get("prescribed"))
        case Instrument.GROC:
            return score_groc(items.get("rating"))
    return score_nprs(items.get("rating"))


def wrong_in(instrument: Instrument, items: Mapping[str, Any]) -> dict[str, str]:
    """What keeps the items from being scored: name of an item (or `activities.0.score`) to what to write instead."""
    asked = {item.name: item for item in INSTRUMENTS[instrument].items}
    wrong = dict.fromkeys(sorted(set(items) - set(asked)), "There is no such item.")
    for name, item in asked.items():
        given = items.get(name)
        if item.most:
            wrong |= _wrong_rows(item, given)
        elif item.options:
            if not isinstance(given, str) or given not in item.options:
                wrong[name] = f"Choose among {', '.join(item.options)}. Without it there is no total."
        elif not isinstance(given, int) or isinstance(given, bool) or not item.low <= given <= item.high:
            wrong[name] = f"Write a whole number from {item.low:g} to {item.high:g}."
    return wrong


def _wrong_rows(item: Item, given: Any) -> dict[str, str]:
    if not isinstance(given, list) or not 1 <= len(given) <= item.most:
        return {item.name: f"Write one to {item.most} activities, each with its score."}
    wrong = {}
    for place, row in enumerate(given):
        at = f"{item.name}.{place}"
        if not isinstance(row, Mapping) or set(row) - {"activity", "score"}:
            wrong[at] = 'Write {"activity": words, "score": number}.'
            continue
        words, score = row.get("activity"), row.get("score")
        if not isinstance(words, str) or not 1 <= len(words.strip()) <= MOST_WORDS_OF_AN_ACTIVITY:
            wrong[f"{at}.activity"] = f"Name the activity in at most {MOST_WORDS_OF_AN_ACTIVITY} characters."
        if not isinstance(score, int | float) or isinstance(score, bool) or not item.low <= score <= item.high:
            wrong[f"{at}.score"] = f"Write a number from {item.low:g} to {item.high:g}."
    return wrong


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
