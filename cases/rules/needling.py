"""The safety screen before trigger-point dry needling: what the form and the therapist tell (reference 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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

    reasons: tuple[NeedlingReason, ...]

    @property
    def result(self) -> NeedlingResult:
        """One hard stop decides; without one, any reason is a precaution."""
        if any(reason.result is NeedlingResult.CONTRAINDICATED for reason in self.reasons):
            return NeedlingResult.CONTRAINDICATED
        return NeedlingResult.PRECAUTION if self.reasons else NeedlingResult.OK

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
    return NeedlingScreen(tuple(reasons))


# --- the therapist's own screen, answered at the couch -------------------------------------------------------------


@dataclass(frozen=True)
class TherapistQuestion:
    """What the therapist asks or looks at now. options: the words of the answer; empty: a whole number (weeks).

    today: must be answered at every screening. The others complete or correct the form and may stay blank.
    several: more than one of the options.
    """

    name: str
    text: str
    options: tuple[str, ...] = ("yes", "no", "not_sure")
    today: bool = False
    several: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "text": self.text,
            "options": list(self.options),
            "today": self.today,
            "several": self.several,
        }


MOST_PREGNANCY_WEEKS = 45
THERAPIST_QUESTIONS = (
    TherapistQuestion("fever", "Fever now?", today=True),
    TherapistQuestion("feels_unwell", "Ill all over, an infection of the body?", today=True),
    TherapistQuestion("hot_red_joint", "Is the joint hot or red?", today=True),
    TherapistQuestion("skin_problem_at_site", "Is the skin there infected, broken or inflamed?", today=True),
    TherapistQuestion("understands_consent", "Can the patient understand, agree and report?", today=True),
    TherapistQuestion("varicose_veins", "Varicose veins in the area?", today=True),
    TherapistQuestion("numb_skin", "Numb skin in the area?", today=True),
    TherapistQuestion("strong_pain_after_needling", "Strong pain after earlier needling?", today=True),
    TherapistQuestion("active_cancer", "Active cancer?", today=True),
    TherapistQuestion("haematology_clearance", "With a bleeding disorder: is there a written haematology clearance?"),
    TherapistQuestion("needling_interest", "Does the patient want it?", ("yes", "unsure", "no")),
    TherapistQuestion("needle_fear", "Fear of needles?", ("none", "mild", "severe")),
    TherapistQuestion("pregnancy", "Pregnant?"),
    TherapistQuestion("pregnancy_weeks", "Weeks of pregnancy?", ()),
    TherapistQuestion("anticoagulant", "Blood thinner?", ("none", "antiplatelet", "anticoagulant", "not_sure")),
    TherapistQuestion("metal_allergy", "Nickel or metal allergy?"),
    TherapistQuestion("fainted_with_needles", "Fainted with needles?"),
    TherapistQuestion(
        "conditions",
        "Conditions the form does not name (added to it, never taken from it)?",
        (
            *("diabetes", "immune_suppressed", "bleeding_disorder", "rheumatoid_or_inflammatory"),
            *("vascular_disease", "epilepsy", "lymphoedema_leg", "none"),
        ),
        several=True,
    ),
)
THERAPIST_QUESTION = {question.name: question for question in THERAPIST_QUESTIONS}

# Read from the therapist's answers alone: what the form said weeks ago does not answer for today.
THERAPIST_RULES = (
    _stop("N40", "Fever today", yes("fever")),
    _stop("N41", "Fever today not answered or not sure", open_("fever")),
    _stop("N42", "Hot or red joint today", yes("hot_red_joint")),
    _stop("N43", "Hot or red joint today not answered or not sure", open_("hot_red_joint")),
    _stop("N44", "Feels ill all over today: an infection of the body?", yes("feels_unwell")),
    _stop("N45", "Feeling ill today not answered or not sure", open_("feels_unwell")),
    _stop("N46", "Infected, broken or inflamed skin in the area", yes("skin_problem_at_site")),
    _stop("N47", "Skin in the area not answered or not sure", open_("skin_problem_at_site")),
    _stop("N48", "Cannot understand, agree or report", is_("understands_consent", "no")),
    _stop("N49", "Understanding and consent not answered or not sure", open_("understands_consent")),
    _care("N50", "Varicose veins in the area", yes("varicose_veins")),
    _care("N51", "Varicose veins not answered or not sure", open_("varicose_veins")),
    _care("N52", "Numb skin in the area", yes("numb_skin")),
    _care("N53", "Numb skin not answered or not sure", open_("numb_skin")),
    _care("N54", "Strong pain after earlier needling", yes("strong_pain_after_needling")),
    _care("N55", "Pain after earlier needling not answered or not sure", open_("strong_pain_after_needling")),
    _care("N56", "Active cancer", yes("active_cancer")),
    _care("N57", "Active cancer not answered or not sure", open_("active_cancer")),
)
NOT_OFFERED, NOT_CERTIFIED = "N60", "N61"
# Rows of the form that a question of today takes the place of.
_ASKED_TODAY = frozenset({"N6", "N7", "N8", "N9", "N10", "N11", "N17", "N18"})
# Rows of the form that an answer of the therapist settles.
_SETTLED_BY: dict[str, Condition] = {
    "N13": yes("haematology_clearance"),
    "N35": is_("active_cancer", "yes", "no"),
    "N36": is_("active_cancer", "yes", "no"),
    "N37": is_("numb_skin", "yes", "no"),
    "N38": is_("numb_skin", "yes", "no"),
}
# The form shows these only where the clinic offers needling: never asked is as good as blank [G].
_ASKED_OF_ALL = frozenset({"needle_fear", "metal_allergy", "fainted_with_needles", "anticoagulant", "conditions"})
# A screen is made anew after this, and after every report, serious event or flag since [G].
SCREEN_HOLDS_DAYS = 14


def wrong_answers(answers: Mapping[str, Any]) -> dict[str, str]:
    """What cannot be used of the therapist's answers, by name; blank (None, "", no option) is an answer not given."""
    wrong = dict.fromkeys(sorted(set(answers) - THERAPIST_QUESTION.keys()), "There is no such question.")
    for question in THERAPIST_QUESTIONS:
        given = answers.get(question.name)
        if given in (None, "", []):
            continue
        if question.several:
            if not isinstance(given, list) or not all(each in question.options for each in given):
                wrong[question.name] = f"Choose among {', '.join(question.options)}."
        elif not question.options:
            if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= MOST_PREGNANCY_WEEKS:
                wrong[question.name] = f"Write whole weeks from 0 to {MOST_PREGNANCY_WEEKS}."
        elif given not in question.options:
            wrong[question.name] = f"Choose among {', '.join(question.options)}."
    return wrong


