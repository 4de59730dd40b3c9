"""What a progress picture shows, before it is drawn: scores by day, what happened beside them, and the words to say it.

A score is compared with the first of its kind and with the change that counts (`cases.rules.instruments`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cases.rules.instruments import INSTRUMENTS
from cases.rules.terms import Instrument


class Mark(StrEnum):
    """What happened beside the scores."""

    CAME = "came"
    BOOKED = "booked"
    MISSED = "missed"
    PLAN = "plan"
    FLAG = "flag"


VISITS = (Mark.CAME, Mark.BOOKED, Mark.MISSED)


@dataclass(frozen=True)
class Happening:
    """One mark. label: such as "Plan 2" or a flag's rule. grave: an emergency or same-day flag."""

    on: date
    mark: Mark
    label: str = ""
    grave: bool = False


@dataclass(frozen=True)
class Picture:
    """scores: each instrument's scores by day, oldest first, one a day. today: how far time has come."""

    reference: str
    today: date
    scores: Mapping[Instrument, Sequence[tuple[date, float]]] = field(default_factory=dict)
    happenings: Sequence[Happening] = ()

    def of(self, instrument: Instrument) -> Sequence[tuple[date, float]]:
        return self.scores.get(instrument, ())


class Verdict(StrEnum):
    """Improved, worse, not an important change, or not known: one score or none says nothing of change."""

    IMPROVED = "improved"
    WORSE = "worse"
    SAME = "same"
    ONE_SCORE = "one_score"
    NONE = "none"


def verdict_of(instrument: Instrument, scores: Sequence[tuple[date, float]]) -> Verdict:
    """The latest score against the first one."""
    if len(scores) < 2:
        return Verdict.ONE_SCORE if scores else Verdict.NONE
    row = INSTRUMENTS[instrument]
    # Rounded: 2.3 must reach 2.3 where floats give 2.2999.
    gain = round((scores[-1][1] - scores[0][1]) * (1 if row.higher_is_better else -1), 2)
    if row.important_change is not None and abs(gain) >= row.important_change:
        return Verdict.IMPROVED if gain > 0 else Verdict.WORSE
    return Verdict.SAME


@dataclass(frozen=True)
class Words:
    """Every word of a picture, so that it can be drawn in any language. Sentences are filled by name and kept whole."""

    title: str
    nothing: str
    pain: str
    worst: str
    usual: str
    function: str
    goals: str
    verdicts: Mapping[Verdict, str]
    band: str
    week: str
    weeks: str
    day: str
    what: str
    marks: Mapping[Mark, str]
    table_below: str


FOR_STAFF = Words(
    title="Progress of {reference}",
    nothing="Nothing has been measured yet. The first scores come with the form or a check-in.",
    pain="Pain (NPRS, 0 is best)",
    worst="worst",
    usual="usual",
    function="Knee function (AKPS, 100 is best)",
    goals="Own activities (PSFS, 10 is best)",
    verdicts={
        Verdict.IMPROVED: "Improved: {first} to {latest} ({change} or more counts)",
        Verdict.WORSE: "Worse: {first} to {latest} ({change} or more counts)",
        Verdict.SAME: "Not an important change: {first} to {latest}",
        Verdict.ONE_SCORE: "Not known yet: one score so far, {latest}",
        Verdict.NONE: "Not known: not measured yet",
    },
    band="Shaded: too close to the first score to count",
    week="Week {number}",
    weeks="Weeks since the first score",
    day="Day",
    what="What happened",
    marks={
        Mark.CAME: "came",
        Mark.BOOKED: "booked",
        Mark.MISSED: "missed",
        Mark.PLAN: "plan",
        Mark.FLAG: "flag",
    },
    table_below="The table has the same numbers.",
)
# What a patient sees, in English. A page that speaks another language gives its own.
FOR_PATIENT = Words(
    title="How your knee is doing",
    nothing="Nothing to show yet. Your answers will appear here.",
    pain="Your pain (0 is no pain)",
    worst="worst",
    usual="usual",
    function="",
    goals="Your own activities (10 is as before)",
    verdicts={
        Verdict.IMPROVED: "Better: it was {first} and is now {latest}.",
        Verdict.WORSE: "Harder: it was {first} and is now {latest}. Your therapist would like to know.",
        Verdict.SAME: "About the same: it was {first} and is now {latest}.",
        Verdict.ONE_SCORE: "One answer so far: {latest}. We need a second one to see a change.",
        Verdict.NONE: "No answer yet.",
    },
    band="Shaded: about the same as at the start",
    week="Week {number}",
    weeks="Weeks since you started",
    day="Day",
    what="",
    marks={},
    table_below="The table has the same numbers.",
)


def said(instrument: Instrument, scores: Sequence[tuple[date, float]], words: Words) -> str:
    """The verdict as a sentence."""
    verdict = words.verdicts[verdict_of(instrument, scores)]
    if not scores:
        return verdict
    change = INSTRUMENTS[instrument].important_change
    return verdict.format(
        first=f"{scores[0][1]:g}", latest=f"{scores[-1][1]:g}", change=f"{change:g}" if change is not None else ""
    )
