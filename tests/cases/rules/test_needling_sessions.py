"""Three sessions without an important change warn, four stop (reference 8.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.rules.needling_sessions import (
    NEEDS_A_NOTE,
    SERIOUS,
    STOP_AFTER,
    WARN_AFTER,
    AdverseEvent,
    Score,
    Standing,
    sessions_so_far,
)
from cases.rules.terms import STOPPING, Instrument

FIRST = datetime(2026, 11, 2, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def weekly(count: int) -> list[datetime]:
    return [FIRST + 7 * number * DAY for number in range(count)]


@pytest.mark.parametrize(
    ("count", "standing"),
    [(0, Standing.GO_ON), (2, Standing.GO_ON), (3, Standing.LOOK), (4, Standing.STOP), (9, Standing.STOP)],
)
def test_without_any_change_the_count_decides(count: int, standing: Standing):
    assert sessions_so_far(weekly(count), []).standing is standing
    assert (WARN_AFTER, STOP_AFTER) == (3, 4)


@pytest.mark.parametrize(
    ("instrument", "before", "just_enough", "not_enough"),
    [
        (Instrument.NPRS_WORST, 6, 4, 4.1),
        (Instrument.AKPS, 60, 70, 69.9),
        (Instrument.PSFS, 4, 6.3, 6.29),
    ],
)
def test_an_important_change_goes_on_and_less_does_not(instrument, before, just_enough, not_enough):
    for now, standing in ((just_enough, Standing.GO_ON), (not_enough, Standing.STOP)):
        scores = [Score(instrument, before, FIRST), Score(instrument, now, FIRST + DAY)]

        so_far = sessions_so_far(weekly(4), scores)

        assert so_far.standing is standing
        assert [(change.before, change.now) for change in so_far.changes] == [(before, now)]


def test_worse_is_no_change_for_the_better():
    scores = [Score(Instrument.NPRS_WORST, 4, FIRST), Score(Instrument.NPRS_WORST, 8, FIRST + DAY)]

    assert sessions_so_far(weekly(4), scores).standing is Standing.STOP


def test_the_last_score_before_and_the_last_after_count():
    scores = [
        Score(Instrument.NPRS_WORST, 5, FIRST + 3 * DAY),
        Score(Instrument.NPRS_WORST, 9, FIRST - 9 * DAY),
        Score(Instrument.NPRS_WORST, 6, FIRST - DAY),
        Score(Instrument.NPRS_WORST, 3, FIRST + 2 * DAY),
    ]

    [change] = sessions_so_far(weekly(3), scores).changes

    assert (change.before, change.now, change.gain) == (6, 5, 1)


def test_a_score_without_a_partner_shows_nothing():
    assert sessions_so_far(weekly(4), [Score(Instrument.AKPS, 95, FIRST + DAY)]).changes == ()
    assert sessions_so_far(weekly(4), [Score(Instrument.AKPS, 95, FIRST)]).changes == ()


def test_every_serious_event_stops_and_is_in_words():
    assert all(event.level in STOPPING for event in SERIOUS.values())
    assert set(SERIOUS) < NEEDS_A_NOTE
    assert {event.rule_id for event in SERIOUS.values()} == {"NA1", "NA2", "NA3", "NA4"}
    assert all(event.source for event in SERIOUS.values())
    assert AdverseEvent.BRUISE not in NEEDS_A_NOTE
