"""The red flags E1-E10 and S1-S14 of reference 3.1, one row each, and those after needling of 9.3.

Where the reference compares a number that is missing at submit, the row is met: it goes up a level, never down [G].
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.rules.conditions import (
    Condition,
    all_of,
    any_of,
    at_least,
    at_most,
    between,
    blank,
    is_,
    yes,
)
from cases.rules.terms import Urgency


@dataclass(frozen=True)
class RedFlag:
    """One row of reference 3.1, or of the signs after needling of 9.3.

    text: the trigger in words, for people; `when` is what is evaluated.
    suspicion: for staff only, never shown to a patient.
    """

    id: str
    level: Urgency
    when: Condition
    text: str
    suspicion: str
    source: str


def _flag(id: str, level: Urgency, text: str, *, when: Condition, suspicion: str, source: str) -> RedFlag:
    return RedFlag(id, level, when, text, suspicion, f"reference 3.1 {id}; {source}")


TWELVE_WEEKS_DAYS = 84
# So long a fever or a very big knee may come from the needles [G]: a prosthesis was infected two weeks after needling
# (Steentjes 2015 [S]).
AFTER_NEEDLING_DAYS = 14
# Whole days since the last session on record of dry needling of such a knee: asked of nobody, the record knows it.
RECORDED_NEEDLING = "recorded_needling_days"


def younger_than(age_years: int) -> Condition:
    """Under that age, or of unknown age."""
    return at_most("age_years", age_years - 1) | blank("age_years")


def aged_at_least(age_years: int) -> Condition:
    """That age or over, or of unknown age."""
    return at_least("age_years", age_years) | blank("age_years")


def at_least_or_blank(name: str, low: float) -> Condition:
    return at_least(name, low) | blank(name)


def at_most_or_blank(name: str, high: float) -> Condition:
    return at_most(name, high) | blank(name)


def within_days(item: str, days: int) -> Condition:
    """A history item no longer ago than that, or without a usable date."""
    return at_most(f"{item}_days", days) | is_(f"{item}_undated", "yes")


injured = yes("trauma")
# [G]: beside a telling detail of an injury, "not sure" about the injury itself counts as one.
perhaps_injured = is_("trauma", "yes", "not_sure")
# "No injury" is everything but a yes: "not sure" must not hide S8, S12 or S14.
not_injured = ~injured
swollen = is_("swelling", "moderate", "large")
any_swelling = is_("swelling", "mild_after_activity", "moderate", "large")

E1_EXTRAS = any_of(
    yes("fever", "feels_unwell", "cannot_bear_weight", "cannot_bend_to_90"),
    at_least_or_blank("pain_now", 7),
    is_("conditions", "diabetes", "immune_suppressed", "rheumatoid_or_inflammatory"),
    is_("prior_injury_surgery", "joint_replacement_or_metal_in_leg"),
    within_days("knee_surgery", TWELVE_WEEKS_DAYS),
    yes("recent_needling_or_injection") & at_most_or_blank("recent_needling_or_injection_days", TWELVE_WEEKS_DAYS),
    at_most(RECORDED_NEEDLING, TWELVE_WEEKS_DAYS),
)
E1 = yes("hot_red_joint") & E1_EXTRAS
E2 = all_of(
    younger_than(16),
    yes("fever"),
    any_of(yes("cannot_bear_weight"), swollen, is_("limp", "most_of_the_time")),
)
E5 = all_of(
    yes("cannot_lift_straight_leg"),
    any_of(
        # [G]: an injury of the last 14 days can tear a tendon of a knee that has hurt for months; every check-in is
        # such a knee.
        injured,
        all_of(
            # [G]: an onset nobody can name is not "gradual".
            is_("onset", "after_injury", "sudden_no_injury", "unknown") | blank("onset"),
            at_most_or_blank("duration_weeks", 6),
        ),
    ),
)
# [G]: swelling that can be seen after an injury, at an hour nobody remembers, may have come within six.
swelled_fast = any_of(
    at_most("swelling_within_hours", 6),
    all_of(perhaps_injured, is_("swelling", "moderate"), blank("swelling_within_hours")),
)
S6 = all_of(
    perhaps_injured,
    any_of(
        swelled_fast,
        is_("swelling", "large"),
        # "Not no": the reference counts "not sure" here.
        yes("pop_at_injury") & (is_("giving_way", "yes", "yes_and_fell", "not_sure") | blank("giving_way")),
    ),
)
S9_CANCER_AT_NIGHT = all_of(
    at_least_or_blank("duration_weeks", 2),
    yes("cancer_history", "unexplained_weight_loss"),
    is_("night_pain", "wakes_at_rest"),
)
S9 = any_of(
    all_of(
        at_least_or_blank("duration_weeks", 2),
        any_of(younger_than(25) & is_("night_pain", "wakes_at_rest"), yes("lump")),
    ),
    S9_CANCER_AT_NIGHT,
)

_needled_place = yes("redness_where_needled", "swelling_where_needled")
NS1 = _needled_place & yes("fever", "feels_unwell")

_EMERGENCY, _SAME_DAY = Urgency.EMERGENCY, Urgency.SAME_DAY

EMERGENCY_FLAGS = (
    _flag(
        "E1",
        _EMERGENCY,
        "hot, red joint with fever, feeling unwell, not bearing weight, not bending to 90, pain now >= 7, diabetes, "
        "weak immunity, rheumatoid disease, an implant, or surgery, injection or needling within 12 weeks",
        when=E1,
        suspicion="Septic joint, deep infection, infected implant",
        source="Oliveira 2015 [S]; Mohamed 2021 [S]; Kim 2018, Lee 2008 [S]",
    ),
    _flag(
        "E2",
        _EMERGENCY,
        "under 16 with fever and not bearing weight, moderate or large swelling, or a limp most of the time",
        when=E2,
        suspicion="Septic arthritis or osteomyelitis in a child",
        source="[G]; AAFP 2018 [S]",
    ),
    _flag(
        "E3",
        _EMERGENCY,
        "injury with not bearing weight or a new deformity",
        when=any_of(
            injured & yes("cannot_bear_weight"),
            perhaps_injured & is_("deformity_or_kneecap_out", "yes_other"),
        ),
        suspicion="Fracture, knee dislocation",
        source="Ottawa, Stiell 1995 [S]; AAFP 2018 [S]",
    ),
    _flag(
        "E4",
        _EMERGENCY,
        "cold or pale foot; or injury with numbness; or one calf swollen with numbness and pain now >= 8",
        when=any_of(
            yes("cold_or_pale_foot"),
            injured & yes("numbness"),
            all_of(yes("calf_swelling"), yes("numbness"), at_least_or_blank("pain_now", 8)),
        ),
        suspicion="Artery injury, acute limb ischaemia, compartment syndrome",
        source="UK knee pathway [S]; [G]",
    ),
    _flag(
        "E5",
        _EMERGENCY,
        "cannot lift the straight leg, after injury or sudden, within 6 weeks; or with an injury of the last 14 days",
        when=E5,
        suspicion="Quadriceps or patellar tendon rupture, patella fracture",
        source="UK knee pathway [S]; Moriya 2016, Doehring 2022 [S]",
    ),
    _flag(
        "E6",
        _EMERGENCY,
        "new chest pain or shortness of breath",
        when=yes("chest_pain_or_breathless"),
        suspicion="Pulmonary embolism, cardiac",
        source="[G]",
    ),
    _flag(
        "E7",
        _EMERGENCY,
        "numbness of the saddle area or a change of bladder or bowel",
        when=yes("saddle_numbness_or_bladder_change"),
        suspicion="Cauda equina",
        source="[G]",
    ),
    _flag(
        "E8",
        _EMERGENCY,
        "the kneecap is still out of place",
        when=is_("deformity_or_kneecap_out", "still_out"),
        suspicion="Patella still dislocated",
        source="UK knee pathway [S]",
    ),
    _flag(
        "E9",
        _EMERGENCY,
        "bleeding disorder with large swelling or swelling within 6 hours",
        when=is_("conditions", "bleeding_disorder") & (is_("swelling", "large") | swelled_fast),
        suspicion="Joint bleed",
        source="[G]",
    ),
    _flag(
        "E10",
        _EMERGENCY,
        "under 16 and cannot bear weight, injury or not",
        when=younger_than(16) & yes("cannot_bear_weight"),
        suspicion="Unstable slipped capital femoral epiphysis, infection, fracture",
        source="JETem 2019 [S]",
    ),
    RedFlag(
        "NS1",
        _EMERGENCY,
        NS1,
        "after needling: redness that spreads or a swelling that grows where the needles went in, with fever or "
        "feeling unwell",
        "Infection after needling",
        "reference 9.3, as E1; Kim 2018 [S]; together an emergency [G]",
    ),
)

SAME_DAY_FLAGS = (
    _flag(
        "S1",
        _SAME_DAY,
        "hot, red joint with none of the extras of E1",
        when=yes("hot_red_joint") & ~E1_EXTRAS,
        suspicion="Infection, gout, bursitis",
        source="as E1",
    ),
    _flag(
        "S2",
        _SAME_DAY,
        "fever with knee pain of 14 days or less or any swelling, not E1 or E2",
        when=all_of(yes("fever"), at_most_or_blank("duration_weeks", 2) | any_swelling, ~E1, ~E2),
        suspicion="Infection, reactive arthritis",
        source="AAFP 2018 [S]",
    ),
    _flag(
        "S3",
        _SAME_DAY,
        "new swelling or pain of one calf",
        when=yes("calf_swelling"),
        suspicion="Deep vein thrombosis: staff screen with the Wells score (likely from 2)",
        source="Wells 2003 [S]; Theiss 2011 [S]",
    ),
    _flag(
        "S4",
        _SAME_DAY,
        "injury within 7 days and aged 55 or over, not bending to 90, or bone tenderness",
        when=all_of(
            at_most_or_blank("trauma_days_ago", 7),
            any_of(
                injured & aged_at_least(55),
                perhaps_injured & yes("cannot_bend_to_90", "bone_tender_kneecap_or_outer_knee"),
            ),
        ),
        suspicion="Ottawa-positive: X-ray today",
        source="Ottawa, Stiell 1995 [S]",
    ),
    _flag(
        "S5",
        _SAME_DAY,
        "knee locked now",
        when=is_("locking", "locked_now"),
        suspicion="Displaced meniscus, loose body",
        source="UK knee pathway [S]",
    ),
    _flag(
        "S6",
        _SAME_DAY,
        "injury with swelling within 6 hours, large swelling, or a pop and giving way",
        when=S6,
        suspicion="Blood in the joint: ligament rupture, fracture",
        source="AAFP 2018, UK red-flag lists [S]; 6 hours [G]",
    ),
    _flag(
        "S7",
        _SAME_DAY,
        "kneecap came out and went back within 14 days",
        when=any_of(
            # Put after "injury in the last 14 days": without a day given it is taken as recent.
            is_("deformity_or_kneecap_out", "went_back") & ~at_least("trauma_days_ago", 15),
            # [G]: the same told in the history, with its date.
            at_most("kneecap_dislocation_days", 14),
        ),
        suspicion="First or fresh patellar dislocation",
        source="UK knee pathway [S]",
    ),
    _flag(
        "S8",
        _SAME_DAY,
        "16 or over and cannot bear weight, no injury",
        when=all_of(aged_at_least(16), yes("cannot_bear_weight"), not_injured),
        suspicion="Stress fracture, infection, acute arthritis",
        source="AAFP 2018 [S]",
    ),
    _flag(
        "S9",
        _SAME_DAY,
        "for 2 weeks or more: under 25 and woken by pain at rest; or cancer history or weight loss and woken by "
        "pain at rest; or a growing lump",
        when=S9,
        suspicion="Bone or soft-tissue tumour, leukaemia, metastasis",
        source="NICE NG12 [S]; CCLG [S]; melanoma case 2023 [S]",
    ),
    _flag(
        "S10",
        _SAME_DAY,
        "aged 8-16 with a limp most of the time, a foot turning out, or pain in groin, hip or thigh",
        when=all_of(
            between("age_years", 8, 16) | blank("age_years"),
            any_of(
                is_("limp", "most_of_the_time"),
                yes("foot_turns_out"),
                is_("pain_location", "groin", "hip", "thigh"),
            ),
        ),
        suspicion="Slipped capital femoral epiphysis, hip disease, bone lesion: examine and X-ray the hip",
        source="Matava 1999 [S]",
    ),
    _flag(
        "S11",
        _SAME_DAY,
        "leg or foot getting weaker over days or weeks",
        when=yes("leg_weakness_new"),
        suspicion="Progressive nerve loss",
        source="UK knee pathway [S]",
    ),
    _flag(
        "S12",
        _SAME_DAY,
        "anticoagulant and large swelling, no injury",
        when=all_of(is_("anticoagulant", "anticoagulant"), is_("swelling", "large"), not_injured),
        suspicion="Joint bleed",
        source="[G]",
    ),
    _flag(
        "S13",
        _SAME_DAY,
        "16 or over, groin pain on running or walking, with more impact activity, or osteoporosis or long steroids",
        when=all_of(
            is_("pain_location", "groin"),
            is_("aggravating", "running", "walking"),
            any_of(is_("impact_increase", "yes"), is_("conditions", "osteoporosis_or_long_steroids")),
            aged_at_least(16),
        ),
        suspicion="Femoral neck stress fracture: stop impact, crutches",
        source="Robertson 2017 [S]",
    ),
    _flag(
        "S14",
        _SAME_DAY,
        "under 16 with moderate or large swelling, no injury",
        # [G]: an injury only takes this away where S6 takes it up: an injury story can mislead (CCLG), and saying
        # "yes" to an injury must not lower the urgency.
        when=all_of(younger_than(16), swollen, ~S6),
        suspicion="Infection, Lyme, juvenile arthritis, leukaemia, tumour",
        source="Islam 2018 [S]; NICE NG12 [S]; [G]",
    ),
    RedFlag(
        "NS2",
        _SAME_DAY,
        any_of(
            _needled_place,
            at_most(RECORDED_NEEDLING, AFTER_NEEDLING_DAYS) & (yes("fever") | is_("swelling", "large")),
        )
        & ~E1
        & ~NS1,
        "after needling: redness that spreads or a swelling that grows where the needles went in; or fever or a very "
        "big knee within 14 days of a session on record; not E1 or NS1",
        "Infection or bleeding after needling",
        "reference 9.3; Kim 2018, Steentjes 2015 [S]; 14 days [G]",
    ),
)
