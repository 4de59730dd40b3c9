"""What holds of progress whatever was measured: statuses agree, days decide, and silence is never recovery."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.progress import SCORE_HOLDS_FOR_DAYS, Scores, progress_of
from cases.rules.terms import ProgressStatus

START = date(2026, 1, 5)
RECOVERED = {ProgressStatus.RESOLVED, ProgressStatus.IMPROVED, ProgressStatus.PARTLY_IMPROVED}


def maybe(values: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | values


scores = st.builds(
    Scores,
    on=st.just(START),
    worst_pain=maybe(st.integers(0, 10)),
    akps=maybe(st.integers(0, 100)),
    psfs=maybe(st.floats(0, 10).map(lambda value: round(value, 2))),
    lowest_goal=maybe(st.integers(0, 10)),
    groc=maybe(st.integers(-3, 3)),
    adherence=maybe(st.integers(0, 100)),
    pain_came_back=st.none() | st.booleans(),
)
histories = st.lists(st.tuples(scores, st.integers(1, 60)), min_size=1, max_size=6).map(
    lambda rows: [
        replace(each, on=START + timedelta(days=sum(gap for _, gap in rows[:place])))
        for place, (each, _) in enumerate(rows)
    ]
)


def statuses(history: list[Scores], missed: int = 0) -> set[ProgressStatus]:
    return {each.status for each in progress_of(history, missed_check_ins=missed).findings}


@given(history=histories, missed=st.integers(0, 4))
def test_nobody_is_improved_and_without_response_at_once(history, missed):
    found = statuses(history, missed)

    assert not (found & RECOVERED and ProgressStatus.NON_RESPONSE in found)
    assert not {ProgressStatus.IMPROVED, ProgressStatus.PARTLY_IMPROVED} <= found
    assert ProgressStatus.TOO_EARLY not in found or found == {ProgressStatus.TOO_EARLY}


@given(history=histories, missed=st.integers(0, 4))
def test_there_is_always_a_status_and_the_rule_that_said_so(history, missed):
    found = progress_of(history, missed_check_ins=missed).findings

    assert found
    assert all(each.rule_id and each.because and each.action for each in found)
    assert len({each.rule_id for each in found}) == len(found)


@given(history=histories, missed=st.integers(0, 3))
def test_one_more_missed_check_in_never_reads_as_recovered(history, missed):
    before, after = progress_of(history, missed_check_ins=missed), progress_of(history, missed_check_ins=missed + 1)

    assert statuses(history, missed + 1) - statuses(history, missed) <= {ProgressStatus.LOST_TO_FOLLOW_UP}
    assert after.status not in RECOVERED or after.status is before.status
    if missed + 1 >= 2:
        assert after.status not in RECOVERED
        assert ProgressStatus.LOST_TO_FOLLOW_UP in statuses(history, missed + 1)


@given(history=histories, adherence=st.integers(0, 100))
def test_a_day_with_adherence_alone_changes_no_status(history, adherence):
    measured = any(
        value is not None
        for each in history
        for value in (each.worst_pain, each.akps, each.psfs, each.groc, each.lowest_goal, each.pain_came_back)
    )
    if not measured:
        return
    later = Scores(history[-1].on + timedelta(days=1), adherence=adherence)
    without = progress_of([replace(each, adherence=None) for each in history])

    # Which non-response it is may depend on adherence; that it is one may not.
    found = progress_of([*(replace(each, adherence=None) for each in history), later])

    assert {each.status for each in found.findings} == {each.status for each in without.findings}


INSTRUMENTS = ("worst_pain", "akps", "psfs", "groc")
one_more = {"worst_pain": st.integers(0, 10), "akps": st.integers(0, 100), "psfs": st.integers(0, 10)}


@st.composite
def one_score_more(draw: st.DrawFn) -> tuple[list[Scores], Scores]:
    """A history and a later day with one score that says nothing new: taken for the first time, or unchanged."""
    history = draw(histories)
    name = draw(st.sampled_from(INSTRUMENTS))
    known = [value for each in history if (value := getattr(each, name)) is not None]
    score = known[-1] if known else draw(one_more.get(name, st.integers(-1, 3)))
    days = draw(st.integers(0, SCORE_HOLDS_FOR_DAYS * 5))
    return history, Scores(history[-1].on + timedelta(days=days), **{name: score})


@given(one_score_more())
def test_a_score_that_says_nothing_new_never_turns_improved_into_non_response(told):
    history, later = told
    before = statuses(history)

    if before & {ProgressStatus.IMPROVED, ProgressStatus.RESOLVED}:
        assert ProgressStatus.NON_RESPONSE not in statuses([*history, later])


@given(one_score_more())
def test_a_score_that_says_nothing_new_hides_no_status_of_these_days(told):
    history, later = told
    measured = [each for each in history[1:] if any(getattr(each, name) is not None for name in INSTRUMENTS)]
    # Younger than a score holds: the first day that could have said it is still heard.
    if not measured or (later.on - measured[0].on).days > SCORE_HOLDS_FOR_DAYS:
        return

    lasting = {ProgressStatus.RECURRENCE, ProgressStatus.RESOLVED, ProgressStatus.IMPROVED}
    # Told once more, a rise since the last check-in is none since this one.
    if later.worst_pain is None and later.akps is None:
        lasting.add(ProgressStatus.WORSENING)
    assert statuses(history) & lasting <= statuses([*history, later])


@given(history=histories, drop=st.integers(0, 10))
def test_less_pain_today_never_makes_a_case_worse(history, drop):
    now = history[-1]
    if now.worst_pain is None or len(history) < 2:
        return
    better = [*history[:-1], replace(now, worst_pain=max(0, now.worst_pain - drop))]

    if ProgressStatus.WORSENING not in statuses(history):
        assert ProgressStatus.WORSENING not in statuses(better)
    if {ProgressStatus.IMPROVED} & statuses(history):
        assert ProgressStatus.IMPROVED in statuses(better)


BEFORE = Scores(START, worst_pain=7, akps=60)
WELL = Scores(START + timedelta(weeks=6), worst_pain=3, akps=80)


@pytest.mark.parametrize(
    ("then", "came_back", "recurs"),
    [
        (WELL, True, True),
        (WELL, False, False),
        (WELL, None, False),
        # Only one gain: it had not improved, so nothing came back.
        (replace(WELL, akps=69), True, False),
    ],
)
def test_the_patients_own_word_that_the_pain_came_back_is_a_recurrence(then, came_back, recurs):
    now = Scores(START + timedelta(weeks=26), worst_pain=2, pain_came_back=came_back)

    assert (ProgressStatus.RECURRENCE in statuses([BEFORE, then, now])) is recurs


def test_the_pain_that_is_up_again_recurs_whatever_was_answered():
    now = Scores(START + timedelta(weeks=26), worst_pain=5, pain_came_back=False)

    assert ProgressStatus.RECURRENCE in statuses([BEFORE, WELL, now])


@pytest.mark.parametrize(("days", "rule"), [(14, "G7"), (15, "G8")])
def test_adherence_of_the_last_two_weeks_decides_what_follows_non_response(days, rule):
    now = Scores(START + timedelta(weeks=7), worst_pain=7)
    earlier = Scores(now.on - timedelta(days=days), adherence=80)

    assert [each.rule_id for each in progress_of([BEFORE, earlier, now]).findings] == [rule]
