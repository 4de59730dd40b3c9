"""Scoring of each instrument and the table it stands in (reference 10 and 10.1)."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.instruments import (
    AKPS_ITEMS,
    INSTRUMENTS,
    gain,
    is_important,
    score_adherence,
    score_akps,
    score_groc,
    score_nprs,
    score_of,
    score_psfs,
    wrong_in,
    wrong_score,
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


@pytest.mark.parametrize(
    ("instrument", "score", "fits"),
    [
        *((each, 3, True) for each in Instrument if each is not Instrument.AKPS),
        *((each, 2.5, False) for each in (Instrument.NPRS_NOW, Instrument.NPRS_WORST, Instrument.NPRS_USUAL)),
        *((Instrument.NPRS_WORST, score, 0 <= score <= 10) for score in (-1, 0, 10, 11)),
        *((Instrument.GROC, score, score in (-3, 3)) for score in (-4, -3, 1.5, 3, 4)),
        *((Instrument.AKPS, score, score in (0, 100)) for score in (-1, 0, 50.5, 100, 101)),
        *((Instrument.PSFS, score, score != 10.5) for score in (2.33, 10, 10.5)),
        *((Instrument.ADHERENCE, score, score != 100.5) for score in (66.7, 100, 100.5)),
    ],
)
def test_a_score_is_one_the_instrument_can_give(instrument, score, fits):
    assert (wrong_score(instrument, score) == "") is fits


@pytest.mark.parametrize(
    ("instrument", "before", "now", "better", "counts"),
    [
        (Instrument.NPRS_WORST, 6, 4, 2, True),
        (Instrument.NPRS_WORST, 6, 5, 1, False),
        (Instrument.NPRS_WORST, 4, 6, -2, False),
        (Instrument.AKPS, 60, 70, 10, True),
        (Instrument.AKPS, 60, 69, 9, False),
        (Instrument.AKPS, 70, 60, -10, False),
        # 6.1 - 3.8 is 2.2999999999999994 as floats: it leaves no crumb below the important change.
        (Instrument.PSFS, 3.8, 6.1, 2.3, True),
        (Instrument.PSFS, 3.8, 6, 2.2, False),
        (Instrument.ADHERENCE, 0, 100, 100, False),
    ],
)
def test_a_gain_has_the_instruments_own_direction_and_important_change(instrument, before, now, better, counts):
    assert gain(instrument, before, now) == better
    assert is_important(instrument, better) is counts


# --- scored from items, as a therapist sends them ---

MIXED = {
    # Reference 10.1, reckoned by hand: 3+5+3+8+4+6+7+6+8+8+6+5+3.
    **{"limp": "slight_or_now_and_then", "weight_support": "full_no_pain", "walking": "over_2_km"},
    **{"stairs": "slight_pain_down", "squatting": "repeated_squats_painful", "running": "slight_pain_from_start"},
    **{"jumping": "slight_trouble", "long_sitting": "constant_pain", "pain": "slight_occasional"},
    **{"swelling": "after_hard_effort", "kneecap_movement": "sometimes_in_sport"},
    **{"thigh_wasting": "none", "loss_of_bending": "slight"},
}
VECTORS = [
    (Instrument.NPRS_WORST, {"rating": 7}, 7),
    (Instrument.AKPS, BEST, 100),
    (Instrument.AKPS, WORST, 0),
    (Instrument.AKPS, MIXED, 72),
    (
        Instrument.PSFS,
        {"activities": [{"activity": name, "score": s} for name, s in (("a", 4), ("b", 2), ("c", 6))]},
        4,
    ),
    (Instrument.GROC, {"rating": -2}, -2),
    (Instrument.ADHERENCE, {"done": 3, "prescribed": 4}, 75),
]


@pytest.mark.parametrize(("instrument", "items", "score"), VECTORS)
def test_items_are_scored_as_reckoned_by_hand(instrument, items, score):
    assert wrong_in(instrument, items) == {}
    assert score_of(instrument, items) == score


@pytest.mark.parametrize(
    ("instrument", "items", "named"),
    [
        (Instrument.AKPS, {name: value for name, value in BEST.items() if name != "limp"}, ["limp"]),
        (Instrument.AKPS, BEST | {"limp": "a bit"}, ["limp"]),
        (Instrument.AKPS, BEST | {"limp": 5}, ["limp"]),
        (Instrument.AKPS, BEST | {"mood": "good"}, ["mood"]),
        (Instrument.NPRS_NOW, {"rating": 11}, ["rating"]),
        (Instrument.NPRS_NOW, {"rating": True}, ["rating"]),
        (Instrument.NPRS_NOW, {"rating": 10**400}, ["rating"]),
        (Instrument.GROC, {"rating": -4}, ["rating"]),
        (Instrument.GROC, {}, ["rating"]),
        (Instrument.PSFS, {"activities": []}, ["activities"]),
        (Instrument.PSFS, {"activities": [{"activity": "run", "score": 1}] * 4}, ["activities"]),
        (Instrument.PSFS, {"activities": [{"activity": "run"}]}, ["activities.0.score"]),
        (
            Instrument.PSFS,
            {"activities": [{"activity": " ", "score": 10.5}]},
            ["activities.0.activity", "activities.0.score"],
        ),
        (
            Instrument.PSFS,
            {"activities": [{"activity": "x" * 101, "score": 10**400}]},
            ["activities.0.activity", "activities.0.score"],
        ),
        (Instrument.PSFS, {"activities": ["run"]}, ["activities.0"]),
        (Instrument.ADHERENCE, {"done": 3}, ["prescribed"]),
        (Instrument.ADHERENCE, {"done": 3, "prescribed": 0}, ["prescribed"]),
        (Instrument.ADHERENCE, {"done": -1, "prescribed": 51}, ["done", "prescribed"]),
    ],
)
def test_what_cannot_be_scored_is_named(instrument, items, named):
    assert sorted(wrong_in(instrument, items)) == sorted(named)


def test_psfs_takes_1_to_100_characters_and_0_to_10():
    at_the_limits = {"activities": [{"activity": "x" * 100, "score": 10}, {"activity": "y", "score": 0}]}

    assert wrong_in(Instrument.PSFS, at_the_limits) == {}


akps_answers = st.fixed_dictionaries({item.name: st.sampled_from(list(item.options)) for item in AKPS_ITEMS})
ratings = st.lists(st.floats(0, 10), min_size=1, max_size=3)


@given(answers=akps_answers, item=st.sampled_from(AKPS_ITEMS))
def test_a_better_answer_never_lowers_the_akps(answers, item):
    score = score_akps(answers)
    better = list(item.options)[: list(item.options).index(answers[item.name]) + 1]

    assert 0 <= score <= 100
    assert all(score_akps(answers | {item.name: option}) >= score for option in better)


@given(answers=akps_answers, item=st.sampled_from(AKPS_ITEMS))
def test_an_akps_without_an_item_has_no_score_and_the_item_is_named(answers, item):
    without = {name: value for name, value in answers.items() if name != item.name}

    assert score_of(Instrument.AKPS, without) is None
    assert list(wrong_in(Instrument.AKPS, without)) == [item.name]


@given(scores=ratings, place=st.integers(0, 2), gain=st.floats(0, 10))
def test_a_better_activity_never_lowers_the_psfs(scores, place, gain):
    def psfs(values):
        return score_psfs([{"score": value} for value in values])

    place %= len(scores)
    better = [min(10, value + gain) if here == place else value for here, value in enumerate(scores)]

    assert 0 <= psfs(scores) <= psfs(better) <= 10


@given(done=st.integers(0, 50), prescribed=st.integers(1, 50))
def test_one_more_session_never_lowers_adherence(done, prescribed):
    assert 0 <= score_adherence(done, prescribed) <= score_adherence(done + 1, prescribed) <= 100


@given(
    instrument=st.sampled_from(list(Instrument)),
    items=st.dictionaries(
        st.text(max_size=8), st.none() | st.text() | st.integers() | st.lists(st.none() | st.integers())
    ),
)
def test_nonsense_is_never_scored_without_being_named(instrument, items):
    assert wrong_in(instrument, items)


@pytest.mark.parametrize("row", INSTRUMENTS.values(), ids=lambda row: row.instrument)
def test_an_instrument_is_plain_data(row):
    data = row.as_data()

    assert json.loads(json.dumps(data)) == data
    assert all(data[name] for name in ("items", "scoring", "cadence", "licence", "source"))
