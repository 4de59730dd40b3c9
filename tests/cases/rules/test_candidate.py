"""A candidate written by hand: what it says is what changes, and what it gets wrong is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.candidate import LONGEST, candidate_from
from cases.rules.ruleset import CURRENT, RuleSet, UnknownRule
from cases.rules.terms import Cause

WHOLE = """
version = "2026.12-try"
without = ["OV8"]
moderate_from_above = 3
load_increase_percent = 20
load_window_weeks = 6
strength_percent = 85

[weights]
MV1 = 1

[thresholds]
overuse = 4
"""


def test_a_candidate_is_the_rules_in_force_with_what_it_names():
    candidate = candidate_from(WHOLE)

    weights = {finding.id: finding.weight for finding in candidate.findings}
    assert candidate.version == "2026.12-try"
    assert weights == {f.id: 1 if f.id == "MV1" else f.weight for f in CURRENT.findings if f.id != "OV8"}
    assert candidate.thresholds == {**CURRENT.thresholds, Cause.OVERUSE: 4}
    assert (candidate.moderate_from_above, candidate.load.increase_percent, candidate.load.window_weeks) == (3, 20, 6)
    assert candidate.strength_percent == 85


def test_a_candidate_may_change_nothing_but_its_name():
    candidate = candidate_from('version = "again"')

    assert (candidate.findings, candidate.thresholds) == (CURRENT.findings, CURRENT.thresholds)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "version"),
        ("version = 3", "version"),
        ('version = "a name that is much too long"', "version"),
        (f'version = "{CURRENT.version}"', "version"),
        ('version = "x"\nwithout = ["OV99"]', "Not a finding: OV99"),
        ('version = "x"\nwithout = "OV8"', "without"),
        ('version = "x"\nwithout = [8]', "without"),
        ('version = "x"\n[weights]\nE1 = 3', "Not a finding: E1"),
        ('version = "x"\n[weights]\nMV1 = 4', "weights.MV1"),
        ('version = "x"\n[weights]\nMV1 = "strong"', "weights.MV1"),
        ('version = "x"\n[thresholds]\nposture = 2', "Not a cause: posture"),
        ('version = "x"\n[thresholds]\noveruse = 0', "thresholds.overuse"),
        ('version = "x"\nweights = 3', "weights: write a table"),
        ('version = "x"\nload_window_weeks = -1', "load_window_weeks"),
        ('version = "x"\nstrength_percent = 0', "strength_percent"),
        ('version = "x"\nred_flags = false', "Not a setting: red_flags"),
        ("version = ", "Not TOML"),
        ("x" * (LONGEST + 1), "at most"),
    ],
)
def test_what_a_candidate_gets_wrong_is_named(text: str, names: str):
    with pytest.raises(UnknownRule, match=names):
        candidate_from(text)


@given(st.text(max_size=200))
def test_any_text_is_a_candidate_or_a_named_refusal(text: str):
    try:
        made = candidate_from(text)
    except UnknownRule:
        return

    assert isinstance(made, RuleSet)
