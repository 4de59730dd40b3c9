"""What a plan may hold for each confirmed cause, with dose, progression and honest evidence (reference 8.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cases.rules.terms import FoundCause, Intervention


@dataclass(frozen=True)
class PlanItemTemplate:
    """One item a therapist may take into a plan and change.

    causes: for which findings it is proposed; empty means for every plan.
    runners_only: proposed only where the patient runs.
    evidence: grade and what it rests on; [S] read, [R] recalled, [G] our own decision.
    """

    id: str
    intervention: Intervention
    title: str
    dose: str
    frequency: str
    duration_weeks: int
    progression: str
    evidence: str
    cautions: str
    source: str
    causes: frozenset[FoundCause] = frozenset()
    runners_only: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "intervention": self.intervention.value,
            "title": self.title,
            "dose": self.dose,
            "frequency": self.frequency,
            "duration_weeks": self.duration_weeks,
            "progression": self.progression,
            "evidence": self.evidence,
            "cautions": self.cautions,
            "source": self.source,
        }


_OVERUSE = frozenset({FoundCause.OVERUSE})
_MOVEMENT = frozenset({FoundCause.MOVEMENT_DYSFUNCTION})
_MUSCLE = frozenset({FoundCause.MUSCLE_IMBALANCE})
_MOBILITY = frozenset({FoundCause.MOBILITY_CONTRIBUTOR})

PLAN_ITEMS = (
    PlanItemTemplate(
        "T1",
        Intervention.EDUCATION,
        "What this pain is and how load works",
        "What PFP is, load, pain is not harm, keeping at it, fear, realistic time",
        "First visit and each review",
        12,
        "Understands the load rules",
        "Grade F (CPG 2019 [R]); helps against waiting (Winters 2020 [S])",
        'Avoid "damage", "worn cartilage", "out of place"',
        "reference 8.3 all",
    ),
    PlanItemTemplate(
        "T2",
        Intervention.LOAD_MANAGEMENT,
        "Relative rest and load rules",
        "First 3-5 days about half of the aggravating load, not none; swap to flat walking, swimming or easy cycling "
        "if comfortable; then rebuild by the green, amber and red rules",
        "Every session; check-in on day 3-5",
        12,
        "Green on the load rules: keep or progress",
        "Grade F (CPG 2019 [R]); first days and halving [G]",
        "Reduce, do not stop; ceiling 3/10 on one's own, 5/10 only as the therapist directs [G]",
        "reference 8.1, 8.2",
    ),
    PlanItemTemplate(
        "T3",
        Intervention.STRENGTHENING,
        "Hip and knee strengthening",
        "2-4 sets of 8-15 repetitions to clear effort; hip first if knee work hurts",
        "3 times a week for 6-12 weeks",
        12,
        "All sets, pain <= 3, fine the next day, on 2 sessions: add 5-10 % or the next exercise",
        "Grade A (CPG 2019 [R]); effective trials 6 weeks, 5-7 times a week, 2-4 sets of about 10 (Harvie 2011 [S])",
        "Painful loaded extension: pain-free range, weight bearing 0-45 degrees, or non-weight bearing 90-45 [R]; "
        "blood-flow restriction (grade C [R]) only with clot and blood-pressure screen",
        "reference 8.3 all",
    ),
    PlanItemTemplate(
        "T12",
        Intervention.LOAD_MANAGEMENT,
        "Back to running, step by step",
        "Cut length and speed, no downhill or stair running. Start when 30 minutes of brisk walking hurt <= 2/10 and "
        "10 slow step-downs <= 3/10: walk and run by turns, then rebuild distance, then speed, then hills",
        "Alternate days",
        12,
        "Green on the load rules: 10-20 % more each week [G]",
        "Order: Esculier 2018 [S]; when to start, alternate days and weekly steps [G]",
        "No rate of increase is proven safe",
        "reference 8.2 runners",
        runners_only=True,
    ),
    PlanItemTemplate(
        "T4",
        Intervention.LOAD_MANAGEMENT,
        "Activity ladder and return to sport",
        "Weeks 1-4 reduce by the activity ladder; weeks 5-8 home strength; weeks 9-12 return to sport",
        "About 4 supervised visits",
        12,
        "No rise of 24-hour pain for a week at a step",
        "Cohort: 86 % success at 12 weeks, 81 % at 12 months, age 10-14 (Rathleff 2019 [S])",
        "No total rest; in endurance athletes check energy intake, periods and bone stress",
        "reference 8.3 overuse",
        _OVERUSE,
    ),
    PlanItemTemplate(
        "T5",
        Intervention.MECHANICS_RETRAINING,
        "Gait retraining for runners",
        "Cadence up 5-10 %, or forefoot cue, or less hip adduction; sessions growing to 30-45 minutes, feedback faded",
        "8-18 sessions over 2-6 weeks",
        6,
        "New pattern without cues, pain green",
        "Grade C (CPG 2019 [R]); Davis 2020, dos Santos 2019 [S]",
        "Forefoot strike loads calf and Achilles tendon",
        "reference 8.3 overuse, running",
        _OVERUSE,
        runners_only=True,
    ),
    PlanItemTemplate(
        "T6",
        Intervention.MECHANICS_RETRAINING,
        "Step-down, squat, landing and gait retraining",
        "Tasks with a faded mirror or video cue, hip and trunk control; later within the strength sessions",
        "3-4 times a week for 2-6 weeks",
        6,
        "10 controlled repetitions, then the next task",
        "Grade B for the tests, C for running (CPG 2019 [R]); case series 14 weeks (Mascal 2003 [S])",
        "Visual feedback on alignment added to strength work is advised against (grade B [R]): brief cues, fade early",
        "reference 8.3 movement",
        _MOVEMENT,
    ),
    PlanItemTemplate(
        "T7",
        Intervention.TAPING,
        "Tailored taping with exercise",
        "During painful tasks",
        "As needed, with exercise",
        4,
        "Stop when the tasks are green",
        "Grade B (CPG 2019 [R]); 2018 panel uncertain [S]",
        'Skin reaction, tape allergy; not to "retrain" muscle',
        "reference 8.3 movement",
        _MOVEMENT,
    ),
    PlanItemTemplate(
        "T8",
        Intervention.STRENGTHENING,
        "Deficits found on testing, single-leg work on the weak side",
        "As hip and knee strengthening: 2-4 sets of 8-15 repetitions",
        "3 times a week for 8-12 weeks",
        12,
        "Side difference under 10 %",
        "Grade A (CPG 2019 [R])",
        "After surgery follow the surgeon's limits",
        "reference 8.3 muscle",
        _MUSCLE,
    ),
    PlanItemTemplate(
        "T9",
        Intervention.STRETCHING,
        "Stretch the tight groups",
        "3 times 30 seconds for each tight group",
        "Most days",
        6,
        "Symptoms green without",
        "Grade A, short term only [R] for the group's package; 2018 panel appropriate for pain [S]",
        "Only groups found tight on examination",
        "reference 8.3 mobility contributor",
        _MOBILITY,
    ),
    PlanItemTemplate(
        "T10",
        Intervention.ORTHOSES,
        "Prefabricated foot orthoses if pronated",
        "With exercise, never alone",
        "While on the feet",
        6,
        "Symptoms green without",
        "Grade A, short term only [R]; 2018 panel appropriate for pain [S]",
        "No proof that custom-made is better [R]",
        "reference 8.3 mobility contributor",
        _MOBILITY,
    ),
)

# Never part of a template: a therapist adds it with a typed reason, a passed screen and recorded consent.
NEEDLING_ITEM = PlanItemTemplate(
    "T11",
    Intervention.DRY_NEEDLING,
    "Trigger-point dry needling",
    "Optional, beside exercise, never alone",
    "At most weekly",
    4,
    "Stop after 3-4 sessions without an important change [G]",
    "Guideline: do not use (CPG 2019 grade A [R]; direction confirmed by Wallis 2021 [S]); later pooled data mixed "
    "(2025 meta-analysis [S])",
    "Safety screen and consent of reference 9; check-in 24-48 hours after",
    "reference 8.3 and 9",
)
NEEDLING_PATIENT_TEXT = (
    "Some people get short-term relief from dry needling; guidelines do not recommend it for this problem."
)


@dataclass(frozen=True)
class LoadRule:
    """One colour of the load rules every plan carries."""

    colour: str
    meaning: str
    action: str
    source: str


LOAD_RULES = (
    LoadRule(
        "green",
        "Pain 0-2 of 10 during, back to usual within 60 minutes, no worse the next morning",
        "Keep or progress",
        "reference 8.2; La Trobe [S]",
    ),
    LoadRule(
        "amber",
        "Pain 3-5 of 10, or settled only by the next morning",
        "Cut the next session by 20-30 %",
        "reference 8.2; 20-30 % [G]",
    ),
    LoadRule(
        "red",
        "Pain over 5 of 10, a limp, pain rising during the session, or worse at 24 hours",
        "Stop, drop one level",
        "reference 8.2; Vincent 2017 [S]",
    ),
)
NOT_ALONE = (
    "Not as a stand-alone or default: braces or straps (B), manual therapy alone (A), ultrasound, laser, electrical "
    "stimulation, cryotherapy and similar (B), EMG biofeedback of the inner quadriceps (B), dry needling (A): CPG "
    "2019 [R]; direction of needling, bracing and manual therapy alone confirmed by Wallis 2021 [S]"
)


def template_for(
    causes: Iterable[FoundCause], *, runs: bool = False, items: Iterable[PlanItemTemplate] = PLAN_ITEMS
) -> tuple[PlanItemTemplate, ...]:
    """The items to propose: education, load management and strengthening always; needling never.

    causes: what the therapist found; nothing found gives the items of every plan.
    runs: the patient runs, which adds the items for runners.
    items: those to choose from; a clinic may have written its own over those shipped.
    """
    found = frozenset(causes)
    return tuple(item for item in items if (not item.causes or item.causes & found) and (runs or not item.runners_only))
