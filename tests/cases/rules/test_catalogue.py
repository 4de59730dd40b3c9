"""The list of all rules is whole: every row of the reference is there, and nothing that is neither its nor marked."""

from __future__ import annotations

from collections import Counter

import pytest

from cases.rules.catalogue import LEFT_OUT, OURS, PROGRESS_IN_WORDS, SECTIONS, all_rules, in_words
from cases.rules.measures import MEASURES
from cases.rules.progress import PROGRESS_RULES
from cases.rules.safety_answers import SAFETY_QUESTIONS
from cases.rules.triage import RED_FLAGS

# Every row of the reference, by section, with the ids of the rules it became. Written from the reference, not from the
# code: a rule that goes missing, or appears from nowhere, fails here.
REFERENCE: dict[str, dict[str, str]] = {
    "2 validation": {
        "worst pain below pain now": "K1",
        "cannot bear weight, yet runs or jumps": "K2",
        "no injury, yet details of one": "K3",
    },
    "3.1": {row: row for row in [
        *(f"E{n}" for n in range(1, 11)), *(f"S{n}" for n in range(1, 15)), *(f"C{n}" for n in range(1, 16)),
    ]},
    "4 criteria": {
        "pain behind or around the kneecap": "L1",
        "two or more bent-knee activities": "L2",
        "age 10-50": "L3",
        "squat reproduction (grade A test)": "L4",
        "tilt test with hypomobility (grade C)": "L5",
    },
    "4 uncertain, unlikely": {
        "exactly one activity": "A1",
        "location or activity answers missing": "A2",
        "age over 50 or under 10": "A3",
        "no front-of-knee site": "A4",
        "less than one activity": "A5",
        "no emergency or same-day rule": "A6",
    },
    "4 strong competing pointers": {
        "fingertip": "P1",
        "locking intermittent or locked": "P2",
        "kneecap dislocation ever": "P3",
        "numbness": "P4",
        "wakes at rest": "P5",
        "other joints, or stiffness over 30 min": "P6",
        "groin or hip": "P7",
        "whole knee from 45": "P8",
        "worse each time and now walking": "P9",
        "injury in the last 14 days": "P10",
    },
    "6": {
        "up >= 30 %, or a new loading activity, within 8 weeks": "OV1",
        "straight back after >= 4 weeks off": "OV2",
        "impact sport >= 5 sessions or two teams, <= 1 rest day": "OV3",
        "job kneeling/squatting/climbing increased / steady heavy": "OV4 OV5",
        "new hills, stairs, surface or shoes": "OV6",
        "rest helped a lot then back / a little": "OV7 OV8",
        "endurance or jumping athlete, no change": "OV9",
        "no change in load and low activity": "OV10",
        "knee moves inward": "MV1",
        "same, and weakness": "MU7",
        "kneecap shifts sideways, never dislocated": "MV2",
        "giving way felt as the kneecap slipping": "MV3",
        "flat feet, very flexible joints": "MV4 MB1",
        "inward collapse, trunk lean or pelvic drop": "MV5",
        "J-sign, glide/tilt abnormal (hypomobile: mobility)": "MV6 MB2",
        "good control on those tests": "MV7",
        "clicking / grinding": "CL1",
        "weakness or one side stronger": "MU1",
        "thigh looks smaller": "MU2",
        "cast, immobilised, surgery within 24 months": "MU3",
        "cannot rise or do stairs without hands": "MU4",
        "giving way without kneecap slip": "MU5",
        "no exercise for >= 3 months": "MU6",
        "dynamometer below 90 % or norms": "MU8",
        "strength symmetrical and normal": "MU9",
        "tightness; high foot mobility": "MB3",
    },
    "6 scoring": {
        "overuse >= 3 with a load-history finding": "CO",
        "movement >= 2": "CM",
        "muscle >= 2": "CS",
        "not_sure is listed as ask at visit": "Q1 Q2 Q3",
    },
    "7": {
        "patellar tendinopathy": "D1",
        "Osgood-Schlatter; Sinding-Larsen-Johansson": "D2 D3",
        "prepatellar bursitis": "D4",
        "fat pad": "D5",
        "ITB syndrome": "D6",
        "meniscus": "D7",
        "osteoarthritis": "D8",
        "patellar instability": "D9",
        "hip": "D10",
        "lumbar root": "D11",
        "bone stress injury": "D12",
        "inflammatory arthritis": "D13",
        "gout": "D14",
    },
    "8.1, 8.2": {
        "relative rest and load management first": "T2",
        "green": "load-green",
        "amber": "load-amber",
        "red": "load-red",
        "runners": "T12",
    },
    "8.3": {
        "all: education": "T1",
        "all: hip and knee strengthening": "T3",
        "overuse: load plan": "T4",
        "overuse, running": "T5",
        "movement: retraining": "T6",
        "movement: taping": "T7",
        "muscle: targeted deficits": "T8",
        "mobility contributor: stretching, orthoses": "T9 T10",
        "any, therapist's choice: needling": "T11",
    },
    "9.2 contraindicated": {
        "open emergency or same-day rule": "N1",
        "no consent, or interest = no": "N2 N3",
        "needle fear severe": "N4 N5",
        "cannot understand or report": "N48 N49",
        "fever or systemic infection": "N6 N7 N17 N18 N40 N41 N44 N45",
        "hot joint in the area": "N8 N9 N42 N43",
        "infected, broken or inflamed skin": "N10 N11 N46 N47",
        "lymphoedema of that limb": "N12 N14",
        "bleeding disorder without clearance": "N13",
        "first trimester, or pregnancy not sure": "N15 N16",
        "therapist not certified, or not permitted locally": "N60 N61",
    },
    "9.2 precaution": {
        "anticoagulant or antiplatelet; not sure until clarified": "N20 N21",
        "pregnancy after 12 weeks": "N23",
        "age under 18": "N24",
        "immune suppressed, diabetes, rheumatoid": "N25",
        "joint replacement or metal in the leg": "N26 N28",
        "surgery to the area < 12 weeks": "N27",
        "nickel or metal allergy": "N29 N30",
        "fainting with needles": "N31 N32",
        "needle fear mild": "N33",
        "epilepsy; vascular disease": "N34",
        "varicose veins": "N50 N51",
        "active cancer": "N35 N36 N56 N57",
        "numb skin": "N37 N38 N52 N53",
        "strong pain after earlier needling": "N54 N55",
    },
    "9.3": {
        "spreading redness, fever, growing swelling: told by the patient": "NS1 NS2",
        "the same, seen by the therapist": "NA1",
        "check-in 24-48 h": "needling_check",
    },
    "10": {
        "NPRS now / worst / usual": "nprs_now nprs_worst nprs_usual",
        "AKPS": "akps",
        "KOOS-PF": "koos_pf",
        "PSFS": "psfs",
        "LEFS": "lefs",
        "GROC": "groc",
        "TSK-11": "tsk_11",
        "adherence": "adherence",
    },
    "11 when": {
        "day 3-5": "rest_check",
        "10: adherence weekly": "week_1 week_3 week_4 week_5 week_7 week_8 week_9 week_10 week_11",
        "week 2": "week_2",
        # A visit, not a check-in: planned from the plan's frequency.
        "week 4": "",
        "week 6": "week_6",
        "week 12": "week_12",
        "week 26, 52": "week_26 week_52",
        "one repeat after 3 days, then the staff's list": "repeat call",
    },
    "11 status": {
        "improved": "G4",
        "partly improved": "G5",
        "resolved": "G3",
        "non-response": "G6 G7 G8",
        "worsening": "G1",
        "recurrence": "G2",
        "lost to follow-up": "G9",
    },
}  # fmt: skip
# Not in the reference: [G], each with its reason in `OURS`.
OUR_OWN = {
    *("CC", "Q4", "Q5", "Q6", "N22", "NA2", "NA3", "NA4", "G10", "V1", "V2"),
    *("review", "schedule", "start_treatment", "discharge", "close", "reopen"),
}
IDS = [row.id for row in all_rules()]


