"""Averages never hide who is missing: small tables worked by hand, and bounds that hold whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.agreement import TOO_FEW
from cases.rules.averages import AverageChange, Measured, averages
from cases.rules.instruments import INSTRUMENTS
from cases.rules.terms import Instrument

PAIN, AKPS, PSFS = Instrument.NPRS_WORST, Instrument.AKPS, Instrument.PSFS


def of(instrument: Instrument, *cases: Measured) -> AverageChange:
    return next(each for each in averages({instrument: case} for case in cases) if each.instrument is instrument)


def test_a_mean_says_how_many_were_measured_of_how_many_were_due():
    found = of(PAIN, *[Measured(6, 3, due=True)] * 15, *[Measured(6, 5, due=True)] * 5, *[Measured(6, None, True)] * 5)

    assert (found.measured, found.due, found.completion) == (20, 25, 0.8)
    assert found.mean == pytest.approx(-2.5)
    # The five missing, from 6: at worst up to 10, at best down to 0.
    assert found.bounds == pytest.approx(((-50 + 5 * 4) / 25, (-50 - 5 * 6) / 25))
    assert found.improved_rate == 0.75
    assert found.improved_bounds == (15 / 25, 20 / 25)


def test_a_missing_case_without_a_first_score_could_have_gone_the_whole_scale():
    found = of(AKPS, *[Measured(60, 70, due=True)] * 20, Measured(None, None, due=True))

    assert found.bounds == pytest.approx(((200 - 100) / 21, (200 + 100) / 21))


def test_what_is_not_due_yet_is_not_missing():
    found = of(PSFS, Measured(4, None, due=False), Measured(None, None, due=False))

    assert (found.measured, found.due, found.completion) == (0, 0, None)


def test_what_was_measured_before_it_was_due_counts():
    assert of(PSFS, Measured(4, 6, due=False)).due == 1


@pytest.mark.parametrize(("measured", "hidden"), [(19, TOO_FEW), (20, "")])
def test_an_average_waits_for_twenty_measured(measured: int, hidden: str):
    found = of(PAIN, *[Measured(6, 3, due=True)] * measured, *[Measured(6, None, due=True)] * 10)

    assert found.hidden == hidden
    assert (found.mean is None) is bool(hidden)
    assert (found.bounds is None) is bool(hidden)
    assert (found.improved_rate is None) is bool(hidden)
    assert found.as_data()["n"] == measured


@pytest.mark.parametrize(
    ("instrument", "first", "latest", "share"),
    [(PAIN, 6, 4, 1), (PAIN, 4, 6, 0), (AKPS, 60, 69, 0), (AKPS, 70, 60, 0), (PSFS, 3.8, 6.1, 1), (PSFS, 3.8, 6.0, 0)],
)
def test_improved_are_those_with_an_important_gain(instrument: Instrument, first: float, latest: float, share: float):
    assert of(instrument, *[Measured(first, latest, due=True)] * 20).improved_rate == share


def test_no_case_at_all_gives_nothing_and_no_error():
    assert [each.as_data()["mean_change"] for each in averages([])] == [None, None, None]


scores = st.one_of(st.none(), st.integers(0, 10))


@given(
    st.lists(st.builds(Measured, scores, scores, st.booleans()), min_size=20, max_size=60),
    st.sampled_from([PAIN, PSFS]),
)
def test_the_truth_lies_between_the_bounds(cases: list[Measured], instrument: Instrument):
    found = of(instrument, *cases)

    assert found.measured <= found.due <= len(cases)
    if not found.hidden:
        worst, best = found.bounds or (0, 0)
        sign = 1 if INSTRUMENTS[instrument].higher_is_better else -1
        assert sign * worst <= sign * best
        low, high = found.improved_bounds or (0, 0)
        assert low <= high
        if not found.missing:
            assert found.bounds == pytest.approx((found.mean, found.mean))
            assert low == high == found.improved_rate
