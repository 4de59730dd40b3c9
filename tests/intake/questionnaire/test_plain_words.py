"""A form people finish: few questions, and words a twelve-year-old reads."""

from __future__ import annotations

import re
from datetime import date

from django.utils.translation import override

from intake.answers import clean
from intake.questionnaire.definition import Kind, Question, Questionnaire
from intake.questionnaire.versions import current

GRADE = 7.0  # twelve years old, as Flesch and Kincaid count school years


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith("le") and groups > 1
    return max(1, groups - silent)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text."""
    sentences = [each for each in re.split(r"[.?!:\n]+", text) if re.search(r"[A-Za-z]", each)]
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def words_of(question: Question) -> list[str]:
    own = [str(question.text), str(question.hint)]
    return [text for text in own if text] + [text for sub in question.questions for text in words_of(sub)]


def test_the_measure_knows_easy_from_hard():
    assert grade("The cat sat on the mat. It was warm.") < 2
    assert grade("Considerable patellofemoral symptomatology necessitates multidisciplinary evaluation.") > 15


def test_the_questions_read_like_the_words_of_a_twelve_year_old():
    with override("en"):
        texts = [text for question in current().questions for text in words_of(question)]
        intros = [str(part.intro) for part in current().sections if part.intro]

    assert grade("\n".join([*texts, *intros])) <= GRADE


def test_no_single_question_is_much_harder_than_the_rest():
    with override("en"):
        hard = {
            question.name: round(grade(text), 1)
            for question in current().questions
            if len(re.findall(r"[A-Za-z']+", text := " ".join(words_of(question)[:1]))) > 6 and grade(text) > GRADE + 4
        }

    assert hard == {}


def questions_met(questionnaire: Questionnaire, shown: frozenset[str]) -> list[str]:
    """What a patient with nothing to report is asked, one entry for each thing to answer or to pass over.

    A screen that lists its signs above "None of these" is one question, answered by one press that stores a "no" of
    its own for each sign. Questions in a row ("which sport", "how often") belong to the one they stand in, as does what
    opens under a place on the map of the knee, and what the browser fills in by itself is not asked.
    """
    met = []
    for section in questionnaire.screens(shown):
        own = [each for each in section.questions if each.kind not in (Kind.TIME_ZONE, Kind.EACH)]
        asked = [each for each in own if each.name in shown]
        met += [section.name] if section.no_to_all else [question.name for question in asked]
    return met


def test_a_routine_patient_meets_at_most_forty_questions(routine, questionnaire):
    shown = clean(questionnaire, routine, on=date(2026, 11, 2)).shown

    met = questions_met(questionnaire, shown)

    # Name and telephone number are among them, and so is what says "(optional)".
    assert {"given_name", "phone", "urgent_signs", "knee_signs", "clicking", "consent_to_process"} <= set(met)
    assert len(met) <= 40, met


def test_every_sign_in_a_list_has_a_no_of_its_own(questionnaire):
    for section in questionnaire.sections:
        for question in section.questions if section.no_to_all else ():
            assert question.kind is Kind.CHOICE
            assert question.nothing in question.values
            assert "not_sure" in question.values
