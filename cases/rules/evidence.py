"""The evidence for each suspected cause: reference 6, one row per finding."""

from __future__ import annotations

from dataclasses import dataclass

from cases.rules.conditions import (
    Condition,
    all_of,
    at_least,
    at_most,
    is_,
    yes,
)
from cases.rules.exam_findings import STRENGTH_PERCENT
from cases.rules.load_history import LOAD_RULE, LoadRule
from cases.rules.terms import Cause, FoundCause

STRONG, MODERATE, LOW = 3, 2, 1
THREE_MONTHS_WEEKS = 13
# Sums from which a cause is suspected (reference 6, never validated [G]).
THRESHOLDS = {Cause.OVERUSE: 3, Cause.MOVEMENT_DYSFUNCTION: 2, Cause.MUSCLE_IMBALANCE: 2}
# The reference gives no sum for the contributor: the same as for the causes seen on examining [G].
MOBILITY_THRESHOLD = 2
MODERATE_FROM_ABOVE_THRESHOLD = 2

_OVERUSE = FoundCause.OVERUSE
_MOVEMENT = FoundCause.MOVEMENT_DYSFUNCTION
_MUSCLE = FoundCause.MUSCLE_IMBALANCE
_MOBILITY = FoundCause.MOBILITY_CONTRIBUTOR


@dataclass(frozen=True)
class Finding:
    """One row of reference 6.

    cause: None for a finding that speaks for nothing and is only there to reassure.
    weight: 3 strong, 2 moderate, 1 low; negative where it speaks against the cause.
    statement: may hold {measures}, filled in from the report.
    from_exam: only an exam can give it (an X row); the form alone never meets it.
    load_history: overuse is suspected only with at least one of these.
    """

    id: str
    cause: FoundCause | None
    weight: int
    statement: str
    when: Condition
    source: str
    load_history: bool = False
    from_exam: bool = False

    @property
    def direction(self) -> str:
        if self.weight == 0:
            return "0"
        return "+" if self.weight > 0 else "-"


def _row(
    id: str,
    cause: FoundCause | None,
    weight: int,
    statement: str,
    when: Condition,
    source: str,
    *,
    load_history: bool = False,
) -> Finding:
    return Finding(id, cause, weight, statement, when, f"reference 6; {source}", load_history)


def _exam(id: str, cause: FoundCause, weight: int, statement: str, when: Condition, source: str) -> Finding:
    return Finding(id, cause, weight, statement, when, f"reference 6; {source}", from_exam=True)


LOAD_JUMP = "OV1"


def load_jump_statement(rule: LoadRule) -> str:
    return (
        f"Load up by {rule.increase_percent:g} % or more, or a new loading activity, within {rule.window_weeks:g} "
        "weeks: {load_jumps_told}"
    )


WEAK_SIDE = "MU8"


def weak_statement(percent: float) -> str:
    return f"Weaker than {percent:g} % of the other side, or below norms: {{exam_weak_told}}"


_dense_impact = all_of(
    at_least("impact_sessions_per_week", 5) | at_least("teams", 2),
    at_most("rest_days_per_week", 1),
)
_gives_way = is_("giving_way", "yes", "yes_and_fell")
_same_load = is_("load_changed", "no")
# [G]: the reference says "athlete" and "low activity" without a number.
_ACTIVE_SESSIONS = 3

OVERUSE_FINDINGS = (
    _row(
        LOAD_JUMP,
        _OVERUSE,
        STRONG,
        load_jump_statement(LOAD_RULE),
        at_least("load_jumps", 1),
        "CPG 2019 entry criterion [S]; 30 % and 8 weeks [G]",
        load_history=True,
    ),
    _row(
        "OV2",
        _OVERUSE,
        STRONG,
        "Straight back to activity after {weeks_off_before_return} weeks off",
        at_least("weeks_off_before_return", 4),
        "[G], CPG concept",
        load_history=True,
    ),
    _row(
        "OV3",
        _OVERUSE,
        MODERATE,
        "Impact sport {impact_sessions_per_week} times a week or two teams, with {rest_days_per_week} rest days",
        _dense_impact,
        "Sweeney 2020 [S]",
        load_history=True,
    ),
    _row(
        "OV4",
        _OVERUSE,
        STRONG,
        "More kneeling, squatting or climbing at work",
        is_("work_load", "kneel_squat_climb_increased"),
        "[G]",
        load_history=True,
    ),
    _row(
        "OV5",
        _OVERUSE,
        MODERATE,
        "Steady kneeling, squatting or climbing at work",
        is_("work_load", "kneel_squat_climb_steady"),
        "[G]",
        load_history=True,
    ),
    _row(
        "OV6",
        _OVERUSE,
        LOW,
        "New hills, stairs, surface or shoes",
        is_("new_ground", "yes"),
        "Esculier 2016 protocol [S]",
        load_history=True,
    ),
    _row(
        "OV7",
        _OVERUSE,
        MODERATE,
        "Rest helped a lot, then the pain came back",
        is_("rest_helped", "a_lot_then_back"),
        "seed article; [G]",
    ),
    _row("OV8", _OVERUSE, LOW, "Rest helped a little", is_("rest_helped", "a_little"), "seed article; [G]"),
    _row(
        "OV9",
        _OVERUSE,
        LOW,
        "Endurance or jumping athlete without a change in load",
        all_of(is_("endurance_or_jumping", "yes"), _same_load, at_least("sessions_per_week", _ACTIVE_SESSIONS)),
        "seed article; CPG 2019",
    ),
    _row(
        "OV10",
        _OVERUSE,
        -MODERATE,
        "No change in load and low activity: {sessions_per_week} sessions a week",
        all_of(
            _same_load,
            at_most("sessions_per_week", _ACTIVE_SESSIONS - 1),
            ~_dense_impact,
            ~is_("work_load", "kneel_squat_climb_steady"),
        ),
        "[G]",
    ),
)

