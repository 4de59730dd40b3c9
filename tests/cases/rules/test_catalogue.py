"""The list of all rules is whole: every row of the reference is there, and nothing that is neither its nor marked."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from cases.rules.catalogue import LEFT_OUT, OURS, PROGRESS_IN_WORDS, SECTIONS, all_rules, in_words
from cases.rules.measures import MEASURES
from cases.rules.progress import PROGRESS_RULES
from cases.rules.safety_answers import SAFETY_QUESTIONS
from cases.rules.triage import RED_FLAGS

# Every row of the reference's tables and lists (validation of section 2; sections 3 to 12) in order, taken out of it
# and not written from the code: the section with the place in it (or the row's own id), its first words, the rules it
# became, or why none. A row nobody turned into a rule, a rule that goes missing, or one from nowhere, fails here.
_TABLE = Path(__file__).with_name("reference_rows.tsv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(_TABLE.splitlines(), delimiter="\t"))
# Not in the reference: [G], each with its reason in `OURS`.
OUR_OWN = {
    *("CC", "CF4", "Q4", "Q5", "Q6", "N22", "NA2", "NA3", "NA4", "G10", "V1", "V2"),
    *("review", "schedule", "start_treatment", "discharge", "close", "reopen"),
}
IDS = [row.id for row in all_rules()]


def reference_ids() -> set[str]:
    return {id for row in ROWS for id in row["rules"].split()}


def test_every_row_of_the_reference_became_a_rule_or_says_why_not():
    assert [row["key"] for row in ROWS if bool(row["rules"]) == bool(row["why_no_rule"])] == []


def test_the_rows_of_the_reference_stand_in_order_and_once():
    sections = [row["key"].split("/")[0] for row in ROWS]

    assert len({row["key"] for row in ROWS}) == len(ROWS)
    assert [section for section, _ in groupby(sections)] == list(dict.fromkeys(sections))
    for section, rows in groupby((row["key"] for row in ROWS), key=lambda key: key.split("/")[0]):
        places = [key.split("/")[1] for key in rows]
        if section == "3.1":
            counted = {letter: [place for place in places if place[0] == letter] for letter in "ESC"}
            assert places == [f"{letter}{n}" for letter in "ESC" for n in range(1, len(counted[letter]) + 1)]
        else:
            assert places == [str(n) for n in range(1, len(places) + 1)]


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
