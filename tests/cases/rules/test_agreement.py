"""Agreement of suggestion and finding: hand-worked tables, published intervals, and both sides of twenty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.agreement import LEAST_CASES, NEVER_FOUND, NUMBERS, TOO_FEW, Compared, Share, agreement, wilson

OVERUSE, MOVEMENT, MUSCLE = "overuse", "movement_dysfunction", "muscle_imbalance"


def pair(suggested: str = "", found: str = OVERUSE, *, fired: str = "", version: str = "2026.11") -> Compared:
    return Compared("K-1", tuple(suggested.split()), frozenset(found.split()), version, frozenset(fired.split()))


# --- intervals ---


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 1998;17:857-872, table I, method 3 (score, no continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_those_published(count: int, of: int, low: float, high: float):
    assert [round(end, 4) for end in wilson(count, of)] == [low, high]


@given(st.integers(1, 2_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share_and_mirrors_it(given_share: tuple[int, int]):
    count, of = given_share
    low, high = wilson(count, of)

    assert 0 <= low <= count / of <= high <= 1
    assert wilson(of - count, of) == pytest.approx((1 - high, 1 - low))


@given(st.integers(1, 100), st.integers(2, 50))
def test_more_cases_of_the_same_share_narrow_the_interval(count: int, times: int):
    few = wilson(count, 2 * count)
    many = wilson(count * times, 2 * count * times)

    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize(("count", "of"), [(0, 0), (2, 1), (-1, 5)])
def test_what_is_no_share_has_no_interval(count: int, of: int):
    with pytest.raises(ValueError, match="is no share"):
        wilson(count, of)


# --- hidden below twenty ---


def test_nineteen_cases_are_too_few_for_a_rate():
    share = Share(10, LEAST_CASES - 1)

    assert (share.rate, share.interval, share.hidden) == (None, None, "fewer than 20 cases")
    assert share.as_data() == {"n": 19, "count": None, "rate": None, "interval_95": None, "hidden": TOO_FEW}


def test_twenty_cases_are_enough_for_a_rate():
    share = Share(10, LEAST_CASES)

    assert (share.rate, share.hidden) == (0.5, "")
    assert share.as_data() == {"n": 20, "count": 10, "rate": 0.5, "interval_95": [0.2993, 0.7007], "hidden": ""}


@pytest.mark.parametrize(("answered", "shown"), [(19, False), (20, True)])
def test_each_number_waits_for_twenty_cases_of_its_own(answered: int, shown: bool):
    found = agreement([*[pair(OVERUSE)] * answered, *[pair()] * 30])

    assert found.cases == answered + 30
    assert (found.shares["top_1"].rate is not None) is shown
    assert found.shares["abstained"].rate == 30 / (answered + 30)


# --- a table worked by hand ---

TABLE = [
    *[pair(OVERUSE, OVERUSE)] * 10,  # right at once
    *[pair(f"{MOVEMENT} {OVERUSE}", OVERUSE)] * 6,  # right at the second
    *[pair(f"{MOVEMENT} {MUSCLE} {OVERUSE}", OVERUSE)] * 2,  # right at the third only
    *[pair(OVERUSE, "other")] * 4,  # wrong
    *[pair(f"{OVERUSE} {MUSCLE}", f"{MUSCLE} mobility_contributor")] * 3,  # right at the second
    *[pair("", MUSCLE)] * 5,  # abstained, though there was a cause
]


@pytest.mark.parametrize(
    ("key", "count", "of"),
    [
        ("top_1", 10, 25),
        ("any_of_two", 19, 25),
        ("abstained", 5, 30),
        ("precision.overuse", 18, 25),
        ("recall.overuse", 18, 18),
        ("precision.movement_dysfunction", 0, 8),
        ("recall.movement_dysfunction", 0, 0),
        ("precision.muscle_imbalance", 3, 5),
        # Abstaining misses a cause as much as naming another does.
        ("recall.muscle_imbalance", 3, 8),
    ],
)
def test_a_table_worked_by_hand(key: str, count: int, of: int):
    assert agreement(TABLE).shares[key] == Share(count, of)


def test_no_case_at_all_gives_nothing_and_no_error():
    found = agreement([])

    assert found.cases == 0
    assert {share.as_data()["rate"] for share in found.shares.values()} == {None}
    assert (found.lifts, found.by_version) == ((), {})


@given(
    st.lists(
        st.builds(
            Compared,
            st.just("K-1"),
            st.permutations([OVERUSE, MOVEMENT, MUSCLE]).flatmap(
                lambda order: st.integers(0, 3).map(lambda length: tuple(order[:length]))
            ),
            st.frozensets(st.sampled_from([OVERUSE, MOVEMENT, MUSCLE, "other"]), min_size=1),
            st.sampled_from(["2026.10", "2026.11"]),
        ),
        max_size=60,
    )
)
def test_numbers_hang_together_whatever_was_found(pairs: list[Compared]):
    found = agreement(pairs)

    assert all(0 <= share.count <= share.of <= len(pairs) for share in found.shares.values())
    assert found.shares["top_1"].count <= found.shares["any_of_two"].count
    assert found.shares["top_1"].of + found.shares["abstained"].count == len(pairs)
    for cause in (OVERUSE, MOVEMENT, MUSCLE):
        assert found.shares[f"precision.{cause}"].count == found.shares[f"recall.{cause}"].count
    assert sum(shares["abstained"].of for shares in found.by_version.values()) == len(pairs)


def test_a_number_names_the_very_cases_it_counts():
    counted = [each for each in TABLE if NUMBERS["top_1"].among(each) and NUMBERS["top_1"].counts(each)]

    assert len(counted) == agreement(TABLE).shares["top_1"].count


# --- by version of the rules ---


def test_each_version_of_the_rules_answers_for_itself():
    found = agreement([*[pair(OVERUSE, version="2026.10")] * 20, *[pair(MUSCLE, version="2026.11")] * 20])

    assert {version: shares["top_1"].rate for version, shares in found.by_version.items()} == {
        "2026.10": 1.0,
        "2026.11": 0.0,
    }


# --- lift ---


def test_lift_is_how_much_more_often_the_cause_is_found_where_the_rule_fired():
    # Fired in 20 of 40: overuse in 15 of those and in 5 of the others, so 75 % against 50 % of all.
    pairs = [
        *[pair(found=OVERUSE, fired="OV1")] * 15,
        *[pair(found=MUSCLE, fired="OV1")] * 5,
        *[pair(found=OVERUSE)] * 5,
        *[pair(found=MUSCLE)] * 15,
    ]

    [lift] = agreement(pairs).lifts

    assert (lift.rule_id, lift.cause, lift.direction) == ("OV1", OVERUSE, "+")
    assert lift.value == pytest.approx(1.5)
    assert lift.as_data()["n"] == 20


@pytest.mark.parametrize(("fired", "hidden"), [(19, TOO_FEW), (20, "")])
def test_a_lift_waits_for_twenty_cases_where_the_rule_fired(fired: int, hidden: str):
    [lift] = agreement([*[pair(fired="OV1")] * fired, *[pair()] * 40]).lifts

    assert lift.hidden == hidden
    assert (lift.value is None) is bool(hidden)


def test_a_cause_that_was_never_found_has_no_lift():
    [lift] = agreement([pair(found="other", fired="OV1")] * 20).lifts

    assert (lift.value, lift.hidden) == (None, NEVER_FOUND)


def test_what_fired_for_no_cause_has_no_lift():
    assert agreement([pair(fired="CL1 MB3 X99")] * 20).lifts == ()