def reference_ids() -> set[str]:
    return {id for rows in REFERENCE.values() for ids in rows.values() for id in ids.split()}


def test_no_row_of_the_reference_is_missing():
    assert sorted(reference_ids() - set(IDS)) == []


def test_no_rule_is_invented():
    assert sorted(set(IDS) - reference_ids() - OUR_OWN) == []


def test_our_own_additions_are_marked_and_no_others():
    assert set(OURS) == OUR_OWN
    assert {row.id for row in all_rules() if row.is_ours} == OUR_OWN
    assert all(OURS.values())


def test_what_the_reference_has_and_we_leave_out_says_why():
    assert {row.id for row in LEFT_OUT} == {"koos_pf", "lefs", "tsk_11"}
    assert all(row.effect.startswith("not offered: ") for row in LEFT_OUT)


def test_every_id_is_used_once():
    assert [rule_id for rule_id, uses in Counter(IDS).items() if uses > 1] == []


def test_every_rule_has_words_a_condition_an_effect_a_source_and_a_version():
    for row in all_rules():
        assert row.statement
        assert row.condition
        assert row.effect
        assert row.source.startswith("reference ")
        assert row.version


@pytest.mark.parametrize("flag", RED_FLAGS, ids=lambda flag: flag.id)
def test_a_red_flag_names_its_own_row_of_the_reference(flag):
    row = "9.3" if flag.id.startswith("NS") else f"3.1 {flag.id};"
    assert flag.source.startswith(f"reference {row}")


