"""May it go, when again, and what of a message that perhaps arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.rules.sending import LEASE, LONGEST_SEND, MOST_TRIES, Facts, Why, may_repeat, pause_after, why_not
from cases.rules.terms import Channel

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(), None),
        (Facts(case_ended=True, flag_stands=True), Why.CASE_ENDED),
        (Facts(answered=True), Why.ANSWERED),
        (Facts(check_in_over=True), Why.CHECK_IN_OVER),
        (Facts(visit_over=True), Why.VISIT_OVER),
        (Facts(flag_stands=True), Why.FLAG_STANDS),
        (Facts(link_expired=True), Why.LINK_EXPIRED),
        (Facts(provisional=True), Why.PROVISIONAL),
        (Facts(provisional=True, asked_for=True), None),
        (Facts(consent=False), Why.NO_CONSENT),
        (Facts(consent=False, asked_for=True), None),
        (Facts(consent=False, asked_for=True, refused=True), Why.NO_CONSENT),
        (Facts(address=False), Why.NO_ADDRESS),
    ],
)
def test_the_first_reason_not_to_send(facts: Facts, reason: Why | None):
    assert why_not(facts) is reason


def test_a_send_fits_into_a_lease_three_times():
    assert 3 * LONGEST_SEND < LEASE


@pytest.mark.parametrize("tries", range(1, MOST_TRIES + 1))
def test_pauses_double_from_half_a_minute_and_are_spread_by_a_quarter(tries: int):
    middle = timedelta(seconds=30) * 2 ** (tries - 1)
    pauses = [pause_after(tries, key=str(n)) for n in range(200)]

    assert all(0.75 * middle <= pause <= 1.25 * middle for pause in pauses)
    assert max(pauses) - min(pauses) > 0.4 * middle
    assert pauses == [pause_after(tries, key=str(n)) for n in range(200)]


def test_a_provider_may_ask_for_a_longer_pause_but_not_for_a_shorter_one():
    assert timedelta(hours=1) <= pause_after(1, key="a", asked=timedelta(hours=1)) <= timedelta(minutes=75)
    assert pause_after(8, key="a", asked=timedelta(seconds=1)) > timedelta(minutes=30)


@pytest.mark.parametrize(
    ("channel", "doubtful", "hours", "keys", "may"),
    [
        (Channel.EMAIL, 0, 0, False, True),
        (Channel.EMAIL, 1, 1, False, True),
        (Channel.EMAIL, 2, 1, False, False),
        (Channel.SMS, 0, 0, False, True),
        (Channel.SMS, 1, 0, False, False),
        (Channel.SMS, 1, 0, True, True),
        (Channel.SMS, 7, 5.9, True, True),
        (Channel.SMS, 1, 6, True, False),
    ],
)
def test_repeating_what_perhaps_arrived(channel: Channel, doubtful: int, hours: float, keys: bool, may: bool):
    since = NOW - timedelta(hours=hours)

    assert may_repeat(channel, doubtful=doubtful, doubtful_since=since, now=NOW, gateway_keeps_keys=keys) is may
