import pytest

from clinic.local.restarts import Restarts


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_each_pause_is_twice_the_one_before_up_to_a_bound():
    clock = Clock()
    restarts = Restarts(clock)
    pauses = []
    for _ in range(7):
        restarts.ended()
        begun = clock.now
        while not restarts.is_due():
            clock.now += 0.5
        pauses.append(clock.now - begun)

    assert pauses == [0.5, 1, 2, 4, 8, 8, 8]


@pytest.mark.parametrize(("seconds_between", "ends_in_patience"), [(11.9, False), (12.1, True)])
def test_a_sixth_end_within_a_minute_is_one_too_many(seconds_between, ends_in_patience):
    clock = Clock()
    restarts = Restarts(clock)
    verdicts = []
    for _ in range(6):
        verdicts.append(restarts.ended())
        clock.now += seconds_between

    assert verdicts == [True] * 5 + [ends_in_patience]
