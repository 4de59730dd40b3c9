"""The clinician-review flags C1-C15 of reference 3.1, one row each."""

from __future__ import annotations

from cases.rules.conditions import (
    Condition,
    all_of,
    any_of,
    at_least,
    is_,
    yes,
)
from cases.rules.red_flags import (
    E5,
    EMERGENCY_FLAGS,
    S9,
    S9_CANCER_AT_NIGHT,
    SAME_DAY_FLAGS,
    RedFlag,
    any_swelling,
    not_injured,
    swollen,
    within_days,
    younger_than,
)
from cases.rules.safety_answers import ALARMING
from cases.rules.terms import Urgency


def _review(id: str, text: str, *, when: Condition, suspicion: str, source: str) -> RedFlag:
    return RedFlag(id, Urgency.CLINICIAN_REVIEW, when, text, suspicion, f"reference 3.1 {id}; {source}")


UNDER_12_MONTHS_DAYS = 364

_TAKEN_UP = (
    _review(
        "C1",
        "woken by pain at rest and S9 not met",
        when=is_("night_pain", "wakes_at_rest") & ~S9,
        suspicion="Tumour, inflammation, osteoarthritis flare",
        source="UK pathways [S]",
    ),
    _review(
        "C2",
        "cancer history alone",
        when=yes("cancer_history") & ~S9_CANCER_AT_NIGHT,
        suspicion="Keep high suspicion if pain does not behave",
        source="melanoma case 2023 [S]",
    ),
    _review(
        "C3",
        "unexplained weight loss alone",
        when=yes("unexplained_weight_loss") & ~S9_CANCER_AT_NIGHT,
        suspicion="Systemic disease",
        source="UK pathways [S]",
    ),
    _review(
        "C4",
        "numbness; or pain in lower back with thigh or calf",
        when=yes("numbness") | (is_("pain_location", "lower_back") & is_("pain_location", "thigh", "calf")),
        suspicion="Lumbar root (L3-L4), nerve entrapment",
        source="L3 case, Dorje 2019 [S]",
    ),
    _review(
        "C5",
        "locks now and then, or gave way with a fall",
        when=is_("locking", "intermittent_locking") | is_("giving_way", "yes_and_fell"),
        suspicion="Meniscus, loose body, ligament",
        source="AAFP 2018 [S]",
    ),
    _review(
        "C6",
        "morning stiffness over 30 minutes with swelling or other joints; other joints swollen; or moderate or large "
        "swelling without injury (under 16: S14 instead)",
        when=any_of(
            at_least("morning_stiffness_minutes", 31) & any_swelling,
            yes("other_joints_swollen"),
            all_of(swollen, not_injured, ~younger_than(16)),
        ),
        suspicion="Inflammatory arthritis, effusion",
        source="UK red-flag lists [S]; [G]",
    ),
    _review(
        "C7",
        "worse with each session and now on walking; or osteoporosis or long steroids with more activity",
        when=any_of(
            is_("impact_pattern", "worse_each_time_and_now_walking"),
            is_("conditions", "osteoporosis_or_long_steroids") & is_("any_increase", "yes"),
        ),
        suspicion="Bone stress injury (patella, tibial plateau, distal femur)",
        source="Dickoff 1987, AAFP 2007 [S]",
    ),
    _review(
        "C8",
        "knee surgery less than 12 months ago, or a joint replacement or metal in the leg",
        when=any_of(
            within_days("knee_surgery", UNDER_12_MONTHS_DAYS),
            is_("prior_injury_surgery", "joint_replacement_or_metal_in_leg"),
        ),
        suspicion="Surgical complication; contact the surgeon",
        source="UK referral criteria [S]",
    ),
    _review(
        "C9",
        "under 10",
        when=younger_than(10),
        suspicion="Outside the scope of the product",
        source="[G]",
    ),
    _review(
        "C11",
        "pain now >= 8, or worst pain >= 9 that nothing relieves",
        when=at_least("pain_now", 8) | (at_least("pain_worst", 9) & is_("relieving", "nothing")),
        suspicion="Severe pain unlike usual PFP",
        source="[G]",
    ),
    _review(
        "C12",
        "kneecap dislocated ever, more than 14 days ago",
        when=any_of(
            at_least("kneecap_dislocation_days", 15),
            is_("kneecap_dislocation_undated", "yes"),
            is_("deformity_or_kneecap_out", "went_back") & at_least("trauma_days_ago", 15),
        ),
        suspicion="Instability",
        source="[G]",
    ),
    _review(
        "C13",
        "cannot lift the straight leg and E5 not met (older than 6 weeks, or gradual)",
        when=yes("cannot_lift_straight_leg") & ~E5,
        suspicion="Neglected tendon rupture, femoral nerve",
        source="Neglected 10-month case [S]",
    ),
    _review(
        "C14",
        "burning pain with change of colour or temperature, or skin too sore to touch (asked by staff)",
        when=yes("burning_or_skin_change"),
        suspicion="Complex regional pain",
        source="[G]",
    ),
    _review(
        "C15",
        "vascular disease with pain in calf or thigh on walking that rest relieves",
        when=all_of(
            is_("conditions", "vascular_disease"),
            is_("pain_location", "calf", "thigh"),
            is_("aggravating", "walking"),
            is_("relieving", "rest"),
        ),
        suspicion="Arterial claudication",
        source="[G]",
    ),
)

_ANY_OTHER = any_of(*(flag.when for flag in (*EMERGENCY_FLAGS, *SAME_DAY_FLAGS, *_TAKEN_UP)))

_C10 = _review(
    "C10",
    "a shown E or S question not sure, or blank at submit; contradictory answers; or a yes to one that no other "
    "rule takes up",
    when=any_of(
        at_least("unsettled_safety_answers", 1),
        at_least("contradictory_answers", 1),
        # [G]: without this, "yes" to fever alone would weigh less than "not sure".
        ALARMING & ~_ANY_OTHER,
    ),
    suspicion="Missing safety data: telephone within 1 working day",
    source="[G]",
)

REVIEW_FLAGS = tuple(sorted((*_TAKEN_UP, _C10), key=lambda flag: int(flag.id[1:])))
