"""The list of all rules is whole: unique ids, a source and a condition for each."""

from __future__ import annotations

from collections import Counter

from cases.rules.catalogue import all_rules
from cases.rules.measures import MEASURES
from cases.rules.triage import RED_FLAGS


def test_every_id_is_used_once():
    assert [rule_id for rule_id, uses in Counter(row.id for row in all_rules()).items() if uses > 1] == []


def test_every_rule_has_words_a_condition_an_effect_and_a_source():
    for row in all_rules():
        assert row.statement
        assert row.condition
        assert row.effect
        assert row.source.startswith("reference ")


def test_no_rule_reads_a_measure_unresolved():
    assert [row.id for row in all_rules() if row.reads & set(MEASURES)] == []


def test_the_red_flags_come_first():
    assert [row.id for row in all_rules()][: len(RED_FLAGS)] == [flag.id for flag in RED_FLAGS]
