"""Pages and JSON come to the same answers."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.answers import clean
from intake.questionnaire import versions
from intake.questionnaire.form import from_form

QUESTIONNAIRE = versions.current()
SECTION = {section.name: section for section in QUESTIONNAIRE.sections}


def test_200_random_forms_are_judged_alike_by_pages_and_json(questionnaire, random_forms, post, on):
    for answers in random_forms:
        by_json = clean(questionnaire, answers | {"activities": answers.get("activities", [])}, on=on)

        by_page = clean(questionnaire, post(answers), on=on)

        assert by_page.answers == by_json.answers
        assert by_page.errors == by_json.errors
        assert by_page.shown == by_json.shown
        assert by_page.dropped == by_json.dropped


def test_the_random_forms_open_every_question(questionnaire, random_forms, on):
    seen = frozenset().union(*(clean(questionnaire, answers, on=on).shown for answers in random_forms))

    assert seen == set(questionnaire.by_name) - {"burning_or_skin_change"}


def test_judging_stored_answers_again_changes_nothing(questionnaire, random_forms, on):
    for answers in random_forms:
        once = clean(questionnaire, answers, on=on)

        again = clean(questionnaire, once.answers, on=on)

        assert again.answers == once.answers
        assert again.shown == once.shown


def test_one_press_says_no_to_a_whole_screen_but_not_over_an_answer():
    raw = from_form(SECTION["urgent_signs"], QueryDict("no_to_all=1&fever=yes"))

    assert raw == dict.fromkeys(raw, "no") | {"fever": "yes"}
    assert len(raw) == 8


def test_no_to_all_finds_each_questions_own_no():
    raw = from_form(SECTION["knee_signs"], QueryDict("no_to_all=1"))

    assert (raw["swelling"], raw["locking"], raw["night_pain"], raw["trauma"]) == ("none", "none", "none", "no")


def test_no_to_all_means_nothing_where_it_is_not_offered():
    raw = from_form(SECTION["leg"], QueryDict("no_to_all=1"))

    assert set(raw.values()) == {None}


def test_a_blank_page_is_blank():
    for section in QUESTIONNAIRE.sections:
        raw = from_form(section, QueryDict(""))

        assert all(value is None or value == [] for value in raw.values())
        assert list(raw) == [question.name for question in section.questions]


@pytest.mark.parametrize(
    ("typed", "unit", "weeks"),
    [
        *(("3", "weeks", 3), ("10", "days", 1.4), ("2", "months", 8.7), ("1", "years", 52.2), ("1,5", "weeks", 1.5)),
        *(("3", "", 3), ("3", "centuries", 3), ("2.50", "weeks", 2.5)),
    ],
)
def test_a_duration_may_be_given_in_other_units(typed, unit, weeks):
    data = QueryDict(mutable=True)
    data.update({"duration_weeks": typed, "duration_weeks-unit": unit})

    assert from_form(SECTION["pain"], data)["duration_weeks"] == weeks


@pytest.mark.parametrize("typed", ["many", "1e3", "1 000", "--3", "9" * 4500, "0x10", "1.2.3"])
def test_what_is_no_number_stays_as_typed_and_is_refused(on, typed):
    data = QueryDict(mutable=True)
    data["duration_weeks"] = typed

    raw = from_form(SECTION["pain"], data)

    assert raw["duration_weeks"] == typed
    assert "digits" in clean(QUESTIONNAIRE, raw, on=on, section="pain").errors["duration_weeks"][0]


def test_a_date_may_come_in_one_piece_or_three():
    whole = from_form(SECTION["contact"], QueryDict("date_of_birth=23 April 1990"))
    pieces = from_form(
        SECTION["contact"], QueryDict("date_of_birth-day=23&date_of_birth-month=4&date_of_birth-year=1990")
    )

    assert whole["date_of_birth"] == "23 April 1990"
    assert pieces["date_of_birth"] == {"day": "23", "month": "4", "year": "1990"}


def test_blank_rows_are_closed_up_and_a_fourth_is_refused(on):
    gap = from_form(SECTION["goals"], QueryDict("goals-2-activity=Stairs&goals-2-score=4&goals-0-activity=+"))
    data = QueryDict("&".join(f"goals-{place}-activity=Stairs&goals-{place}-score=4" for place in range(4)))

    assert gap["goals"] == [{"activity": "Stairs", "score": 4}]
    assert set(clean(QUESTIONNAIRE, from_form(SECTION["goals"], data), on=on, section="goals").errors) == {"goals"}


TEXT = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(QUESTIONNAIRE.by_name)) | TEXT, JSON, max_size=12))
def test_any_json_is_answered_never_raised(body):
    cleaned = clean(QUESTIONNAIRE, body, on=date(2026, 11, 22))

    assert cleaned.answers.keys() <= QUESTIONNAIRE.by_name.keys()
    assert all(messages and all(messages) for messages in cleaned.errors.values())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(QUESTIONNAIRE.by_name)), st.sampled_from(["", "-day", "-unit", "-0-type"]), TEXT
        ),
        max_size=30,
    )
)
def test_any_posted_page_is_answered_never_raised(pairs):
    data = QueryDict(mutable=True)
    for name, tail, value in pairs:
        data.appendlist(f"{name}{tail}", value)

    for section in QUESTIONNAIRE.sections:
        clean(QUESTIONNAIRE, from_form(section, data), on=date(2026, 11, 22), section=section.name)
