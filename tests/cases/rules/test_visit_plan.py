"""Prescribed visits, their windows, and since when a case is off plan: each boundary on both sides, in any order."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.terms import VisitStatus
from cases.rules.visit_plan import (
    Booked,
    OffPlan,
    OffPlanSince,
    counts,
    is_pattern,
    kept,
    next_visit,
    off_plan_since,
    usual_visit_weeks,
    wanted_visits,
)

START = date(2026, 11, 2)  # a Monday
PLANNED, ATTENDED, MISSED = VisitStatus.PLANNED, VisitStatus.ATTENDED, VisitStatus.MISSED
WEEKLY = wanted_visits(START, (1, 2, 3, 4, 6, 8))


def day(number: int) -> date:
    return START + timedelta(days=number)


def visit(number: int, status: VisitStatus = ATTENDED, **more: object) -> Booked:
    return Booked(day(number), status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        (1, (1,)),
        (4, (1, 2, 3, 4)),
        (5, (1, 2, 3, 4)),
        (6, (1, 2, 3, 4, 6)),
        (12, (1, 2, 3, 4, 6, 8, 10, 12)),
    ],
)
def test_visits_are_weekly_for_four_weeks_and_then_every_two(weeks, expected):
    assert usual_visit_weeks(weeks) == expected


@pytest.mark.parametrize(
    ("pattern", "right"),
    [((1,), True), ((1, 12), True), ((), False), ((0, 1), False), ((1, 13), False), ((2, 2), False), ((3, 2), False)],
)
def test_a_pattern_names_weeks_of_the_plan_in_order_and_once(pattern, right):
    assert is_pattern(pattern, 12) is right


@pytest.mark.parametrize("weeks", range(1, 53))
def test_the_usual_pattern_is_a_pattern_for_every_length(weeks):
    assert is_pattern(usual_visit_weeks(weeks), weeks)


def test_each_visit_is_wanted_on_its_day_with_room_around_it():
    first, *_, fourth, fifth, last = WEEKLY

    assert (first.on, first.opens_on, first.closes_on) == (day(7), day(1), day(10))
    assert (fourth.on, fourth.opens_on, fourth.closes_on) == (day(28), day(22), day(35))
    assert (fifth.on, fifth.opens_on, fifth.closes_on) == (day(42), day(29), day(49))
    assert (last.on, last.opens_on, last.closes_on) == (day(56), day(43), day(63))


@pytest.mark.parametrize(("on", "counts_as"), [(0, None), (1, 1), (10, 1), (11, 2)])
def test_a_visit_counts_within_its_window(on, counts_as):
    assert kept(WEEKLY, [visit(on)]) == ({counts_as: visit(on)} if counts_as else {})


def test_two_visits_of_one_week_count_as_two():
    assert set(kept(WEEKLY, [visit(8), visit(9)])) == {1, 2}


def test_missed_and_cancelled_visits_count_as_none():
    assert kept(WEEKLY, [visit(7, MISSED), visit(8, VisitStatus.CANCELLED)]) == {}


@pytest.mark.parametrize(
    ("today", "visits", "expected"),
    [
        (0, [], (1, 7)),
        (7, [], (1, 8)),
        (9, [], (1, 10)),
        (10, [], (2, 14)),
        (0, [visit(7, PLANNED)], (2, 14)),
        (0, [visit(7, PLANNED), visit(14, PLANNED), visit(28, PLANNED)], (3, 21)),
        (63, [], None),
    ],
)
def test_the_next_visit_is_the_first_that_nothing_is_booked_for(today, visits, expected):
    found = next_visit(WEEKLY, visits, today=day(today))

    assert (found and (found[0].number, found[1])) == (expected and (expected[0], day(expected[1])))


@pytest.mark.parametrize(
    ("visits", "rule", "since"),
    [
        # The first window closes on day 10.
        ([], OffPlan.LAPSED, 11),
        ([visit(10)], OffPlan.LAPSED, 18),
        ([visit(7)], OffPlan.LAPSED, 18),
        # Booked: one day's doubt after it, then it is as if it had not been.
        ([visit(7, PLANNED)], OffPlan.LAPSED, 11),
        ([visit(10, PLANNED)], OffPlan.LAPSED, 12),
        # A late one makes up for it, before the next one is over too.
        ([visit(17)], OffPlan.LAPSED, 25),
        ([visit(17, PLANNED)], OffPlan.LAPSED, 19),
        ([visit(18, PLANNED)], OffPlan.LAPSED, 11),
        # Missed: at once, unless another one is booked; then when that one is over.
        ([visit(7, MISSED, settled_on=day(8))], OffPlan.NO_SHOW, 8),
        ([visit(7, MISSED, settled_on=day(7)), visit(9, PLANNED)], OffPlan.LAPSED, 11),
        ([visit(7, MISSED, settled_on=day(7)), visit(8)], OffPlan.LAPSED, 18),
    ],
)
def test_a_case_is_off_plan_from_the_day_after_a_window_passed(visits, rule, since):
    assert off_plan_since(WEEKLY, visits) == OffPlanSince(rule, day(since))


def test_who_came_to_every_visit_is_never_off_plan():
    assert off_plan_since(WEEKLY, [visit(7 * week) for week in (1, 2, 3, 4, 6, 8)]) is None


def test_who_comes_again_after_a_gap_is_on_plan_until_the_next_one():
    assert off_plan_since(WEEKLY, [visit(7), visit(28)]) == OffPlanSince(OffPlan.LAPSED, day(50))


def test_counts_without_a_plan_say_nothing_of_prescribed():
    found = counts(None, [visit(1), visit(2, MISSED)], today=START)

    assert (found.prescribed, found.due, found.attended, found.missed) == (None, None, 1, 1)


@pytest.mark.parametrize(("today", "due"), [(6, 0), (7, 1), (56, 6)])
def test_a_visit_is_due_from_its_day(today, due):
    assert counts(WEEKLY, [], today=day(today)).due == due


# --- whatever happens, in whatever order ---


class Diary:
    """An independent count: sets of names, moved from one to another as things happen."""

    def __init__(self) -> None:
        self.rows: dict[int, Booked] = {}
        self.names: dict[str, set[int]] = {each: set() for each in ("booked", "attended", "missed", "cancelled")}
        self.moved: set[int] = set()

    def do(self, deed: str, which: int, on: int) -> None:
        if deed == "book":
            number = len(self.rows)
            self.rows[number] = visit(on, PLANNED)
            self.names["booked"].add(number)
            return
        ahead = sorted(self.names["booked"])
        if not ahead:
            return
        number = ahead[which % len(ahead)]
        row = self.rows[number]
        if deed == "move":
            self.rows[number] = Booked(day(on), PLANNED, times_moved=row.times_moved + 1)
            self.moved.add(number)
            return
        self.names["booked"].discard(number)
        self.names[deed].add(number)
        status = VisitStatus(deed)
        self.rows[number] = Booked(row.on, status, settled_on=row.on, times_moved=row.times_moved)


deeds = st.lists(
    st.tuples(
        st.sampled_from(["book", "book", "move", "cancelled", "missed", "attended"]),
        st.integers(0, 20),
        st.integers(1, 70),
    ),
    max_size=40,
)


@given(deeds=deeds, today=st.integers(0, 80), seed=st.integers(0, 1000))
def test_counts_stay_right_under_any_order_of_booking_moving_and_settling(deeds, today, seed):
    diary = Diary()
    for deed in deeds:
        diary.do(*deed)
    rows = list(diary.rows.values())
    random.Random(seed).shuffle(rows)

    found = counts(WEEKLY, rows, today=day(today))

    assert {name: getattr(found, name) for name in diary.names} == {
        name: len(numbers) for name, numbers in diary.names.items()
    }
    assert (found.prescribed, found.moved) == (6, len(diary.moved))
    assert found.booked + found.attended + found.missed + found.cancelled == len(rows)


@given(deeds=deeds, seed=st.integers(0, 1000))
def test_no_order_of_the_rows_changes_what_is_kept_or_off_plan(deeds, seed):
    diary = Diary()
    for deed in deeds:
        diary.do(*deed)
    rows = list(diary.rows.values())
    shuffled = random.Random(seed).sample(rows, len(rows))

    assert off_plan_since(WEEKLY, shuffled) == off_plan_since(WEEKLY, rows)
    assert set(kept(WEEKLY, shuffled)) == set(kept(WEEKLY, rows))


@given(deeds=deeds)
def test_a_kept_visit_lies_in_its_window_and_counts_once(deeds):
    diary = Diary()
    for deed in deeds:
        diary.do(*deed)
    rows = list(diary.rows.values())

    filled = kept(WEEKLY, rows)

    assert all(each.opens_on <= filled[each.number].on <= each.closes_on for each in WEEKLY if each.number in filled)
    assert len(filled) <= sum(1 for row in rows if row.status in {PLANNED, ATTENDED})


@given(deeds=deeds, extra=st.sampled_from(WEEKLY))
def test_coming_to_one_more_visit_never_brings_a_case_off_plan_sooner(deeds, extra):
    diary = Diary()
    for deed in deeds:
        diary.do(*deed)
    rows = [row for row in diary.rows.values() if row.status is not MISSED]
    before = off_plan_since(WEEKLY, rows)

    after = off_plan_since(WEEKLY, [*rows, Booked(extra.on, ATTENDED)])

    assert after is None or (before is not None and after.on >= before.on)
