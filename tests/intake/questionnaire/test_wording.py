"""What is kept as evidence of what was asked and answered."""

from __future__ import annotations

import dataclasses
import json

from intake.answers import clean, split
from intake.questionnaire.definition import Questionnaire, Section
from intake.questionnaire.wording import content_hash, label_of, wording


def kept(questionnaire, answers, on, language="en"):
    cleaned = clean(questionnaire, answers, on=on)
    _contact, clinical = split(questionnaire, cleaned.answers, on=on)
    return {entry["name"]: entry for entry in wording(questionnaire, clinical, language, shown=cleaned.shown)}


def test_every_clinical_question_shown_is_kept_in_order(questionnaire, routine, on):
    shown = clean(questionnaire, routine, on=on).shown

    assert list(kept(questionnaire, routine, on)) == [
        question.name for question in questionnaire.questions if question.name in shown and not question.personal
    ]


def test_no_name_and_no_address_is_kept(questionnaire, routine, on):
    text = json.dumps(kept(questionnaire, routine, on))

    assert not [routine[name] for name in ("given_name", "family_name", "phone", "email") if routine[name] in text]


def test_an_entry_shows_question_options_and_answer(questionnaire, routine, on):
    assert kept(questionnaire, routine, on)["locking"] == {
        "name": "locking",
        "section": "Safety: the knee itself",
        "text": "Does the knee get stuck?",
        "hint": "Stuck means it will not bend or will not straighten.",
        "options": [
            *("No", "It catches for a moment", "It gets stuck and then frees itself", "It is stuck now", "Not sure"),
        ],
        "answer": "none",
        "answer_label": "No",
    }


def test_a_question_left_blank_is_kept_as_blank(questionnaire, routine, on):
    entry = kept(questionnaire, routine, on)["pain_usual"]

    assert entry["answer"] is None
    assert entry["answer_label"] == "left blank"


def test_rows_are_kept_question_by_question(questionnaire, routine, on):
    entry = kept(questionnaire, routine, on)["goals"]

    assert [[(cell["text"], cell["answer"]) for cell in row] for row in entry["rows"]] == [
        [("Activity", "Running 10 km"), ("How well can you do it today?", 4)]
    ]
    assert entry["answer_label"].startswith("Activity Running 10 km; How well can you do it today? 4 (0: cannot do it")


def test_no_sport_reads_as_none(questionnaire, routine, on):
    assert kept(questionnaire, routine | {"activities": []}, on)["activities"]["answer_label"] == "none"


def test_answers_are_labelled_as_people_read_them(questionnaire):
    def label(name, answer):
        return label_of(questionnaire.by_name[name], answer)

    assert label("aggravating", ["squatting", "running"]) == "Squatting, Running"
    assert label("duration_weeks", 1.5) == "1.5 weeks"
    assert label("pain_now", 3) == "3 (0: no pain, 10: the worst pain you can think of)"
    assert label("fracture_on", "2019-12-31") == "2019-12-31"
    assert label("consent_to_process", "yes") == "I agree"


def test_an_answer_kept_though_hidden_is_in_the_evidence(questionnaire, routine, on):
    entries = kept(questionnaire, routine | {"trauma_days_ago": 3}, on)

    assert entries["trauma_days_ago"]["answer"] == 3


def test_stored_wording_outlives_a_change_of_the_question(questionnaire, routine, on):
    before = kept(questionnaire, routine, on)["clicking"]["text"]

    changed = reworded(questionnaire, "clicking", "Is the knee noisy?")

    assert kept(changed, routine, on)["clicking"]["text"] == "Is the knee noisy?"
    assert before == "Does the knee click or grind?"


def test_the_hash_changes_with_any_word(questionnaire):
    assert content_hash(questionnaire) != content_hash(reworded(questionnaire, "clicking", "Is the knee noisy?"))
    assert content_hash(questionnaire) == content_hash(reworded(questionnaire, "clicking", None))


def test_wording_is_plain_json(questionnaire, random_forms, on):
    for answers in random_forms[:40]:
        entries = kept(questionnaire, answers, on)

        assert json.loads(json.dumps(entries)) == entries


def reworded(questionnaire: Questionnaire, name: str, text: str | None) -> Questionnaire:
    def copy(section: Section) -> Section:
        questions = tuple(
            dataclasses.replace(question, text=text) if question.name == name and text else question
            for question in section.questions
        )
        return dataclasses.replace(section, questions=questions)

    return dataclasses.replace(questionnaire, sections=tuple(copy(section) for section in questionnaire.sections))
