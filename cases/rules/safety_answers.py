"""Safety questions left open: blank, "not sure", or answered against each other (C10; reference 2 and 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from cases.rules.conditions import (
    Condition,
    Report,
    all_of,
    any_of,
    at_least,
    at_most,
    is_,
    is_blank,
    yes,
)
from cases.rules.load_history import number
from cases.rules.red_flags import AFTER_NEEDLING_DAYS, RECORDED_NEEDLING

_INJURED = yes("trauma")
_HOT_OR_FEVER = yes("hot_red_joint", "fever")
_UNDER_18 = at_most("age_years", 17)
_NERVE = any_of(is_("numbness", "yes"), yes("leg_weakness_new"), is_("pain_location", "lower_back"))
_NEEDLED_LATELY = at_most(RECORDED_NEEDLING, AFTER_NEEDLING_DAYS)

# Every question an E or S rule reads, and when it is put (None: always). The second half only matters for a
# report that does not say what was shown. Left out on purpose: `activities`, where nothing listed is an answer,
# and the `_on` dates, which rules take as "recent" when they are missing.
SAFETY_QUESTIONS: dict[str, Condition | None] = {
    "age": None,
    "onset": None,
    "duration_weeks": None,
    "pain_now": None,
    "pain_location": None,
    "aggravating": None,
    "giving_way": None,
    "swelling": None,
    "locking": None,
    "trauma": None,
    "trauma_days_ago": _INJURED,
    "pop_at_injury": _INJURED,
    "swelling_within_hours": all_of(_INJURED, is_("swelling", "mild_after_activity", "moderate", "large")),
    "deformity_or_kneecap_out": _INJURED,
    "cannot_bend_to_90": any_of(_INJURED, _HOT_OR_FEVER),
    "bone_tender_kneecap_or_outer_knee": _INJURED,
    "cannot_bear_weight": None,
    "cannot_lift_straight_leg": None,
    "hot_red_joint": None,
    "fever": None,
    "feels_unwell": None,
    "recent_needling_or_injection": _HOT_OR_FEVER,
    "recent_needling_or_injection_days": all_of(_HOT_OR_FEVER, yes("recent_needling_or_injection")),
    "redness_where_needled": _NEEDLED_LATELY,
    "swelling_where_needled": _NEEDLED_LATELY,
    "calf_swelling": None,
    "chest_pain_or_breathless": None,
    "night_pain": None,
    "lump": None,
    "cancer_history": None,
    "unexplained_weight_loss": None,
    "numbness": None,
    "cold_or_pale_foot": None,
    "leg_weakness_new": None,
    "saddle_numbness_or_bladder_change": _NERVE,
    "limp": _UNDER_18,
    "foot_turns_out": _UNDER_18,
    "prior_injury_surgery": None,
    "anticoagulant": None,
    "conditions": None,
}
# Made from the date of birth, so never itself on the list of what was shown.
DERIVED = frozenset({"age"})
NUMBERS = frozenset(
    {
        "age",
        "duration_weeks",
        "pain_now",
        "trauma_days_ago",
        "swelling_within_hours",
        "recent_needling_or_injection_days",
    }
)
MULTIPLE = frozenset({"pain_location", "aggravating", "prior_injury_surgery", "conditions"})


@dataclass(frozen=True)
class Contradiction:
    """Answers that cannot both be meant; `fields` are quoted."""

    id: str
    when: Condition
    source: str


_INJURY_TOLD = any_of(
    at_least("trauma_days_ago", 0),
    # [G]: the reference names the day only; any other detail of an injury speaks against "no" just as much.
    at_least("swelling_within_hours", 0),
    yes("pop_at_injury", "bone_tender_kneecap_or_outer_knee"),
    is_("deformity_or_kneecap_out", "went_back", "still_out", "yes_other"),
)
CONTRADICTIONS = (
    Contradiction("K1", is_("worst_pain_below_pain_now", "yes"), "reference 2 validation"),
    Contradiction("K2", yes("cannot_bear_weight") & is_("runs_or_jumps", "yes"), "reference 2 validation"),
    Contradiction("K3", is_("trauma", "no") & _INJURY_TOLD, "reference 2 validation; further details [G]"),
)
# `swelling` none with a hot, red joint is no contradiction here: the worse answer is kept, and it fires S1 or E1.

# A "yes" that stays without any rule must weigh at least what "not sure" weighs (C10) [G].
ALARMING = any_of(
    yes(
        "trauma",
        "pop_at_injury",
        "cannot_bend_to_90",
        "bone_tender_kneecap_or_outer_knee",
        "cannot_bear_weight",
        "cannot_lift_straight_leg",
        "hot_red_joint",
        "fever",
        "feels_unwell",
        "recent_needling_or_injection",
        "redness_where_needled",
        "swelling_where_needled",
        "calf_swelling",
        "chest_pain_or_breathless",
        "lump",
        "cancer_history",
        "unexplained_weight_loss",
        "numbness",
        "cold_or_pale_foot",
        "leg_weakness_new",
        "saddle_numbness_or_bladder_change",
        "foot_turns_out",
    ),
    is_("limp", "most_of_the_time"),
    is_("deformity_or_kneecap_out", "went_back", "still_out", "yes_other"),
)


def unsettled(report: Report) -> frozenset[str]:
    """The safety questions put and answered "not sure", or blank at submit; hidden ones do not count."""
    return frozenset(name for name, asked_when in SAFETY_QUESTIONS.items() if _is_unsettled(report, name, asked_when))


def contradicted(report: Report) -> frozenset[str]:
    """The fields whose answers speak against each other."""
    return frozenset().union(*(each.when.because(report) for each in CONTRADICTIONS))


def _is_unsettled(report: Report, name: str, asked_when: Condition | None) -> bool:
    value = report.answers.get(name)
    if report.shown is not None:
        put = name in report.shown or name in DERIVED
    else:
        put = asked_when is None or asked_when.holds(report)
    if not put:
        return False
    if is_blank(value):
        return report.complete
    if name in NUMBERS:
        return number(value) is None
    if name in MULTIPLE:
        return not isinstance(value, list | tuple) or "not_sure" in value
    return not isinstance(value, str) or value == "not_sure"
