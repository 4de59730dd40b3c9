"""When to stop needling: three or four sessions without an important change are enough (reference 8.3 and 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.rules.instruments import INSTRUMENTS, gain
from cases.rules.terms import Instrument, Term, Urgency

# reference 8.3: "stop after 3-4 sessions without MCID change" [G].
WARN_AFTER = 3
STOP_AFTER = 4
# What a change is looked for in; each with the important change of reference 10.
READ = (Instrument.NPRS_WORST, Instrument.AKPS, Instrument.PSFS)


class Standing(Term):
    """What the sessions so far say about the next one."""

    GO_ON = "go_on", "May go on"
    LOOK = "look", "Three sessions without an important change: measure again, and think of stopping"
    STOP = "stop", "Stop: four sessions without an important change"


class AdverseEvent(Term):
    """What may follow a session (reference 9.3). Those in `SERIOUS` alarm the clinic."""

    BRUISE = "bruise", "Bruise"
    BLEEDING = "bleeding", "Bleeding"
    PAIN_DURING = "pain_during", "Pain during"
    PAIN_AFTER = "pain_after", "Pain after"
    FAINTING = "fainting", "Fainting"
    OTHER_MILD = "other_mild", "Another mild effect"
    DEEP_INFECTION = "deep_infection", "Signs of infection: spreading redness, fever, growing swelling"
    LARGE_HAEMATOMA = "large_haematoma", "Large haematoma"
    NERVE_SIGNS = "nerve_signs", "Lasting numbness or weakness"
    OTHER_SERIOUS = "other_serious", "Another serious event"


@dataclass(frozen=True)
class SeriousEvent:
    """The flag a serious event raises: rule id, level, what is suspected, source."""

    rule_id: str
    level: Urgency
    suspicion: str
    source: str


SERIOUS = {
    AdverseEvent.DEEP_INFECTION: SeriousEvent(
        "NA1", Urgency.EMERGENCY, "Infection after needling", "reference 9.3, E1; Kim 2018 [S]"
    ),
    AdverseEvent.LARGE_HAEMATOMA: SeriousEvent(
        "NA2", Urgency.SAME_DAY, "Large haematoma after needling", "reference 9.2; PMC4315381 [S]; level [G]"
    ),
    AdverseEvent.NERVE_SIGNS: SeriousEvent("NA3", Urgency.SAME_DAY, "Nerve injury by needling", "[G]"),
    AdverseEvent.OTHER_SERIOUS: SeriousEvent("NA4", Urgency.SAME_DAY, "Serious event after needling", "[G]"),
}
# These say nothing without words of their own.
NEEDS_A_NOTE = frozenset({AdverseEvent.OTHER_MILD, *SERIOUS})


@dataclass(frozen=True)
class Score:
    """One score of one instrument, in its own points."""

    instrument: Instrument
    score: float
    taken_at: datetime


@dataclass(frozen=True)
class Change:
    """One instrument before the first session and now. gain: in points, for the better above 0."""

    instrument: Instrument
    before: float
    now: float
    gain: float
    important_change: float

    @property
    def is_important(self) -> bool:
        return self.gain >= self.important_change

    def as_data(self) -> dict[str, Any]:
        return {
            "instrument": self.instrument.value,
            "label": self.instrument.label,
            "before": self.before,
            "now": self.now,
            "gain": self.gain,
            "important_change": self.important_change,
            "is_important": self.is_important,
        }


@dataclass(frozen=True)
class SessionsSoFar:
    """How many there were, what changed since before the first, and what follows."""

    sessions: int
    changes: tuple[Change, ...]
    standing: Standing

    def as_data(self) -> dict[str, Any]:
        return {
            "sessions": self.sessions,
            "changes": [change.as_data() for change in self.changes],
            "standing": self.standing.value,
            "says": self.standing.label,
            "warn_after": WARN_AFTER,
            "stop_after": STOP_AFTER,
            "source": "reference 8.3 [G]",
        }


def sessions_so_far(performed: Sequence[datetime], scores: Iterable[Score]) -> SessionsSoFar:
    """Whether another session may follow.

    performed: the moments of all sessions of the case, under whatever plan. scores: of the case, in any order.
    Before: the last score not later than the first session. Now: the last one after it. An instrument without both
    shows no change, so that sessions which nobody measures come to their stop as well [G].
    """
    if not performed:
        return SessionsSoFar(0, (), Standing.GO_ON)
    changes = _changes(min(performed), sorted(scores, key=lambda each: each.taken_at))
    done = len(performed)
    if any(change.is_important for change in changes) or done < WARN_AFTER:
        standing = Standing.GO_ON
    else:
        standing = Standing.STOP if done >= STOP_AFTER else Standing.LOOK
    return SessionsSoFar(done, changes, standing)


def _changes(first: datetime, scores: Sequence[Score]) -> tuple[Change, ...]:
    found = []
    for instrument in READ:
        important = INSTRUMENTS[instrument].important_change
        before = [each.score for each in scores if each.instrument is instrument and each.taken_at <= first]
        now = [each.score for each in scores if each.instrument is instrument and each.taken_at > first]
        if before and now and important is not None:
            better = gain(instrument, before[-1], now[-1])
            found.append(Change(instrument, before[-1], now[-1], better, important))
    return tuple(found)
