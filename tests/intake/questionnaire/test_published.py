"""The questions as other programs receive them."""

from __future__ import annotations

import json

import jsonschema
import pytest

from intake.answers import clean
from intake.questionnaire.published import as_json, json_schema


@pytest.fixture
def validator(questionnaire):
    schema = json_schema(questionnaire)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def test_the_definition_is_plain_json_with_every_question(questionnaire):
    told = json.loads(json.dumps(as_json(questionnaire, "en")))

    assert [q["name"] for section in told["sections"] for q in section["questions"]] == list(questionnaire.by_name)
    assert (told["name"], told["version"], told["facts"]) == ("intake", "2026.12", ["age", "needling_offered"])


def test_a_question_says_all_a_renderer_needs(questionnaire):
    told = as_json(questionnaire, "en")
    questions = {q["name"]: q for section in told["sections"] for q in section["questions"]}

    assert questions["impact_pattern"]["shown_when"] == {
        "is": "aggravating",
        "values": ["running", "jumping", "sport"],
    }
    assert questions["email"]["required_when"] == {"is": "preferred_channel", "values": ["email"]}
    assert questions["pain_now"]["ends"] == ["no pain", "the worst pain you can think of"]
    assert (questions["duration_weeks"]["low"], questions["duration_weeks"]["high"]) == (0, 2600)
    assert questions["duration_weeks"]["unit"] == "weeks"
    assert [sub["name"] for sub in questions["goals"]["questions"]] == ["activity", "score"]


def test_the_sites_are_options_where_they_are_known(questionnaire):
    told = as_json(questionnaire, "en", sites={"north": "North Clinic"})
    site = next(q for q in told["sections"][0]["questions"] if q["name"] == "site")

    assert site["options"] == [{"value": "north", "label": "North Clinic", "exclusive": False}]


def test_the_schema_accepts_whatever_was_stored(questionnaire, validator, random_forms, routine, on):
    for answers in [routine, *random_forms]:
        cleaned = clean(questionnaire, answers, on=on)
        if not cleaned.errors:
            assert list(validator.iter_errors(cleaned.answers)) == []


def test_enough_random_forms_were_right_for_that_to_mean_something(questionnaire, random_forms, on):
    assert sum(not clean(questionnaire, answers, on=on).errors for answers in random_forms) >= 20


@pytest.mark.parametrize(
    "change",
    [
        *({"pain_now": 11}, {"pain_now": "3"}, {"fever": "perhaps"}, {"aggravating": "squatting"}, {"shoe_size": 4}),
        *({"goals": []}, {"goals": [{"activity": "x"}]}, {"consent_to_process": "no"}, {"date_of_birth": "soon"}),
        *({"activities": [{}]}, {"activities": [1]}, {"pain_location": ["elbow"]}, {"duration_weeks": -1}),
    ],
)
def test_the_schema_and_the_check_refuse_the_same(questionnaire, validator, routine, on, change):
    body = routine | change

    assert not validator.is_valid(body)
    assert clean(questionnaire, body, on=on).errors


def test_the_schema_requires_what_is_always_asked(questionnaire, validator):
    missing = {error.message.split("'")[1] for error in validator.iter_errors({})}

    assert missing == {q.name for q in questionnaire.questions if q.required and q.shown_when is None}
