"""The safety screen before trigger-point dry needling, as far as the form can tell (reference 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.rules.conditions import (
    Condition,
    Report,
    at_least,
    at_most,
    is_,
    yes,
)
from cases.rules.conditions import (
    blank as _blank,
)
from cases.rules.measures import quoted
from cases.rules.red_flags import TWELVE_WEEKS_DAYS
from cases.rules.terms import STOPPING, NeedlingResult, Urgency

FIRST_TRIMESTER_WEEKS = 12


@dataclass(frozen=True)
class NeedlingRule:
    """A reason to hold back: `result` is contraindicated (hard stop) or precaution (the therapist decides)."""

    id: str
    result: NeedlingResult
    statement: str
    when: Condition
    source: str


def blank(name: str) -> Condition:
    """Not answered, finished form or not; a question that does not concern the patient was not shown."""
    return _blank(name, if_shown=True, unfinished=True)


def open_(name: str) -> Condition:
    """Blank or not sure: on a hard stop it counts as one, on a precaution as a precaution."""
    return is_(name, "not_sure") | blank(name)


def _stop(id: str, statement: str, when: Condition, source: str = "") -> NeedlingRule:
    return NeedlingRule(
        id, NeedlingResult.CONTRAINDICATED, statement, when, f"reference 9.2; {source or 'APTA 2013 [R]'}"
    )


def _care(id: str, statement: str, when: Condition, source: str = "") -> NeedlingRule:
    return NeedlingRule(id, NeedlingResult.PRECAUTION, statement, when, f"reference 9.2; {source or 'APTA 2013 [R]'}")


OPEN_RED_FLAG = "N1"
# Asked of nobody the form knows to be male.
_may_be_pregnant = ~is_("sex", "male")
_wants_it = is_("needling_interest", "yes", "unsure")
_second_trimester_on = at_least("pregnancy_weeks", FIRST_TRIMESTER_WEEKS + 1)
_TWELVE_WEEKS = at_most("knee_surgery_days", TWELVE_WEEKS_DAYS)

NEEDLING_RULES = (
    _stop("N2", "Patient does not want needling", is_("needling_interest", "no")),
    # Needling was not offered, or not answered: "hidden" is no consent either, so shown or not does not matter.
    _stop("N3", "Interest in needling not asked or not answered", _blank("needling_interest", unfinished=True)),
    _stop("N4", "Severe fear of needles", is_("needle_fear", "severe")),
    _stop("N5", "Fear of needles not answered", blank("needle_fear")),
    _stop("N6", "Fever", yes("fever")),
    _stop("N7", "Fever not answered or not sure", open_("fever")),
    _stop("N8", "Hot or red joint", yes("hot_red_joint")),
    _stop("N9", "Hot or red joint not answered or not sure", open_("hot_red_joint")),
    _stop("N17", "Feels ill all over: an infection of the body?", yes("feels_unwell"), "[G]"),
    _stop("N18", "Feeling ill not answered or not sure", open_("feels_unwell"), "[G]"),
    _stop("N10", "Infected, broken or inflamed skin at the site", yes("skin_problem_at_site")),
    _stop("N11", "Skin at the site not answered or not sure", _wants_it & open_("skin_problem_at_site")),
    _stop("N12", "Lymphoedema of the leg", is_("conditions", "lymphoedema_leg")),
    _stop(
        "N13",
        "Bleeding disorder without written haematology clearance",
        is_("conditions", "bleeding_disorder"),
    ),
    _stop("N14", "Conditions not answered or not sure", open_("conditions")),
    _stop(
        "N15",
        "Pregnant, first 12 weeks or weeks not given",
        yes("pregnancy") & ~_second_trimester_on,
        "[G]; relative in guidelines [R]",
    ),
    _stop(
        "N16",
        "Pregnancy not sure or not answered",
        is_("pregnancy", "not_sure") | (_may_be_pregnant & blank("pregnancy")),
        "[G]; relative in guidelines [R]",
    ),
    _care(
        "N20",
        "Anticoagulant or antiplatelet: thin needle, superficial, press 2 minutes or more",
        is_("anticoagulant", "anticoagulant", "antiplatelet"),
        "Munoz 2022 [S]; PMC4315381 [S]; press 2 minutes [G]",
    ),
    _care("N21", "Blood thinner not sure or not answered: clarify first", open_("anticoagulant")),
    _care("N22", "A blood thinner stands in the list of medicines", is_("blood_thinner_named", "yes"), "[G]"),
    _care("N23", "Pregnant, after 12 weeks", yes("pregnancy") & _second_trimester_on),
    _care(
        "N24",
        "Under 18 or age unknown: guardian's consent and the patient's assent",
        at_most("age_years", 17) | _blank("age_years", unfinished=True),
    ),
    _care(
        "N25",
        "Weak immunity, diabetes or rheumatoid disease",
        is_("conditions", "immune_suppressed", "diabetes", "rheumatoid_or_inflammatory"),
        "Lee 2008 [S]",
    ),
    _care(
        "N26",
        "Joint replacement or metal in the leg: never near it",
        is_("prior_injury_surgery", "joint_replacement_or_metal_in_leg"),
        "Steentjes 2015 [S]",
    ),
    _care(
        "N27",
        "Surgery less than 12 weeks ago, or its date not given",
        is_("prior_injury_surgery", "knee_surgery") & (_TWELVE_WEEKS | _blank("knee_surgery_days", unfinished=True)),
    ),
    _care("N28", "Earlier surgery or implants not answered", blank("prior_injury_surgery")),
    _care("N29", "Nickel or metal allergy: coated or non-nickel needle", yes("metal_allergy")),
    _care("N30", "Metal allergy not answered or not sure", _wants_it & open_("metal_allergy")),
    _care("N31", "Fainted with needles: lie down", yes("fainted_with_needles")),
    _care("N32", "Fainting with needles not answered or not sure", _wants_it & open_("fainted_with_needles")),
    _care("N33", "Mild fear of needles", is_("needle_fear", "mild")),
    _care("N34", "Epilepsy or vascular disease", is_("conditions", "epilepsy", "vascular_disease")),
    _care("N35", "Cancer history: active cancer?", yes("cancer_history")),
    _care("N36", "Cancer history not answered or not sure", open_("cancer_history")),
    _care("N37", "Numb skin", is_("numbness", "yes")),
    _care("N38", "Numbness not answered", open_("numbness")),
)


@dataclass(frozen=True)
class NeedlingReason:
    rule_id: str
    result: NeedlingResult
    statement: str
    answers: dict[str, Any]
    source: str

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "result": self.result.value,
            "statement": self.statement,
            "answers": self.answers,
            "source": self.source,
        }


@dataclass(frozen=True)
class NeedlingScreen:
    """Safety only: "ok" does not mean recommended. Consent and permit are checked when needling is planned."""

    result: NeedlingResult
    reasons: tuple[NeedlingReason, ...]

    def as_data(self) -> dict[str, Any]:
        return {"result": self.result.value, "reasons": [reason.as_data() for reason in self.reasons]}


def needling_screen(report: Report, urgency: Urgency) -> NeedlingScreen:
    """The screen for one report; an emergency or same-day urgency is a hard stop until a clinician clears it."""
    reasons = [
        NeedlingReason(rule.id, rule.result, rule.statement, quoted(rule.when, report), rule.source)
        for rule in NEEDLING_RULES
        if rule.when.holds(report)
    ]
    if urgency in STOPPING:
        statement = f"Open red flag: {urgency.label.lower()}"
        reasons.insert(
            0,
            NeedlingReason(OPEN_RED_FLAG, NeedlingResult.CONTRAINDICATED, statement, {}, "reference 9.2 and 3.3"),
        )
    if any(reason.result is NeedlingResult.CONTRAINDICATED for reason in reasons):
        return NeedlingScreen(NeedlingResult.CONTRAINDICATED, tuple(reasons))
    return NeedlingScreen(NeedlingResult.PRECAUTION if reasons else NeedlingResult.OK, tuple(reasons))
