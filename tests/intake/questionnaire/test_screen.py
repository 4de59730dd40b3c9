"""One screen, decided before a template sees it."""

from __future__ import annotations

import json

from intake.answers import clean
from intake.questionnaire.screen import fields


def screen(questionnaire, name, values, on, **more):
    shown = clean(questionnaire, values, on=on).shown
    ready = fields(questionnaire.section(name), values, shown=shown, **more)
    return {field["name"]: field for field in ready}


def test_stored_answers_are_shown_again(questionnaire, routine, on):
    pain = screen(questionnaire, "pain", routine, on)
    where = screen(questionnaire, "where", routine, on)

    assert [option["value"] for option in pain["pain_now"]["options"] if option["checked"]] == ["3"]
    assert [option["value"] for option in pain["onset"]["options"] if option["checked"]] == ["gradual"]
    assert pain["duration_weeks"]["value"] == 6
    assert [o["value"] for o in where["pain_location"]["options"] if o["checked"]] == ["front_around_kneecap"]


def test_every_input_has_its_own_id(questionnaire, routine, on):
    ids: list[str] = []
    for section in questionnaire.sections:
        for field in screen(questionnaire, section.name, routine, on).values():
            ids += ids_of(field)

    assert len(ids) == len(set(ids))


def ids_of(field):
    inner = [*field["options"], *field.get("pieces", ())]
    rows = [sub for row in field.get("rows", ()) for sub in row["fields"]]
    return [field["id"], *(each["id"] for each in inner), *(found for sub in rows for found in ids_of(sub))]


def test_a_birth_date_is_three_pieces(questionnaire, routine, on):
    pieces = screen(questionnaire, "contact", routine, on)["date_of_birth"]["pieces"]

    assert [(piece["name"], piece["value"]) for piece in pieces] == [
        ("date_of_birth-month", "03"),
        ("date_of_birth-day", "04"),
        ("date_of_birth-year", "1999"),
    ]
    assert [piece["autocomplete"] for piece in pieces] == ["bday-month", "bday-day", "bday-year"]


def test_wrong_input_is_shown_again_beside_its_error(questionnaire, routine, on):
    raw = routine | {"date_of_birth": {"day": "31", "month": "2", "year": "1990"}, "phone": "12"}
    errors = clean(questionnaire, raw, on=on, section="contact").errors

    contact = screen(questionnaire, "contact", raw, on, errors=errors)

    assert [piece["value"] for piece in contact["date_of_birth"]["pieces"]] == ["2", "31", "1990"]
    assert contact["date_of_birth"]["errors"] == ["Write the day, the month and the year with 4 digits."]
    assert contact["phone"]["value"] == "12"
    assert contact["phone"]["errors"]
    assert contact["given_name"]["errors"] == []


def test_an_error_in_a_row_stands_at_its_field(questionnaire, routine, on):
    raw = routine | {"goals": [{"activity": "Stairs"}]}
    errors = clean(questionnaire, raw, on=on, section="goals").errors

    rows = screen(questionnaire, "goals", raw, on, errors=errors)["goals"]["rows"]

    assert [field["errors"] for field in rows[0]["fields"]] == [[], ["Choose a number from 0 to 10."]]
    assert [row["open"] for row in rows] == [True, False, False]
    assert rows[0]["fields"][0]["value"] == "Stairs"


def test_a_question_not_shown_is_there_for_a_script_to_reveal(questionnaire, routine, on):
    routine["aggravating"] = ["squatting"]

    field = screen(questionnaire, "load", routine, on)["impact_pattern"]

    assert field["shown"] is False
    assert json.loads(field["condition"])["is"] == "aggravating"


def test_sites_are_offered_by_name(questionnaire, routine, on):
    field = screen(questionnaire, "contact", routine, on, sites={"north": "North", "south": "South"})["site"]

    assert [(option["label"], option["checked"]) for option in field["options"]] == [("North", True), ("South", False)]


def test_only_staff_get_their_own_question(questionnaire, routine, on):
    assert "burning_or_skin_change" not in screen(questionnaire, "more_signs", routine, on)
    assert "burning_or_skin_change" in screen(questionnaire, "more_signs", routine, on, by_staff=True)
