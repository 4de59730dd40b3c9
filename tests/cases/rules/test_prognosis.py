"""The prognosis flags on both sides of each boundary."""

from __future__ import annotations

import pytest

from cases.rules.prognosis import PROGNOSIS, Baseline, prognosis_of

CASES = [
    ({}, []),
    ({"duration_weeks": 0}, []),
    ({"duration_weeks": 8}, []),
    ({"duration_weeks": 8.5}, ["PR1"]),
    ({"duration_weeks": 9}, ["PR1"]),
    ({"duration_weeks": 52}, ["PR1"]),
    ({"duration_weeks": 53}, ["PR2"]),
    ({"akps": 70}, []),
    ({"akps": 69}, ["PR3"]),
    ({"duration_weeks": 60, "akps": 40}, ["PR2", "PR3"]),
]


@pytest.mark.parametrize(("first", "flags"), CASES)
def test_a_flag_holds_on_its_side_of_the_boundary(first, flags):
    assert [flag.id for flag in prognosis_of(Baseline(**first))] == flags


def test_every_flag_is_met_somewhere():
    assert {flag for _, flags in CASES for flag in flags} == {flag.id for flag in PROGNOSIS}
