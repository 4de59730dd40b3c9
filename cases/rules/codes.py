"""Which code of which system stands for what (reference 12): a table to be checked, and what a case may be coded as.

Nobody has checked these codes against a current release: `verified_on` and `verified_by` stay empty until a person has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.rules.terms import FoundCause, Term

CODES_VERSION = "2026.12"
CHECK_FIRST = "Check each code against the current release before it is used."


class CodeSystem(Term):
    ICD_10_CM = "ICD-10-CM", "ICD-10-CM"
    SNOMED_CT = "SNOMED CT", "SNOMED CT (needs a licence)"
    LOINC = "LOINC", "LOINC (needs its notice)"
    CPT = "CPT", "CPT (licensed: its descriptions are not shipped)"


class Concept(Term):
    """What is coded."""

    KNEE_PAIN = "knee_pain", "Pain in knee"
    PATELLOFEMORAL = "patellofemoral", "Patellofemoral disorder"
    DISLOCATION = "dislocation", "Recurrent dislocation of the patella"
    SUBLUXATION = "subluxation", "Recurrent subluxation of the patella"
    KNEE_OA = "knee_oa", "Primary osteoarthritis of the knee"
    CHONDROMALACIA = "chondromalacia", "Chondromalacia patellae"
    TENDINITIS = "tendinitis", "Patellar tendinitis"
    ITB = "itb", "Iliotibial band syndrome"
    BURSITIS = "bursitis", "Prepatellar bursitis"
    OSGOOD_SCHLATTER = "osgood_schlatter", "Osgood-Schlatter (tibial tubercle)"
    LUMBAR_RADICULOPATHY = "lumbar_radiculopathy", "Lumbar radiculopathy"
    PFPS = "pfps", "Patellofemoral pain syndrome"
    STRESS_SYNDROME = "stress_syndrome", "Patellofemoral stress syndrome"
    KNEE_JOINT = "knee_joint", "Knee joint structure"
    NEEDLING_AND_CAUSES = "needling_and_causes", "Dry needling, causes 1-3"
    PAIN_SEVERITY = "pain_severity", "Pain severity 0-10, verbal numeric rating"
    FIRST_VISIT = "first_visit", "Physical therapy initial visit panel"
    SCORES = "scores", "KOOS, KOOS-PF, AKPS, LEFS, PSFS, GROC"
    NEEDLING_BILLED = "needling_billed", "Dry needling, as billed"


RIGHT, LEFT, BOTH, UNSPECIFIED, NO_SIDE = "right", "left", "both", "unspecified", ""


@dataclass(frozen=True)
class Code:
    """One code. code: "" where none is known, so that a local one is used. side: of the knee; "" where it has none.

    status: how far the reference went, with its mark. may_be_used: False for a code that failed its check.
    verified_on, verified_by: who held it against the current release; None and "" until somebody has.
    """

    concept: Concept
    system: CodeSystem
    code: str
    side: str
    status: str
    may_be_used: bool = True
    verified_on: date | None = None
    verified_by: str = ""

    @property
    def id(self) -> str:
        return self.code or f"local-{self.system.value.split()[0].lower()}"

    def as_data(self) -> dict[str, Any]:
        return {
            "concept": self.concept.label,
            "system": self.system.value,
            "code": self.code,
            "side": self.side,
            "status": self.status,
            "verified_on": self.verified_on,
            "verified_by": self.verified_by,
        }


def _icd(concept: Concept, status: str, **codes: str) -> tuple[Code, ...]:
    return tuple(Code(concept, CodeSystem.ICD_10_CM, code, side, status) for side, code in codes.items())


def _one(
    concept: Concept, system: CodeSystem, code: str, status: str, side: str = NO_SIDE, may_be_used: bool = True
) -> Code:
    return Code(concept, system, code, side, status, may_be_used)


_LIST, _RECALLED = "in a public code list [S]", "recalled [R]"
_NONE_FOUND = "none found: use a local code"

CODES: tuple[Code, ...] = (
    *_icd(Concept.PATELLOFEMORAL, _LIST, right="M22.2X1", left="M22.2X2", unspecified="M22.2X9"),
    *_icd(Concept.DISLOCATION, _LIST, right="M22.01", left="M22.02"),
    *_icd(Concept.SUBLUXATION, _LIST, right="M22.11", left="M22.12"),
    *_icd(Concept.KNEE_OA, _LIST, right="M17.11", left="M17.12", both="M17.0"),
    *_icd(Concept.KNEE_PAIN, f"{_RECALLED}, high confidence", right="M25.561", left="M25.562", unspecified="M25.569"),
    *_icd(Concept.CHONDROMALACIA, _RECALLED, right="M22.41", left="M22.42"),
    *_icd(Concept.TENDINITIS, _RECALLED, right="M76.51", left="M76.52"),
    *_icd(Concept.ITB, _RECALLED, right="M76.31", left="M76.32"),
    *_icd(Concept.BURSITIS, _RECALLED, right="M70.41", left="M70.42"),
    *_icd(
        Concept.OSGOOD_SCHLATTER,
        f"{_RECALLED}: split in recent editions, verify",
        right="M92.521",
        left="M92.522",
    ),
    _one(Concept.LUMBAR_RADICULOPATHY, CodeSystem.ICD_10_CM, "M54.16", _RECALLED),
    _one(
        Concept.PFPS,
        CodeSystem.SNOMED_CT,
        "57773001",
        "do not use: unverified, and public code gives it clashing meanings",
        may_be_used=False,
    ),
    _one(
        Concept.STRESS_SYNDROME,
        CodeSystem.SNOMED_CT,
        "430725003",
        "in a medical reference and several open mappings [S]; confirm in a SNOMED browser",
    ),
    _one(Concept.KNEE_JOINT, CodeSystem.SNOMED_CT, "49076000", "secondary [S]"),
    _one(Concept.KNEE_JOINT, CodeSystem.SNOMED_CT, "24028007", _RECALLED, RIGHT),
    _one(Concept.KNEE_JOINT, CodeSystem.SNOMED_CT, "7771000", _RECALLED, LEFT),
    _one(Concept.NEEDLING_AND_CAUSES, CodeSystem.SNOMED_CT, "", _NONE_FOUND),
    _one(Concept.PAIN_SEVERITY, CodeSystem.LOINC, "72514-3", "a quantity with unit {score}; in three FHIR guides [S]"),
    _one(Concept.FIRST_VISIT, CodeSystem.LOINC, "76453-0", "seen in one questionnaire, secondary [S]"),
    _one(Concept.SCORES, CodeSystem.LOINC, "", "none confirmed: use local codes until checked"),
    _one(Concept.NEEDLING_BILLED, CodeSystem.CPT, "20560", _RECALLED),
    _one(Concept.NEEDLING_BILLED, CodeSystem.CPT, "20561", _RECALLED),
)

# What the therapist found instead, as far as the table has it: row of reference 7 to concepts to choose among [G].
_INSTEAD: dict[str, tuple[Concept, ...]] = {
    "D1": (Concept.TENDINITIS,),
    "D2": (Concept.OSGOOD_SCHLATTER,),
    "D4": (Concept.BURSITIS,),
    "D6": (Concept.ITB,),
    "D8": (Concept.KNEE_OA,),
    "D9": (Concept.DISLOCATION, Concept.SUBLUXATION),
    "D11": (Concept.LUMBAR_RADICULOPATHY,),
}
SYMPTOM_FIRST = "X1", "Until a therapist has confirmed a cause the symptom is coded, and no disorder."
BOTH_SIDES = "X2", "Both knees are two entries, where the table has no code for both."


def codes_for(sides: Collection[str], *, causes: Iterable[str] = (), differential: str = "") -> tuple[Code, ...]:
    """The ICD-10-CM codes a case may be coded as now, right before left.

    sides: "left", "right" or both. causes, differential: of the current finding, as it stores them; none before a
    therapist recorded one. Another problem that the table has no code for stays the symptom.
    """
    found = frozenset(causes)
    concepts: tuple[Concept, ...] = ()
    if found - {FoundCause.OTHER.value}:
        concepts += (Concept.PATELLOFEMORAL,)
    if FoundCause.OTHER.value in found:
        concepts += _INSTEAD.get(differential, ())
    return tuple(code for concept in concepts or (Concept.KNEE_PAIN,) for code in _of(concept, sides))


def _of(concept: Concept, sides: Collection[str]) -> tuple[Code, ...]:
    rows = {code.side: code for code in CODES if code.concept is concept and code.may_be_used}
    if NO_SIDE in rows:
        return (rows[NO_SIDE],)
    if len(sides) > 1 and BOTH in rows:
        return (rows[BOTH],)
    return tuple(rows[side] for side in (RIGHT, LEFT) if side in sides)