MOVEMENT_FINDINGS = (
    _row(
        "MV1",
        _MOVEMENT,
        MODERATE,
        "The knee drifts inwards when squatting, landing or going downstairs",
        yes("knee_moves_inward"),
        "CPG 2019 [S]",
    ),
    _row(
        "MV2",
        _MOVEMENT,
        MODERATE,
        "The kneecap shifts sideways; never dislocated",
        all_of(
            yes("kneecap_shifts_sideways"),
            ~is_("prior_injury_surgery", "kneecap_dislocation"),
            ~is_("deformity_or_kneecap_out", "went_back", "still_out"),
        ),
        "seed article; [G]",
    ),
    _row(
        "MV3",
        _MOVEMENT,
        LOW,
        "Giving way, and the kneecap shifts sideways",
        _gives_way & yes("kneecap_shifts_sideways"),
        "[G]",
    ),
    _exam(
        "MV4",
        _MOVEMENT,
        LOW,
        "Flat feet or very flexible joints: {exam_flat_told}",
        at_least("exam_flat_or_flexible", 1),
        "CPG mobility group [S]",
    ),
    _exam(
        "MV5",
        _MOVEMENT,
        STRONG,
        "Inward collapse, trunk lean or pelvic drop: {exam_control_told}",
        at_least("exam_poor_control", 1),
        "CPG grade B performance tests [S]",
    ),
    _exam(
        "MV6",
        _MOVEMENT,
        MODERATE,
        "J-sign, patellar glide or tilt abnormal: {exam_kneecap_told}",
        at_least("exam_kneecap_abnormal", 1),
        "CPG grade C [S]",
    ),
    _exam(
        "MV7",
        _MOVEMENT,
        -STRONG,
        "Good control on every test done: {exam_control_told}",
        at_least("exam_good_control", 1),
        "CPG 2019; every one of the tests done [G]",
    ),
)

MUSCLE_FINDINGS = (
    _row(
        "MU1",
        _MUSCLE,
        MODERATE,
        "One leg clearly weaker, or both too weak for stairs or getting up",
        yes("weakness_or_one_side_stronger"),
        "CPG concept; self-report validity unknown [G]",
    ),
    _row(
        "MU2",
        _MUSCLE,
        MODERATE,
        "One thigh looks smaller",
        yes("thigh_looks_smaller"),
        "[G]; AKPS item 12",
    ),
    _row(
        "MU3",
        _MUSCLE,
        MODERATE,
        "Cast, immobilisation or surgery of this leg within 24 months",
        at_least("leg_rested", 1),
        "[G]",
    ),
    _row(
        "MU4",
        _MUSCLE,
        LOW,
        "Cannot rise from a chair or do stairs without hands because of weakness",
        yes("cannot_rise_without_hands"),
        "[G]",
    ),
    _row(
        "MU5",
        _MUSCLE,
        LOW,
        "Giving way, and the kneecap does not shift",
        _gives_way & is_("kneecap_shifts_sideways", "no"),
        "quadriceps inhibition [G]",
    ),
    _row(
        "MU6",
        _MUSCLE,
        LOW,
        "No exercise for 3 months or more: {weeks_without_exercise} weeks",
        at_least("weeks_without_exercise", THREE_MONTHS_WEEKS),
        "[G]",
    ),
    _row(
        "MU7",
        _MUSCLE,
        LOW,
        "The knee drifts inwards and weakness is reported",
        yes("knee_moves_inward") & yes("weakness_or_one_side_stronger"),
        "seed article",
    ),
    _exam(
        WEAK_SIDE,
        _MUSCLE,
        STRONG,
        weak_statement(STRENGTH_PERCENT),
        at_least("exam_weak", 1),
        "CPG muscle group [S]; 90 % cut [R]; below norms as the therapist says [G]",
    ),
    _exam(
        "MU9",
        _MUSCLE,
        -STRONG,
        "Strength symmetrical and normal: {exam_strength_told}",
        is_("exam_strength_normal", "yes"),
        "CPG 2019; hip abductors and quadriceps at least [G]",
    ),
)

OTHER_FINDINGS = (
    _row("CL1", None, 0, "Clicking or grinding: no sign of anything", yes("clicking"), "[G]"),
    _exam(
        "MB1",
        _MOBILITY,
        LOW,
        "Flat feet or very flexible joints: {exam_flat_told}",
        at_least("exam_flat_or_flexible", 1),
        "CPG mobility group [S]",
    ),
    _exam(
        "MB2",
        _MOBILITY,
        MODERATE,
        "Tilt test with too little play: {exam_tilt_told}",
        is_("exam_tilt_stiff", "yes"),
        "CPG grade C [S]",
    ),
    _exam(
        "MB3",
        _MOBILITY,
        STRONG,
        "Tight muscles or high foot mobility: {exam_tight_told}",
        at_least("exam_tight", 1),
        "CPG mobility group [S]",
    ),
)

FINDINGS: tuple[Finding, ...] = (*OVERUSE_FINDINGS, *MOVEMENT_FINDINGS, *MUSCLE_FINDINGS, *OTHER_FINDINGS)
