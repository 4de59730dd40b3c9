"""Words of providers, and the ladder: a report only ever climbs."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.delivery import LADDER, NOT_ARRIVED, SAID_NO, WORDS, WRONG_ADDRESS, Delivered, climbs, named, state_of


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("delivered", Delivered.DELIVERED),
        ("DELIVRD", Delivered.DELIVERED),
        ("email.delivered", Delivered.DELIVERED),
        ("email.hard-bounce", Delivered.BOUNCED),
        ("Hard Bounce", Delivered.BOUNCED),
        ("invalid number", Delivered.BOUNCED),
        ("soft-bounce", Delivered.DELAYED),
        ("email.complained", Delivered.COMPLAINED),
        ("undelivered", Delivered.UNDELIVERED),
        ("unsubscribe", Delivered.UNSUBSCRIBED),
        ("opened", Delivered.NOTE),
        ("", Delivered.NOTE),
        ("flux capacitor", Delivered.NOTE),
    ],
)
def test_what_a_provider_s_word_means(word: str, state: Delivered):
    assert state_of(word) is state


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_table_is_found_as_it_is_written(word: str):
    assert state_of(word) is WORDS[word]


@given(word=st.text(max_size=200))
def test_any_word_can_be_stored(word: str):
    assert len(named(word)) <= 40
    assert named(word).isascii()
    assert state_of(word) in Delivered


def test_the_ladder_has_every_state_once():
    assert sorted(LADDER) == sorted(Delivered)


@pytest.mark.parametrize("order", list(permutations([Delivered.ACCEPTED, Delivered.DELIVERED, Delivered.BOUNCED])))
def test_in_whatever_order_reports_come_the_highest_stands(order: tuple):
    stands = None
    for state in order:
        stands = state if climbs(stands, state) else stands

    assert stands is Delivered.BOUNCED


def test_the_same_report_again_is_no_climb():
    assert not climbs(Delivered.DELIVERED, Delivered.DELIVERED)
    assert not climbs(Delivered.BOUNCED, Delivered.DELIVERED)
    assert climbs(Delivered.DELIVERED, Delivered.COMPLAINED)


def test_what_follows_from_a_state_is_one_thing():
    assert WRONG_ADDRESS <= NOT_ARRIVED
    assert not NOT_ARRIVED & SAID_NO