def therapist_screen(
    form: Report, answers: Mapping[str, Any], *, urgency: Urgency, offered: bool, certified: bool
) -> NeedlingScreen:
    """The whole screen of reference 9.2: the form's answers, and what the therapist asks and sees today.

    form: the answers known of the patient, on today's date. answers: by question; see `wrong_answers`.
    urgency: of the worst flag still standing. offered: the site offers needling. certified: the therapist is, there.
    """
    given = {name: value for name, value in answers.items() if value not in (None, "", [])}
    today = Report(answers=given, on=form.on)
    known = replace(
        form,
        answers={**form.answers, **given, "conditions": _conditions(form, given)},
        shown=None if form.shown is None else form.shown | _ASKED_OF_ALL | given.keys(),
    )
    reasons = [
        reason
        for reason in needling_screen(known, urgency).reasons
        if reason.rule_id not in _ASKED_TODAY
        and not (reason.rule_id in _SETTLED_BY and _SETTLED_BY[reason.rule_id].holds(today))
    ]
    reasons += [
        NeedlingReason(rule.id, rule.result, rule.statement, quoted(rule.when, today), rule.source)
        for rule in THERAPIST_RULES
        if rule.when.holds(today)
    ]
    for rule_id, statement, holds in (
        (NOT_OFFERED, "This site does not offer dry needling", not offered),
        (NOT_CERTIFIED, "The therapist is not certified for it here", not certified),
    ):
        if holds:
            reasons.append(NeedlingReason(rule_id, NeedlingResult.CONTRAINDICATED, statement, {}, "reference 9.2"))
    return NeedlingScreen(tuple(reasons))


def _conditions(form: Report, given: Mapping[str, Any]) -> list[str] | None:
    """Those of the form and those the therapist adds; "none" and "not sure" only where nothing else is named."""
    before = [str(each) for each in form.answers.get("conditions") or ()]
    added = [str(each) for each in given.get("conditions") or ()]
    named = [each for each in (*before, *added) if each not in ("none", "not_sure")]
    return list(dict.fromkeys(named)) or added or before or None


# --- what is said about it, both sides ----------------------------------------------------------------------------

EVIDENCE_FOR = (
    "The clinic's own article calls it effective for restoring muscle firing.",
    "2025 meta-analysis, 12 studies, 624 people: small gain in pain overall (MD -0.86), larger when added to exercise "
    "alone (MD -2.02; function +9.56) [S].",
    "2025 appraisal: needling of hip muscles helped in two trials; evidence limited [S].",
    "Sham-controlled, weekly for 6 weeks, quadriceps, 50 people (Ma 2020, design [S]) reported benefit [R].",
)
EVIDENCE_AGAINST = (
    "CPG 2019 tells clinicians not to use it for this pain (grade A [R]; direction confirmed by Wallis 2021 and a 2025 "
    "critically appraised topic [S]).",
    "60 people, needling added to manual therapy and exercise: no extra benefit at 3 months (Espi-Lopez 2017 [S]).",
    "2025 meta-analysis: no gain when added to multimodal care or against other trigger-point methods [S].",
    "2025 appraisal: needling of the quadriceps did not help [S]. The 2018 expert panel was uncertain [R].",
)
HARMS = (
    "Mild effects in 19 % of 7,629 treatments: bruise 7.6 %, bleeding 4.7 %, pain during 3.0 % and after 2.2 %; no "
    "serious event seen, upper bound 0.04 %, as the therapists themselves reported (Brady 2014 [S]).",
    "Rare and serious: deep infection (16-year-old, abscess of the thigh, Kim 2018 [S]).",
)
STANCE = (
    "Off by default, never proposed as first line, never alone: an adjunct a therapist may add with a typed reason, a "
    "passed screen, recorded consent and the permission to do it (the law differs by state and country). Safety only: "
    "a passed screen does not recommend it."
)

# A text that was agreed to is never edited: a change of words is a new version.
CONSENT_VERSION = "2026.11"
CONSENT_TEXTS = {
    "2026.11": (
        "Dry needling puts thin needles into tight muscles. Some people get short-term relief; guidelines do not "
        "recommend it for this problem. About one treatment in five has a mild effect: a bruise, a little bleeding, "
        "pain during or after. Serious harm, such as an infection, is very rare. You can say no, or stop at any time, "
        "and it changes nothing about the rest of your care. Tell us at once about spreading redness, fever or a "
        "growing swelling."
    ),
}
