"""Scoring of each instrument and the table it stands in (reference 10 and 10.1)."""

from __future__ import annotations

import math

import pytest

from cases.rules.instruments import (
    AKPS_ITEMS,
    INSTRUMENTS,
    score_adherence,
    score_akps,
    score_groc,
    score_nprs,
    score_psfs,
)
from cases.rules.terms import Instrument

BEST = {item.name: next(iter(item.options)) for item in AKPS_ITEMS}
WORST = {item.name: list(item.options)[-1] for item in AKPS_ITEMS}


@pytest.mark.parametrize(
    ("value", "score"),
    [(0, 0), (10, 10), (-1, None), (11, None), (4.5, None), (True, None), ("4", None), (None, None)],
)
def test_nprs_is_a_whole_number_from_0_to_10(value, score):
    assert score_nprs(value) == score


@pytest.mark.parametrize(
    ("value", "score"), [(-3, -3), (3, 3), (0, 0), (-4, None), (4, None), (False, None), ("1", None)]
)
def test_groc_is_a_whole_number_from_minus_3_to_3(value, score):
    assert score_groc(value) == score


@pytest.mark.parametrize(
    ("scores", "mean"),
    [
        ([4], 4),
        ([4, 5], 4.5),
        ([0, 0, 10], 3.33),
        ([], None),
        ([1, 2, 3, 4], None),
        ([4, None], None),
        ([4, 11], None),
        ([-1], None),
        ([math.nan], None),
    ],
)
def test_psfs_is_the_mean_of_one_to_three_rated_activities(scores, mean):
    assert score_psfs([{"activity": "stairs", "score": score} for score in scores]) == mean


@pytest.mark.parametrize(
    ("done", "prescribed", "percent"),
    [(0, 3, 0), (1, 3, 33.3), (3, 3, 100), (4, 3, 100), (1, 0, None), (-1, 3, None), (None, 3, None), (1, None, None)],
)
def test_adherence_is_sessions_done_of_those_prescribed(done, prescribed, percent):
    assert score_adherence(done, prescribed) == percent


def test_the_akps_items_and_points_are_those_of_the_reference():
    assert [(item.name, tuple(item.options.values())) for item in AKPS_ITEMS] == [
        ("limp", (5, 3, 0)),
        ("weight_support", (5, 3, 0)),
        ("walking", (5, 3, 2, 0)),
        ("stairs", (10, 8, 5, 0)),
        ("squatting", (5, 4, 3, 2, 0)),
        ("running", (10, 8, 6, 3, 0)),
        ("jumping", (10, 7, 2, 0)),
        ("long_sitting", (10, 8, 6, 4, 0)),
        ("pain", (10, 8, 6, 3, 0)),
        ("swelling", (10, 8, 6, 4, 0)),
        ("kneecap_movement", (10, 6, 4, 2, 0)),
        ("thigh_wasting", (5, 3, 0)),
        ("loss_of_bending", (5, 3, 0)),
    ]


def test_the_akps_runs_from_0_to_100():
    assert (score_akps(WORST), score_akps(BEST)) == (0, 100)


@pytest.mark.parametrize("item", AKPS_ITEMS, ids=lambda item: item.name)
def test_each_akps_answer_counts_its_own_points(item):
    for option, points in item.options.items():
        assert score_akps(WORST | {item.name: option}) == points


@pytest.mark.parametrize("item", AKPS_ITEMS, ids=lambda item: item.name)
def test_an_akps_with_an_item_missing_or_unknown_has_no_total(item):
    without = {name: answer for name, answer in BEST.items() if name != item.name}

    assert score_akps(without) is None
    assert score_akps(BEST | {item.name: "something else"}) is None


def test_the_instruments_are_those_of_the_reference():
    assert {
        row.instrument: (row.low, row.high, row.higher_is_better, row.important_change) for row in INSTRUMENTS.values()
    } == {
        Instrument.NPRS_NOW: (0, 10, False, 2),
        Instrument.NPRS_WORST: (0, 10, False, 2),
        Instrument.NPRS_USUAL: (0, 10, False, 2),
        Instrument.AKPS: (0, 100, True, 10),
        Instrument.PSFS: (0, 10, True, 2.3),
        Instrument.GROC: (-3, 3, True, 2),
        Instrument.ADHERENCE: (0, 100, True, None),
    }
    assert set(INSTRUMENTS) == set(Instrument)
    assert all(row.licence and row.source for row in INSTRUMENTS.values())
