"""Dates as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from intake.answers import clean
from intake.questionnaire.dates import Ambiguous, NotADate, age_on, latest_date, pieces_of, whole_date


@pytest.mark.parametrize(
    "written",
    [
        *(
            "1990-04-23",
            "1990-4-23",
            "23/4/1990",
            "4/23/1990",
            "23.04.1990",
            "23-4-1990",
            " 23 / 4 / 1990 ".replace(" ", ""),
        ),
        *("23 April 1990", "23 apr 1990", "April 23, 1990", "Apr 23rd 1990", "23 de abril de 1990", "23 ABR 1990"),
        *({"day": "23", "month": "4", "year": "1990"}, {"day": 23, "month": 4, "year": 1990}),
        *({"day": "23", "month": "April", "year": "1990"}, {"day": " 23 ", "month": "04", "year": "1990"}),
    ],
)
def test_a_date_is_read_as_people_write_it(written):
    assert whole_date(pieces_of(written)) == date(1990, 4, 23)


def test_the_same_number_twice_means_one_day():
    assert whole_date(pieces_of("4/4/1990")) == date(1990, 4, 4)


def test_a_date_with_two_meanings_is_asked_again():
    with pytest.raises(Ambiguous):
        pieces_of("3/4/1990")


@pytest.mark.parametrize(
    "written",
    [
        *("", "yesterday", "31/31/1990", "30 February 1990", "3/4/90", "1990-13-01", "1990-00-10", "0000-01-01"),
        *("1990", "April 1990", "12 Foo 1990", "١٢ 04 1990x", "1" * 50, 19900423, None, ["1990"], True),
        *({"day": "31", "month": "2", "year": "1990"}, {"year": "90"}, {"day": "3", "year": "1990"}, {"x": 1}),
        *({"day": True, "month": 1, "year": 1990}, {"day": 1.5, "month": 1, "year": 1990}, {"day": "1", "month": "1"}),
        {"day": -3, "month": 1, "year": 1990},
    ],
)
def test_what_is_no_whole_date_is_refused(written):
    with pytest.raises(NotADate):
        whole_date(pieces_of(written))


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2019", date(2019, 12, 31)),
        ("2026", date(2026, 11, 22)),
        ("March 2019", date(2019, 3, 31)),
        ("02/2020", date(2020, 2, 29)),
        ("2026-11", date(2026, 11, 22)),
        ("2027", date(2027, 12, 31)),
        ("2019-03-04", date(2019, 3, 4)),
    ],
)
def test_a_rough_date_is_the_latest_day_it_can_mean(written, day):
    assert latest_date(pieces_of(written), date(2026, 11, 22)) == day


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2008, 11, 22), date(2026, 11, 21), 17),
        (date(2008, 11, 22), date(2026, 11, 22), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_changes_on_the_birthday(born, on, age):
    assert age_on(born, on) == age


def test_an_ambiguous_birth_date_says_how_to_write_it(questionnaire, routine, on):
    errors = clean(questionnaire, routine | {"date_of_birth": "3/4/1990"}, on=on).errors

    assert "3 April 1990" in errors["date_of_birth"][0]


@pytest.mark.parametrize("day", ["2026-11-23", "2027", "1899-12-31"])
def test_a_past_date_is_not_in_the_future_nor_before_anybody(questionnaire, routine, on, day):
    answers = routine | {"prior_injury_surgery": ["fracture"], "fracture_on": day}

    assert set(clean(questionnaire, answers, on=on).errors) == {"fracture_on"}


def test_a_past_date_may_be_today_or_long_ago(questionnaire, routine, on):
    for day in ("2026-11-22", "1900-01-01"):
        answers = routine | {"prior_injury_surgery": ["fracture"], "fracture_on": day}

        assert clean(questionnaire, answers, on=on).answers["fracture_on"] == day
