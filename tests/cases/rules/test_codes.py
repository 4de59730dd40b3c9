"""The codes of reference 12, row by row and side by side."""

from __future__ import annotations

import pytest

from cases.rules.codes import CODES, Code, CodeSystem, Concept, codes_for
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.terms import FoundCause

# Written from the reference: concept, then its code for each side.
ICD: dict[Concept, dict[str, str]] = {
    Concept.PATELLOFEMORAL: {"right": "M22.2X1", "left": "M22.2X2", "unspecified": "M22.2X9"},
    Concept.DISLOCATION: {"right": "M22.01", "left": "M22.02"},
    Concept.SUBLUXATION: {"right": "M22.11", "left": "M22.12"},
    Concept.KNEE_OA: {"right": "M17.11", "left": "M17.12", "both": "M17.0"},
    Concept.KNEE_PAIN: {"right": "M25.561", "left": "M25.562", "unspecified": "M25.569"},
    Concept.CHONDROMALACIA: {"right": "M22.41", "left": "M22.42"},
    Concept.TENDINITIS: {"right": "M76.51", "left": "M76.52"},
    Concept.ITB: {"right": "M76.31", "left": "M76.32"},
    Concept.BURSITIS: {"right": "M70.41", "left": "M70.42"},
    Concept.OSGOOD_SCHLATTER: {"right": "M92.521", "left": "M92.522"},
    Concept.LUMBAR_RADICULOPATHY: {"": "M54.16"},
}
OTHERS = {
    CodeSystem.SNOMED_CT: {"57773001", "430725003", "49076000", "24028007", "7771000", ""},
    CodeSystem.LOINC: {"72514-3", "76453-0", ""},
    CodeSystem.CPT: {"20560", "20561"},
}


def told(rows: tuple[Code, ...]) -> list[str]:
    return [row.code for row in rows]


@pytest.mark.parametrize("concept", ICD)
def test_each_concept_has_the_references_code_for_each_side(concept: Concept):
    rows = {row.side: row.code for row in CODES if row.concept is concept}

    assert rows == ICD[concept]


def test_the_table_has_the_rows_of_the_reference_and_no_others():
    assert {row.concept for row in CODES if row.system is CodeSystem.ICD_10_CM} == set(ICD)
    for system, codes in OTHERS.items():
        assert {row.code for row in CODES if row.system is system} == codes


def test_each_row_stands_once_and_says_how_far_it_was_checked():
    assert len({row.id for row in CODES}) == len(CODES)
    assert all(row.status for row in CODES)
    # Whoever checks one against a release writes when and who; nobody has yet.
    assert {(row.verified_on, row.verified_by) for row in CODES} == {(None, "")}


def test_the_code_with_clashing_meanings_is_kept_and_never_used():
    assert [row.code for row in CODES if not row.may_be_used] == ["57773001"]


def test_no_description_of_a_licensed_code_is_shipped():
    assert {row.concept.label for row in CODES if row.system is CodeSystem.CPT} == {"Dry needling, as billed"}


@pytest.mark.parametrize(
    ("sides", "symptom", "disorder"),
    [
        ({"right"}, ["M25.561"], ["M22.2X1"]),
        ({"left"}, ["M25.562"], ["M22.2X2"]),
        ({"left", "right"}, ["M25.561", "M25.562"], ["M22.2X1", "M22.2X2"]),
    ],
)
def test_the_symptom_is_coded_until_a_cause_is_confirmed_and_both_sides_are_two_entries(
    sides: set[str], symptom: list[str], disorder: list[str]
):
    assert told(codes_for(sides)) == symptom
    for cause in set(FoundCause) - {FoundCause.OTHER}:
        assert told(codes_for(sides, causes=[cause.value])) == disorder


@pytest.mark.parametrize(
    ("differential", "left", "both"),
    [
        ("D1", ["M76.52"], ["M76.51", "M76.52"]),
        ("D2", ["M92.522"], ["M92.521", "M92.522"]),
        ("D4", ["M70.42"], ["M70.41", "M70.42"]),
        ("D6", ["M76.32"], ["M76.31", "M76.32"]),
        ("D8", ["M17.12"], ["M17.0"]),
        ("D9", ["M22.02", "M22.12"], ["M22.01", "M22.02", "M22.11", "M22.12"]),
        ("D11", ["M54.16"], ["M54.16"]),
    ],
)
def test_another_problem_has_its_own_code(differential: str, left: list[str], both: list[str]):
    assert told(codes_for({"left"}, causes=["other"], differential=differential)) == left
    assert told(codes_for({"left", "right"}, causes=["other"], differential=differential)) == both
    assert told(codes_for({"left"}, causes=["overuse", "other"], differential=differential)) == ["M22.2X2", *left]


def test_another_problem_without_a_code_stays_the_symptom():
    coded = {"D1", "D2", "D4", "D6", "D8", "D9", "D11"}

    for row in DIFFERENTIALS:
        if row.id not in coded:
            assert told(codes_for({"left"}, causes=["other"], differential=row.id)) == ["M25.562"]
    assert told(codes_for({"left"}, causes=["other"])) == ["M25.562"]
