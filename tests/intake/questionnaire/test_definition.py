"""The questions themselves: complete, askable, and fixed once they are published."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cases.rules.conditions import AllOf, AnyOf, Condition, Includes, Is, Not
from cases.rules.safety_answers import SAFETY_QUESTIONS
from intake.answers import clean
from intake.questionnaire import versions
from intake.questionnaire.definition import FACTS, Kind, Question
from intake.questionnaire.safety import ASKED_AFTER_NEEDLING
from intake.questionnaire.wording import content_hash

# A change of these sums is a change of what patients are asked: give it a new version (see versions.py).
PUBLISHED = {
    "2026.11": "f8caecbb55c476e6fa2b40d3ab1332bb2552ee327ac3e1977cf0f8a441886bfe",
    "2026.12": "40563868b2b459377b636669343f5068d34e9b2594a302da555d2c1efce64f57",
}


def leaves(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        yield condition


def every_question() -> Iterator[tuple[Question, tuple[Question, ...]]]:
    """Each question with the questions its conditions may look at."""
    questions = versions.current().questions
    for place, question in enumerate(questions):
        yield question, questions[:place]
        for inner, sub in enumerate(question.questions):
            yield sub, question.questions[:inner]


def test_all_38_rows_of_the_reference_are_asked(questionnaire):
    assert {question.row for question in questionnaire.questions if question.row} == set(range(1, 39))


def test_every_question_has_its_own_name(questionnaire):
    names = [question.name for question in questionnaire.questions]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_red_flags_follow_the_contact_block_at_once(questionnaire):
    assert [section.name for section in questionnaire.sections[:3]] == ["contact", "urgent_signs", "knee_signs"]
    assert all(question.safety for question in questionnaire.sections[1].questions)


def test_the_safety_questions_are_those_the_rules_call_so(questionnaire):
    safety = {question.name for question in questionnaire.questions if question.safety}

    # The age is worked out from the date of birth; the needled place is asked about after needling.
    assert safety == set(SAFETY_QUESTIONS) - {"age"} - {question.name for question in ASKED_AFTER_NEEDLING}


def test_every_safety_choice_offers_not_sure(questionnaire):
    without = {
        question.name
        for question in questionnaire.questions
        if question.safety and question.kind is Kind.CHOICE and "not_sure" not in question.values
    }

    # Its own words for it: "I do not know".
    assert without == {"onset"}
    assert "unknown" in questionnaire.by_name["onset"].values


def test_a_safety_number_of_a_conditional_question_may_stay_blank(questionnaire):
    asked = [q for q in questionnaire.questions if q.safety and q.kind in (Kind.INTEGER, Kind.NUMBER) and q.shown_when]

    assert [question.name for question in asked if question.required] == []
    assert all("not sure" in str(question.hint) for question in asked)


@pytest.mark.parametrize(("question", "earlier"), list(every_question()), ids=lambda value: getattr(value, "name", ""))
def test_a_condition_reads_questions_asked_before_it_and_values_they_offer(question, earlier):
    known = {each.name: each for each in earlier}

    for leaf in [] if question.shown_when is None else leaves(question.shown_when):
        (name,) = leaf.reads
        assert name in FACTS or name in known
        if name in known and isinstance(leaf, Is | Includes):
            assert set(leaf.values) <= known[name].values


def test_a_question_within_its_own_screen_depends_only_on_the_needle_before_it(questionnaire):
    # Without a script such a question needs the screen a second time.
    same_screen = {
        question.name
        for section in questionnaire.sections
        for question in section.questions
        if question.shown_when and question.shown_when.reads & {other.name for other in section.questions}
    }

    assert same_screen == {"recent_needling_or_injection_days"}


def test_a_routine_patient_sees_twelve_screens(questionnaire, routine, on):
    shown = clean(questionnaire, routine, on=on).shown

    assert [section.name for section in questionnaire.screens(shown)] == [
        *("contact", "urgent_signs", "knee_signs", "where", "pain", "triggers"),
        *("load", "leg", "history", "needling", "goals", "consent"),
    ]


def test_who_answers_is_kept_with_the_patient(questionnaire):
    assert [question.name for question in questionnaire.questions if question.personal] == [
        *("given_name", "family_name", "date_of_birth", "phone", "email", "preferred_channel"),
        *("language", "site", "time_zone", "guardian_name", "guardian_relation"),
    ]


@pytest.mark.parametrize(("question", "_earlier"), list(every_question()), ids=lambda value: getattr(value, "name", ""))
def test_the_words_are_short(question, _earlier):
    for words in (question.text, question.hint, *(option.label for option in question.options)):
        for sentence in re.split(r"[.?!]", str(words)):
            assert len(sentence.split()) <= 22


def test_every_question_can_be_answered(questionnaire):
    for question, _earlier in every_question():
        if question.kind in (Kind.CHOICE, Kind.CHOICES, Kind.CONSENT):
            assert question.options or question.options_from == "sites"
            assert len(question.values) == len(question.options)
        if question.kind in (Kind.INTEGER, Kind.NUMBER, Kind.SCALE, Kind.BIRTH_DATE):
            assert question.low < question.high
        if question.kind is Kind.EACH:
            # It stands in the question whose options it is about, on the same screen.
            named = versions.current().by_name[question.each_of]
            assert versions.current().section_of[question.name] is versions.current().section_of[named.name]
            assert (named.kind, named.options, question.required) == (Kind.CHOICES, question.options, False)
            assert not any(sub.required or sub.shown_when for sub in question.questions)
            assert {sub.kind for sub in question.questions} <= {Kind.CHOICE, Kind.SCALE}
        if question.kind is Kind.ROWS:
            assert question.questions
            assert 0 <= question.min_rows <= question.max_rows


def test_a_published_version_never_changes():
    assert {name: content_hash(versions.version(name)) for name in PUBLISHED} == PUBLISHED


def test_every_version_is_published():
    assert set(versions.VERSIONS) == set(PUBLISHED)


def test_a_version_that_never_was_is_not_found():
    with pytest.raises(versions.UnknownVersion, match="1999"):
        versions.version("1999")


def test_a_known_patient_is_not_asked_again_who_they_are(questionnaire, routine, on):
    form = versions.for_known_patient(questionnaire)

    left_out = set(questionnaire.by_name) - set(form.by_name)

    assert left_out == {question.name for question in questionnaire.section("contact").questions} - {"sex"}
    assert [question.name for question in form.section("contact").questions] == ["sex"]
    assert "guardian_name" in clean(form, {}, on=on, facts={"age": 15}).shown
    assert versions.for_known_patient(questionnaire) is form
