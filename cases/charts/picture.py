"""What a progress picture shows, before it is drawn: scores by day, what happened beside them, and the words to say it.

A score is compared with the first of its kind and with the change that counts (`cases.rules.instruments`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cases.rules.instruments import INSTRUMENTS, gain, is_important
from cases.rules.terms import Instrument
from cases.rules.wording import gettext_noop


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
    better = gain(instrument, scores[0][1], scores[-1][1])
    if is_important(instrument, abs(better)):
        return Verdict.IMPROVED if better > 0 else Verdict.WORSE
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

    def translated(self, translate: Callable[[str], str]) -> Words:
        """The same words in another language. translate: gettext of a door."""

        # The translation of nothing is the head of a catalogue.
        def said(text: str) -> str:
            return translate(text) if text else ""

        return Words(
            title=said(self.title),
            nothing=said(self.nothing),
            pain=said(self.pain),
            worst=said(self.worst),
            usual=said(self.usual),
            function=said(self.function),
            goals=said(self.goals),
            verdicts={verdict: said(text) for verdict, text in self.verdicts.items()},
            band=said(self.band),
            week=said(self.week),
            weeks=said(self.weeks),
            day=said(self.day),
            what=said(self.what),
            marks={mark: said(text) for mark, text in self.marks.items()},
            table_below=said(self.table_below),
        )


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
# What a patient sees, in English: the message ids. The page hands its own language to `translated`.
FOR_PATIENT = Words(
    title=gettext_noop("How your knee is doing"),
    nothing=gettext_noop("Nothing to show yet. Your answers will appear here."),
    pain=gettext_noop("Your pain (0 is no pain)"),
    worst=gettext_noop("worst"),
    usual=gettext_noop("usual"),
    function="",
    goals=gettext_noop("Your own activities (10 is as before)"),
    verdicts={
        Verdict.IMPROVED: gettext_noop("Better: it was {first} and is now {latest}."),
        Verdict.WORSE: gettext_noop("Harder: it was {first} and is now {latest}. Your therapist would like to know."),
        Verdict.SAME: gettext_noop("About the same: it was {first} and is now {latest}."),
        Verdict.ONE_SCORE: gettext_noop("One answer so far: {latest}. We need a second one to see a change."),
        Verdict.NONE: gettext_noop("No answer yet."),
    },
    band=gettext_noop("Shaded: about the same as at the start"),
    week=gettext_noop("Week {number}"),
    weeks=gettext_noop("Weeks since you started"),
    day=gettext_noop("Day"),
    what="",
    marks={},
    table_below=gettext_noop("The table has the same numbers."),
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