def test_the_levels_are_those_of_the_reference():
    levels = {row.id: row.effect for row in SECTIONS[0].rows()}

    assert {id: level for id, level in levels.items() if id[0] == "E"} == dict.fromkeys(
        (f"E{n}" for n in range(1, 11)), "emergency"
    )
    assert {level for id, level in levels.items() if id[0] == "S"} == {"same_day"}
    assert {level for id, level in levels.items() if id[0] == "C"} == {"clinician_review"}


def test_the_weights_are_those_of_the_reference():
    told = {row.id: row.effect for section in SECTIONS if section.name == "evidence" for row in section.rows()}

    strong = {"OV1", "OV2", "OV4", "MV5", "MU8", "MB3"}
    moderate = {"OV3", "OV5", "OV7", "MV1", "MV2", "MV6", "MU1", "MU2", "MU3", "MB2"}
    low = {"OV6", "OV8", "OV9", "MV3", "MV4", "MB1", "MU4", "MU5", "MU6", "MU7"}
    for weight, ids in (("+3", strong), ("+2", moderate), ("+1", low), ("-3", {"MV7", "MU9"}), ("-2", {"OV10"})):
        assert {id for id, effect in told.items() if f" {weight}," in effect} == ids
    by_exam = {id for id, effect in told.items() if effect.endswith("by exam")}
    assert by_exam == {"MV4", "MV5", "MV6", "MV7", "MU8", "MU9", "MB1", "MB2", "MB3"}


def test_conditions_stand_in_words_and_hold_no_measure_by_its_name():
    for row in all_rules():
        assert not [name for name in MEASURES if f" {name} " in f" {row.condition} ".replace("(", " ")], row.id
        assert "{" not in row.statement + row.condition


def test_another_rule_is_called_by_its_id():
    told = {flag.id: in_words(flag.when) for flag in RED_FLAGS}

    assert told["C1"] == "night_pain = wakes_at_rest AND not S9"
    assert told["S2"].endswith("AND not E1 AND not E2")


def test_no_rule_reads_a_measure_unresolved():
    assert [row.id for row in all_rules() if row.reads & set(MEASURES)] == []


def test_every_safety_question_is_read_by_a_red_flag():
    read = frozenset().union(*(row.reads for row in SECTIONS[0].rows() if row.id != "C10"))

    assert set(SAFETY_QUESTIONS) <= read


def test_every_status_of_progress_has_its_words():
    assert PROGRESS_IN_WORDS.keys() == PROGRESS_RULES.keys()


def test_the_red_flags_come_first():
    assert IDS[: len(RED_FLAGS)] == [flag.id for flag in RED_FLAGS]
