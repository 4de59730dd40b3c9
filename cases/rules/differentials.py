"""Other conditions the answers also fit: pointers for the therapist, never shown to a patient (reference 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.rules.conditions import (
    Condition,
    Report,
    all_of,
    any_of,
    at_least,
    between,
    is_,
    yes,
)
from cases.rules.measures import quoted
from cases.rules.red_flags import any_swelling

LOADING = (
    "squatting",
    "stairs_down",
    "stairs_up",
    "running",
    "jumping",
    "kneeling",
    "lunging",
    "cycling",
    "hills_down",
    "walking",
    "standing",
    "twisting",
    "sport",
)


@dataclass(frozen=True)
class Differential:
    """One row of reference 7. `when` asks for the part of the pattern that a form can ask for."""

    id: str
    think_of: str
    note: str
    when: Condition
    source: str


def _think(id: str, think_of: str, note: str, when: Condition, source: str) -> Differential:
    return Differential(id, think_of, note, when, f"reference 7; {source}")


DIFFERENTIALS = (
    _think(
        "D1",
        "Patellar tendinopathy",
        "Below the kneecap at one spot, jumping, eases with warm-up; a diffuse site argues against",
        all_of(
            is_("pain_location", "below_kneecap"),
            any_of(
                is_("pain_spot", "fingertip"),
                is_("aggravating", "jumping"),
                is_("impact_pattern", "eases_with_warm_up"),
            ),
            ~is_("pain_spot", "wide_area"),
        ),
        "[R]",
    ),
    _think(
        "D2",
        "Osgood-Schlatter",
        "Tender bump on the shin, age 9-15, growth spurt, sport",
        is_("pain_location", "shin_bump") & between("age_years", 9, 15),
        "AAFP 2012 [S]",
    ),
    _think(
        "D3",
        "Sinding-Larsen-Johansson",
        "Lower pole of the kneecap, age 9-12",
        is_("pain_location", "below_kneecap") & between("age_years", 9, 12),
        "AAFP 2012 [S]",
    ),
    _think(
        "D4",
        "Prepatellar bursitis",
        "Soft swelling in front of the kneecap, kneeling work; hot or red is S1 or E1",
        all_of(
            is_("pain_location", "front_around_kneecap"),
            any_swelling,
            is_("aggravating", "kneeling")
            | is_("work_load", "kneel_squat_climb_steady", "kneel_squat_climb_increased"),
        ),
        "[G]",
    ),
    _think(
        "D5",
        "Fat pad (Hoffa)",
        "Both sides of the tendon, worse standing or straightening, heels",
        is_("pain_location", "below_kneecap") & is_("aggravating", "standing"),
        "[G]",
    ),
    _think(
        "D6",
        "ITB syndrome; proximal tibiofibular joint",
        "Outer side, same distance into each run, downhill",
        is_("pain_location", "outer_side") & is_("aggravating", "running", "hills_down"),
        "Jackson 2017 [S]",
    ),
    _think(
        "D7",
        "Meniscus",
        "Inner side or joint line, twisting, locking now and then, swelling next day",
        is_("pain_location", "inner_side", "outer_side")
        & (is_("aggravating", "twisting") | is_("locking", "intermittent_locking", "locked_now")),
        "Duong 2023 [S, secondary]",
    ),
    _think(
        "D8",
        "Osteoarthritis (tibiofemoral or patellofemoral)",
        "Aged 45 or over, pain on activity, morning stiffness of 30 minutes or less, whole knee",
        all_of(
            at_least("age_years", 45),
            is_("aggravating", *LOADING),
            ~at_least("morning_stiffness_minutes", 31),
        ),
        "Duong 2023 [S, secondary]; NICE 2022 [R]",
    ),
    _think(
        "D9",
        "Patellar instability",
        "Kneecap dislocated, apprehension; see C12",
        any_of(
            is_("prior_injury_surgery", "kneecap_dislocation"),
            is_("deformity_or_kneecap_out", "went_back", "still_out"),
            is_("exam_apprehension", "positive"),
        ),
        "reference 3.1 C12",
    ),
    _think(
        "D10",
        "Hip osteoarthritis or impingement; in adolescents slipped capital femoral epiphysis",
        "Groin or hip pain, trouble with shoes and socks, stiff hip: knee pain may be the only symptom",
        is_("pain_location", "groin", "hip"),
        "[S]",
    ),
    _think(
        "D11",
        "Lumbar root L3-L4, saphenous or femoral nerve",
        "Lower back, numbness, pain not changed by using the knee; the reverse error also happens",
        is_("pain_location", "lower_back") | is_("numbness", "yes"),
        "Dorje 2019 [S]",
    ),
    _think(
        "D12",
        "Bone stress injury",
        "Focal bone pain, worse with every run, then on walking; see C7",
        is_("impact_pattern", "worse_each_time_and_now_walking"),
        "reference 3.1 C7",
    ),
    _think(
        "D13",
        "Inflammatory arthritis; after a tick: Lyme",
        "Several joints, long stiffness, swelling, psoriasis, bowel or eye; Lyme may swell with little pain or fever",
        any_of(
            yes("other_joints_swollen"),
            at_least("morning_stiffness_minutes", 31),
            is_("conditions", "rheumatoid_or_inflammatory"),
        ),
        "reference 3.1 C6; Islam 2018 [S]",
    ),
    _think(
        "D14",
        "Gout or pseudogout",
        "Sudden very painful hot knee over 40: cannot be told from infection by a form; see S1",
        yes("hot_red_joint") & at_least("age_years", 41),
        "reference 3.1 S1",
    ),
)


@dataclass(frozen=True)
class Pointer:
    """A condition to think of, with the answers that fit it."""

    rule_id: str
    think_of: str
    note: str
    answers: dict[str, Any]
    source: str

    def as_data(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id,
            "think_of": self.think_of,
            "note": self.note,
            "answers": self.answers,
            "source": self.source,
        }


def pointers(report: Report) -> tuple[Pointer, ...]:
    """Every differential the answers fit, in the order of the table."""
    return tuple(
        Pointer(each.id, each.think_of, each.note, quoted(each.when, report), each.source)
        for each in DIFFERENTIALS
        if each.when.holds(report)
    )
