"""How bad it is at each place of the map and what it feels like: told of the places chosen, read by no rule."""

from __future__ import annotations

import jsonschema
import pytest

from cases.rules.catalogue import all_rules
from cases.rules.judgement import judge
from cases.rules.measures import report_of
from intake.answers import clean, split
from intake.questionnaire.pain import PAIN_BY_PLACE, PAIN_LOCATION
from intake.questionnaire.published import as_json, json_schema
from intake.questionnaire.wording import wording
from intake.services.returning import prefillable

PLACES = {"pain_location": ["inner_side", "thigh"]}
NO_STRENGTH = (11, -1, "7", 6.5, True, [7], 1e999)
TOLD = {"inner_side": {"strength": 7, "quality": "burning"}, "thigh": {"strength": 0}}


@pytest.fixture
def told(questionnaire, routine, on):
    """What comes of one answer about the places."""
    return lambda value, **more: clean(questionnaire, routine | PLACES | {"pain_by_place": value} | more, on=on)


def test_it_is_asked_of_every_place_there_is():
    assert PAIN_BY_PLACE.each_of == PAIN_LOCATION.name
    assert PAIN_BY_PLACE.options is PAIN_LOCATION.options


@pytest.mark.parametrize(
    "value",
    [TOLD, {"thigh": {"strength": 10}}, {"inner_side": {"quality": "dull_ache"}}],
    ids=["both", "one", "quality"],
)
def test_what_is_told_of_a_chosen_place_is_stored(told, value):
    cleaned = told(value)

    assert (cleaned.errors, cleaned.answers["pain_by_place"]) == ({}, value)


@pytest.mark.parametrize("value", [None, {}, [], {"thigh": {}}, {"thigh": {"strength": None, "quality": ""}}])
def test_blank_is_fine(told, value):
    cleaned = told(value)

    assert (cleaned.errors, "pain_by_place" in cleaned.answers) == ({}, False)


def test_a_place_that_is_not_chosen_is_left_out(told):
    assert told(TOLD | {"calf": {"strength": 3}}).answers["pain_by_place"] == TOLD
    assert "pain_by_place" not in told({"calf": {"strength": 3}}).answers
    assert "pain_by_place" not in told(TOLD, pain_location=["calf"]).answers


@pytest.mark.parametrize(
    ("value", "field"),
    [
        *((bad, "pain_by_place") for bad in (True, 7, "thigh", ["thigh"], [{"thigh": 7}])),
        *(({"thigh": bad}, "pain_by_place-thigh") for bad in (7, "7", True, [7], [{"strength": 7}])),
        *(({"thigh": {"strength": bad}}, "pain_by_place-thigh-strength") for bad in NO_STRENGTH),
        *(({"thigh": {"quality": bad}}, "pain_by_place-thigh-quality") for bad in ("sore", 3, ["sharp"], True)),
        ({"thigh": {"strength": 7, "shoe": 1}}, "pain_by_place-thigh-shoe"),
        ({"elbow": {"strength": 7}}, "pain_by_place-elbow"),
        ({"\x00": {"strength": 7}}, "pain_by_place-?"),
    ],
)
def test_nonsense_is_told_at_its_field_and_costs_no_other_place(told, value, field):
    cleaned = told({"inner_side": TOLD["inner_side"], **value} if isinstance(value, dict) else value)

    assert set(cleaned.errors) == {field}
    if isinstance(value, dict):
        assert cleaned.answers["pain_by_place"]["inner_side"] == TOLD["inner_side"]


def test_the_published_schema_refuses_the_same_shapes(questionnaire, routine):
    validator = jsonschema.Draft202012Validator(json_schema(questionnaire))

    def is_right(value):
        return validator.is_valid(routine | PLACES | {"pain_by_place": value})

    assert is_right(TOLD)
    assert not any(
        is_right(value)
        for value in ([], {"elbow": {}}, {"thigh": 7}, {"thigh": {"strength": 11}}, {"thigh": {"quality": "sore"}})
    )


def test_other_programs_are_told_whose_options_it_is_about(questionnaire):
    questions = {q["name"]: q for part in as_json(questionnaire, "en")["sections"] for q in part["questions"]}

    asked = questions["pain_by_place"]
    assert (asked["kind"], asked["each_of"], asked["required"]) == ("each", "pain_location", False)
    assert [sub["name"] for sub in asked["questions"]] == ["strength", "quality"]


def test_a_page_sends_it_by_place(questionnaire, post, routine):
    read = post(routine | PLACES | {"pain_by_place": TOLD})

    assert read["pain_by_place"] == TOLD
    assert post(routine)["pain_by_place"] is None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Inner side of the knee: 7 of 10, Burning\nThigh: 0 of 10"),
        ("es", "Lado de adentro de la rodilla: 7 de 10, Ardor\nMuslo: 0 de 10"),
    ],
)
def test_it_is_kept_in_the_words_shown_in_the_order_shown(questionnaire, on, language, words):
    # Stored as an object, whose keys come back in an order of their own.
    answers = PLACES | {"pain_by_place": dict(reversed(TOLD.items()))}

    (entry,) = [e for e in wording(questionnaire, answers, language, shown=answers) if e["name"] == "pain_by_place"]

    assert entry["answer_label"] == words
    assert entry["row_labels"] == [line.split(":")[0] for line in words.splitlines()]
    assert [[cell["answer"] for cell in row] for row in entry["rows"]] == [[7, "burning"], [0]]


def test_left_blank_it_says_so(questionnaire):
    (entry,) = [e for e in wording(questionnaire, {}, "en", shown={"pain_by_place"}) if e["name"] == "pain_by_place"]

    assert (entry["answer"], entry["answer_label"]) == (None, "left blank")


def test_no_rule_reads_it_and_nothing_judged_changes(questionnaire, random_forms, routine, on):
    assert not [rule.id for rule in all_rules() if "pain_by_place" in rule.reads]
    for answers in [routine, *random_forms[:40]]:
        worst = {place: {"strength": 10, "quality": "burning"} for place in PAIN_LOCATION.values}
        judged = []
        for said in ({}, {"pain_by_place": worst}):
            silent = {name: value for name, value in answers.items() if name != "pain_by_place"}
            cleaned = clean(questionnaire, silent | said, on=on)
            _contact, clinical = split(questionnaire, cleaned.answers, on=on)
            judged.append(judge(report_of(clinical, on, cleaned.shown)))
        assert judged[0] == judged[1]


def test_it_is_never_filled_in_from_the_last_time(questionnaire):
    assert "pain_by_place" not in prefillable(questionnaire)
