"""How well the answers fit patellofemoral pain, and what speaks against it (reference 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.rules.conditions import (
    Condition,
    Report,
    all_of,
    any_of,
    at_least,
    at_most,
    between,
    blank,
    count_of,
    is_,
    yes,
)
from cases.rules.measures import quoted
from cases.rules.terms import STOPPING, Likelihood, Urgency

FRONT_SITES = ("front_around_kneecap", "behind_kneecap")
# Activities that load the bent knee: criterion 2 of the guideline (CPG 2019, grade B [S]).
BENT_KNEE_LOADS = (
    "squatting",
    "stairs_down",
    "stairs_up",
    "long_sitting",
    "rising_from_chair",
    "running",
    "jumping",
    "kneeling",
    "lunging",
    "cycling",
    "hills_down",
)


@dataclass(frozen=True)
class LikelihoodRule:
    """One statement for or against PFP, with the condition that makes it true."""

    id: str
    statement: str
    when: Condition
    source: str


def _rule(id: str, statement: str, when: Condition, source: str = "reference 4") -> LikelihoodRule:
    return LikelihoodRule(id, statement, when, source)


CRITERIA = (
    _rule(
        "L1",
        "Pain around or behind the kneecap",
        is_("pain_location", *FRONT_SITES),
        "reference 4 criterion 1; CPG 2019 grade B [S]",
    ),
    _rule(
        "L2",
        "At least two activities that load the bent knee bring it on",
        count_of("aggravating", BENT_KNEE_LOADS, at_least=2),
        "reference 4 criterion 2; CPG 2019 grade B [S]",
    ),
    _rule("L3", "Age 10 to 50", between("age_years", 10, 50)),
    _rule(
        "L4",
        "A squat brings on the usual pain",
        is_("exam_squat_pain", "usual_pain"),
        "reference 4; CPG 2019 grade A [S]",
    ),
    _rule(
        "L5",
        "Tilt test with too little play",
        is_("exam_patellar_tilt", "hypomobile"),
        "reference 4; CPG 2019 grade C [S]",
    ),
)

STRONG_POINTERS = (
    _rule("P1", "Pain at one fingertip spot", is_("pain_spot", "fingertip")),
    _rule("P2", "The knee locks", is_("locking", "intermittent_locking", "locked_now")),
    _rule(
        "P3",
        "The kneecap has been dislocated",
        is_("prior_injury_surgery", "kneecap_dislocation") | is_("deformity_or_kneecap_out", "went_back", "still_out"),
    ),
    _rule("P4", "Numbness", is_("numbness", "yes")),
    _rule("P5", "Woken by pain at rest", is_("night_pain", "wakes_at_rest")),
    _rule(
        "P6",
        "Other joints swollen, or morning stiffness over 30 minutes",
        yes("other_joints_swollen") | at_least("morning_stiffness_minutes", 31),
    ),
    _rule("P7", "Pain in groin or hip", is_("pain_location", "groin", "hip")),
    _rule("P8", "Whole knee, aged 45 or over", is_("pain_location", "whole_knee") & at_least("age_years", 45)),
    _rule(
        "P9",
        "Worse with each session and now on walking",
        is_("impact_pattern", "worse_each_time_and_now_walking"),
    ),
    _rule(
        "P10",
        "Injury in the last 14 days",
        any_of(
            yes("trauma"),
            # [G]: pain of two weeks or less that began with an injury is the same thing told elsewhere.
            is_("onset", "after_injury") & at_most("duration_weeks", 2),
        ),
    ),
)

_FEW_ACTIVITIES = _rule(
    "A1",
    "Only one activity that loads the bent knee brings it on",
    count_of("aggravating", BENT_KNEE_LOADS, at_least=1, at_most=1),
)
_MISSING = _rule(
    "A2",
    "Place of pain or activities that bring it on not answered",
    any_of(*(blank(name, unfinished=True) for name in ("pain_location", "aggravating"))),
)
_AGE_OUTSIDE = _rule(
    "A3",
    "Age under 10, over 50, or not known",
    any_of(at_most("age_years", 9), at_least("age_years", 51), blank("age_years", unfinished=True)),
)
_NO_FRONT_SITE = _rule(
    "A4",
    "No pain around or behind the kneecap",
    ~is_("pain_location", *FRONT_SITES) & ~blank("pain_location", unfinished=True),
)
_NO_ACTIVITY = _rule(
    "A5",
    "No activity that loads the bent knee brings it on",
    all_of(
        count_of("aggravating", BENT_KNEE_LOADS, at_least=0, at_most=0),
        ~blank("aggravating", unfinished=True),
    ),
)
UNCERTAIN_RULES = (_FEW_ACTIVITIES, _MISSING, _AGE_OUTSIDE)
UNLIKELY_RULES = (_NO_FRONT_SITE, _NO_ACTIVITY)
A_RED_FLAG = "A6"


@dataclass(frozen=True)
class LikelihoodReason:
    """A statement with the answers behind it."""

    rule_id: str
    statement: str
    answers: dict[str, Any]
    source: str

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "statement": self.statement,
            "answers": self.answers,
            "source": self.source,
        }


@dataclass(frozen=True)
class LikelihoodResult:
    """value: never more than "likely" from intake alone; reasons speak for it, `against` against PFP."""

    value: Likelihood
    reasons: tuple[LikelihoodReason, ...]
    against: tuple[LikelihoodReason, ...]

    def as_data(self) -> dict[str, Any]:
        return {
            "value": self.value.value,
            "reasons": [reason.as_data() for reason in self.reasons],
            "against": [reason.as_data() for reason in self.against],
        }


def likelihood(report: Report, urgency: Urgency) -> LikelihoodResult:
    """PFP likelihood for staff; with an emergency or same-day urgency it is never "likely" (reference 4)."""
    unlikely = _met(UNLIKELY_RULES, report)
    against = [*unlikely, *_met(UNCERTAIN_RULES, report), *_met(STRONG_POINTERS, report)]
    if urgency in STOPPING:
        statement = f"A red flag comes first ({urgency.label.lower()})"
        against.append(LikelihoodReason(A_RED_FLAG, statement, {}, "reference 4 and 3.3"))
    doubted = Likelihood.UNLIKELY if unlikely else Likelihood.UNCERTAIN
    return LikelihoodResult(doubted if against else Likelihood.LIKELY, tuple(_met(CRITERIA, report)), tuple(against))


def _met(rules: tuple[LikelihoodRule, ...], report: Report) -> list[LikelihoodReason]:
    # What is absent has no answer that made the rule hold: then quote what it looked at.
    return [
        LikelihoodReason(
            rule.id,
            rule.statement,
            quoted(rule.when, report) or {name: report.told(name) for name in sorted(rule.when.reads)},
            rule.source,
        )
        for rule in rules
        if rule.when.holds(report)
    ]
