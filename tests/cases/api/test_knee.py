"""The map of the knee in the API: what the latest form that names a place told, and nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest

from cases.models import Case, SymptomReport
from clinic.accounts.models import User
from intake.services.submissions import submit_answers
from tests.api import api_of, path_of
from tests.factories import MONDAY, ROUTINE_ANSWERS, CaseFactory

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"


def submitted(**answers: object) -> Case:
    case = submit_answers(ROUTINE_ANSWERS | answers, idempotency_key="k", language="en", by=None, now=MONDAY).case
    assert case is not None
    return case


def drawn(case: Case, therapist: User) -> ET.Element:
    Case.objects.filter(pk=case.pk).update(therapist=therapist)
    answer = api_of(therapist).get(path_of(case, "knee.svg"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    return ET.fromstring(answer.content)


def marked(picture: ET.Element) -> set[str | None]:
    return {path.get("data-place") for path in picture.iter(f"{SVG}path") if path.get("class") == "place hurts"}


def test_it_shows_the_places_told_in_the_words_that_were_read(site, therapist):
    case = submitted(knee_side="left", pain_location=["inner_side", "calf", "groin"])

    picture = drawn(case, therapist)

    assert marked(picture) == {"inner_side", "calf"}
    words = [each.text for each in picture.iter() if each.tag in {f"{SVG}title", f"{SVG}desc"}][:2]
    assert words[0] == "Map of the left knee"
    assert words[1] == "It hurts here: Inner side of the knee, Groin, Calf"


def test_how_bad_it_is_at_each_place_is_in_the_drawing_and_in_the_case(site, therapist):
    by_place = {"groin": {"quality": "burning"}, "inner_side": {"strength": 7}}
    case = submitted(pain_location=["inner_side", "groin"], pain_by_place=by_place | {"calf": {"strength": 9}})

    picture = drawn(case, therapist)
    told = api_of(therapist).get(path_of(case)).json()

    assert [each.text for each in picture.findall(f"{SVG}text")][-2:] == [
        "Inner side of the knee: 7 of 10",
        "Groin: Burning",
    ]
    assert told["report"]["answers"]["pain_by_place"] == by_place


def test_a_later_report_that_names_no_place_takes_none_away(site, therapist):
    case = submitted(pain_location=["calf"])
    SymptomReport.objects.create(
        case=case,
        source="check_in",
        reported_at=MONDAY + timedelta(days=14),
        answers={"pain_worst": 2},
        questionnaire_version="2026.12-short",
        rules_version="2026.12",
        urgency="routine",
    )

    assert marked(drawn(case, therapist)) == {"calf"}


def test_a_form_that_a_red_flag_ended_early_shows_the_knee_without_a_place(therapist):
    case = CaseFactory(therapist=therapist, affects_left=True, affects_right=False)

    picture = drawn(case, therapist)

    assert marked(picture) == set()
    assert next(each.text for each in picture.iter(f"{SVG}title")) == "Map of the left knee"
