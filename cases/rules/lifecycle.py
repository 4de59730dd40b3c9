"""The life of a case: every move, where it may start, where it leads and what must be true first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cases.rules.terms import CaseStatus

ENDED = frozenset({CaseStatus.DISCHARGED, CaseStatus.CLOSED})
OPEN = frozenset(CaseStatus) - ENDED


@dataclass(frozen=True)
class Standing:
    """What the guards look at.

    flag_stands: an emergency or same-day flag that nobody has cleared.
    causes_confirmed: a finding names causes, or "other" in words.
    plan_approved: an approved plan is in force.
    has_outcome: a score was taken since the case entered its status: of a treated one, since treatment began.
    reason: the words given for the move ("" when none).
    booked: a visit is planned.
    """

    flag_stands: bool = False
    causes_confirmed: bool = False
    plan_approved: bool = False
    has_outcome: bool = False
    booked: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Guard:
    """A condition of a move: a stable id for programs and a sentence for people."""

    id: str
    sentence: str
    holds: Callable[[Standing], bool]


NO_STOPPING_FLAG = Guard(
    "no_stopping_flag",
    "An emergency or same-day flag must first be cleared by a clinician.",
    lambda standing: not standing.flag_stands,
)
BOOKED = Guard("booked", "A visit must be booked: say when.", lambda standing: standing.booked)
CAUSES_CONFIRMED = Guard(
    "causes_confirmed",
    "A therapist must first confirm the causes, or name another problem.",
    lambda standing: standing.causes_confirmed,
)
PLAN_APPROVED = Guard(
    "plan_approved", "A therapist must first approve a treatment plan.", lambda standing: standing.plan_approved
)
OUTCOME_OR_WHY_NOT = Guard(
    "outcome_or_why_not",
    "Record an outcome of the treatment, or say why there is none.",
    lambda standing: standing.has_outcome or bool(standing.reason.strip()),
)
REASON = Guard("reason", "Give a reason.", lambda standing: bool(standing.reason.strip()))


@dataclass(frozen=True)
class Move:
    """One change of status. `starts`: where it may begin; `ends`: where it leads."""

    name: str
    label: str
    starts: frozenset[CaseStatus]
    ends: CaseStatus
    guards: tuple[Guard, ...] = ()

    def unmet(self, standing: Standing) -> tuple[Guard, ...]:
        return tuple(guard for guard in self.guards if not guard.holds(standing))


_TABLE = (
    Move("review", "Mark as read", frozenset({CaseStatus.NEW}), CaseStatus.REVIEWED),
    Move(
        "schedule",
        "Schedule",
        frozenset({CaseStatus.NEW, CaseStatus.REVIEWED}),
        CaseStatus.SCHEDULED,
        (NO_STOPPING_FLAG, BOOKED),
    ),
    Move(
        "start_treatment",
        "Start treatment",
        frozenset({CaseStatus.SCHEDULED}),
        CaseStatus.IN_TREATMENT,
        (NO_STOPPING_FLAG, CAUSES_CONFIRMED, PLAN_APPROVED),
    ),
    Move("discharge", "Discharge", frozenset({CaseStatus.IN_TREATMENT}), CaseStatus.DISCHARGED, (OUTCOME_OR_WHY_NOT,)),
    Move("close", "Close", OPEN, CaseStatus.CLOSED, (REASON,)),
    Move("reopen", "Reopen", ENDED, CaseStatus.REVIEWED, (REASON,)),
)

MOVES: Mapping[str, Move] = {move.name: move for move in _TABLE}


def allowed_moves(status: str, standing: Standing) -> dict[str, tuple[Guard, ...]]:
    """Every move that may start from `status`, each with the guards that are still unmet (none: it may happen now).

    The guards that only ask for words with the move itself (a reason) are left out: the door asks for them.
    """
    return {
        move.name: tuple(guard for guard in move.unmet(standing) if guard is not REASON and guard is not BOOKED)
        for move in _TABLE
        if status in move.starts
    }
